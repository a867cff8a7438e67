// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"context"
	"encoding/binary"
	"net"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// A Conn is a stream socket whose data goes through the net.Conn that
// [ConnConfig.Transform] makes. Towards the application it is a non-blocking
// Winsock socket; two goroutines carry the data between the two worlds
// through buffers of fixed size.
//
// A layer with more to do embeds *Conn and overrides calls of it, such as
// SetSockOpt.
//
// The phases of its life, and what moves it on:
//
//	idle --Listen--> listening
//	idle --Connect--> connecting --connected below--> shaking --Transform--> open
//	                  connecting --refused below--> refused --Connect--> connecting
//	                                                  shaking --error--> spent
//	an accepted connection begins at shaking
//
// A spent socket has used up the connection below and cannot connect again.
type Conn struct {
	Base
	config   *ConnConfig
	opening  *spi.Opening
	watchers spi.WatchList

	ctx    context.Context // ends when the socket is closed
	cancel context.CancelFunc

	mu      sync.Mutex // protects all below; Watchers are notified without it
	changed sync.Cond  // of mu: what the pumps wait for
	phase   phase
	peer    wsa.Sockaddr  // what Connect was asked for
	failure error         // why the last Connect failed
	waited  chan struct{} // closed when nobody waits for the connect below any more
	accepts *Acceptor     // of a listening socket

	lower *netConn // the socket below while Transform's result has it
	freed bool     // lower was closed and nobody uses the socket below through it
	inner net.Conn // Transform's result

	rx, tx   ring
	ended    bool  // the peer has finished sending
	broken   error // the connection is gone: what Send and Recv answer, the latter after the data
	noSend   bool  // SD_SEND
	noRecv   bool  // SD_RECEIVE
	drained  bool  // routineSend has ended
	aborting bool  // what tx holds is not to be sent
	closing  bool  // Close was called
	ownDelay bool  // the application has set TCP_NODELAY
}

var (
	_ spi.Socket   = (*Conn)(nil)
	_ spi.Lingerer = (*Conn)(nil)
)

type phase uint8

const (
	idle phase = iota
	listening
	connecting
	shaking
	open
	refused
	spent
)

// NewConn returns a socket of the layer that cfg describes, on below. To
// have its accepted connections be sockets of the layer, it must come out of
// a [Wrap], itself or embedded.
func NewConn(below spi.Socket, o *spi.Opening, cfg ConnConfig) *Conn {
	c := &Conn{config: cfg.withDefaults(), opening: o}
	c.Socket = below
	c.changed.L = &c.mu
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// conn is how a listening socket finds the Conn inside an accepted one.
func (c *Conn) conn() *Conn { return c }

// self returns the layer's socket, which may embed c.
func (c *Conn) self() spi.Socket {
	if c.outer != nil {
		return c.outer
	}
	return c
}

// Send takes bytes into the buffer. Urgent data is WSAEOPNOTSUPP, as it
// could only go past the transformation.
func (c *Conn) Send(m *spi.Message) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase != open:
		return 0, wsa.WSAENOTCONN
	case c.noSend:
		return 0, wsa.WSAESHUTDOWN
	case c.broken != nil:
		return 0, c.broken
	case m.Flags&wsa.MSG_OOB != 0:
		return 0, wsa.WSAEOPNOTSUPP
	}
	if m.Len() == 0 {
		return 0, nil
	}
	n := c.tx.gather(m)
	if n == 0 {
		return 0, wsa.WSAEWOULDBLOCK
	}
	c.changed.Broadcast()
	return n, nil
}

