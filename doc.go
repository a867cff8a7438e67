// SPDX-License-Identifier: Apache-2.0

// Package winsock is Windows Sockets 2 for Linux: the functions of the
// Winsock API with Go signatures.
//
// The functions keep their Winsock names, and their behaviour is the
// documented one, so that the documentation of Winsock is theirs as well.
// What differs is the form:
//
//   - A call returns its error instead of leaving it to WSAGetLastError. The
//     error is a [wsa.Errno], unwrapped.
//   - Pointers with lengths are slices. A NULL pointer is a nil slice or nil
//     pointer.
//   - A socket address is a [wsa.Sockaddr].
//
// A program calls [WSAStartup] first and [WSACleanup] last. Each socket
// belongs to a provider chain of the catalog; see packages catalog, spi and
// spi/layer. Programs that want net.Conn and net.Listener use package wsnet.
package winsock
