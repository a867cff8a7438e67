// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"encoding/binary"

	"winsock/spi"
	"winsock/wsa"
)

var urgentChecks = []check{
	{"urgent data", "send and recv functions, MSG_OOB: the byte is received apart from the data around it", stream, wsa.XP1_EXPEDITED_DATA, urgent},
	{"urgent data inline", "SO_OOBINLINE, difference 86: MSG_OOB is WSAEINVAL and the byte is normal data", stream, wsa.XP1_EXPEDITED_DATA, urgentInline},
	{"the mark", "SIOCATMARK, difference 87: true when no urgent data is ahead", stream, wsa.XP1_EXPEDITED_DATA, urgentMark},
	{"no urgent data", "send function: MSG_OOB is WSAEOPNOTSUPP where it is not supported", stream, 0, noUrgent},
}

func urgent(e *env) {
	a, b := e.pair()
	a.send([]byte("ab"))
	if n, err := a.trySend([]byte("!"), wsa.MSG_OOB); n != 1 || err != nil {
		e.Fatalf("send with MSG_OOB: %d, %v", n, err)
	}
	a.send([]byte("cd"))
	b.await(spi.EventOOB)
	var buf [8]byte
	if n, err := b.tryRecv(buf[:], wsa.MSG_OOB); err != nil || string(buf[:n]) != "!" {
		e.Fatalf("recv with MSG_OOB: %q, %v", buf[:n], err)
	}
	b.becomes("the urgent byte was received", spi.EventOOB, 0)
	b.expect("normal data", "abcd")
}

func urgentInline(e *env) {
	a, b := e.pair()
	e.want("SO_OOBINLINE", b.setOption(wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1), 0)
	if n, err := a.trySend([]byte("!"), wsa.MSG_OOB); n != 1 || err != nil {
		e.Fatalf("send with MSG_OOB: %d, %v", n, err)
	}
	b.await(spi.EventRead)
	_, err := b.tryRecv(make([]byte, 1), wsa.MSG_OOB)
	e.want("recv with MSG_OOB", err, wsa.WSAEINVAL)
	b.expect("the urgent byte is inline", "!")
}

func (s *sock) atMark() bool {
	s.e.Helper()
	var out [4]byte
	if n, err := s.Ioctl(wsa.SIOCATMARK, nil, out[:]); n != 4 || err != nil {
		s.e.Fatalf("ioctl SIOCATMARK: %d bytes, %v", n, err)
	}
	return binary.LittleEndian.Uint32(out[:]) != 0
}

func urgentMark(e *env) {
	a, b := e.pair()
	if !b.atMark() {
		e.Error("SIOCATMARK without urgent data: false")
	}
	if n, err := a.trySend([]byte("!"), wsa.MSG_OOB); n != 1 || err != nil {
		e.Fatalf("send with MSG_OOB: %d, %v", n, err)
	}
	b.await(spi.EventOOB)
	if b.atMark() {
		e.Error("SIOCATMARK with urgent data pending: true")
	}
}

func noUrgent(e *env) {
	if e.info.ServiceFlags1&wsa.XP1_EXPEDITED_DATA != 0 {
		e.Log("left out, as the protocol claims XP1_EXPEDITED_DATA")
		return
	}
	if e.network.Translated {
		return // it is taken, and gets no further than who translates
	}
	a, _ := e.pair()
	_, err := a.trySend([]byte("!"), wsa.MSG_OOB)
	e.want("send with MSG_OOB", err, wsa.WSAEOPNOTSUPP)
}
