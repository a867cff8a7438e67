// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"sync/atomic"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A socket is a metered one.
type socket struct {
	s     spi.Socket
	m     *Meter
	above atomic.Pointer[Meter] // of the socket that stands on this one, nil if that is not known

	trying atomic.Bool // a Connect is under way
	ended  atomic.Bool

	since  time.Time
	halves [2]half // by spi.Direction
}

// A half is what a socket alone has moved in one direction. Each has a cache
// line, as senders and receivers count at the same time.
type half struct {
	calls, bytes, blocked, errors atomic.Int64
	_                             [4]int64
}

// A Usage is what one socket has moved.
type Usage struct {
	Since time.Time // it was opened, accepted or joined

	Sends, Recvs   int64 // calls
	Sent, Received int64 // bytes, without those that were only peeked at
	Blocked        int64 // calls of both that were answered with WSAEWOULDBLOCK
	Errors         int64 // calls of both that failed otherwise
}

// UsageOf returns what a metered socket has moved; ok is false for one that
// is not metered.
func UsageOf(s spi.Socket) (u Usage, ok bool) {
	c, ok := s.(*socket)
	if !ok {
		return u, false
	}
	in, out := &c.halves[spi.Receiving], &c.halves[spi.Sending]
	return Usage{
		Since: c.since, Sends: out.calls.Load(), Recvs: in.calls.Load(), Sent: out.bytes.Load(), Received: in.bytes.Load(),
		Blocked: in.blocked.Load() + out.blocked.Load(), Errors: in.errors.Load() + out.errors.Load(),
	}, true
}

// Add adds what another socket of the same chain has moved, as data may go
// past the upper one from some time on.
func (u *Usage) Add(more Usage) {
	u.Sends += more.Sends
	u.Recvs += more.Recvs
	u.Sent += more.Sent
	u.Received += more.Received
	u.Blocked += more.Blocked
	u.Errors += more.Errors
}

var _ interface {
	spi.Socket
	spi.Borrower
} = (*socket)(nil)

// derive meters a socket that came out of this one.
func (c *socket) derive(s spi.Socket) spi.Socket {
	derived := wrap(s, c.m)
	derived.above.Store(c.above.Load())
	return derived
}

// end takes the socket from those that are open, once.
func (c *socket) end() {
	if !c.ended.Swap(true) {
		c.m.open.Add(-1)
	}
}

// Bind is counted under Control.
func (c *socket) Bind(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.Bind(name)
	c.record(Control, start, err)
	return err
}

// Connect is counted.
func (c *socket) Connect(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.Connect(name)
	c.tried(err)
	c.record(Connect, start, err)
	return err
}

func (c *socket) tried(err error) {
	switch err {
	case nil:
		c.m.connected.Add(1)
	case wsa.WSAEWOULDBLOCK:
		c.trying.Store(true)
	}
}

// ConnectResult is counted under Connect. It gives the same answer again and
// again, which is one error, or one connection.
func (c *socket) ConnectResult() error {
	start := now()
	err := c.s.ConnectResult()
	told := err
	if err != wsa.WSAEWOULDBLOCK {
		if c.trying.Swap(false) {
			c.tried(err)
		} else {
			told = nil
		}
	}
	c.record(Connect, start, told)
	return err
}

// Listen is counted under Control.
func (c *socket) Listen(backlog int32) error {
	start := now()
	err := c.s.Listen(backlog)
	c.record(Control, start, err)
	return err
}

// Accept is counted, as is what the new socket does.
func (c *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	start := now()
	conn, err := c.s.Accept(peer)
	c.record(Accept, start, err)
	if err != nil || conn == nil {
		return conn, err
	}
	c.m.accepted.Add(1)
	return c.derive(conn), nil
}

// Send is counted, with the bytes it took.
func (c *socket) Send(m *spi.Message) (int, error) {
	start := now()
	n, err := c.s.Send(m)
	c.record(Send, start, err)
	c.moved(Send, n, err)
	return n, err
}

// Recv is counted, with the bytes it got.
func (c *socket) Recv(m *spi.Message) (int, error) {
	peek := m.Flags&wsa.MSG_PEEK != 0
	start := now()
	n, err := c.s.Recv(m)
	c.record(Recv, start, err)
	if peek {
		c.moved(Recv, 0, err)
	} else {
		c.moved(Recv, n, err)
	}
	return n, err
}

// Shutdown is counted under Control.
func (c *socket) Shutdown(how int32) error {
	start := now()
	err := c.s.Shutdown(how)
	c.record(Control, start, err)
	return err
}

// Close is counted under Control; the socket is open no more.
func (c *socket) Close() error {
	start := now()
	err := c.s.Close()
	c.record(Control, start, err)
	c.end()
	return err
}

// GetSockName is counted under Control.
func (c *socket) GetSockName(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.GetSockName(name)
	c.record(Control, start, err)
	return err
}

// GetPeerName is counted under Control.
func (c *socket) GetPeerName(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.GetPeerName(name)
	c.record(Control, start, err)
	return err
}

// GetSockOpt is counted under Control.
func (c *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	start := now()
	n, err := c.s.GetSockOpt(level, name, value)
	c.record(Control, start, err)
	return n, err
}

// SetSockOpt is counted under Control.
func (c *socket) SetSockOpt(level, name int32, value []byte) error {
	start := now()
	err := c.s.SetSockOpt(level, name, value)
	c.record(Control, start, err)
	return err
}

// Ioctl is counted under Control.
func (c *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	start := now()
	n, err := c.s.Ioctl(code, in, out)
	c.record(Control, start, err)
	return n, err
}

// Ready is passed on.
func (c *socket) Ready(mask spi.Events) spi.Events { return c.s.Ready(mask) }

// Watch is passed on: the watcher is on the socket below.
func (c *socket) Watch(w *spi.Watcher) { c.s.Watch(w) }

// Unwatch is passed on.
func (c *socket) Unwatch(w *spi.Watcher) { c.s.Unwatch(w) }
