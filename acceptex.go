// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// AcceptEx accepts a connection on a socket that the program has made before,
// and receives the first data with it ("AcceptEx function"). out takes up to
// receiveLen bytes of data and behind that the local and the peer's address,
// for [GetAcceptExSockaddrs], in localLen and remoteLen bytes; each needs 16
// more than an address of the protocol has. With a receiveLen above zero the
// operation ends when data has come, or with 0 bytes when the peer has
// finished sending; else as soon as there is a connection.
//
// The accepting socket must be new, or renewed by TF_REUSE_SOCKET, and of
// the listener's chain. SO_UPDATE_ACCEPT_CONTEXT makes it the like of what
// [Accept] returns. Many operations may pend on a listener; they take
// connections in their order. Each ends at the listener: at its port, its
// handle, and CancelIoEx on it.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK; ERROR_INVALID_PARAMETER without an
// overlapped structure; WSAEINVAL for a listener that does not listen, and
// for an accepting socket that is bound, connected, in use by another
// AcceptEx, not a stream, or of another chain; WSAEFAULT for a remoteLen of
// 0, or an out that is too short; else WSA_IO_PENDING. The operation ends
// with ERROR_INSUFFICIENT_BUFFER if an address has no room; the connection
// then waits for the next accept.
func AcceptEx(listen, accept SOCKET, out []byte, receiveLen, localLen, remoteLen uint32, overlapped *Overlapped) (received uint32, err error) {
	l, err := use(listen)
	if err != nil {
		return 0, err
	}
	defer l.done("AcceptEx", &err)
	s, err := use(accept)
	if err != nil {
		return 0, err
	}
	defer s.done("AcceptEx", &err)
	if overlapped == nil {
		return 0, wsa.ERROR_INVALID_PARAMETER
	}
	if remoteLen == 0 || uint64(len(out)) < uint64(receiveLen)+uint64(localLen)+uint64(remoteLen) {
		return 0, wsa.WSAEFAULT
	}
	if !l.listens() || !s.mayAccept(l) {
		return 0, wsa.WSAEINVAL
	}
	if _, err := l.overlaps(overlapped, nil); err != nil {
		return 0, err
	}
	c := &acceptance{listener: l.ofAsync(), acceptor: s}
	c.data, out = out[:receiveLen:receiveLen], out[receiveLen:]
	c.local, c.remote = out[:localLen:localLen], out[localLen:localLen+remoteLen]
	return 0, c.begin(overlapped)
}

// mayAccept tells whether s can accept a connection of l by AcceptEx.
func (s *socket) mayAccept(l *socket) bool {
	if s.chain != l.chain || !s.stream() || s.connectionless() || s.context.Load() != contextWhole {
		return false
	}
	var name wsa.Sockaddr
	top := s.path.Load().top
	return top.GetSockName(&name) == wsa.WSAEINVAL && top.GetPeerName(&name) == wsa.WSAENOTCONN
}

// An acceptance is an AcceptEx under way. First it waits in the listener's
// queue. When the acceptor has a connection, and the first data is wanted, it
// is on the listener's list of those arriving, with a watcher of its own on
// the connection. All the time it is the listener's, and what follows is
// protected by the listener's lock.
type acceptance struct {
	request  *request // nil when it has ended
	listener *async
	acceptor *socket // in use until the end

	data, local, remote []byte // parts of the program's buffer

	watched spi.Socket // where the watcher is, nil if it is on none
	watcher spi.Watcher

	prev, next *acceptance // among those arriving

	queued      atomic.Bool // it is among the arrived; not protected
	nextArrived *acceptance
}

// An acceptances is a list of those that end in any order.
type acceptances struct{ first *acceptance }

func (l *acceptances) add(c *acceptance) {
	if c.next = l.first; c.next != nil {
		c.next.prev = c
	}
	l.first = c
}

func (l *acceptances) remove(c *acceptance) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.next, c.prev = nil, nil
}

// has reports whether want picks the request of one.
func (l *acceptances) has(want func(*request) bool) bool {
	for c := l.first; c != nil; c = c.next {
		if want(c.request) {
			return true
		}
	}
	return false
}

// take removes those whose requests want picks, and returns the requests.
func (l *acceptances) take(want func(*request) bool) (taken []*request) {
	for c := l.first; c != nil; {
		next := c.next
		if want(c.request) {
			l.remove(c)
			taken = append(taken, c.request)
		}
		c = next
	}
	return taken
}

