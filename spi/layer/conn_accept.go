// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"winsock/spi"
	"winsock/wsa"
)

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
	if c.phase == listening {
		c.accepts.SetBacklog(backlog)
		return nil
	}
	c.phase = listening
	c.accepts = NewAcceptor(Accepting{
		Log:    c.config.Log,
		Below:  c.Socket,
		Accept: c.Base.Accept,
		Begin:  c.beginAccepted,
		Told:   func() { c.watchers.Notify(spi.EventAccept) },
		Most:   c.config.MaxHandshakes,
	}, backlog)
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
	return a.Next(peer)
}

// beginAccepted prepares the handshake of an accepted connection.
func (c *Conn) beginAccepted(s spi.Socket, peer wsa.Sockaddr) Shaking {
	inside, ok := s.(interface{ conn() *Conn })
	if !ok { // the layer wants no handshake on this one
		return Shaking{}
	}
	a := inside.conn()
	a.mu.Lock()
	a.phase = shaking
	a.lower = newNetConn(a.Socket, a.released)
	a.mu.Unlock()
	h := &Handshake{Server: true, Peer: peer, Socket: s, Listener: c.self(), Opening: a.opening}
	return Shaking{Shake: func() error { return a.settle(a.shake(h)) }, Cancel: a.cancel}
}
