// SPDX-License-Identifier: Apache-2.0

package seccomp

import "golang.org/x/sys/unix"

const (
	nativeArch = unix.AUDIT_ARCH_X86_64
	foreignBit = 0x40000000 // of the numbers of x32's calls
)

// ForeignNetwork are the network calls of the other architectures that this
// machine executes, and io_uring_setup, as [Policy.Foreign] wants them.
var ForeignNetwork = map[uint32][]uint32{
	// i386: socketcall, recvmmsg, sendmmsg, socket, bind to shutdown
	// (socketpair is 360, and harmless), io_uring_setup, the two with
	// 64-bit times.
	unix.AUDIT_ARCH_I386: {102, 337, 345, 359, 361, 362, 363, 364, 365, 366, 367, 368, 369, 370, 371, 372, 373, 425, 417},
}
