// SPDX-License-Identifier: Apache-2.0

package main

import (
	"winsock"
	"winsock/bench/peers/peer"
	"winsock/wsa"
)

// answer posts the receives of the UDP socket.
func (s *server) answer(sock winsock.SOCKET) {
	s.associate(sock)
	for range datagrams {
		op := s.newOperation(sock)
		op.start(op.receive())
	}
}

// accept begins to take connections.
func (s *server) accept(listener winsock.SOCKET) {
	go func() {
		for {
			sock, err := winsock.Accept(listener, nil)
			peer.Check(err)
			s.admit(sock)
		}
	}()
}

func (s *server) admit(sock winsock.SOCKET) {
	if s.Mode == peer.Churn {
		peer.Check(winsock.CloseSocket(sock))
		return
	}
	noDelay := int32(1)
	peer.Check(winsock.SetSockOptInt(sock, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, noDelay))
	s.associate(sock)
	op := s.newOperation(sock)
	if s.Mode == peer.Source {
		op.start(op.send(op.buf))
		return
	}
	op.start(op.receive())
}

// start looks at what the call that began the first operation has returned.
func (op *operation) start(n int, err error) {
	if transferred, err, more := op.began(n, err); more {
		op.ended(transferred, err)
	}
}
