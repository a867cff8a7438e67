// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// always are the flags of every send: never wait, never raise SIGPIPE.
const always = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// SendTo sends p to the address whose memory is name, or to the peer when
// that is empty.
func SendTo(fd int, p []byte, flags int, name []byte) (int, Errno) {
	if len(p) > RawLimit {
		return sendToLong(fd, p, flags, name)
	}
	for {
		n, _, e := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)),
			uintptr(flags|always), uintptr(orNil(name)), uintptr(len(name)))
		if e != syscall.EINTR {
			return count(n, e), e
		}
	}
}

func sendToLong(fd int, p []byte, flags int, name []byte) (int, Errno) {
	for {
		n, _, e := syscall.Syscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)),
			uintptr(flags|always), uintptr(orNil(name)), uintptr(len(name)))
		if e != syscall.EINTR {
			return count(n, e), e
		}
	}
}

// Send is one try of SendTo for the peer, with 1 to RawLimit bytes. It and the
// three below are small enough to become a part of their callers: after a system call, the
// processor does not foresee where functions return to.
func Send(fd int, p []byte, flags uintptr) (n uintptr, e Errno) {
	n, _, e = syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags|always, 0, 0)
	return
}

// Recv is one try of RecvFrom without a name, with 1 to RawLimit bytes.
func Recv(fd int, p []byte, flags uintptr) (n uintptr, e Errno) {
	n, _, e = syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), flags|syscall.MSG_DONTWAIT, 0, 0)
	return
}

// SendName is Send to the address whose memory is name.
func SendName(fd int, p []byte, name *byte, nameLen uintptr) (n uintptr, e Errno) {
	n, _, e = syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), always, uintptr(unsafe.Pointer(name)), nameLen)
	return
}

// RecvName is Recv of a datagram, whose whole length it returns even if not all
// of it has found room. There are nameLen bytes of room for the sender's
// address, whose length it leaves there. Both may be nil.
func RecvName(fd int, p []byte, name *byte, nameLen *uint32) (n uintptr, e Errno) {
	n, _, e = syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&p[0])), uintptr(len(p)), syscall.MSG_TRUNC|syscall.MSG_DONTWAIT, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(nameLen)))
	return
}

// Single reports whether Send and Recv take the buffers.
func Single(bufs [][]byte) bool { return len(bufs) == 1 && uint(len(bufs[0])-1) < RawLimit }

// RecvFrom receives into p. The sender's address is written to name, if that
// has memory, and its length returned.
func RecvFrom(fd int, p []byte, flags int, name []byte) (n, nameLen int, e Errno) {
	length := uint32(len(name))
	var lp *uint32
	if length > 0 {
		lp = &length
	}
	for {
		var r uintptr
		if len(p) > RawLimit {
			r, _, e = syscall.Syscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)),
				uintptr(flags|syscall.MSG_DONTWAIT), uintptr(orNil(name)), uintptr(unsafe.Pointer(lp)))
		} else {
			r, _, e = syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(pointer(p)), uintptr(len(p)),
				uintptr(flags|syscall.MSG_DONTWAIT), uintptr(orNil(name)), uintptr(unsafe.Pointer(lp)))
		}
		if e != syscall.EINTR {
			return count(r, e), int(length), e
		}
	}
}

func count(n uintptr, e Errno) int {
	if e != 0 {
		return 0
	}
	return int(n)
}
