// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/object"
	"winsock/wsa"
)

// An Overlapped is a WSAOVERLAPPED: one overlapped operation. It must stay in
// place and must not be used for another operation until this one has ended.
//
// Its memory is that of the C structure on 64-bit systems.
type Overlapped struct {
	Internal     uint64 // NTSTATUS of the operation; STATUS_PENDING while it is under way
	InternalHigh uint64 // bytes transferred
	Offset       uint32 // place in the file, for TransmitFile
	OffsetHigh   uint32
	Event        HANDLE // signalled at the end; the low bit keeps the packet off a completion port
}

// Done reports whether the operation has ended ("HasOverlappedIoCompleted
// macro").
func (ov *Overlapped) Done() bool {
	return wsa.NTStatus(atomic.LoadUint64(&ov.Internal)) != wsa.STATUS_PENDING
}

// A CompletionRoutine is called when an overlapped operation has ended, in an
// alertable wait of the thread that it belongs to
// ("LPWSAOVERLAPPED_COMPLETION_ROUTINE callback function").
type CompletionRoutine func(err wsa.Errno, transferred uint32, overlapped *Overlapped, flags uint32)

// A Completion is the completion routine of an operation and the thread that
// runs it.
type Completion struct {
	Routine CompletionRoutine
	Thread  *Thread // nil for the operating system's thread of the caller
}

// overlaps tells whether a call with these arguments is overlapped. One
// without an overlapped structure, and any on a socket created without
// WSA_FLAG_OVERLAPPED, is synchronous; there, one with a structure waits even
// if the socket is non-blocking (difference 125).
//
// Errors: WSAEINVAL for a completion routine on a socket with a completion
// port, or one without a function; WSA_INVALID_PARAMETER for a structure
// whose operation has not ended.
func (s *socket) overlaps(overlapped *Overlapped, completion *Completion) (bool, error) {
	if overlapped == nil || s.flags&wsa.WSA_FLAG_OVERLAPPED == 0 {
		return false, nil
	}
	if completion != nil {
		if completion.Routine == nil {
			return false, wsa.WSAEINVAL
		}
		if a := s.async.Load(); a != nil && a.hasPort() {
			return false, wsa.WSAEINVAL
		}
	}
	if a := s.async.Load(); a != nil && !overlapped.Done() && a.pending(overlapped) {
		return false, wsa.WSA_INVALID_PARAMETER
	}
	return true, nil
}

func (a *async) hasPort() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.port != nil
}

// pending reports whether the structure's operation is one of the socket's.
func (a *async) pending(overlapped *Overlapped) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	its := func(r *request) bool { return r.overlapped == overlapped }
	if a.recv.has(its) || a.send.has(its) {
		return true
	}
	x := a.seldomLocked()
	if c := x.changes.Load(); c != nil && c.calls.has(its) {
		return true
	}
	return x.arriving.has(its) || x.connect != nil && its(x.connect)
}

// WSAGetOverlappedResult tells how an overlapped operation has ended: the
// bytes transferred, and the flags of a receive. With wait, it waits for the
// end first ("WSAGetOverlappedResult function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a nil structure,
// WSA_IO_INCOMPLETE while the operation is under way; else the error that
// the operation ended with.
func WSAGetOverlappedResult(h SOCKET, overlapped *Overlapped, wait bool) (transferred, flags uint32, err error) {
	s, err := use(h)
	if err != nil {
		return 0, 0, err
	}
	defer s.done("WSPGetOverlappedResult", &err)
	if overlapped == nil {
		return 0, 0, wsa.WSAEFAULT
	}
	for !overlapped.Done() {
		if !wait {
			return 0, 0, wsa.WSA_IO_INCOMPLETE
		}
		if err := s.awaitOverlapped(overlapped); err != nil {
			return 0, 0, err
		}
	}
	status := wsa.NTStatus(atomic.LoadUint64(&overlapped.Internal))
	return uint32(overlapped.InternalHigh), overlapped.Offset, status.Errno().Err()
}

// awaitOverlapped waits for what the operation signals at its end.
func (s *socket) awaitOverlapped(overlapped *Overlapped) error {
	if overlapped.Event&^1 == 0 {
		_, err := object.Wait([]object.Waitable{socketSignal{s, s.ofAsync().ofSignal()}}, false, -1, nil)
		if err != nil && overlapped.Done() {
			return nil // ended by the closing of the socket
		}
		return err
	}
	e, err := useEvent(overlapped.Event &^ 1)
	if err != nil {
		return err
	}
	defer e.Release()
	_, err = object.Wait([]object.Waitable{e}, false, -1, nil)
	return err
}

// CancelIoEx cancels the operation of an overlapped structure, or with nil
// all operations of the socket; each ends with WSA_OPERATION_ABORTED unless it
// has ended already ("CancelIoEx function").
//
// Errors: WSA_INVALID_HANDLE; ERROR_NOT_FOUND when there was none.
func CancelIoEx(h SOCKET, overlapped *Overlapped) error {
	return cancelIo(h, func(r *request) bool { return overlapped == nil || r.overlapped == overlapped })
}

// CancelIo cancels the operations that the calling thread has begun on a
// socket: those with the completion routine on the calling thread (see
// [CurrentThread]), and all that belong to no thread, as goroutines have none
// ("CancelIo function").
//
// Errors: WSA_INVALID_HANDLE.
func CancelIo(h SOCKET) error {
	t := knownThread()
	err := cancelIo(h, func(r *request) bool { return r.thread() == nil || r.thread() == t })
	if err == wsa.ERROR_NOT_FOUND {
		return nil
	}
	return err
}

func cancelIo(h SOCKET, want func(*request) bool) error {
	s, err := use(h)
	if err != nil {
		return cancelNotification(HANDLE(h), want)
	}
	defer s.Release()
	if a := s.async.Load(); a != nil && a.cancel(want) > 0 {
		return nil
	}
	return wsa.ERROR_NOT_FOUND
}
