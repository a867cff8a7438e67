// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Flags that a stream takes.
const (
	sendFlags = wsa.MSG_OOB | wsa.MSG_DONTROUTE
	recvFlags = wsa.MSG_OOB | wsa.MSG_PEEK | wsa.MSG_WAITALL | wsa.MSG_PUSH_IMMEDIATE | wsa.MSG_PARTIAL
)

// Send is WSPSend, WSPSendTo and WSASendMsg.
func (s *socket) Send(m *spi.Message) (int, error) {
	if !s.kind.stream {
		return s.sendDatagram(m)
	}
	if err := s.state.CheckSend(false); err != nil {
		if err = s.maySend(err); err != nil {
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
	if sys.Single(m.Bufs) {
		if n, e := sys.Send(s.fd, m.Bufs[0], uintptr(m.Flags)); e == 0 {
			return int(n), nil
		} else if e != sys.EINTR {
			return s.sendResult(0, e)
		}
	}
	if len(m.Bufs) == 1 {
		return s.sendResult(sys.SendTo(s.fd, m.Bufs[0], int(m.Flags), nil))
	}
	return s.sendResult(sys.SendMsg(s.fd, m.Bufs, int(m.Flags), nil, nil))
}

// sendResult judges what a send has returned.
func (s *socket) sendResult(n int, e sys.Errno) (int, error) {
	switch e {
	case 0:
		return n, nil
	case sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	}
	return 0, s.streamError(e)
}

// maySend looks whether the connection has come about meanwhile that a send
// found missing.
func (s *socket) maySend(err error) error {
	if !s.state.Has(sockstate.Connecting) {
		return err
	}
	s.settle()
	return s.state.CheckSend(false)
}

// Recv is WSPRecv, WSPRecvFrom and WSARecvMsg.
func (s *socket) Recv(m *spi.Message) (int, error) {
	if !s.kind.stream {
		return s.recvDatagram(m)
	}
	if err := s.state.CheckRecv(); err != nil {
		if err = s.mayRecv(err); err != nil {
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
	if sys.Single(m.Bufs) {
		n, e := sys.Recv(s.fd, m.Bufs[0], uintptr(flags))
		if e == 0 && n > 0 {
			return int(n), nil
		}
		if e != sys.EINTR {
			return s.recvResult(m, flags, 0, e)
		}
	}
	var n int
	var e sys.Errno
	if len(m.Bufs) == 1 {
		n, _, e = sys.RecvFrom(s.fd, m.Bufs[0], flags, nil)
	} else {
		n, _, e = sys.RecvMsg(s.fd, m.Bufs, flags, nil, nil)
	}
	return s.recvResult(m, flags, n, e)
}

// recvResult judges what a receive has returned.
func (s *socket) recvResult(m *spi.Message, flags, n int, e sys.Errno) (int, error) {
	switch {
	case e == 0 && n > 0:
		return n, nil
	case e == 0:
		return s.recvNothing(m)
	case e == sys.EAGAIN:
		return 0, wsa.WSAEWOULDBLOCK
	case e == sys.EINVAL && flags&sys.MSG_OOB != 0:
		return 0, s.noUrgentData()
	}
	return 0, s.streamError(e)
}

// mayRecv judges a receive that the state is against. What arrived before
// the connection broke can still be received.
func (s *socket) mayRecv(err error) error {
	s.settle()
	switch f := s.state.Flags(); {
	case f&(sockstate.Connected|sockstate.RecvShut) != sockstate.Connected:
		return s.state.CheckRecv()
	case f&sockstate.Broken != 0 && s.unread() == 0:
		return err
	}
	return nil
}

// recvNothing is the meaning of a receive of 0 bytes.
func (s *socket) recvNothing(m *spi.Message) (int, error) {
	switch {
	case s.state.Has(sockstate.Broken):
		return 0, s.state.CheckRecv() // difference 84
	case m.Len() == 0 && sys.Poll(s.fd, sys.POLLIN)&(sys.POLLIN|sys.POLLHUP|sys.POLLERR) == 0:
		return 0, wsa.WSAEWOULDBLOCK // no room, and nothing there: difference 82
	case m.Len() > 0:
		s.state.SetPeerShut()
	}
	return 0, nil
}

// noUrgentData is the answer to MSG_OOB when there is none: with
// SO_OOBINLINE there never will be any (difference 86).
func (s *socket) noUrgentData() error {
	if s.opts.Bool(ruleOOBInline) {
		return wsa.WSAEINVAL
	}
	return wsa.WSAEWOULDBLOCK
}

// streamError turns the error of a send or receive into Winsock's, and
// remembers an end of the connection: the kernel tells it once, Winsock
// for ever after (difference 84).
func (s *socket) streamError(e sys.Errno) error {
	why := wsa.FromErrno(e)
	switch e {
	case sys.EPIPE, sys.ENOTCONN: // the kernel has forgotten the connection
		if s.state.Has(sockstate.SendShut) {
			return wsa.WSAESHUTDOWN // it came between the check and the send
		}
		why = wsa.WSAECONNRESET
	case sys.ECONNRESET, sys.ETIMEDOUT, sys.EHOSTUNREACH, sys.ENETUNREACH, sys.ENETDOWN,
		sys.EHOSTDOWN, sys.ECONNABORTED:
	default:
		return why.Err()
	}
	s.state.Break(why)
	return why.Err()
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
