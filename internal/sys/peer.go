// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"
)

// PeerCredentials returns the process and the user at the other end of a local
// connection, as they were when it was made.
func PeerCredentials(fd int) (pid, uid int, e Errno) {
	var cred syscall.Ucred
	n := uint32(unsafe.Sizeof(cred))
	_, _, e = syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), SOL_SOCKET, syscall.SO_PEERCRED,
		uintptr(unsafe.Pointer(&cred)), uintptr(unsafe.Pointer(&n)), 0)
	return int(cred.Pid), int(cred.Uid), e
}
