// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// A rioRequestQueue is what ties a socket to completion queues. It ends with
// the socket.
type rioRequestQueue struct {
	object.Header
	async      *async
	recv, send rioHalf
	pktinfo    bool // datagrams say where they have arrived; protected by async.mu
}

// A rioHalf is one direction of a request queue.
type rioHalf struct {
	cq      *rioCompletionQueue
	context uint64 // of the socket

	// Protected by cq.mu:
	limit       uint32 // how many requests there may be, which is reserved in cq
	outstanding uint32 // how many there are; one ends when its result is taken
	closed      bool
}

// RIOCreateRequestQueue makes the request queue of a socket
// ("LPFN_RIOCREATEREQUESTQUEUE callback function"). The limits say how many
// receives and sends may be outstanding: begun, and their results not yet
// taken. The numbers of data buffers must be 1. Both completion queues may be
// the same. The request queue is closed with the socket, which ends its
// requests with WSA_OPERATION_ABORTED.
//
// Errors, with RIO_INVALID_RQ: WSANOTINITIALISED; WSAENOTSOCK; WSAEOPNOTSUPP
// for a socket that is neither TCP nor UDP or was created without
// WSA_FLAG_REGISTERED_IO; WSAEINVAL for limits that are both 0, other numbers
// of data buffers, an unknown completion queue, and a socket that has a
// request queue or is being closed; WSAENOBUFS when a completion queue has no
// room for that many results.
func RIOCreateRequestQueue(h SOCKET, maxOutstandingReceive, maxReceiveDataBuffers, maxOutstandingSend, maxSendDataBuffers uint32, receiveCQ, sendCQ RIO_CQ, socketContext uint64) (RIO_RQ, error) {
	s, err := use(h)
	if err != nil {
		return wsa.RIO_INVALID_RQ, err
	}
	defer s.Release()
	if !s.takesRIO() {
		return wsa.RIO_INVALID_RQ, wsa.WSAEOPNOTSUPP
	}
	if maxOutstandingReceive == 0 && maxOutstandingSend == 0 || maxReceiveDataBuffers != 1 || maxSendDataBuffers != 1 {
		return wsa.RIO_INVALID_RQ, wsa.WSAEINVAL
	}
	q := &rioRequestQueue{async: s.ofAsync()}
	if q.recv.cq, err = useCompletionQueue(receiveCQ); err != nil {
		return wsa.RIO_INVALID_RQ, err
	}
	if q.send.cq, err = useCompletionQueue(sendCQ); err != nil {
		q.recv.cq.Release()
		return wsa.RIO_INVALID_RQ, err
	}
	q.recv.context, q.send.context = socketContext, socketContext
	rq, err := q.open(maxOutstandingReceive, maxOutstandingSend)
	if err != nil {
		q.Destroy()
		return wsa.RIO_INVALID_RQ, err
	}
	return rq, nil
}

// takesRIO reports whether the socket is of a kind for registered I/O.
func (s *socket) takesRIO() bool {
	family := s.info().AddressFamily
	kind := s.info().SocketType
	return s.flags&wsa.WSA_FLAG_REGISTERED_IO != 0 &&
		(family == wsa.AF_INET || family == wsa.AF_INET6) &&
		(kind == wsa.SOCK_STREAM || kind == wsa.SOCK_DGRAM)
}

// open gives the queue its room, its socket and its handle.
func (q *rioRequestQueue) open(receives, sends uint32) (RIO_RQ, error) {
	a := q.async
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed || a.seldomLocked().rio != nil {
		return 0, wsa.WSAEINVAL
	}
	if err := q.resize(receives, sends); err != nil {
		return 0, err
	}
	h, err := object.Open(q)
	if err != nil {
		q.giveBack()
		return 0, wsa.WSAENOBUFS
	}
	a.ofSeldomLocked().rio = q
	return RIO_RQ(h), nil
}

