// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// Socket creates a non-blocking socket that is closed on exec.
func Socket(domain, typ, protocol int) (int, Errno) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_SOCKET, uintptr(domain),
		uintptr(typ|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC), uintptr(protocol))
	return int(fd), e
}

// Bind binds a socket to the address whose memory is name.
func Bind(fd int, name []byte) Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_BIND, uintptr(fd), uintptr(pointer(name)), uintptr(len(name)))
	return e
}

// Connect begins a connection to name.
func Connect(fd int, name []byte) Errno {
	for {
		_, _, e := syscall.RawSyscall(syscall.SYS_CONNECT, uintptr(fd), uintptr(pointer(name)), uintptr(len(name)))
		if e != syscall.EINTR {
			return e
		}
	}
}

// Listen makes a socket take connections.
func Listen(fd, backlog int) Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_LISTEN, uintptr(fd), uintptr(backlog), 0)
	return e
}

// Accept takes a connection, as a non-blocking socket that is closed on
// exec. The peer's address is written to name, if that has memory, and its
// length returned.
func Accept(fd int, name []byte) (int, int, Errno) {
	n := uint32(len(name))
	var np *uint32
	if n > 0 {
		np = &n
	}
	for {
		r, _, e := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(fd), uintptr(orNil(name)),
			uintptr(unsafe.Pointer(np)), syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		if e != syscall.EINTR {
			return int(r), int(n), e
		}
	}
}

// Shutdown ends one or both directions (SHUT_RD, SHUT_WR, SHUT_RDWR).
func Shutdown(fd, how int) Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_SHUTDOWN, uintptr(fd), uintptr(how), 0)
	return e
}

// GetSockName writes the socket's own address to name and returns its length.
func GetSockName(fd int, name []byte) (int, Errno) {
	n := uint32(len(name))
	_, _, e := syscall.RawSyscall(syscall.SYS_GETSOCKNAME, uintptr(fd), uintptr(pointer(name)), uintptr(unsafe.Pointer(&n)))
	return int(n), e
}

// GetPeerName writes the peer's address to name and returns its length.
func GetPeerName(fd int, name []byte) (int, Errno) {
	n := uint32(len(name))
	_, _, e := syscall.RawSyscall(syscall.SYS_GETPEERNAME, uintptr(fd), uintptr(pointer(name)), uintptr(unsafe.Pointer(&n)))
	return int(n), e
}

// GetSockOpt reads an option into value and returns its length.
func GetSockOpt(fd, level, name int, value []byte) (int, Errno) {
	n := uint32(len(value))
	_, _, e := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(pointer(value)), uintptr(unsafe.Pointer(&n)), 0)
	return int(n), e
}

// SetSockOpt sets an option to the bytes of value.
func SetSockOpt(fd, level, name int, value []byte) Errno {
	_, _, e := syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(pointer(value)), uintptr(len(value)), 0)
	return e
}

// GetSockOptInt reads an integer option.
func GetSockOptInt(fd, level, name int) (int, Errno) {
	var value int32
	n := uint32(4)
	_, _, e := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&n)), 0)
	return int(value), e
}

// SetSockOptInt sets an integer option.
func SetSockOptInt(fd, level, name, value int) Errno {
	v := int32(value)
	_, _, e := syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(&v)), 4, 0)
	return e
}

// SetICMP6Filter sets which ICMPv6 types a raw socket does not want: a bit
// for each.
func SetICMP6Filter(fd int, blocked *[8]uint32) Errno {
	_, _, e := syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), syscall.IPPROTO_ICMPV6, icmp6Filter,
		uintptr(unsafe.Pointer(blocked)), unsafe.Sizeof(*blocked), 0)
	return e
}

// icmp6Filter is the option ICMPV6_FILTER.
const icmp6Filter = 1

// PreferFirstListener makes the kernel give all connections to the first of
// the listeners that share fd's address, instead of spreading them. Without
// it the choice is the kernel's, so that an error does no harm.
func PreferFirstListener(fd int) {
	code := syscall.SockFilter{Code: syscall.BPF_RET | syscall.BPF_K, K: 0} // index 0
	program := syscall.SockFprog{Len: 1, Filter: &code}
	syscall.RawSyscall6(syscall.SYS_SETSOCKOPT, uintptr(fd), SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF,
		uintptr(unsafe.Pointer(&program)), unsafe.Sizeof(program), 0)
}
