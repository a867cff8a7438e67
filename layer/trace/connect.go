// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"winsock/spi"
	"winsock/wsa"
)

// Connect is traced; an attempt that takes time is ended by ConnectResult.
func (s *socket) Connect(name *wsa.Sockaddr) error {
	start := s.time()
	err := s.tap.connect(func() error { return s.Socket.Connect(name) }, name, start)
	if l := s.control("WSPConnect", start, err); l != nil {
		s.waits.connecting(start, start.Add(l.e.took), err)
		l.address("name", name)
		s.write(l)
	}
	return err
}

// ConnectResult is traced once per attempt, when the attempt has ended.
func (s *socket) ConnectResult() error {
	start := s.time()
	err := s.tap.connectResult(s.Socket.ConnectResult)
	if s.logControl {
		if o := s.waits.connected(start, s.time(), err); o.show {
			e := s.outcome("ConnectResult", start, err, o)
			s.write(s.begin(&e))
		}
	}
	return err
}

// Accept is traced, as is the new socket.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	start := s.time()
	below, err := s.Socket.Accept(peer)
	var conn *socket
	if err == nil {
		conn = s.trace(below, s.identity, s.owner)
		conn.tap.accepted(peer)
	}
	if s.logControl {
		if o := s.waits.settle(waitAccept, start, s.time(), err); o.show {
			e := s.outcome("WSPAccept", start, err, o)
			if conn != nil {
				e.made = conn.number
			}
			l := s.begin(&e)
			if conn != nil {
				if l.json {
					l.number("new", conn.number)
				}
				if peer != nil {
					l.address("peer", peer)
				}
			}
			s.write(l)
		}
	}
	if err != nil {
		return nil, err
	}
	return conn, nil
}
