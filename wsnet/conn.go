// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"io"
	"net"
	"time"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
)

// A Conn is a connected socket as a net.Conn. Several goroutines may use it
// at once.
type Conn struct {
	transport     transport
	sock          winsock.SOCKET
	local, remote net.Addr
}

var _ net.Conn = (*Conn)(nil)

func newConn(t transport, s winsock.SOCKET) *Conn {
	c := &Conn{transport: t, sock: s}
	var sa wsa.Sockaddr
	if winsock.GetSockName(s, &sa) == nil {
		c.local = t.netAddr(&sa)
	}
	if winsock.GetPeerName(s, &sa) == nil {
		c.remote = t.netAddr(&sa)
	}
	return c
}

func (c *Conn) opError(op, call string, err error) error {
	return opError(op, c.transport.network, c.local, c.remote, call, err)
}

// Socket returns the socket, which stays the Conn's.
func (c *Conn) Socket() winsock.SOCKET { return c.sock }

// Read receives up to len(p) bytes; io.EOF follows the last of a stream.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 && c.transport.stream() {
		return 0, nil
	}
	n, err := winsock.Recv(c.sock, p, 0)
	if err != nil {
		return n, c.opError("read", "recv", err)
	}
	if n == 0 && c.transport.stream() {
		return 0, io.EOF
	}
	return n, nil
}

// Write sends all of p.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := winsock.Send(c.sock, p, 0)
	if err != nil {
		return n, c.opError("write", "send", err)
	}
	return n, nil
}

// WriteBuffers sends all the buffers, gathered into as few sends as
// possible.
func (c *Conn) WriteBuffers(bufs net.Buffers) (int64, error) {
	total := int64(0)
	for len(bufs) > 0 {
		batch := bufs[:min(len(bufs), wsa.MSG_MAXIOVLEN)]
		bufs = bufs[len(batch):]
		n, err := winsock.WSASend(c.sock, batch, 0, nil, nil)
		total += int64(n)
		if err != nil {
			return total, c.opError("write", "WSASend", err)
		}
	}
	return total, nil
}

// Close closes the socket. Reads and writes under way end with
// net.ErrClosed.
func (c *Conn) Close() error {
	if err := winsock.CloseSocket(c.sock); err != nil {
		return c.opError("close", "closesocket", err)
	}
	return nil
}

// CloseRead shuts the receiving direction down.
func (c *Conn) CloseRead() error { return c.shutdown(wsa.SD_RECEIVE) }

// CloseWrite shuts the sending direction down; the peer reads io.EOF.
func (c *Conn) CloseWrite() error { return c.shutdown(wsa.SD_SEND) }

func (c *Conn) shutdown(how int32) error {
	if err := winsock.Shutdown(c.sock, how); err != nil {
		return c.opError("shutdown", "shutdown", err)
	}
	return nil
}

// LocalAddr returns the local address.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets the deadline of reads and writes.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline sets the deadline of reads, those under way included.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.setDeadline(spi.Receiving, t) }

// SetWriteDeadline sets the deadline of writes, those under way included.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(spi.Sending, t) }

func (c *Conn) setDeadline(d spi.Direction, t time.Time) error {
	if err := winsock.SetDeadline(c.sock, d, t); err != nil {
		return c.opError("set", "SetDeadline", err)
	}
	return nil
}

// SetNoDelay sets TCP_NODELAY. It is on by default, as in package net.
func (c *Conn) SetNoDelay(on bool) error {
	return c.setOption(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, on)
}

// SetKeepAlive sets SO_KEEPALIVE.
func (c *Conn) SetKeepAlive(on bool) error {
	return c.setOption(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, on)
}

func (c *Conn) setOption(level, name int32, on bool) error {
	value := int32(0)
	if on {
		value = 1
	}
	if err := winsock.SetSockOptInt(c.sock, level, name, value); err != nil {
		return c.opError("set", "setsockopt", err)
	}
	return nil
}

// SetLinger sets SO_LINGER: with seconds below 0 Close sends what is left in
// the background, with 0 it resets the connection, above 0 it waits for that
// long.
func (c *Conn) SetLinger(seconds int) error {
	value := wsa.Linger{}
	if seconds >= 0 {
		value = wsa.Linger{OnOff: 1, Linger: uint16(min(seconds, 0xffff))}
	}
	b := value.Append(nil)
	if err := winsock.SetSockOpt(c.sock, wsa.SOL_SOCKET, wsa.SO_LINGER, b); err != nil {
		return c.opError("set", "setsockopt", err)
	}
	return nil
}
