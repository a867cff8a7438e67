// SPDX-License-Identifier: Apache-2.0

package ssl

import (
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
		s.passLocked()
		return nil
	}
	s.server = true
	// What is deferred, and what another process accepts, is accepted as it
	// is; see Accept.
	if s.settings.flags&wsa.SSL_FLAG_DEFER_HANDSHAKE != 0 || s.opening.Base != nil {
		return nil
	}
	if s.is(listening) {
		s.accepts.SetBacklog(backlog)
		return nil
	}
	s.accepts = layer.NewAcceptor(layer.Accepting{
		Log:    s.log(),
		Below:  s.Socket,
		Accept: s.PassThrough.Accept,
		Begin:  s.beginAccepted,
		Told:   func() { s.watchers.notify(spi.EventAccept) },
		Most:   maxHandshakes,
	}, backlog)
	s.phase.Store(listening)
	return nil
}

// Accept returns the next connection.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if s.is(listening) {
		return s.accepts.Next(peer)
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

// beginAccepted prepares the handshake of an accepted connection.
func (s *socket) beginAccepted(conn spi.Socket, peer wsa.Sockaddr) layer.Shaking {
	c := conn.(*socket)
	c.inherit(s, peer)
	c.mu.Lock()
	c.beginLocked(shaking)
	waits := c.patience
	c.mu.Unlock()
	return layer.Shaking{
		Shake: func() error {
			defer c.release()
			return c.shake()
		},
		Cancel:   waits.cancel,
		Panicked: c.panicked,
	}
}
