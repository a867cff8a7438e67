// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// An Overlapped is a WSAOVERLAPPED: one overlapped operation. It must stay
// as it is and in place until the operation has completed.
type Overlapped struct {
	Internal     uint64 // NTSTATUS of the operation; STATUS_PENDING while it is under way
	InternalHigh uint64 // bytes transferred
	Offset       uint32 // place in the file, for TransmitFile
	OffsetHigh   uint32
	Event        HANDLE // signalled on completion; the low bit keeps the packet off a completion port
}

// A CompletionRoutine is called when an overlapped operation has completed,
// in an alertable wait of the thread that began it.
type CompletionRoutine func(err wsa.Errno, transferred uint32, overlapped *Overlapped, flags uint32)

// checkOverlapped tells how a call with that overlapped structure goes on. A
// call without one, and any call on a socket that was created without
// WSA_FLAG_OVERLAPPED, is synchronous.
func (s *socket) checkOverlapped(overlapped *Overlapped) error {
	if overlapped == nil || s.flags&wsa.WSA_FLAG_OVERLAPPED == 0 {
		return nil
	}
	return wsa.WSAEOPNOTSUPP
}
