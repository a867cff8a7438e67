// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"time"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// Listen is WSPListen.
func (s *socket) Listen(backlog int32) error {
	if !s.kind.stream {
		return wsa.WSAEOPNOTSUPP
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
	switch state := s.state.Load(); {
	case state&stateBound == 0:
		return wsa.WSAEINVAL // difference 24
	case state&stateConnected != 0:
		return wsa.WSAEISCONN
	case state&stateConnecting != 0:
		return wsa.WSAEINVAL
	}
	if backlog < 0 {
		backlog = -backlog // SOMAXCONN_HINT
	}
	if e := sys.Listen(s.fd, int(backlog)); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.setLocked(stateListening, stateFailed)
	return nil
}

// Accept is WSPAccept.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if !s.has(stateListening) {
		if !s.kind.stream {
			return nil, wsa.WSAEOPNOTSUPP
		}
		return nil, wsa.WSAEINVAL
	}
	var name wsa.Sockaddr
	fd, n, err := s.acceptFd(name.Storage()[:])
	if err != nil {
		return nil, err
	}
	s.kind.finishName(&name, n)
	if peer != nil {
		*peer = name
	}
	a := newSocket(s.kind, fd, s.protocol)
	a.peer = name
	s.mu.Lock()
	a.options = s.options.inherited()
	s.mu.Unlock()
	a.connectTime = time.Now()
	a.state.Store(stateBound | stateConnected)
	return a, nil
}

// acceptFd takes the next connection. Errors that belong to a connection
// which has gone again, and not to the listener, are passed over.
func (s *socket) acceptFd(name []byte) (fd, n int, err error) {
	for {
		fd, n, e := sys.Accept(s.fd, name)
		switch e {
		case 0:
			return fd, n, nil
		case sys.EAGAIN:
			return -1, 0, wsa.WSAEWOULDBLOCK
		case sys.ECONNABORTED, sys.ENETDOWN, sys.EPROTO, sys.ENOPROTOOPT, sys.EHOSTDOWN, sys.ENONET,
			sys.EHOSTUNREACH, sys.EOPNOTSUPP, sys.ENETUNREACH:
			continue
		}
		return -1, 0, wsa.FromErrno(e).Err()
	}
}
