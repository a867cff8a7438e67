// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// SendFile sends up to n bytes of the file in, from offset on, to a socket,
// and returns how many it sent: 0 at the file's end. They do not pass through
// the process. The scheduler is always told, as the file may have to be read.
func SendFile(fd, in int, offset int64, n int) (int, Errno) {
	for {
		r, _, e := syscall.Syscall6(syscall.SYS_SENDFILE, uintptr(fd), uintptr(in),
			uintptr(unsafe.Pointer(&offset)), uintptr(n), 0, 0)
		if e != syscall.EINTR {
			return count(r, e), e
		}
	}
}
