// SPDX-License-Identifier: Apache-2.0

// Package sys makes the system calls of the module: thin typed wrappers that
// return the kernel's error number as it is and allocate nothing.
//
// Descriptors are non-blocking. A call that the kernel finishes without
// sleeping goes by RawSyscall, which the scheduler does not see; only copies
// of more than [RawLimit] bytes, and waits, tell the scheduler, so that a long
// copy does not hold up other goroutines. Calls that a signal interrupted are
// repeated here.
package sys
