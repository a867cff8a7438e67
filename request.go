// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// A request is an overlapped operation that the program has begun. Each idle
// connection of a server has one, so that it is small: what only some kinds of
// operation need is in its extras.
type request struct {
	next       *request                         // behind it in its queue
	try        func(r *request, s *socket) bool // one attempt; false: would block
	overlapped *Overlapped
	n          int   // bytes transferred so far
	err        error // of the last attempt
	msg        spi.Message
	extras     *extras // nil for a plain send or receive
}

// An extras is what only some kinds of operation need.
type extras struct {
	end  func(r *request, a *async) // undoes what the operation holds, before its end is told; may be nil
	more any                        // what belongs to the kind

	keepsOffset bool     // ov.Offset is a place in a file and is left alone
	sync        *syncEnd // the caller waits, and nobody else is told

	completion *Completion
	thread     *Thread // where the completion routine runs

	rio *rioRequest // of which it and the request are parts; the end is a result of registered I/O, and told nowhere else

	partial [][]byte // the buffers of an operation with several, or what is left of them
}

// Both are pooled, but for the request that each async has as its own.
var (
	requests  = sync.Pool{New: func() any { return new(request) }}
	extrasAll = sync.Pool{New: func() any { return new(extras) }}
)

func newRequest(try func(*request, *socket) bool, overlapped *Overlapped) *request {
	r := requests.Get().(*request)
	r.try, r.overlapped = try, overlapped
	return r
}

// newRequestLocked is newRequest for an operation of the socket. It gives the
// async's own request unless that is under way: for most sockets of a server
// there is no other, and what an operation needs is in one piece of memory.
func (a *async) newRequestLocked(try func(*request, *socket) bool, overlapped *Overlapped) *request {
	r := a.spareLocked()
	a.beginRequestLocked(r, try, overlapped)
	return r
}

// spareLocked returns a request that is of no operation.
func (a *async) spareLocked() *request {
	if a.ownTaken {
		return requests.Get().(*request)
	}
	return &a.own
}

// beginRequestLocked makes a spare request that of an operation.
func (a *async) beginRequestLocked(r *request, try func(*request, *socket) bool, overlapped *Overlapped) {
	if r == &a.own {
		a.ownTaken = true
	}
	r.try, r.overlapped = try, overlapped
}

// endBy makes the operation end by a completion routine, if there is one.
func (r *request) endBy(completion *Completion) {
	if completion != nil {
		r.ofExtras().completion = completion
	}
}

// ofExtras returns the request's extras, making them if it has none.
func (r *request) ofExtras() *extras {
	if r.extras == nil {
		r.extras = extrasAll.Get().(*extras)
	}
	return r.extras
}

// plain reports whether the operation asks for nothing but to send or receive,
// and may be done for it by whoever knows that.
func (r *request) plain() bool {
	return r.msg.Flags == 0 && (r.extras == nil || r.extras.rio.plain())
}

// reset empties the request so that it holds on to nothing.
func (r *request) reset() {
	r.msg.Reset()
	r.try, r.overlapped, r.n, r.err = nil, nil, 0, nil
	if r.extras != nil {
		r.extras.free()
		r.extras = nil
	}
}

func (x *extras) free() {
	partial := x.partial
	clear(partial[:cap(partial)])
	*x = extras{partial: partial[:0]}
	extrasAll.Put(x)
}

// freeLocked ends the request.
func (a *async) freeLocked(r *request) {
	r.reset()
	if r == &a.own {
		a.ownTaken = false
		return
	}
	requests.Put(r)
}

// dropLocked ends an operation that never was, and frees the request.
func (a *async) dropLocked(r *request) {
	if x := r.extras; x != nil && x.end != nil {
		x.end(r, a)
	}
	a.freeLocked(r)
}

// drop is dropLocked for callers without the lock.
func (a *async) drop(r *request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.dropLocked(r)
}

// beginLocked takes back the signal that the operation's end will give.
func (a *async) beginLocked(r *request) error {
	if x := r.extras; x != nil {
		if x.sync != nil {
			return nil
		}
		if x.completion != nil {
			return x.ofThread()
		}
	}
	if event := r.overlapped.Event; event != 0 {
		e, err := useEvent(event &^ 1)
		if err != nil {
			return err
		}
		e.Reset()
		e.Release()
		return nil
	}
	a.signalLocked(false)
	return nil
}

// ofThread finds the thread that the completion routine is to run on.
func (x *extras) ofThread() (err error) {
	if x.thread = x.completion.Thread; x.thread == nil {
		x.thread, err = CurrentThread()
	}
	return err
}

// thread returns where the completion routine runs, nil without one.
func (r *request) thread() *Thread {
	if r.extras == nil {
		return nil
	}
	return r.extras.thread
}

// mark has the overlapped structure say that the operation is under way. One
// that ends within the call that began it does without.
func (r *request) mark() {
	if ov := r.overlapped; ov != nil && !r.waitedFor() {
		ov.markPending()
	}
}

func (ov *Overlapped) markPending() {
	ov.InternalHigh = 0
	ov.Internal = uint64(wsa.STATUS_PENDING) // the program may not look yet
}

