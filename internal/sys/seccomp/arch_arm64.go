// SPDX-License-Identifier: Apache-2.0

package seccomp

import "golang.org/x/sys/unix"

const (
	nativeArch = unix.AUDIT_ARCH_AARCH64
	foreignBit = 0
)

// ForeignNetwork are the network calls of the other architectures that this
// machine executes, and io_uring_setup, as [Policy.Foreign] wants them.
var ForeignNetwork = map[uint32][]uint32{
	// 32-bit ARM: socketcall, socket to recvmsg (socketpair is 288, and
	// harmless), recvmmsg, accept4, sendmmsg, io_uring_setup, the one with
	// 64-bit times.
	unix.AUDIT_ARCH_ARM: {102, 281, 282, 283, 284, 285, 286, 287, 289, 290, 291, 292, 293, 294, 295, 296, 297, 365, 366, 374, 425, 417},
}
