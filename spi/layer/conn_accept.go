// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// An acceptor makes connections of a listening Conn ready before the
// application accepts them. Handshakes run side by side, so that a slow one
// holds up nobody, and are bounded in number and time, so that many of them
// cannot use up the program; further connections wait below.
type acceptor struct {
	listener *Conn
	woken    chan struct{} // holds one token: look again
	stopped  chan struct{} // closed when routineAccept has ended

	mu      sync.Mutex // protects all below
	limit   int
	shaking map[*Conn]struct{}
	queue   []accepted
	err     error // of accept below, to be told once
	closed  bool
}

// accepted is a connection with its handshake behind it.
type accepted struct {
	socket spi.Socket
	peer   wsa.Sockaddr
}

// Listen makes the socket below listen, and begins to accept.
func (c *Conn) Listen(backlog int32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case connecting, shaking, open, spent:
		return wsa.WSAEISCONN
	}
	if err := c.Base.Listen(backlog); err != nil {
		return err
	}
	limit := min(max(int(backlog), 1), c.config.MaxHandshakes)
	if c.phase == listening {
		c.accepts.mu.Lock()
		c.accepts.limit = limit
		c.accepts.mu.Unlock()
		c.accepts.wake()
		return nil
	}
	c.phase = listening
	c.accepts = &acceptor{
		listener: c,
		woken:    make(chan struct{}, 1),
		stopped:  make(chan struct{}),
		limit:    limit,
		shaking:  make(map[*Conn]struct{}),
	}
	Go(c.config.Log, "accepting", nil, c.accepts.routineAccept)
	return nil
}

// Accept returns the next connection whose handshake has succeeded.
func (c *Conn) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	c.mu.Lock()
	a := c.accepts
	c.mu.Unlock()
	if a == nil {
		return c.Base.Accept(peer)
	}
	return a.next(peer)
}

func (a *acceptor) next(peer *wsa.Sockaddr) (spi.Socket, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.wake()
	if len(a.queue) == 0 {
		if err := a.err; err != nil {
			a.err = nil
			return nil, err
		}
		return nil, wsa.WSAEWOULDBLOCK
	}
	first := a.queue[0]
	a.queue[0] = accepted{}
	a.queue = a.queue[1:]
	if peer != nil {
		*peer = first.peer
	}
	return first.socket, nil
}

// ready reports whether next would return something.
func (a *acceptor) ready() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queue) > 0 || a.err != nil
}

func (a *acceptor) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// routineAccept takes connections from the socket below and starts their
// handshakes.
func (a *acceptor) routineAccept() {
	defer close(a.stopped)
	w := spi.Watcher{Mask: spi.EventAccept, Notify: func(spi.Events) { a.wake() }}
	a.listener.Socket.Watch(&w)
	defer a.listener.Socket.Unwatch(&w)
	for a.listener.ctx.Err() == nil {
		if a.room() && a.acceptOne() {
			continue
		}
		select {
		case <-a.woken:
		case <-a.listener.ctx.Done():
		}
	}
}

// room reports whether one more connection may be taken.
func (a *acceptor) room() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err == nil && len(a.shaking)+len(a.queue) < a.limit
}

// acceptOne takes a connection. It returns false if there is none.
func (a *acceptor) acceptOne() bool {
	var peer wsa.Sockaddr
	s, err := a.listener.Base.Accept(&peer)
	switch err {
	case nil:
	case wsa.WSAEWOULDBLOCK:
		return false
	case wsa.WSAECONNABORTED, wsa.WSAECONNRESET, wsa.WSAEPROVIDERFAILEDINIT:
		return true // that one is gone; the next may be well
	default:
		a.mu.Lock()
		a.err = err
		a.mu.Unlock()
		a.listener.watchers.Notify(spi.EventAccept)
		return false
	}
	inside, ok := s.(interface{ conn() *Conn })
	if !ok { // the layer wants no handshake on this one
		a.deliver(nil, accepted{s, peer})
		return true
	}
	c := inside.conn()
	c.mu.Lock()
	c.phase = shaking
	c.lower = newNetConn(c.Socket, c.released)
	c.mu.Unlock()
	a.mu.Lock()
	a.shaking[c] = struct{}{}
	a.mu.Unlock()
	Go(c.config.Log, "accepting", nil, func() { a.routineHandshake(c, s, peer) })
	return true
}

// routineHandshake makes one accepted connection ready.
func (a *acceptor) routineHandshake(c *Conn, s spi.Socket, peer wsa.Sockaddr) {
	h := &Handshake{Server: true, Peer: peer, Socket: s, Listener: a.listener.self(), Opening: c.opening}
	if err := c.settle(c.shake(h)); err != nil {
		a.mu.Lock()
		delete(a.shaking, c)
		a.mu.Unlock()
		_ = s.Close()
		a.wake()
		return
	}
	a.deliver(c, accepted{s, peer})
}

// deliver queues a connection for Accept. c is it if it had a handshake.
func (a *acceptor) deliver(c *Conn, conn accepted) {
	a.mu.Lock()
	delete(a.shaking, c)
	if a.closed {
		a.mu.Unlock()
		drop(conn.socket)
		return
	}
	a.queue = append(a.queue, conn)
	a.mu.Unlock()
	a.listener.watchers.Notify(spi.EventAccept)
}

// close ends the accepting: connections that nobody has accepted are reset,
// as those of a closed listening socket are.
func (a *acceptor) close() {
	<-a.stopped // it only makes calls that do not block
	a.mu.Lock()
	a.closed = true
	queue := a.queue
	a.queue = nil
	for c := range a.shaking {
		c.cancel()
	}
	a.mu.Unlock()
	for _, conn := range queue {
		drop(conn.socket)
	}
}

func drop(s spi.Socket) {
	abort(s)
	_ = s.Close()
}
