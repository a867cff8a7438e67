// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"context"
	"errors"
	"io"
	"net"

	"winsock/spi"
	"winsock/wsa"
)

// Connect begins to connect below; then Transform runs, and its end is the
// end of the connect.
func (c *Conn) Connect(name *wsa.Sockaddr) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case connecting, shaking:
		return wsa.WSAEALREADY
	case open:
		return wsa.WSAEISCONN
	case spent:
		return wsa.WSAEINVAL
	}
	below := name
	// A name that is not even an address is for the socket below to refuse.
	if c.config.Route != nil && name != nil && name.Len() > 2 {
		address, err := c.config.Route(name)
		if err != nil {
			return wsa.ErrnoOf(err).Err()
		}
		below = &address
	}
	if err := c.Base.Connect(below); err != nil && err != wsa.WSAEWOULDBLOCK {
		if c.phase != listening && c.Base.ConnectResult() == err {
			c.phase, c.failure = refused, err
		}
		return err
	}
	c.phase, c.peer, c.failure = connecting, *name, nil
	c.waited = make(chan struct{})
	h := &Handshake{Peer: *name, Socket: c.self(), Opening: c.opening}
	Go(c.config.Log, "connecting", c.panicked, func() { c.routineConnect(h) })
	return wsa.WSAEWOULDBLOCK
}

// ConnectResult tells how the last Connect ended.
func (c *Conn) ConnectResult() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.phase {
	case connecting, shaking:
		return wsa.WSAEWOULDBLOCK
	case open:
		return nil
	case refused, spent:
		return c.failure
	}
	return wsa.WSAENOTCONN
}

// routineConnect waits for the socket below to be connected and then runs
// the handshake.
func (c *Conn) routineConnect(h *Handshake) {
	err := c.awaitConnect()
	c.mu.Lock()
	switch {
	case c.closing: // Close ends the socket below
		c.mu.Unlock()
		return
	case err != nil:
		c.phase, c.failure = refused, err
		c.mu.Unlock()
		c.watchers.Notify(spi.EventConnectFail)
		return
	}
	c.phase = shaking
	c.lower = newNetConn(c.Socket, c.released)
	c.mu.Unlock()

	inner, err := c.shake(h)
	if err = c.settle(inner, err); err != nil {
		c.watchers.Notify(spi.EventConnectFail)
	} else {
		c.watchers.Notify(spi.EventConnect | spi.EventWrite)
	}
}

// awaitConnect returns what ConnectResult of the socket below answers in the
// end, or earlier if the socket is closed. Having returned, it makes no more
// calls below.
func (c *Conn) awaitConnect() error {
	defer close(c.waited)
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: spi.EventConnect, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	c.Socket.Watch(&w)
	defer c.Socket.Unwatch(&w)
	for {
		if err := c.Base.ConnectResult(); err != wsa.WSAEWOULDBLOCK {
			return err
		}
		select {
		case <-woken:
		case <-c.ctx.Done():
			return wsa.WSA_OPERATION_ABORTED
		}
	}
}

// shake runs Transform on the connection below. A panic, the end of the time
// and the closing of the socket are errors of it.
func (c *Conn) shake(h *Handshake) (inner net.Conn, err error) {
	ctx, cancel := context.WithTimeout(c.ctx, c.config.HandshakeTimeout)
	defer cancel()
	// Code that does not look at ctx is stopped at its next read or write.
	stop := context.AfterFunc(ctx, func() { _ = c.lower.Close() })
	defer c.hasten()()
	defer func() {
		if v := recover(); v != nil {
			logPanic(c.config.Log, "handshake", v)
			inner, err = nil, wsa.WSAECONNABORTED
			c.lower.reset()
		}
		if !stop() && err == nil {
			err = ctx.Err()
		}
		if ctx.Err() == context.DeadlineExceeded {
			err = wsa.WSAETIMEDOUT
		}
	}()
	inner, err = c.config.Transform(ctx, h, c.lower)
	if err == nil && inner == nil {
		err = errors.New("the handshake made no connection")
	}
	if err != nil && ctx.Err() == nil {
		c.config.Log.Info("handshake failed", "peer", h.Peer.String(), "server", h.Server, "err", err)
	}
	return inner, err
}

// settle takes the handshake's result: the connection begins to carry data,
// or has failed for the reason that is returned.
func (c *Conn) settle(inner net.Conn, err error) error {
	c.mu.Lock()
	if err == nil && !c.closing {
		_ = c.lower.SetDeadline(noDeadline) // the handshake's do not bind what follows
		c.inner = inner
		c.rx.buf = make([]byte, c.config.BufferSize)
		c.tx.buf = make([]byte, c.config.BufferSize)
		c.phase = open
		Go(c.config.Log, "receiving", c.panicked, c.routineReceive)
		Go(c.config.Log, "sending", c.panicked, c.routineSend)
		c.mu.Unlock()
		return nil
	}
	if err == nil {
		err = wsa.WSA_OPERATION_ABORTED
	}
	err = connError(err)
	c.phase, c.failure = spent, err
	c.mu.Unlock()
	_ = c.lower.Close()
	if inner != nil {
		c.closeInner(inner)
	}
	return err
}

// connError returns the code that err means to an application.
func connError(err error) error {
	switch {
	case err == io.EOF:
		return wsa.WSAECONNRESET
	case errors.Is(err, net.ErrClosed):
		return wsa.WSAECONNABORTED
	}
	switch e := wsa.ErrnoOf(err); e {
	case wsa.WSASYSCALLFAILURE, wsa.WSAEWOULDBLOCK, wsa.WSA_IO_PENDING:
		// The first has no number of its own; the others would be taken
		// for a promise that the call will end later.
		return wsa.WSAECONNABORTED
	default:
		return e.Err()
	}
}
