// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// Listen is WSPListen.
func (s *socket) Listen(backlog int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
	if err := s.state.CheckListen(); err != nil {
		return err
	}
	if backlog < 0 {
		backlog = max(-backlog, 0) // SOMAXCONN_HINT
	}
	if e := sys.Listen(s.fd, int(backlog)); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.allowTimeWait()
	if s.claim.isShared() {
		sys.PreferFirstListener(s.fd) // difference 34
	}
	s.state.SetListening()
	return nil
}

// Accept is WSPAccept.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if err := s.state.CheckAccept(); err != nil {
		return nil, err
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
	return s.accepted(fd, &name), nil
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
