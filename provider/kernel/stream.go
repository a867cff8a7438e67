// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// Flags that a stream takes.
const (
	sendFlags = wsa.MSG_OOB | wsa.MSG_DONTROUTE
	recvFlags = wsa.MSG_OOB | wsa.MSG_PEEK | wsa.MSG_WAITALL | wsa.MSG_PUSH_IMMEDIATE
)

// Send is WSPSend, WSPSendTo and WSASendMsg.
func (s *socket) Send(m *spi.Message) (int, error) {
	if !s.kind.stream {
		return s.sendDatagram(m)
	}
	if s.state.Load()&(stateConnected|stateNoSend|stateDead) != stateConnected {
		if err := s.maySend(); err != nil {
			return 0, err
		}
	}
	if m.Control != nil {
		return 0, wsa.WSAEINVAL // WSASendMsg is for datagrams (difference 81)
	}
	if m.Flags != 0 {
		if err := s.checkFlags(m.Flags, sendFlags); err != nil {
			return 0, err
		}
	}
	var n int
	var e sys.Errno
	if len(m.Bufs) == 1 {
		n, e = sys.SendTo(s.fd, m.Bufs[0], int(m.Flags), nil)
	} else {
		n, e = sys.SendMsg(s.fd, m.Bufs, int(m.Flags), nil, nil)
	}
	switch e {
	case 0:
		return n, nil
	case sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	}
	return 0, s.streamError(e)
}

// maySend judges a send on a stream that is not simply connected.
func (s *socket) maySend() error {
	s.settle()
	switch state := s.state.Load(); {
	case state&stateConnected == 0:
		return wsa.WSAENOTCONN // differences 64 and 73
	case state&stateNoSend != 0:
		return wsa.WSAESHUTDOWN // difference 74
	case state&stateDead != 0:
		return wsa.Errno(s.reason.Load()).Err()
	}
	return nil
}

// Recv is WSPRecv, WSPRecvFrom and WSARecvMsg.
func (s *socket) Recv(m *spi.Message) (int, error) {
	if !s.kind.stream {
		return s.recvDatagram(m)
	}
	if s.state.Load()&(stateConnected|stateNoRecv) != stateConnected {
		if err := s.mayRecv(); err != nil {
			return 0, err
		}
	}
	flags := 0
	if m.Flags != 0 {
		if err := s.checkFlags(m.Flags, recvFlags); err != nil {
			return 0, err
		}
		flags = int(m.Flags & (wsa.MSG_OOB | wsa.MSG_PEEK)) // waiting for all is the caller's
		m.Flags = 0
	}
	if m.Name != nil {
		m.Name.SetLen(0)
	}
	m.Control = m.Control[:0]
	var n int
	var e sys.Errno
	if len(m.Bufs) == 1 {
		n, _, e = sys.RecvFrom(s.fd, m.Bufs[0], flags, nil)
	} else {
		n, _, e = sys.RecvMsg(s.fd, m.Bufs, flags, nil, nil)
	}
	switch {
	case e == sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	case e != 0 && flags&sys.MSG_OOB != 0:
		return 0, wsa.FromErrno(e).Err()
	case e != 0:
		return 0, s.streamError(e)
	case n == 0:
		return s.recvNothing(m)
	}
	return n, nil
}

// recvNothing is the meaning of a receive of 0 bytes.
func (s *socket) recvNothing(m *spi.Message) (int, error) {
	switch {
	case s.has(stateDead):
		return 0, wsa.Errno(s.reason.Load()).Err() // difference 84
	case m.Len() == 0 && sys.Poll(s.fd, sys.POLLIN)&(sys.POLLIN|sys.POLLHUP|sys.POLLERR) == 0:
		return 0, wsa.WSAEWOULDBLOCK // no room, and nothing there: difference 82
	}
	return 0, nil
}

// mayRecv judges a receive on a stream that is not simply connected.
func (s *socket) mayRecv() error {
	s.settle()
	switch state := s.state.Load(); {
	case state&stateConnected == 0:
		return wsa.WSAENOTCONN // difference 64
	case state&stateNoRecv != 0:
		return wsa.WSAESHUTDOWN // difference 75
	}
	return nil
}

// streamError turns the error of a send or receive into Winsock's, and
// remembers an end of the connection: the kernel tells it once, Winsock
// for ever after (difference 84).
func (s *socket) streamError(e sys.Errno) error {
	switch e {
	case sys.ECONNRESET, sys.EPIPE, sys.ETIMEDOUT, sys.EHOSTUNREACH, sys.ENETUNREACH, sys.ENETDOWN,
		sys.EHOSTDOWN, sys.ECONNABORTED, sys.ENOTCONN:
		s.mu.Lock()
		defer s.mu.Unlock()
		why := wsa.FromErrno(e)
		if e == sys.ENOTCONN {
			why = wsa.WSAECONNRESET // the kernel has forgotten the connection
		}
		s.dieLocked(why)
		return wsa.Errno(s.reason.Load()).Err()
	}
	return wsa.FromErrno(e).Err()
}

// dieLocked records why the connection has ended. The first reason stays.
func (s *socket) dieLocked(why wsa.Errno) {
	if !s.has(stateDead) {
		s.reason.Store(uint32(why))
		s.setLocked(stateDead, 0)
	}
}

// checkFlags judges the flags of a send or receive.
func (s *socket) checkFlags(flags, allowed uint32) error {
	switch {
	case flags&^allowed != 0:
		return wsa.WSAEOPNOTSUPP
	case flags&wsa.MSG_OOB != 0 && s.kind.services&wsa.XP1_EXPEDITED_DATA == 0:
		return wsa.WSAEOPNOTSUPP
	}
	return nil
}
