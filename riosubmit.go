// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/wsa"
)

// submit begins an operation. Its end is told by its result in any case, even
// if it comes before the call returns.
func (q *rioRequestQueue) submit(waiting *requestQueue, x *rioRequest, deferred bool) error {
	a, r := q.async, &x.op
	if a.sock.connecting.Load() {
		q.connectProgress()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	err := wsa.WSAEINVAL.Err()
	if !a.closed {
		err = x.half.charge()
	}
	if err != nil {
		x.free()
		return err
	}
	if x.local != nil && !q.pktinfo && !a.sock.stream() {
		q.askForPktinfo()
	}
	switch {
	case deferred:
		waiting.push(r)
		a.claimLocked()
	case waiting.last != nil:
		waiting.push(r)
		a.startDeferredLocked(waiting)
	case waiting == &a.recv && a.emptyLocked() || !a.attempt(r):
		a.queueLocked(waiting, r)
	default:
		a.completeLocked(r, atOnce)
	}
	return nil
}

// startDeferredLocked tries the operations of a queue, some of which may not
// have been tried before.
func (a *async) startDeferredLocked(waiting *requestQueue) {
	if a.watched == nil {
		a.watchLocked()
	}
	a.pumpCarefullyLocked(waiting)
	a.claimLocked()
}

// commit begins the deferred requests of a direction. Nothing but the flag
// may be given.
func (q *rioRequestQueue) commit(d spi.Direction, c *rioCall) error {
	if *c != (rioCall{modes: wsa.RIO_MSG_COMMIT_ONLY}) {
		return wsa.WSAEINVAL
	}
	a := q.async
	a.mu.Lock()
	defer a.mu.Unlock()
	waiting := &a.recv
	if d == spi.Sending {
		waiting = &a.send
	}
	if a.closed {
		return wsa.WSAEINVAL
	}
	if waiting.last != nil {
		a.startDeferredLocked(waiting)
	}
	return nil
}

// connectProgress looks whether a non-blocking connect is over.
func (q *rioRequestQueue) connectProgress() {
	if s := q.async.sock; s.Hold() {
		s.guard("ConnectResult", s.connectProgress)
		s.Release()
	}
}

// tryRIOReceive is the attempt of receives.
func tryRIOReceive(r *request, s *socket) bool {
	if !tryRecv(r, s) {
		return false
	}
	r.extras.rio.describe(r, s)
	return true
}

// tryRIOReceiveAll is the attempt of receives with RIO_MSG_WAITALL.
func tryRIOReceiveAll(r *request, s *socket) bool {
	p := s.path.Load()
	for {
		n, err := p.data.Recv(&r.msg)
		r.msg.Flags = 0
		if err == wsa.WSAEWOULDBLOCK {
			return false
		}
		s.selection.received(0)
		r.n += n
		r.err = err
		if err != nil || n == 0 || !r.skip(n) {
			r.extras.rio.describe(r, s)
			return true
		}
	}
}

// tryRIOSend is the attempt of sends.
func tryRIOSend(r *request, s *socket) bool {
	if !trySend(r, s) {
		return false
	}
	putFlags(r.extras.rio.flags, 0)
	return true
}
