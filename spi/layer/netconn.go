// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"io"
	"net"
	"os"
	"sync"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// NetConn returns s, a connected stream, as a net.Conn, for code written
// against that interface. The result owns s and closes it. It has CloseRead
// and CloseWrite as well; its errors wrap wsa.Errno values, io.EOF,
// net.ErrClosed and os.ErrDeadlineExceeded.
//
// It waits by parking on s where s can do that, and by a watcher otherwise.
// Close does not wait: calls that are under way end with net.ErrClosed, and
// the last of them closes s.
func NetConn(s spi.Socket) net.Conn { return newNetConn(s, s.Close) }

// A netConn is a net.Conn over a connected stream socket.
type netConn struct {
	socket  spi.Socket
	release func() error // called once, when closed and no longer in use
	local   net.Addr
	remote  net.Addr

	recv, send half

	mu      sync.Mutex // protects users, closing
	users   int        // calls under way on socket
	closing bool
	closed  chan struct{} // closed with closing
}

var _ interface {
	net.Conn
	CloseRead() error
	CloseWrite() error
} = (*netConn)(nil)

func newNetConn(s spi.Socket, release func() error) *netConn {
	c := &netConn{socket: s, release: release, closed: make(chan struct{})}
	var name wsa.Sockaddr
	_ = s.GetSockName(&name)
	c.local = netAddr(&name)
	name = wsa.Sockaddr{}
	_ = s.GetPeerName(&name)
	c.remote = netAddr(&name)
	c.recv.init(c, spi.Receiving, spi.EventRead, s.Recv)
	c.send.init(c, spi.Sending, spi.EventWrite, s.Send)
	return c
}

// use counts a call on the socket. It fails once the connection is closed.
func (c *netConn) use() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return net.ErrClosed
	}
	c.users++
	return nil
}

func (c *netConn) done() error {
	c.mu.Lock()
	c.users--
	last := c.closing && c.users == 0
	c.mu.Unlock()
	if last {
		return c.release()
	}
	return nil
}

func (c *netConn) Read(p []byte) (int, error) {
	n, err := c.recv.transfer(p)
	if err == nil && n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, c.opError("read", err)
}

func (c *netConn) Write(p []byte) (n int, err error) {
	n, err = c.send.transfer(p)
	return n, c.opError("write", err)
}

func (c *netConn) Close() error {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		return c.opError("close", net.ErrClosed)
	}
	c.closing = true
	c.users++ // this call: the socket stays until everybody is woken
	close(c.closed)
	c.mu.Unlock()
	if p, ok := spi.As[spi.Parker](c.socket); ok {
		p.Unpark()
	}
	return c.opError("close", c.done())
}

// reset closes the connection with a reset instead of a graceful end.
func (c *netConn) reset() {
	if c.use() == nil {
		abort(c.socket)
		_ = c.Close()
		_ = c.done()
	}
}

// CloseRead shuts down the receiving direction of the socket.
func (c *netConn) CloseRead() error { return c.opError("close", c.shutdown(wsa.SD_RECEIVE)) }

// CloseWrite shuts down the sending direction of the socket.
func (c *netConn) CloseWrite() error { return c.opError("close", c.shutdown(wsa.SD_SEND)) }

func (c *netConn) shutdown(how int32) error {
	if err := c.use(); err != nil {
		return err
	}
	err := c.socket.Shutdown(how)
	_ = c.done()
	return err
}

func (c *netConn) LocalAddr() net.Addr  { return c.local }
func (c *netConn) RemoteAddr() net.Addr { return c.remote }

