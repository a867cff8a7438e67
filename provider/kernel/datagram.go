// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// sendDatagram sends one datagram.
func (s *socket) sendDatagram(m *spi.Message) (int, error) {
	state := s.state.Load()
	switch {
	case state&stateNoSend != 0:
		return 0, wsa.WSAESHUTDOWN // difference 78
	case m.Name == nil && state&stateConnected == 0:
		return 0, wsa.WSAENOTCONN // difference 70
	}
	if m.Flags != 0 {
		if err := s.checkFlags(m.Flags, wsa.MSG_DONTROUTE); err != nil {
			return 0, err
		}
	}
	var raw rawName
	if m.Name != nil {
		if err := s.kind.check(m.Name); err != nil {
			return 0, err
		}
		raw.set(s.kind, m.Name)
	}
	if state&stateBound == 0 {
		s.mu.Lock()
		err := s.bindImplicitlyLocked()
		s.mu.Unlock()
		if err != nil {
			return 0, err
		}
	}
	if m.Name != nil && (unspecified(m.Name) || s.kind.typ == wsa.SOCK_DGRAM && m.Name.Port() == 0) {
		return 0, wsa.WSAEADDRNOTAVAIL
	}
	for {
		n, e := s.sendOnce(m, raw.bytes())
		switch {
		case e == 0:
			return n, nil
		case e == sys.EAGAIN:
			return 0, wsa.WSAEWOULDBLOCK
		case !s.wasICMP(e):
			return 0, wsa.FromErrno(e).Err()
		}
	}
}

func (s *socket) sendOnce(m *spi.Message, name []byte) (int, sys.Errno) {
	if len(m.Bufs) == 1 && len(m.Control) == 0 {
		return sys.SendTo(s.fd, m.Bufs[0], int(m.Flags), name)
	}
	return sys.SendMsg(s.fd, m.Bufs, int(m.Flags), name, m.Control)
}

// recvDatagram receives one datagram.
func (s *socket) recvDatagram(m *spi.Message) (int, error) {
	if s.state.Load()&(stateBound|stateNoRecv|stateRefused) != stateBound {
		if err := s.mayRecvDatagram(); err != nil {
			return 0, err
		}
	}
	flags := sys.MSG_TRUNC // tells the length of the datagram, not of what fits
	if m.Flags != 0 {
		if err := s.checkFlags(m.Flags, wsa.MSG_PEEK|wsa.MSG_PARTIAL); err != nil {
			return 0, err
		}
		flags |= int(m.Flags & wsa.MSG_PEEK)
		m.Flags = 0
	}
	var name []byte
	if m.Name != nil {
		name = m.Name.Storage()[:]
	}
	for {
		var n, nameLen int
		var e sys.Errno
		if len(m.Bufs) == 1 && len(m.Control) == 0 {
			n, nameLen, e = sys.RecvFrom(s.fd, m.Bufs[0], flags, name)
		} else {
			var r sys.Received
			n, r, e = sys.RecvMsg(s.fd, m.Bufs, flags, name, m.Control)
			nameLen = r.NameLen
		}
		switch {
		case e == sys.EAGAIN:
			return 0, wsa.WSAEWOULDBLOCK
		case e != 0:
			if err := s.recvError(e); err != nil {
				return 0, err
			}
			continue
		}
		if m.Name != nil {
			s.kind.finishName(m.Name, nameLen)
		}
		if room := m.Len(); n > room {
			m.Flags |= wsa.MSG_PARTIAL
			return room, wsa.WSAEMSGSIZE // difference 79
		}
		return n, nil
	}
}

// mayRecvDatagram judges a receive on a socket that is not simply bound.
func (s *socket) mayRecvDatagram() error {
	switch state := s.state.Load(); {
	case state&stateNoRecv != 0:
		return wsa.WSAESHUTDOWN // difference 78
	case state&stateBound == 0:
		return wsa.WSAEINVAL // difference 70
	case state&stateRefused != 0:
		return s.takeRefusal()
	}
	return nil
}
