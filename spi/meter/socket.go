// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// A core is a metered socket without its abilities.
type core struct {
	s     spi.Socket
	m     *Meter
	outer spi.Socket            // with the abilities: what others know
	above atomic.Pointer[Meter] // of the socket that stands on this one, nil if that is not known

	trying atomic.Bool // a Connect is under way
	ended  atomic.Bool
}

var _ spi.Socket = (*core)(nil)

// derive meters a socket that came out of this one.
func (c *core) derive(s spi.Socket) spi.Socket {
	top, derived := wrap(s, c.m)
	if derived != nil {
		derived.above.Store(c.above.Load())
	}
	return top
}

// end takes the socket from those that are open, once.
func (c *core) end() {
	if !c.ended.Swap(true) {
		c.m.open.Add(-1)
	}
}

// Bind is counted under Control.
func (c *core) Bind(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.Bind(name)
	c.record(Control, start, err)
	return err
}

// Connect is counted.
func (c *core) Connect(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.Connect(name)
	c.tried(err)
	c.record(Connect, start, err)
	return err
}

func (c *core) tried(err error) {
	if err == wsa.WSAEWOULDBLOCK {
		c.trying.Store(true)
	}
}

// ConnectResult is counted under Connect. It gives the same answer again and
// again, which is one error.
func (c *core) ConnectResult() error {
	start := now()
	err := c.s.ConnectResult()
	told := err
	if err != wsa.WSAEWOULDBLOCK && !c.trying.Swap(false) {
		told = nil
	}
	c.record(Connect, start, told)
	return err
}

// Listen is counted under Control.
func (c *core) Listen(backlog int32) error {
	start := now()
	err := c.s.Listen(backlog)
	c.record(Control, start, err)
	return err
}

// Accept is counted, as is what the new socket does.
func (c *core) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	start := now()
	conn, err := c.s.Accept(peer)
	c.record(Accept, start, err)
	if err != nil || conn == nil {
		return conn, err
	}
	return c.derive(conn), nil
}

// Send is counted, with the bytes it took.
func (c *core) Send(m *spi.Message) (int, error) {
	start := now()
	n, err := c.s.Send(m)
	c.record(Send, start, err)
	if n > 0 {
		c.m.groups[Send].bytes.Add(int64(n))
	}
	return n, err
}

// Recv is counted, with the bytes it got.
func (c *core) Recv(m *spi.Message) (int, error) {
	peek := m.Flags&wsa.MSG_PEEK != 0
	start := now()
	n, err := c.s.Recv(m)
	c.record(Recv, start, err)
	if n > 0 && !peek {
		c.m.groups[Recv].bytes.Add(int64(n))
	}
	return n, err
}

// Shutdown is counted under Control.
func (c *core) Shutdown(how int32) error {
	start := now()
	err := c.s.Shutdown(how)
	c.record(Control, start, err)
	return err
}

// Close is counted under Control; the socket is open no more.
func (c *core) Close() error {
	start := now()
	err := c.s.Close()
	c.record(Control, start, err)
	c.end()
	return err
}

// GetSockName is counted under Control.
func (c *core) GetSockName(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.GetSockName(name)
	c.record(Control, start, err)
	return err
}

// GetPeerName is counted under Control.
func (c *core) GetPeerName(name *wsa.Sockaddr) error {
	start := now()
	err := c.s.GetPeerName(name)
	c.record(Control, start, err)
	return err
}

// GetSockOpt is counted under Control.
func (c *core) GetSockOpt(level, name int32, value []byte) (int, error) {
	start := now()
	n, err := c.s.GetSockOpt(level, name, value)
	c.record(Control, start, err)
	return n, err
}

// SetSockOpt is counted under Control.
func (c *core) SetSockOpt(level, name int32, value []byte) error {
	start := now()
	err := c.s.SetSockOpt(level, name, value)
	c.record(Control, start, err)
	return err
}

// Ioctl is counted under Control.
func (c *core) Ioctl(code uint32, in, out []byte) (int, error) {
	start := now()
	n, err := c.s.Ioctl(code, in, out)
	c.record(Control, start, err)
	return n, err
}

// Ready is passed on.
func (c *core) Ready(mask spi.Events) spi.Events { return c.s.Ready(mask) }

// Watch is passed on: the watcher is on the socket below.
func (c *core) Watch(w *spi.Watcher) { c.s.Watch(w) }

// Unwatch is passed on.
func (c *core) Unwatch(w *spi.Watcher) { c.s.Unwatch(w) }