func (c *netConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

func (c *netConn) SetReadDeadline(t time.Time) error {
	return c.opError("set", c.setDeadline(&c.recv, t))
}

func (c *netConn) SetWriteDeadline(t time.Time) error {
	return c.opError("set", c.setDeadline(&c.send, t))
}

func (c *netConn) setDeadline(h *half, t time.Time) error {
	if err := c.use(); err != nil {
		return err
	}
	h.setDeadline(t)
	_ = c.done()
	return nil
}

func (c *netConn) opError(op string, err error) error {
	if err == nil {
		return nil
	}
	return &net.OpError{Op: op, Net: c.local.Network(), Source: c.local, Addr: c.remote, Err: err}
}

// A half is one direction of a netConn. One call at a time is under way in
// it, as the bytes of a second one could not be told apart.
type half struct {
	conn      *netConn
	direction spi.Direction
	parker    spi.Parker // nil if the socket cannot park
	watcher   spi.Watcher
	woken     chan struct{} // holds one token: try again

	mu      sync.Mutex // held during a transfer; protects the four below
	message spi.Message
	n       int
	err     error
	timer   *time.Timer
	try     func() bool // one call of Recv or Send, into n and err; made once

	dmu      sync.Mutex // protects deadline, and keeps the parker's in step with it
	deadline time.Time
}

func (h *half) init(c *netConn, d spi.Direction, events spi.Events, call func(*spi.Message) (int, error)) {
	h.conn, h.direction = c, d
	h.parker, _ = spi.As[spi.Parker](c.socket)
	h.woken = make(chan struct{}, 1)
	h.watcher = spi.Watcher{Mask: events, Notify: func(spi.Events) { h.wake() }}
	h.try = func() bool {
		h.n, h.err = call(&h.message)
		return h.err != wsa.WSAEWOULDBLOCK
	}
}

func (h *half) wake() {
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

func (h *half) setDeadline(t time.Time) {
	h.dmu.Lock()
	h.deadline = t
	if h.parker != nil {
		h.parker.SetParkDeadline(h.direction, t)
	}
	h.dmu.Unlock()
	h.wake()
}

func (h *half) until() time.Time {
	h.dmu.Lock()
	defer h.dmu.Unlock()
	return h.deadline
}

// transfer sends all of p, or receives a part of it.
func (h *half) transfer(p []byte) (n int, err error) {
	if err := h.conn.use(); err != nil {
		return 0, err
	}
	defer func() { _ = h.conn.done() }()
	h.mu.Lock()
	defer h.mu.Unlock()
	defer h.message.Reset()
	for {
		if err := h.expired(); err != nil {
			return n, err
		}
		if n == len(p) {
			return n, nil
		}
		h.message.Reset()
		h.message.SetBuffer(p[n:])
		if !h.try() {
			if err := h.await(); err != nil {
				return n, err
			}
		}
		n += h.n
		if h.err != nil || h.direction == spi.Receiving {
			return n, h.err
		}
	}
}

// expired tells why no further attempt may be made.
func (h *half) expired() error {
	select {
	case <-h.conn.closed:
		return net.ErrClosed
	default:
	}
	if t := h.until(); !t.IsZero() && !time.Now().Before(t) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// await returns when try has done something else than to answer
// WSAEWOULDBLOCK. It is called with mu held.
func (h *half) await() error {
	for h.parker != nil {
		parked, err := h.parker.Park(h.direction, h.try)
		if parked && err == nil {
			return nil
		}
		if err := h.expired(); err != nil {
			return err
		}
		if !parked {
			break
		}
		if err == wsa.WSAEINTR {
			return net.ErrClosed
		}
		// The deadline was moved between Park's decision and now.
	}
	h.conn.socket.Watch(&h.watcher)
	defer h.conn.socket.Unwatch(&h.watcher)
	for {
		if err := h.expired(); err != nil {
			return err
		}
		if h.try() {
			return nil
		}
		h.pause()
	}
}

// pause waits for a token, the deadline or the close.
func (h *half) pause() {
	var expiry <-chan time.Time
	if t := h.until(); !t.IsZero() {
		if h.timer == nil {
			h.timer = time.NewTimer(time.Until(t))
		} else {
			h.timer.Reset(time.Until(t))
		}
		defer h.timer.Stop()
		expiry = h.timer.C
	}
	select {
	case <-h.woken:
	case <-expiry:
	case <-h.conn.closed:
	}
}

// netAddr returns sa as package net names addresses.
func netAddr(sa *wsa.Sockaddr) net.Addr {
	if ap, ok := sa.AddrPort(); ok {
		return net.TCPAddrFromAddrPort(ap)
	}
	if sa.Family() == wsa.AF_UNIX {
		return &net.UnixAddr{Name: sa.UnixPath(), Net: "unix"}
	}
	return sockAddr(*sa)
}

// A sockAddr is an address that package net has no type for.
type sockAddr wsa.Sockaddr

func (a sockAddr) Network() string { return "winsock" }
func (a sockAddr) String() string  { sa := wsa.Sockaddr(a); return sa.String() }