// waitedFor reports whether the caller waits for the end.
func (r *request) waitedFor() bool { return r.extras != nil && r.extras.sync != nil }

// A kind of end.
const (
	atOnce = true  // within the call that began the operation
	later  = false // after that call answered WSA_IO_PENDING
)

// completeLocked tells of the end of the operation, by the one way that the
// program has asked for, and frees the request.
func (a *async) completeLocked(r *request, atOnce bool) {
	if a.succeeds(r) {
		a.succeedLocked(r, atOnce, false)
		return
	}
	x := r.extras
	if x != nil && x.end != nil {
		x.end(r, a)
	}
	switch {
	case x != nil && x.rio != nil:
		x.rio.ended()
		return // the request is a part of that one, and freed with it
	case x != nil && x.sync != nil:
		x.sync.told(r.n, r.err)
	default:
		a.tellLocked(r, atOnce)
	}
	a.freeLocked(r)
}

// succeeds reports whether the operation has ended well and a port is all that is
// told, as is so of nearly all of a server's.
func (a *async) succeeds(r *request) bool {
	return r.extras == nil && r.err == nil && a.port != nil && r.overlapped.Event == 0
}

// succeedLocked is completeLocked for what succeeds. taken says that the packet
// has been taken already.
func (a *async) succeedLocked(r *request, atOnce, taken bool) {
	ov := r.overlapped
	ov.InternalHigh, ov.Offset = uint64(r.n), r.msg.Flags
	if atOnce { // the structure did not say that it was under way, so nobody waits for it to change
		ov.Internal = uint64(wsa.STATUS_SUCCESS)
	} else {
		atomic.StoreUint64(&ov.Internal, uint64(wsa.STATUS_SUCCESS))
	}
	if !taken && (!atOnce || a.modes&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS == 0) {
		a.port.post(a.key, ov, uint32(r.n), wsa.STATUS_SUCCESS, nil)
	}
	if a.modes&FILE_SKIP_SET_EVENT_ON_HANDLE == 0 {
		a.signalLocked(true)
	}
	a.freeLocked(r)
}

func (a *async) tellLocked(r *request, atOnce bool) {
	x, ov := r.extras, r.overlapped
	status := wsa.STATUS_SUCCESS
	if r.err != nil {
		status = statusOf(wsa.ErrnoOf(r.err))
	}
	ov.InternalHigh = uint64(r.n)
	if x == nil || !x.keepsOffset {
		ov.Offset = r.msg.Flags // what WSAGetOverlappedResult gives as flags
	}
	if x != nil && x.completion != nil {
		x.thread.complete(apc{routine: x.completion.Routine, errno: status.Errno(), transferred: uint32(r.n), overlapped: ov, flags: r.msg.Flags}, status)
		return
	}
	event := ov.Event
	atomic.StoreUint64(&ov.Internal, uint64(status)) // from here on ov may be used again
	if a.port != nil && event&1 == 0 && !(atOnce && status == wsa.STATUS_SUCCESS && a.modes&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS != 0) {
		a.port.post(a.key, ov, uint32(r.n), status, nil)
	}
	if event &^= 1; event != 0 {
		signalEvent(event)
	} else if a.modes&FILE_SKIP_SET_EVENT_ON_HANDLE == 0 {
		a.signalLocked(true)
	}
}

// statusOf is what an operation's end is recorded as. A datagram that was cut
// is a warning, no failure.
func statusOf(errno wsa.Errno) wsa.NTStatus {
	if errno == wsa.WSAEMSGSIZE {
		return wsa.STATUS_BUFFER_OVERFLOW
	}
	return errno.Status()
}

func signalEvent(event HANDLE) {
	if e, ok := object.Acquire(event).(*object.Event); ok {
		e.Set()
		e.Release()
	}
}

// A requestQueue holds the operations of one direction, oldest first, as a
// ring of which it knows the last one.
type requestQueue struct{ last *request }

// first returns the oldest operation, nil if there is none.
func (q *requestQueue) first() *request {
	if q.last == nil {
		return nil
	}
	return q.last.next
}

func (q *requestQueue) push(r *request) {
	if q.last == nil {
		r.next = r
	} else {
		r.next, q.last.next = q.last.next, r
	}
	q.last = r
}

func (q *requestQueue) pop() *request {
	r := q.last.next
	if r == q.last {
		q.last = nil
	} else {
		q.last.next = r.next
	}
	r.next = nil
	return r
}

// has reports whether want picks one of the requests.
func (q *requestQueue) has(want func(*request) bool) bool {
	for r := q.first(); r != nil; r = r.next {
		if want(r) {
			return true
		}
		if r == q.last {
			break
		}
	}
	return false
}

// take removes the requests that want picks, and returns them in order.
func (q *requestQueue) take(want func(*request) bool) (taken []*request) {
	var kept requestQueue
	for q.last != nil {
		if r := q.pop(); want(r) {
			taken = append(taken, r)
		} else {
			kept.push(r)
		}
	}
	*q = kept
	return taken
}
