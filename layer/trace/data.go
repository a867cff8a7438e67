// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"winsock/spi"
	"winsock/wsa"
)

// Send is traced and captured.
func (s *socket) Send(m *spi.Message) (int, error) {
	if s.tap == nil && !s.logData {
		return s.Socket.Send(m)
	}
	start := s.time()
	n, err := s.tap.send(s.Socket, m)
	if !s.logData {
		return n, err
	}
	o := s.waits.settle(kindOf(waitSend, m.Flags), start, s.time(), err)
	if !o.show {
		return n, err
	}
	e := s.outcome(sendCall(m), start, err, o)
	e.bytes = transferred(n, err)
	l := s.begin(&e)
	l.number("len", int64(m.Len()))
	l.buffers(m, m.Flags)
	if m.Name != nil {
		l.address("name", m.Name)
	}
	if len(m.Control) > 0 {
		l.number("control", int64(len(m.Control)))
	}
	l.data(m, n, s.dataMax)
	s.write(l)
	return n, err
}

// Recv is traced and captured.
func (s *socket) Recv(m *spi.Message) (int, error) {
	if s.tap == nil && !s.logData {
		return s.Socket.Recv(m)
	}
	start, flags := s.time(), m.Flags
	call := recvCall(m)
	n, err := s.tap.recv(s.Socket, m)
	if !s.logData {
		return n, err
	}
	o := s.waits.settle(kindOf(waitRecv, flags), start, s.time(), err)
	if !o.show {
		return n, err
	}
	e := s.outcome(call, start, err, o)
	e.bytes = transferred(n, err)
	l := s.begin(&e)
	l.number("len", int64(m.Len()))
	l.buffers(m, flags)
	if e.bytes >= 0 {
		if m.Flags != flags && m.Flags != 0 {
			l.word("flags_out", wsa.MsgFlagsString(m.Flags))
		}
		if m.Name != nil && len(m.Name.Bytes()) > 0 {
			l.address("peer", m.Name)
		}
		if len(m.Control) > 0 {
			l.number("control", int64(len(m.Control)))
		}
	}
	l.data(m, n, s.dataMax)
	s.write(l)
	return n, err
}

// transferred is the number of bytes to show, -1 for a call that failed. A
// datagram that was cut has failed and moved bytes.
func transferred(n int, err error) int {
	if err == nil || err == wsa.WSAEMSGSIZE && n > 0 {
		return n
	}
	return -1
}

// kindOf keeps the waits for urgent data apart.
func kindOf(kind waitKind, flags uint32) waitKind {
	if flags&wsa.MSG_OOB != 0 {
		kind++
	}
	return kind
}

// buffers writes how many there are, if several, and the flags.
func (l *line) buffers(m *spi.Message, flags uint32) {
	if len(m.Bufs) > 1 {
		l.number("buffers", int64(len(m.Bufs)))
	}
	if flags != 0 {
		l.word("flags", wsa.MsgFlagsString(flags))
	}
}

// sendCall is the function that the message is an argument of.
func sendCall(m *spi.Message) string {
	switch {
	case m.Control != nil:
		return "WSPSendMsg"
	case m.Name != nil:
		return "WSPSendTo"
	}
	return "WSPSend"
}

func recvCall(m *spi.Message) string {
	switch {
	case m.Control != nil:
		return "WSPRecvMsg"
	case m.Name != nil:
		return "WSPRecvFrom"
	}
	return "WSPRecv"
}