// Recv takes bytes out of the buffer.
func (c *Conn) Recv(m *spi.Message) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.phase != open:
		return 0, wsa.WSAENOTCONN
	case c.noRecv:
		return 0, wsa.WSAESHUTDOWN
	case m.Flags&wsa.MSG_OOB != 0:
		return 0, wsa.WSAEOPNOTSUPP
	}
	peek := m.Flags&wsa.MSG_PEEK != 0
	switch {
	case c.rx.len() > 0:
		n := c.rx.scatter(m, peek)
		if !peek {
			c.changed.Broadcast()
		}
		m.Flags = 0
		return n, nil
	case c.broken != nil:
		return 0, c.broken
	case c.ended:
		m.Flags = 0
		return 0, nil
	}
	return 0, wsa.WSAEWOULDBLOCK
}

// Ready tells the level of the layer's own state; what is ready below says
// nothing about the transformed data.
func (c *Conn) Ready(mask spi.Events) spi.Events {
	c.mu.Lock()
	defer c.mu.Unlock()
	var e spi.Events
	switch c.phase {
	case listening:
		if c.accepts.Ready() {
			e = spi.EventAccept
		}
	case refused, spent:
		e = spi.EventConnectFail
	case open:
		e = spi.EventConnect
		if c.rx.len() > 0 && !c.noRecv {
			e |= spi.EventRead
		}
		if c.tx.space() > 0 && !c.noSend && c.broken == nil {
			e |= spi.EventWrite
		}
		if c.ended {
			e |= spi.EventClose
		}
		if c.broken != nil {
			e |= spi.EventReset
		}
	}
	return e & mask
}

// Watch puts w on the layer's socket.
func (c *Conn) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		c.Socket.Watch(w)
		return
	}
	c.watchers.Add(w)
}

// Unwatch takes w off.
func (c *Conn) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		c.Socket.Unwatch(w)
		return
	}
	c.watchers.Remove(w)
}

// Shutdown ends a direction. What was sent before still goes out, then the
// end of the transformed connection.
func (c *Conn) Shutdown(how int32) error {
	if how < wsa.SD_RECEIVE || how > wsa.SD_BOTH {
		return wsa.WSAEINVAL
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case open:
	case idle, listening:
		return c.Base.Shutdown(how)
	default:
		return wsa.WSAENOTCONN
	}
	if how != wsa.SD_RECEIVE {
		c.noSend = true
	}
	if how != wsa.SD_SEND {
		c.noRecv = true
		c.discardLocked()
	}
	c.changed.Broadcast()
	return nil
}

// discardLocked drops what was received, which nobody will ask for.
func (c *Conn) discardLocked() {
	for c.rx.len() > 0 {
		c.rx.emptied(len(c.rx.used()))
	}
}

// GetPeerName tells the address that the application connected to, also
// when the connection below leads elsewhere.
func (c *Conn) GetPeerName(name *wsa.Sockaddr) error {
	c.mu.Lock()
	phase, peer := c.phase, c.peer
	c.mu.Unlock()
	switch {
	case phase == spent:
		return wsa.WSAENOTCONN
	case peer.Len() == 0 || c.config.Route == nil || phase == refused:
		return c.Base.GetPeerName(name)
	case name == nil:
		return wsa.WSAEFAULT
	}
	*name = peer
	return nil
}

// GetSockOpt adds the failure of the handshake to SO_ERROR.
func (c *Conn) GetSockOpt(level, name int32, value []byte) (int, error) {
	n, err := c.Base.GetSockOpt(level, name, value)
	if level != wsa.SOL_SOCKET || name != wsa.SO_ERROR || err != nil || n < 4 {
		return n, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.phase == spent {
		binary.LittleEndian.PutUint32(value, uint32(wsa.ErrnoOf(c.failure)))
	}
	return n, nil
}

// Ioctl answers FIONREAD from the buffer.
func (c *Conn) Ioctl(code uint32, in, out []byte) (int, error) {
	if code != wsa.FIONREAD {
		return c.Base.Ioctl(code, in, out)
	}
	if len(out) < 4 {
		return 0, wsa.WSAEFAULT
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	binary.LittleEndian.PutUint32(out, uint32(c.rx.len()))
	return 4, nil
}
