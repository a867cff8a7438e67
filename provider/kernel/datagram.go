// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// sendDatagram sends one datagram. A socket that is not bound yet is bound
// even if the send then fails (difference 30).
func (s *socket) sendDatagram(m *spi.Message) (int, error) {
	if m.Name != nil {
		if err := s.kind.checkLen(m.Name); err != nil {
			return 0, err
		}
	}
	if err := s.state.CheckSend(m.Name != nil); err != nil {
		return 0, err
	}
	if m.Flags != 0 {
		if err := s.checkFlags(m.Flags, wsa.MSG_DONTROUTE); err != nil {
			return 0, err
		}
	}
	if !s.state.Has(sockstate.Bound) {
		if err := s.bindImplicitly(); err != nil {
			return 0, err
		}
	}
	if m.Name == nil {
		return s.sendRaw(m, nil)
	}
	if err := s.kind.checkFamily(m.Name); err != nil {
		return 0, err
	}
	if unspecified(m.Name) || s.kind.typ == wsa.SOCK_DGRAM && m.Name.Port() == 0 {
		return 0, wsa.WSAEADDRNOTAVAIL
	}
	var raw rawName
	raw.set(s.kind, m.Name)
	return s.sendRaw(m, raw.bytes())
}

func (s *socket) sendRaw(m *spi.Message, name []byte) (int, error) {
	for {
		var n int
		var e sys.Errno
		switch {
		case len(m.Control) > 0:
			var err error
			if n, e, err = s.sendControl(m, name); err != nil {
				return 0, err
			}
		case len(m.Bufs) == 1:
			n, e = sys.SendTo(s.fd, m.Bufs[0], int(m.Flags), name)
		default:
			n, e = sys.SendMsg(s.fd, m.Bufs, int(m.Flags), name, nil)
		}
		switch {
		case e == 0:
			return n, nil
		case e == sys.EAGAIN:
			s.requestOut()
			return 0, wsa.WSAEWOULDBLOCK
		case !s.wasICMP():
			return 0, wsa.FromErrno(e).Err()
		}
	}
}

// recvDatagram receives one datagram.
func (s *socket) recvDatagram(m *spi.Message) (int, error) {
	if err := s.state.CheckRecv(); err != nil {
		return 0, err
	}
	if s.refused.Load() != 0 {
		if err := s.takeRefusal(); err != nil {
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
		switch {
		case len(m.Control) > 0:
			n, nameLen, e = s.recvControl(m, flags, name)
		case len(m.Bufs) == 1:
			n, nameLen, e = sys.RecvFrom(s.fd, m.Bufs[0], flags, name)
		default:
			var r sys.Received
			n, r, e = sys.RecvMsg(s.fd, m.Bufs, flags, name, nil)
			nameLen = r.NameLen
		}
		switch {
		case e == 0:
			if m.Name != nil {
				s.kind.finishName(m.Name, nameLen)
			}
			return whole(m, n)
		case e == sys.EAGAIN:
			return 0, wsa.WSAEWOULDBLOCK
		}
		if err := s.recvError(e); err != nil {
			return 0, err
		}
	}
}

// whole judges a datagram of n bytes that was received: WSAEMSGSIZE if not
// all of it, or of its control data, found room (differences 79 and 80).
func whole(m *spi.Message, n int) (int, error) {
	if room := m.Len(); n > room {
		m.Flags |= wsa.MSG_TRUNC
		return room, wsa.WSAEMSGSIZE
	}
	if m.Flags&wsa.MSG_CTRUNC != 0 {
		return n, wsa.WSAEMSGSIZE
	}
	return n, nil
}
