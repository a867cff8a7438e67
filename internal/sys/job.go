// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"runtime"
	"syscall"
	"unsafe"
)

const (
	prSetPdeathsig      = 1
	prSetDumpable       = 4
	prSetChildSubreaper = 36

	pAll = 0

	pPID    = 1
	wNoWait = 0x01000000
)

// SetSubreaper makes the process the parent of those of its descendants whose
// own parent ends.
func SetSubreaper() Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0)
	return e
}

// SignalOnParentsEnd has the process get a signal when its parent ends, as
// long as the calling thread lives; 0 is none.
func SignalOnParentsEnd(signal syscall.Signal) Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetPdeathsig, uintptr(signal), 0)
	return e
}

// SetUndumpable lets the process die without a core dump, whatever the
// system does with those.
func SetUndumpable() Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, prSetDumpable, 0, 0)
	return e
}

// Getsid returns the session of a process; 0 is the caller.
func Getsid(pid int) (int, Errno) {
	n, _, e := syscall.RawSyscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	return int(n), e
}

// PeekChild waits until a child has ended, stopped or continued, and returns
// its pid. The child's status stays where it is. With now set it does not
// wait, and looks for those that have ended only; the pid is then 0 if there
// are children but none has ended.
func PeekChild(now bool) (pid int, e Errno) {
	options := uintptr(wNoWait | syscall.WEXITED | syscall.WSTOPPED | syscall.WCONTINUED)
	if now {
		options = wNoWait | syscall.WEXITED | syscall.WNOHANG
	}
	var info [128]byte // struct siginfo
	for {
		_, _, e = syscall.Syscall6(syscall.SYS_WAITID, pAll, 0, uintptr(unsafe.Pointer(&info)), options, 0, 0)
		if e != syscall.EINTR {
			return int(*(*int32)(unsafe.Pointer(&info[16]))), e
		}
	}
}

// AwaitChild waits until a child has ended, and leaves its status where it
// is. If somebody takes that meanwhile, it returns too.
func AwaitChild(pid int) {
	var info [128]byte // struct siginfo
	for {
		_, _, e := syscall.Syscall6(syscall.SYS_WAITID, pPID, uintptr(pid), uintptr(unsafe.Pointer(&info)), wNoWait|syscall.WEXITED, 0, 0)
		if e != syscall.EINTR {
			return
		}
	}
}

// SetCloseOnExec sets or clears the flag of a descriptor.
func SetCloseOnExec(fd int, on bool) Errno {
	flag := uintptr(0)
	if on {
		flag = syscall.FD_CLOEXEC
	}
	_, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_SETFD, flag)
	return e
}

// ClosesOnExec tells whether the flag is set. A number that is no open
// descriptor is EBADF.
func ClosesOnExec(fd int) (bool, Errno) {
	n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_GETFD, 0)
	return n&syscall.FD_CLOEXEC != 0, e
}

// A sigaction is the kernel's struct, of which only the handler, the first
// word, is of interest. No handler (0) is the default action.
type sigaction [4]uint64

const (
	sigUnblock = 1
	sigSetMask = 2
)

// Raise has a signal's default action happen to the process: it ends, or it
// stops until it is continued and Raise returns.
func Raise(signal syscall.Signal) {
	runtime.LockOSThread() // the signal goes to this thread
	defer runtime.UnlockOSThread()
	var byDefault, was sigaction
	one, mask := uint64(1)<<(signal-1), uint64(0)
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&byDefault)), uintptr(unsafe.Pointer(&was)), 8, 0, 0)
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigUnblock, uintptr(unsafe.Pointer(&one)), uintptr(unsafe.Pointer(&mask)), 8, 0, 0)
	syscall.Syscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(Gettid()), uintptr(signal))
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigSetMask, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(&was)), 0, 8, 0, 0)
}

// Witness starts a copy of the process, in the same process group, that does
// nothing but keep the signals it gets. Each eight bytes that are written to
// the other end of the socket have it answer the set of them, the lowest bit
// for signal 1, and forget them. It ends when the other end is closed.
//
// Who gets a signal is not told whether it was sent to the group or to itself
// alone. The witness makes it known: it has those of the group only.
func Witness(socket int) (pid int, e Errno) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, mask := ^uint64(0), uint64(0)
	// Blocked in the copy from its beginning, so that no handler ever runs in it.
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigSetMask, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&mask)), 8, 0, 0)
	id, _, e := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(syscall.SIGCHLD), 0, 0, 0, 0, 0)
	if id == 0 && e == 0 {
		witness(uintptr(socket))
	}
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, sigSetMask, uintptr(unsafe.Pointer(&mask)), 0, 8, 0, 0)
	return int(id), e
}

// witness runs in a process that has one thread of Go's runtime and none of
// its services: it makes system calls and nothing else.
//
//go:norace
//go:nosplit
func witness(socket uintptr) {
	var noTime syscall.Timespec
	all, set := ^uint64(0), uint64(0)
	syscall.RawSyscall(syscall.SYS_DUP3, socket, 0, 0)
	syscall.RawSyscall(sysCloseRange, 1, 1<<32-1, 0)
	for {
		n, _, e := syscall.RawSyscall(syscall.SYS_READ, 0, uintptr(unsafe.Pointer(&set)), 8)
		if e == syscall.EINTR {
			continue
		}
		if e != 0 || n != 8 {
			syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
		}
		set = 0
		for {
			signal, _, e := syscall.RawSyscall6(syscall.SYS_RT_SIGTIMEDWAIT, uintptr(unsafe.Pointer(&all)), 0, uintptr(unsafe.Pointer(&noTime)), 8, 0, 0)
			if e == syscall.EINTR {
				continue
			}
			if e != 0 {
				break
			}
			set |= 1 << (signal - 1)
		}
		syscall.RawSyscall(syscall.SYS_WRITE, 0, uintptr(unsafe.Pointer(&set)), 8)
	}
}

const sysCloseRange = 436 // the same on all architectures
