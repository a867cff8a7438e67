// SPDX-License-Identifier: Apache-2.0

// Package kernel is the base provider for TCP, UDP and raw sockets over IPv4
// and IPv6, and for AF_UNIX streams, on the sockets of the Linux kernel.
//
// The kernel moves the data. What this package adds is Winsock's view of a
// socket, where that differs from Linux's: the state rules and their error
// codes, the rules for sharing addresses, the option numbers, and the exact
// readiness events. A send or receive on a socket in its ordinary state is
// one load of the state, one system call, and nothing else.
//
// A socket's descriptor always is the same open socket of the kernel
// (XP1_IFS_HANDLES), non-blocking and closed on exec.
package kernel
