// SPDX-License-Identifier: Apache-2.0

// Package run puts layered providers under any program: static ones, those
// in Go, and those that know nothing of it.
//
// A supervisor has the kernel tell it of the program's network calls (by
// seccomp user notification) and makes them on the program's behalf, through
// a provider chain. The program keeps its own socket, so that its descriptor
// stays what it is in epoll, after dup, and over fork and exec. Where all
// layers of the chain leave the data alone, the socket is connected to where
// the chain says and the data never passes the supervisor (direct). Where
// one sees or changes the data, the socket is connected to the supervisor,
// which relays between it and the chain (relayed). The choice is made for
// each connection.
//
// It needs no privilege, and it is no sandbox: it carries the traffic of
// programs that use the network as usual, and Config.DenyUnknown refuses
// them what it does not understand.
package run
