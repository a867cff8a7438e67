// SPDX-License-Identifier: Apache-2.0

package seccomp

import "golang.org/x/sys/unix"

// The numbers of the network calls.
const (
	SOCKET      = unix.SYS_SOCKET
	CONNECT     = unix.SYS_CONNECT
	BIND        = unix.SYS_BIND
	LISTEN      = unix.SYS_LISTEN
	ACCEPT      = unix.SYS_ACCEPT
	ACCEPT4     = unix.SYS_ACCEPT4
	GETSOCKNAME = unix.SYS_GETSOCKNAME
	GETPEERNAME = unix.SYS_GETPEERNAME
	GETSOCKOPT  = unix.SYS_GETSOCKOPT
	SETSOCKOPT  = unix.SYS_SETSOCKOPT
	SENDTO      = unix.SYS_SENDTO
	SENDMSG     = unix.SYS_SENDMSG
	SENDMMSG    = unix.SYS_SENDMMSG
	RECVFROM    = unix.SYS_RECVFROM
	RECVMSG     = unix.SYS_RECVMSG
	RECVMMSG    = unix.SYS_RECVMMSG

	IO_URING_SETUP    = unix.SYS_IO_URING_SETUP
	IO_URING_ENTER    = unix.SYS_IO_URING_ENTER
	IO_URING_REGISTER = unix.SYS_IO_URING_REGISTER
)
