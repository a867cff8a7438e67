// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// An Errno is the kernel's error number. Zero is success.
type Errno = syscall.Errno

// RawLimit is the number of bytes up to which a send or receive is made
// without telling the scheduler: copying them takes some 10 microseconds,
// less than what giving the processor away and back would cost.
const RawLimit = 64 << 10

// zero stands for the memory of an empty slice.
var zero byte

func pointer(p []byte) unsafe.Pointer {
	if len(p) == 0 {
		return unsafe.Pointer(&zero)
	}
	return unsafe.Pointer(&p[0])
}

// orNil is pointer, with no memory at all for a slice that has none.
func orNil(p []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(p)) }

// Close closes a descriptor. It is not repeated when interrupted, as the
// descriptor is gone then all the same.
func Close(fd int) Errno {
	_, _, e := syscall.Syscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0)
	return e
}

// Dup returns another descriptor, closed on exec, of the same open file.
func Dup(fd int) (int, Errno) {
	n, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	return int(n), e
}

// Ioctl makes an ioctl whose argument is one int32, and returns what the
// kernel left in it.
func Ioctl(fd int, request uintptr, value int32) (int32, Errno) {
	_, _, e := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&value)))
	return value, e
}

// Gettid returns the id of the operating system's thread that the caller
// runs on.
func Gettid() int {
	id, _, _ := syscall.RawSyscall(syscall.SYS_GETTID, 0, 0, 0)
	return int(id)
}