// closeLocked ends the queue with its socket, when all requests have ended.
// The room of results that nobody has taken yet is given back by who does.
func (q *rioRequestQueue) closeLocked() {
	q.async.seldom.Load().rio = nil
	q.giveBack()
	object.Close(q)
}

// Destroy is called when the last use has ended.
func (q *rioRequestQueue) Destroy() {
	q.recv.cq.Release()
	q.send.cq.Release()
}

// useRequestQueue finds a request queue. The caller releases it.
func useRequestQueue(rq RIO_RQ) (*rioRequestQueue, error) {
	o := object.Acquire(object.Handle(rq))
	q, ok := o.(*rioRequestQueue)
	if !ok {
		release(o)
		return nil, wsa.WSAEINVAL
	}
	return q, nil
}

// RIOResizeRequestQueue changes how many requests may be outstanding
// ("LPFN_RIORESIZEREQUESTQUEUE callback function").
//
// Errors: WSAEINVAL for an unknown queue, or limits that are both 0;
// WSAETOOMANYREFS for less than are outstanding; WSAENOBUFS when a completion
// queue has no room for that many results.
func RIOResizeRequestQueue(rq RIO_RQ, maxOutstandingReceive, maxOutstandingSend uint32) error {
	q, err := useRequestQueue(rq)
	if err != nil {
		return err
	}
	defer q.Release()
	if maxOutstandingReceive == 0 && maxOutstandingSend == 0 {
		return wsa.WSAEINVAL
	}
	a := q.async
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return wsa.WSAEINVAL
	}
	return q.resize(maxOutstandingReceive, maxOutstandingSend)
}

// resize sets both limits or none.
func (q *rioRequestQueue) resize(receives, sends uint32) error {
	q.lock()
	defer q.unlock()
	r, s := &q.recv, &q.send
	switch {
	case r.cq.closed || s.cq.closed:
		return wsa.WSAEINVAL
	case receives < r.outstanding || sends < s.outstanding:
		return wsa.WSAETOOMANYREFS
	}
	oldReceives, oldSends := r.limit, s.limit
	r.reserveLocked(receives)
	s.reserveLocked(sends)
	if r.cq.reserved > uint64(r.cq.size) || s.cq.reserved > uint64(s.cq.size) {
		r.reserveLocked(oldReceives)
		s.reserveLocked(oldSends)
		return wsa.WSAENOBUFS
	}
	return nil
}

// giveBack gives back the room that the queue will not need any more.
func (q *rioRequestQueue) giveBack() {
	q.lock()
	defer q.unlock()
	for _, h := range [2]*rioHalf{&q.recv, &q.send} {
		h.closed = true
		h.reserveLocked(h.outstanding)
	}
}

// lock locks both completion queues, in the order of their handles.
func (q *rioRequestQueue) lock() {
	first, second := q.recv.cq, q.send.cq
	if first.Handle() > second.Handle() {
		first, second = second, first
	}
	first.mu.Lock()
	if second != first {
		second.mu.Lock()
	}
}

func (q *rioRequestQueue) unlock() {
	q.recv.cq.mu.Unlock()
	if q.send.cq != q.recv.cq {
		q.send.cq.mu.Unlock()
	}
}

// reserveLocked sets the limit, and with it the room in the completion queue.
func (h *rioHalf) reserveLocked(limit uint32) {
	h.cq.reserved += uint64(limit) - uint64(h.limit) // modulo 2^64, so that it may shrink
	h.limit = limit
}

// charge counts a request.
//
// Errors: WSAENOBUFS when there are as many as there may be; WSAEINVAL when
// the completion queue is closed.
func (h *rioHalf) charge() error {
	h.cq.mu.Lock()
	defer h.cq.mu.Unlock()
	switch {
	case h.cq.closed:
		return wsa.WSAEINVAL
	case h.outstanding >= h.limit:
		return wsa.WSAENOBUFS
	}
	h.outstanding++
	return nil
}

// dischargeLocked counts a request no longer.
func (h *rioHalf) dischargeLocked() {
	h.outstanding--
	if h.closed {
		h.reserveLocked(h.outstanding)
	}
}
