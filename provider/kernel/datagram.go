// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Send is WSPSend, WSPSendTo and WSASendMsg. Nearly all sends need nothing but
// the call of the kernel, which is made here, as few calls deep as can be (see
// sys.Send).
func (d *datagram) Send(m *spi.Message) (int, error) {
	if !sys.Single(m.Bufs) || m.Flags != 0 || len(m.Control) != 0 {
		return d.sendDatagram(m)
	}
	var n uintptr
	var e sys.Errno
	switch f := d.state.Flags() & (sockstate.Bound | sockstate.Connected | sockstate.SendShut); {
	case m.Name == nil && f == sockstate.Bound|sockstate.Connected:
		n, e = sys.Send(d.fd, m.Bufs[0], 0)
	case m.Name != nil && f&^sockstate.Connected == sockstate.Bound && d.kind.takesAsIs(m.Name):
		n, e = sys.SendName(d.fd, m.Bufs[0], &m.Name.Storage()[0], wsa.SizeofSockaddrIn)
	default:
		return d.sendDatagram(m)
	}
	if e == 0 {
		return int(n), nil
	}
	if err := d.sendError(e); err != nil {
		return 0, err
	}
	return d.sendDatagram(m)
}

// takesAsIs reports whether name is a destination that the kernel knows in the
// same form.
func (k *kind) takesAsIs(name *wsa.Sockaddr) bool {
	b := name.Storage()
	return k.family == wsa.AF_INET && name.Len() >= wsa.SizeofSockaddrIn &&
		binary.LittleEndian.Uint16(b[0:]) == wsa.AF_INET &&
		binary.NativeEndian.Uint16(b[2:]) != 0 && binary.NativeEndian.Uint32(b[4:]) != 0
}

// Recv is WSPRecv, WSPRecvFrom and WSARecvMsg, in the same way.
func (d *datagram) Recv(m *spi.Message) (int, error) {
	if !sys.Single(m.Bufs) || m.Flags != 0 || len(m.Control) != 0 ||
		d.state.Flags()&(sockstate.Bound|sockstate.RecvShut) != sockstate.Bound || d.refused.Load() != 0 {
		return d.recvDatagram(m)
	}
	var n uintptr
	var nameLen uint32
	var e sys.Errno
	if m.Name == nil {
		n, e = sys.RecvName(d.fd, m.Bufs[0], nil, nil)
	} else {
		nameLen = wsa.SizeofStorage
		n, e = sys.RecvName(d.fd, m.Bufs[0], &m.Name.Storage()[0], &nameLen)
	}
	switch {
	case e == 0:
		if m.Name != nil {
			d.kind.finishName(m.Name, int(nameLen))
		}
		if n <= uintptr(len(m.Bufs[0])) {
			return int(n), nil
		}
		return whole(m, int(n))
	case e == sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	case e != sys.EINTR:
		if err := d.recvError(e); err != nil {
			return 0, err
		}
	}
	return d.recvDatagram(m)
}

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
	if err := s.checkDestination(m.Name); err != nil {
		return 0, err
	}
	var raw rawName
	raw.set(s.kind, m.Name)
	return s.sendRaw(m, raw.bytes())
}

// checkDestination judges an address that is long enough.
func (s *socket) checkDestination(name *wsa.Sockaddr) error {
	if err := s.kind.checkFamily(name); err != nil {
		return err
	}
	if unspecified(name) || s.kind.typ == wsa.SOCK_DGRAM && name.Port() == 0 {
		return wsa.WSAEADDRNOTAVAIL
	}
	return nil
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
		if e == 0 {
			return n, nil
		}
		if err := s.sendError(e); err != nil {
			return 0, err
		}
	}
}

// sendError turns the error of a send into Winsock's: nil if the send is to be
// repeated, as it was interrupted, or was told what is about an earlier one.
func (s *socket) sendError(e sys.Errno) error {
	switch {
	case e == sys.EINTR:
		return nil
	case e == sys.EAGAIN:
		s.requestOut()
		return wsa.WSAEWOULDBLOCK
	case s.wasICMP():
		return nil
	}
	return wsa.FromErrno(e).Err()
}

// recvDatagram receives one datagram.
func (s *socket) recvDatagram(m *spi.Message) (int, error) {
	if err := s.mayReceive(); err != nil {
		return 0, err
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

// mayReceive returns what the next receive answers without looking for a
// datagram.
func (s *socket) mayReceive() error {
	if err := s.state.CheckRecv(); err != nil {
		return err
	}
	if s.refused.Load() != 0 {
		return s.takeRefusal()
	}
	return nil
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
