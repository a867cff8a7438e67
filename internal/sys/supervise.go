// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// What a supervisor does with sockets of other processes, whose blocking mode
// is theirs.

// Further numbers of the kernel.
const (
	AF_NETLINK  = syscall.AF_NETLINK
	SOCK_STREAM = syscall.SOCK_STREAM
	SOCK_DGRAM  = syscall.SOCK_DGRAM

	SO_TYPE         = syscall.SO_TYPE
	SO_PROTOCOL     = 38
	SO_DOMAIN       = 39
	SO_PRIORITY     = syscall.SO_PRIORITY
	SO_BINDTODEVICE = syscall.SO_BINDTODEVICE
	SO_MARK         = 36
	SO_RCVTIMEO     = syscall.SO_RCVTIMEO
	SO_RCVLOWAT     = syscall.SO_RCVLOWAT
	SO_SNDTIMEO     = syscall.SO_SNDTIMEO
	SO_PEERNAME     = 28
	SO_COOKIE       = 57
	SO_NETNS_COOKIE = 71

	TCP_INFO = 11

	MSG_DONTWAIT = syscall.MSG_DONTWAIT
	MSG_NOSIGNAL = syscall.MSG_NOSIGNAL
	MSG_FASTOPEN = 0x20000000

	O_NONBLOCK    = syscall.O_NONBLOCK
	SOCK_CLOEXEC  = syscall.SOCK_CLOEXEC
	SOCK_NONBLOCK = syscall.SOCK_NONBLOCK

	// States of TCP_INFO.
	TCP_ESTABLISHED = 1
	TCP_SYN_SENT    = 2
	TCP_CLOSE       = 7
	TCP_LISTEN      = 10

	EALREADY        = syscall.EALREADY
	EBADF           = syscall.EBADF
	ESRCH           = syscall.ESRCH
	EFAULT          = syscall.EFAULT
	ENOTSOCK        = syscall.ENOTSOCK
	EAFNOSUPPORT    = syscall.EAFNOSUPPORT
	EPROTONOSUPPORT = syscall.EPROTONOSUPPORT
	EIO             = syscall.EIO
	ENOSYS          = syscall.ENOSYS
	ENOMEM          = syscall.ENOMEM
	ENOBUFS         = syscall.ENOBUFS
)

// ConnectWaiting connects as Connect does, and tells the scheduler that it
// may take long: the socket may be a blocking one.
func ConnectWaiting(fd int, name []byte) Errno {
	for {
		_, _, e := syscall.Syscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(pointer(name)), uintptr(len(name)))
		if e != syscall.EINTR {
			return e
		}
	}
}

// PollWaiting waits up to ms milliseconds for one of the events and returns
// those that hold, 0 if none does.
func PollWaiting(fd int, events int16, ms int) int16 {
	p := struct {
		fd      int32
		events  int16
		revents int16
	}{fd: int32(fd), events: events}
	ts := syscall.NsecToTimespec(int64(ms) * 1e6)
	// SYS_PPOLL is there on every architecture.
	syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return p.revents
}

// PollBriefly is PollWaiting for a time so short that the scheduler is not told:
// at most some hundred microseconds, for which the thread is lost to others.
func PollBriefly(fd int, events int16, us int) int16 {
	p := struct {
		fd      int32
		events  int16
		revents int16
	}{fd: int32(fd), events: events}
	ts := syscall.NsecToTimespec(int64(us) * 1e3)
	syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return p.revents
}

// Cookie returns the number that the kernel gives to no other socket, ever.
func Cookie(fd int) (uint64, Errno) {
	var cookie uint64
	n := uint32(8)
	_, _, e := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), SOL_SOCKET, SO_COOKIE,
		uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&n)), 0)
	return cookie, e
}

// NetnsCookie returns the number of the network namespace that a socket is
// in; 0 before Linux 5.14, which cannot tell.
func NetnsCookie(fd int) uint64 {
	var cookie uint64
	n := uint32(8)
	syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), SOL_SOCKET, SO_NETNS_COOKIE,
		uintptr(unsafe.Pointer(&cookie)), uintptr(unsafe.Pointer(&n)), 0)
	return cookie
}

// FileFlags returns the flags of an open file, O_NONBLOCK among them.
func FileFlags(fd int) (int, Errno) {
	flags, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	return int(flags), e
}

// SetFileFlags sets them.
func SetFileFlags(fd, flags int) Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFL, uintptr(flags))
	return e
}

// TCPState returns the state of a TCP socket, 0 if it is none.
func TCPState(fd int) int {
	var info [1]byte
	if _, e := GetSockOpt(fd, IPPROTO_TCP, TCP_INFO, info[:]); e != 0 {
		return 0
	}
	return int(info[0])
}

// PeerProcess returns the process at the other side of an AF_UNIX connection,
// 0 if there is none.
func PeerProcess(fd int) int {
	cred, err := syscall.GetsockoptUcred(fd, SOL_SOCKET, syscall.SO_PEERCRED)
	if err != nil {
		return 0
	}
	return int(cred.Pid)
}
