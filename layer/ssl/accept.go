// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"encoding/binary"
	"sync"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// maxHandshakes bounds the connections of a listening socket that are in
// their handshake, and those that wait for accept after it, of which the
// backlog may allow fewer. Others wait below.
const maxHandshakes = 128

// Listen makes the socket below listen. A secure one begins to accept.
func (s *socket) Listen(backlog int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.phase.Load() {
	case connecting, waiting, shaking, open, spent:
		return wsa.WSAEISCONN
	}
	if !s.secured && s.byRule == nil && s.settings.asked == 0 {
		var name wsa.Sockaddr
		if len(s.terminate) > 0 && s.Socket.GetSockName(&name) == nil {
			s.byRule = s.rules.listenerRule(&name)
		}
	}
	secure := s.secured || s.byRule != nil
	if secure && s.byRule == nil {
		if err := s.serverReadyLocked(); err != nil {
			return err
		}
	}
	if err := s.Socket.Listen(backlog); err != nil {
		return err
	}
	if !secure {
		s.phase.Store(through)
		return nil
	}
	s.server = true
	// What is deferred, and what another process accepts, is accepted as it
	// is; see Accept.
	if s.settings.flags&wsa.SSL_FLAG_DEFER_HANDSHAKE != 0 || s.opening.Base != nil {
		return nil
	}
	limit := min(max(int(backlog), 1), maxHandshakes)
	if s.is(listening) {
		s.accepts.mu.Lock()
		s.accepts.limit = limit
		s.accepts.mu.Unlock()
		s.accepts.wake()
		return nil
	}
	s.accepts = &acceptor{
		listener: s,
		woken:    make(chan struct{}, 1),
		stop:     make(chan struct{}),
		stopped:  make(chan struct{}),
		limit:    limit,
		shaking:  make(map[*socket]struct{}),
	}
	s.phase.Store(listening)
	layer.Go(s.log(), "accepting", nil, s.accepts.routineAccept)
	return nil
}

// Accept returns the next connection.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if s.is(listening) {
		return s.accepts.next(peer)
	}
	var name wsa.Sockaddr
	conn, err := s.PassThrough.Accept(&name)
	if err != nil {
		return conn, err
	}
	if peer != nil {
		*peer = name
	}
	c, ok := conn.(*socket)
	if !ok {
		return conn, nil
	}
	s.mu.Lock()
	server := s.server
	s.mu.Unlock()
	if server {
		c.inherit(s, name)
		c.mu.Lock()
		c.settings.connected = true
		if c.settings.flags&wsa.SSL_FLAG_DEFER_HANDSHAKE == 0 || c.byRule != nil {
			c.phase.Store(waiting)
		}
		c.mu.Unlock()
	}
	return c, nil
}

// inherit makes s an accepted connection of a secure listener.
func (s *socket) inherit(l *socket, peer wsa.Sockaddr) {
	l.mu.Lock()
	settings, secured, byRule := l.settings, l.secured, l.byRule
	l.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings, s.secured, s.byRule = settings, secured, byRule
	s.server, s.peer = true, peer
}

// An acceptor makes connections of a listening socket ready before the
// program accepts them. Handshakes run side by side, so that a slow one holds
// up nobody, and are bounded in number and time.
type acceptor struct {
	listener *socket
	woken    chan struct{} // holds one token: look again
	stop     chan struct{} // closed to end routineAccept
	stopped  chan struct{} // closed when that has ended

	mu      sync.Mutex // protects all below
	limit   int
	shaking map[*socket]struct{}
	queue   []accepted
	err     error // of accept below, to be told once
	closed  bool
}

// accepted is a connection with its handshake behind it.
type accepted struct {
	socket spi.Socket
	peer   wsa.Sockaddr
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
	for {
		select {
		case <-a.stop:
			return
		default:
		}
		if a.room() && a.acceptOne() {
			continue
		}
		select {
		case <-a.woken:
		case <-a.stop:
			return
		}
	}
}

// room reports whether one more connection may be taken.
func (a *acceptor) room() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err == nil && len(a.queue) < a.limit && len(a.shaking) < maxHandshakes
}

// acceptOne takes a connection. It returns false if there is none.
func (a *acceptor) acceptOne() bool {
	var peer wsa.Sockaddr
	conn, err := a.listener.PassThrough.Accept(&peer)
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
		a.listener.watchers.notify(spi.EventAccept)
		return false
	}
	c := conn.(*socket)
	c.inherit(a.listener, peer)
	c.mu.Lock()
	c.beginLocked(shaking)
	c.mu.Unlock()
	a.mu.Lock()
	a.shaking[c] = struct{}{}
	a.mu.Unlock()
	layer.Go(c.log(), "accepting", func() { c.panicked(); a.failed(c) }, func() {
		err := c.shake()
		c.release()
		if err != nil {
			a.failed(c)
			return
		}
		a.deliver(c, accepted{c, peer})
	})
	return true
}

// failed drops a connection whose handshake has failed.
func (a *acceptor) failed(c *socket) {
	a.mu.Lock()
	delete(a.shaking, c)
	a.mu.Unlock()
	_ = c.Close()
	a.wake()
}

// deliver queues a connection for Accept.
func (a *acceptor) deliver(c *socket, conn accepted) {
	a.mu.Lock()
	delete(a.shaking, c)
	if a.closed {
		a.mu.Unlock()
		drop(c)
		return
	}
	a.queue = append(a.queue, conn)
	a.mu.Unlock()
	a.listener.watchers.notify(spi.EventAccept)
}

// close ends the accepting: connections that nobody has accepted are reset,
// as those of a closed listening socket are.
func (a *acceptor) close() {
	close(a.stop)
	<-a.stopped // it only makes calls that do not block
	a.mu.Lock()
	a.closed = true
	queue := a.queue
	a.queue = nil
	var cancels []func()
	for c := range a.shaking {
		c.mu.Lock()
		cancels = append(cancels, c.cancel)
		c.mu.Unlock()
	}
	a.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
	for _, conn := range queue {
		drop(conn.socket.(*socket))
	}
}

func drop(s *socket) {
	s.Abort()
	_ = s.Close()
}

// hardLinger is SO_LINGER's value for a reset at close: on, zero seconds.
var hardLinger = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, 1), 0)

// abortBelow makes the next Close of below reset its connection.
func abortBelow(below spi.Socket) {
	if l, ok := spi.As[spi.Lingerer](below); ok {
		l.Abort()
		return
	}
	// A socket without connections refuses the option and has none to reset.
	_ = below.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, hardLinger)
}
