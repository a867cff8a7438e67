// SPDX-License-Identifier: Apache-2.0

package seccomp

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Notification tells of a system call that waits for an answer: struct
// seccomp_notif.
type Notification struct {
	ID    uint64
	TID   uint32 // the thread that calls, 0 if it is not visible from here
	Flags uint32

	Number int32
	Arch   uint32
	IP     uint64
	Args   [6]uint64
}

// response is struct seccomp_notif_resp.
type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// addition is struct seccomp_notif_addfd.
type addition struct {
	id         uint64
	flags      uint32
	source     uint32
	target     uint32
	descriptor uint32 // flags of the descriptor: O_CLOEXEC
}

const (
	requestRecv     = 0xc0502100
	requestSend     = 0xc0182101
	requestValid    = 0x40082102
	requestAdd      = 0x40182103
	requestSetFlags = 0x40082104

	flagContinue = 1
	flagSync     = 1
	flagAddSend  = 2
)

// A Listener receives the notifications of one filter.
type Listener struct {
	fd   int
	wake int // an eventfd that ends Ended
}

// Install puts the program on the calling thread, and so on all processes and
// threads that it starts from now on. The caller has locked the thread. It is
// asked for without giving up privileges first; who has none must give up
// those of set-user-id programs (no_new_privs), which restricted tells.
//
// EBUSY means that the thread is under the filter of another supervisor, of
// which there can be one.
func Install(program []unix.SockFilter) (l *Listener, restricted bool, e syscall.Errno) {
	fprog := unix.SockFprog{Len: uint16(len(program)), Filter: unsafe.SliceData(program)}
	set := func() (int, syscall.Errno) {
		fd, _, e := syscall.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
			unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&fprog)))
		return int(fd), e
	}
	fd, e := set()
	if e == unix.EACCES {
		if _, _, e := syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); e != 0 {
			return nil, false, e
		}
		restricted = true
		fd, e = set()
	}
	runtime.KeepAlive(program)
	if e != 0 {
		return nil, restricted, e
	}
	unix.CloseOnExec(fd)
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, restricted, err.(syscall.Errno)
	}
	l = &Listener{fd: fd, wake: wake}
	l.ioctl(requestSetFlags, flagSync) // from Linux 6.6 on; without it everything is slower and works
	return l, restricted, 0
}

func (l *Listener) ioctl(request uintptr, arg uintptr) syscall.Errno {
	_, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(l.fd), request, arg)
	return e
}

// Recv waits for the next notification. EINTR and ENOENT mean that there was
// none this time.
func (l *Listener) Recv(n *Notification) syscall.Errno {
	*n = Notification{} // the kernel insists
	_, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(l.fd), requestRecv, uintptr(unsafe.Pointer(n)))
	return e
}

// Answer ends the call with a value, or with an error if e is not 0. ENOENT
// means that the call does not wait any more: it was interrupted, and may
// come again, or its thread is gone.
func (l *Listener) Answer(id uint64, value int64, e syscall.Errno) syscall.Errno {
	return l.send(&response{id: id, value: value, errno: -int32(e)})
}

// Continue lets the kernel make the call. What pointers point to may have
// changed meanwhile, so that nothing that was judged by them may be let go.
func (l *Listener) Continue(id uint64) syscall.Errno {
	return l.send(&response{id: id, flags: flagContinue})
}

func (l *Listener) send(r *response) syscall.Errno {
	for {
		_, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(l.fd), requestSend, uintptr(unsafe.Pointer(r)))
		if e != unix.EINTR {
			return e
		}
	}
}

// Valid reports whether the call still waits, and so whether its thread's
// number still means that thread.
func (l *Listener) Valid(id uint64) bool {
	return l.ioctl(requestValid, uintptr(unsafe.Pointer(&id))) == 0
}

// AnswerWithDescriptor ends the call with a new descriptor of the caller for
// the open file of fd. Signals are kept away meanwhile: one that came between
// the two halves of the kernel's work would leave the call answered with 0.
func (l *Listener) AnswerWithDescriptor(id uint64, fd int, closeOnExec bool) (int, syscall.Errno) {
	a := addition{id: id, flags: flagAddSend, source: uint32(fd)}
	if closeOnExec {
		a.descriptor = unix.O_CLOEXEC
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	all, old := ^uint64(0), uint64(0)
	mask(unix.SIG_SETMASK, &all, &old)
	n, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(l.fd), requestAdd, uintptr(unsafe.Pointer(&a)))
	mask(unix.SIG_SETMASK, &old, nil)
	return int(n), e
}

func mask(how uintptr, set, old *uint64) {
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 8, 0, 0)
}

// Ended waits up to ms milliseconds, without end if that is negative, for the
// last process under the filter to be gone.
func (l *Listener) Ended(ms int) bool {
	p := []unix.PollFd{{Fd: int32(l.fd)}, {Fd: int32(l.wake), Events: unix.POLLIN}}
	_, _ = unix.Poll(p, ms) // whatever it returns, Revents tells
	return p[0].Revents&unix.POLLHUP != 0
}

// Pending reports whether a call waits to be received.
func (l *Listener) Pending() bool {
	p := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	_, _ = unix.Poll(p, 0) // whatever it returns, Revents tells
	return p[0].Revents&unix.POLLIN != 0
}

// PollBeside waits for one of the events of another descriptor, but not longer
// than until a call waits to be received, or d is over. It reports whether one
// of the events is there.
func (l *Listener) PollBeside(fd int, events int16, d time.Duration) bool {
	p := [2]unix.PollFd{{Fd: int32(fd), Events: events}, {Fd: int32(l.fd), Events: unix.POLLIN}}
	ts := unix.NsecToTimespec(int64(d))
	syscall.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&p)), 2, uintptr(unsafe.Pointer(&ts)), 0, 0, 0)
	return p[0].Revents != 0 // whatever the call returns
}

// Interrupt makes a Recv of a thread end with EINTR.
func Interrupt(tid int) {
	syscall.RawSyscall(unix.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(tid), uintptr(unix.SIGURG))
}

// Close ends the listening. Calls that still wait fail with ENOSYS, as do
// those that come after. Whoever uses the listener afterwards gets errors:
// the descriptor itself is kept until Free.
func (l *Listener) Close() {
	_, _ = unix.Write(l.wake, []byte{7: 1}) // an eventfd takes 8 bytes always
	_ = unix.Dup3(l.wake, l.fd, unix.O_CLOEXEC)
}

// Free gives the descriptors back. Nobody may use the listener any more.
func (l *Listener) Free() {
	unix.Close(l.fd)
	unix.Close(l.wake)
}
