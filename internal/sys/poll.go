// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// Bits of poll and epoll, which are the same.
const (
	POLLIN    = 0x0001
	POLLPRI   = 0x0002
	POLLOUT   = 0x0004
	POLLERR   = 0x0008
	POLLHUP   = 0x0010
	POLLRDHUP = 0x2000

	EPOLLET = 1 << 31
)

type pollFd struct {
	fd      int32
	events  int16
	revents int16
}

// Poll tells, without waiting, which of the events hold on fd. POLLERR and
// POLLHUP are always told.
func Poll(fd int, events int16) int16 {
	p := pollFd{fd: int32(fd), events: events}
	for {
		_, _, e := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 1,
			uintptr(unsafe.Pointer(&noTime)), 0, 0, 0)
		if e != syscall.EINTR {
			return p.revents
		}
	}
}

var noTime syscall.Timespec

// An EpollEvent is a struct epoll_event.
type EpollEvent = syscall.EpollEvent

// EpollCreate returns a descriptor for an event poll, closed on exec.
func EpollCreate() (int, Errno) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_EPOLL_CREATE1, syscall.EPOLL_CLOEXEC, 0, 0)
	return int(fd), e
}

// EpollAdd registers fd. The event comes back as it is given here.
func EpollAdd(epfd, fd int, ev *EpollEvent) Errno {
	return epollCtl(epfd, syscall.EPOLL_CTL_ADD, fd, ev)
}

// EpollMod registers fd anew, so that what holds is told again.
func EpollMod(epfd, fd int, ev *EpollEvent) Errno {
	return epollCtl(epfd, syscall.EPOLL_CTL_MOD, fd, ev)
}

// EpollDel takes fd out.
func EpollDel(epfd, fd int) Errno {
	return epollCtl(epfd, syscall.EPOLL_CTL_DEL, fd, nil)
}

func epollCtl(epfd, op, fd int, ev *EpollEvent) Errno {
	_, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(epfd), uintptr(op), uintptr(fd),
		uintptr(unsafe.Pointer(ev)), 0, 0)
	return e
}

// EpollWait waits up to ms milliseconds, forever if that is negative, and
// returns how many events it stored. It is EINTR when a signal came. With 0
// it only looks, and the scheduler is not told.
func EpollWait(epfd int, events []EpollEvent, ms int) (int, Errno) {
	if ms == 0 {
		n, _, e := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd),
			uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
		return count(n, e), e
	}
	n, _, e := syscall.Syscall6(syscall.SYS_EPOLL_PWAIT, uintptr(epfd),
		uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
	return count(n, e), e
}

// EventFd returns a non-blocking counter descriptor, closed on exec.
func EventFd() (int, Errno) {
	fd, _, e := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	return int(fd), e
}

// EventFdAdd adds one to the counter, which makes it readable.
func EventFdAdd(fd int) {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&one)), 8)
}

// EventFdTake sets the counter to zero.
func EventFdTake(fd int) {
	var n uint64
	syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&n)), 8)
}

// SetNonblock makes fd non-blocking.
func SetNonblock(fd int) Errno {
	flags, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFL, 0)
	if e != 0 {
		return e
	}
	_, _, e = syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFL, flags|syscall.O_NONBLOCK)
	return e
}
