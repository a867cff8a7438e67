// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// A request is an overlapped operation that the program has begun. It is
// pooled.
type request struct {
	try  func(r *request, s *socket) bool // one attempt; false: would block
	next *request                         // behind it in its queue
	prev *request                         // before it, in a requestList
	end  func(r *request)                 // undoes what the operation holds, before its end is told; may be nil

	msg     spi.Message
	n       int   // bytes transferred so far
	err     error // of the last attempt
	more    any   // what only some kinds of operation need
	partial [][]byte

	keepsOffset bool     // ov.Offset is a place in a file and is left alone
	sync        *syncEnd // the caller waits, and nobody else is told

	rio *rioRequest // its end is a result of registered I/O, and told nowhere else

	owner      *async // whose port, event and handle tell of the end
	overlapped *Overlapped
	completion *Completion
	thread     *Thread // where the completion routine runs
}

var requests = sync.Pool{New: func() any { return new(request) }}

func newRequest(a *async, try func(*request, *socket) bool, overlapped *Overlapped, completion *Completion) *request {
	r := requests.Get().(*request)
	r.try, r.owner, r.overlapped, r.completion = try, a, overlapped, completion
	return r
}

func (r *request) free() {
	r.msg.Reset()
	r.try, r.next, r.prev, r.end, r.n, r.err, r.more = nil, nil, nil, nil, 0, nil, nil
	r.keepsOffset, r.sync = false, nil
	r.rio, r.owner, r.overlapped, r.completion, r.thread = nil, nil, nil, nil, nil
	if r.partial != nil {
		clear(r.partial[:cap(r.partial)])
		r.partial = r.partial[:0]
	}
	requests.Put(r)
}

// drop ends an operation that never was, and frees the request.
func (r *request) drop() {
	if r.end != nil {
		r.end(r)
	}
	r.free()
}

// begin marks the operation as under way.
func (r *request) begin() error {
	ov := r.overlapped
	if r.sync != nil {
		return nil
	}
	if r.completion != nil {
		if r.thread = r.completion.Thread; r.thread == nil {
			t, err := CurrentThread()
			if err != nil {
				return err
			}
			r.thread = t
		}
	} else if ov.Event != 0 {
		e, err := useEvent(ov.Event &^ 1)
		if err != nil {
			return err
		}
		e.Reset()
		e.Release()
	} else {
		r.owner.signal.Reset()
	}
	ov.InternalHigh = 0
	atomic.StoreUint64(&ov.Internal, uint64(wsa.STATUS_PENDING))
	return nil
}

// A kind of end.
const (
	atOnce = true  // within the call that began the operation
	later  = false // after that call answered WSA_IO_PENDING
)

// complete tells of the end of the operation, by the one way that the
// program has asked for, and frees the request.
func (r *request) complete(atOnce bool) {
	if r.end != nil {
		r.end(r)
	}
	if r.rio != nil {
		r.rio.ended(r)
		r.free()
		return
	}
	if r.sync != nil {
		r.sync.told(r.n, r.err)
		r.free()
		return
	}
	a, ov := r.owner, r.overlapped
	errno := wsa.ErrnoOf(r.err)
	ov.InternalHigh = uint64(r.n)
	if !r.keepsOffset {
		ov.Offset = r.msg.Flags // what WSAGetOverlappedResult gives as flags
	}
	p := packet{overlapped: ov, transferred: uint32(r.n), status: statusOf(errno), key: a.key}
	event := ov.Event
	atomic.StoreUint64(&ov.Internal, uint64(p.status)) // from here on ov may be used again
	switch {
	case r.completion != nil:
		r.thread.queue(apc{routine: r.completion.Routine, errno: p.status.Errno(), transferred: p.transferred, overlapped: ov, flags: r.msg.Flags})
	case a.port != nil && event&1 == 0 && !(atOnce && errno == 0 && a.modes&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS != 0):
		a.port.post(p)
	}
	if r.completion == nil {
		a.tell(event &^ 1)
	}
	r.free()
}

// statusOf is what an operation's end is recorded as. A datagram that was cut
// is a warning, no failure.
func statusOf(errno wsa.Errno) wsa.NTStatus {
	if errno == wsa.WSAEMSGSIZE {
		return wsa.STATUS_BUFFER_OVERFLOW
	}
	return errno.Status()
}

// tell signals the operation's event, or the socket itself.
func (a *async) tell(event HANDLE) {
	if event == 0 {
		if a.modes&FILE_SKIP_SET_EVENT_ON_HANDLE == 0 {
			a.signal.Set()
		}
		return
	}
	if e, ok := object.Acquire(event).(*object.Event); ok {
		e.Set()
		e.Release()
	}
}

// A requestQueue holds the operations of one direction, oldest first.
type requestQueue struct{ first, last *request }

func (q *requestQueue) push(r *request) {
	if q.last == nil {
		q.first = r
	} else {
		q.last.next = r
	}
	q.last = r
}

func (q *requestQueue) pop() *request {
	r := q.first
	if q.first = r.next; q.first == nil {
		q.last = nil
	}
	r.next = nil
	return r
}

// take removes the requests that want picks, and returns them in order.
func (q *requestQueue) take(want func(*request) bool) (taken []*request) {
	var kept requestQueue
	for q.first != nil {
		if r := q.pop(); want(r) {
			taken = append(taken, r)
		} else {
			kept.push(r)
		}
	}
	*q = kept
	return taken
}

// A requestList holds operations that end in any order.
type requestList struct{ first *request }

func (l *requestList) add(r *request) {
	if r.next = l.first; r.next != nil {
		r.next.prev = r
	}
	l.first = r
}

func (l *requestList) remove(r *request) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.next, r.prev = nil, nil
}

// take removes the requests that want picks.
func (l *requestList) take(want func(*request) bool) (taken []*request) {
	for r := l.first; r != nil; {
		next := r.next
		if want(r) {
			l.remove(r)
			taken = append(taken, r)
		}
		r = next
	}
	return taken
}