func (c *acceptance) begin(overlapped *Overlapped) error {
	s := c.acceptor
	if !s.Hold() {
		return wsa.WSAENOTSOCK
	}
	if !s.accepting.CompareAndSwap(nil, c) {
		s.Release()
		return wsa.WSAEINVAL
	}
	a := c.listener
	r := newRequest(tryAccept, overlapped)
	x := r.ofExtras()
	x.more, x.end = c, endAcceptance
	r.msg.SetBuffer(c.data)
	c.request = r
	err := a.pend(&a.recv, r)
	if s.Closing() { // perhaps before it could know of the operation
		c.abandon()
	}
	return err
}

// abandon ends the operation because its acceptor is closed.
func (c *acceptance) abandon() {
	c.listener.cancel(func(r *request) bool { return r == c.request })
}

// endAcceptance lets go of the acceptor. If the operation was cancelled while
// data was still to come, the connection is reset.
func endAcceptance(r *request, _ *async) {
	c := r.extras.more.(*acceptance)
	s := c.acceptor
	if c.watched != nil {
		s.guard("Unwatch", func() { c.watched.Unwatch(&c.watcher) })
		c.watched = nil
		if r.err == wsa.WSA_OPERATION_ABORTED && !s.Closing() {
			s.reset()
		}
	}
	c.request = nil
	s.accepting.Store(nil)
	s.Release()
}

// accepts reports whether the operation waits for a connection.
func (r *request) accepts() bool {
	if r.extras == nil {
		return false
	}
	_, ok := r.extras.more.(*acceptance)
	return ok
}

// tryAccept is the attempt of AcceptEx. If there is a connection but no data
// yet, it moves the request from the queue to the list of those arriving.
func tryAccept(r *request, l *socket) (done bool) {
	c := r.extras.more.(*acceptance)
	if c.acceptor.Closing() {
		r.err = wsa.WSA_OPERATION_ABORTED
		return true
	}
	conn, ok := l.deferred.take()
	if !ok {
		conn.sock, r.err = l.path.Load().top.Accept(&conn.peer)
		if r.err != nil {
			return r.err != wsa.WSAEWOULDBLOCK
		}
	}
	l.selection.accepted()
	var local wsa.Sockaddr
	_ = conn.sock.GetSockName(&local) // an unknown address stays empty
	if !putAcceptName(c.local, &local) || !putAcceptName(c.remote, &conn.peer) {
		l.deferred.putBack(conn)
		l.wake(spi.Receiving)
		r.err = wsa.ERROR_INSUFFICIENT_BUFFER
		return true
	}
	c.take(conn.sock)
	r.n, r.err = 0, nil
	if len(c.data) == 0 || c.receive() {
		return true
	}
	a := c.listener
	a.recv.pop()
	a.ofSeldomLocked().arriving.add(c)
	c.watch()
	if c.receive() { // it came before the watcher was there
		a.seldom.Load().arriving.remove(c)
		a.completeLocked(r, later)
	}
	return true
}

// take makes the connection the acceptor's.
func (c *acceptance) take(conn spi.Socket) {
	s := c.acceptor
	s.selection.passive.Store(true)
	s.context.Store(contextAccepted)
	if c.listener.sock.lingering.Load() {
		s.lingering.Store(true)
	}
	s.replace(conn)
}

func (c *acceptance) watch() {
	c.watcher.Mask = readEvents
	c.watcher.Notify = func(spi.Events) { c.arrive() }
	c.watched = c.acceptor.path.Load().top
	c.acceptor.guard("Watch", func() { c.watched.Watch(&c.watcher) })
}

// arrive puts the operation on the list of those that have something to
// receive.
func (c *acceptance) arrive() {
	if !c.queued.CompareAndSwap(false, true) {
		return
	}
	for head := &c.listener.seldom.Load().arrived; ; { // which is there since before the watcher
		c.nextArrived = head.Load()
		if head.CompareAndSwap(c.nextArrived, c) {
			break
		}
	}
	c.listener.notify(0)
}

// receive tries to receive the first data.
func (c *acceptance) receive() (done bool) {
	r, s := c.request, c.acceptor
	if !s.guard("AcceptEx", func() { r.n, r.err = s.path.Load().data.Recv(&r.msg) }) {
		r.n, r.err = 0, wsa.WSAECONNABORTED
	}
	return r.err != wsa.WSAEWOULDBLOCK
}

// pumpArrivedLocked finishes the AcceptEx whose first data has come.
func (a *async) pumpArrivedLocked() {
	var list *acceptance // in the order in which they came
	if a.seldom.Load().arrived.Load() == nil {
		return
	}
	for c := a.seldom.Load().arrived.Swap(nil); c != nil; {
		next := c.nextArrived
		c.nextArrived, list = list, c
		c = next
	}
	for list != nil {
		c := list
		list, c.nextArrived = c.nextArrived, nil
		c.queued.Store(false)
		if r := c.request; r != nil && c.receive() {
			a.seldom.Load().arriving.remove(c)
			a.completeLocked(r, later)
		}
	}
}
