// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"bytes"

	"winsock/spi"
	"winsock/wsa"
)

var batchChecks = []check{
	{"receives in batches", "spi.BatchReceiver: each has its own datagram, sender and error, in order, an empty one and a cut one too", datagram, wsa.XP1_MESSAGE_ORIENTED, batchReceives},
	{"batches on a connected socket", "spi.BatchReceiver and spi.BatchSender: without names", datagram, wsa.XP1_MESSAGE_ORIENTED, batchConnected},
	{"what is not done in a batch", "spi.BatchReceiver: to peek; an unbound socket refuses the first receive", datagram, wsa.XP1_MESSAGE_ORIENTED, batchRefuses},
	{"sends in batches", "spi.BatchSender: each goes to its own destination, and a bad one is left to Send", datagram, wsa.XP1_MESSAGE_ORIENTED, batchSends},
}

// A letter is a message of a batch with its memory.
type letter struct {
	m    spi.Message
	buf  []byte
	name wsa.Sockaddr
}

// letters makes a batch of messages with buffers of the sizes.
func letters(sizes ...int) (list []spi.Transfer, all []*letter) {
	for _, size := range sizes {
		l := &letter{buf: make([]byte, size)}
		l.m.SetBuffer(l.buf)
		l.m.Name = &l.name
		all = append(all, l)
		list = append(list, spi.Transfer{Message: &l.m})
	}
	return list, all
}

// batchReceiver returns what receives for s in batches, nil if nothing does.
func (s *sock) batchReceiver() spi.BatchReceiver {
	r, _ := spi.As[spi.BatchReceiver](spi.DataPathOf(s.Socket))
	return r
}

// recvBatch receives until the first n messages of the batch have ended.
func (s *sock) recvBatch(list []spi.Transfer, n int) {
	s.e.Helper()
	r, ended := s.batchReceiver(), 0
	s.waits(spi.EventRead|spi.EventsEnd, func() bool {
		got, err := r.RecvBatch(list[ended:])
		if ended += got; err == nil && got == 0 {
			s.e.Fatalf("RecvBatch of %d plain receives leaves them to Recv", len(list)-ended)
		}
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.e.Fatalf("RecvBatch: %v", err)
		}
		return ended >= n
	})
	if ended != n {
		s.e.Fatalf("RecvBatch ended %d receives, want %d", ended, n)
	}
}

func batchReceives(e *env) {
	a, aName := e.bound()
	b, bName := e.bound()
	s, sName := e.bound()
	if s.batchReceiver() == nil {
		e.Skip("the socket does not receive in batches")
	}
	sent := []struct {
		from *sock
		name wsa.Sockaddr
		text string
		err  wsa.Errno
	}{
		{a, aName, "one", 0}, {b, bName, "", 0}, {a, aName, "too long for it", wsa.WSAEMSGSIZE}, {b, bName, "four", 0},
	}
	for _, x := range sent {
		x.from.mustSendTo([]byte(x.text), &sName)
	}
	list, all := letters(8, 8, 8, 8, 8, 8)
	all[3].m.Bufs = [][]byte{all[3].buf[:1], nil, all[3].buf[1:]}
	all[5].name = aName
	s.recvBatch(list, len(sent))
	for i, x := range sent {
		want := []byte(x.text[:min(len(x.text), 8)])
		if got := list[i]; got.N != len(want) || got.Err != x.err.Err() || !bytes.Equal(all[i].buf[:got.N], want) || all[i].name != x.name {
			e.Errorf("receive %d: %q, %v from %v; want %q, %v from %v", i, all[i].buf[:got.N], got.Err, &all[i].name, want, x.err.Err(), &x.name)
		}
		if cut := all[i].m.Flags&wsa.MSG_TRUNC != 0; cut != (x.err != 0) {
			e.Errorf("receive %d: flags %#x", i, all[i].m.Flags)
		}
	}
	if all[5].name != aName || all[5].m.Flags != 0 || list[5].N != 0 || list[5].Err != nil {
		e.Errorf("a receive without a datagram was changed: %+v, from %v", list[5], &all[5].name)
	}
	n, err := s.batchReceiver().RecvBatch(list[4:])
	if n != 0 || err != wsa.WSAEWOULDBLOCK {
		e.Errorf("RecvBatch with nothing there: %d, %v; want WSAEWOULDBLOCK", n, err)
	}
}

func batchConnected(e *env) {
	a, b := e.pair()
	sender, ok := spi.As[spi.BatchSender](spi.DataPathOf(a.Socket))
	if !ok || b.batchReceiver() == nil {
		e.Skip("the sockets do not send and receive in batches")
	}
	list, all := letters(3, 0, 5)
	for i, l := range all {
		l.m.Name = nil
		copy(l.buf, bytes.Repeat([]byte{byte('a' + i)}, len(l.buf)))
	}
	if n, err := sender.SendBatch(list); n != 3 || err != nil {
		e.Fatalf("SendBatch: %d, %v; want 3", n, err)
	}
	got, into := letters(9, 9, 9)
	for _, l := range into {
		l.m.Name = nil
	}
	b.recvBatch(got, 3)
	for i, l := range into {
		if list[i].N != len(all[i].buf) || list[i].Err != nil || got[i].Err != nil || !bytes.Equal(l.buf[:got[i].N], all[i].buf) {
			e.Errorf("message %d: sent %d, %v, received %q, %v; want %q", i, list[i].N, list[i].Err, l.buf[:got[i].N], got[i].Err, all[i].buf)
		}
	}
}

func batchRefuses(e *env) {
	fresh := e.open()
	if fresh.batchReceiver() == nil {
		e.Skip("the socket does not receive in batches")
	}
	list, all := letters(8, 8)
	if n, err := fresh.batchReceiver().RecvBatch(list); n != 1 || err != nil || list[0].Err != wsa.WSAEINVAL || list[1].Err != nil {
		e.Errorf("RecvBatch on an unbound socket: %d, %v, %+v; want WSAEINVAL for the first", n, err, list)
	}
	s, name := e.bound()
	s.mustSendTo([]byte("one"), &name)
	s.await(spi.EventRead)
	list[0].Err, all[0].m.Flags = nil, wsa.MSG_PEEK
	if n, err := s.batchReceiver().RecvBatch(list); n != 0 || err != nil {
		e.Errorf("RecvBatch with a first receive that peeks: %d, %v; want 0", n, err)
	}
	all[0].m.Flags, all[1].m.Flags = 0, wsa.MSG_PEEK
	if n, err := s.batchReceiver().RecvBatch(list); n != 1 || err != nil || list[0].N != 3 {
		e.Errorf("RecvBatch with a second receive that peeks: %d, %v, %+v; want 1", n, err, list)
	}
}

func batchSends(e *env) {
	s, sName := e.bound()
	sender, ok := spi.As[spi.BatchSender](spi.DataPathOf(s.Socket))
	if !ok {
		e.Skip("the socket does not send in batches")
	}
	a, aName := e.bound()
	b, bName := e.bound()
	list, all := letters(3, 3, 3, 3)
	for i, l := range all {
		l.name = []wsa.Sockaddr{aName, bName, e.foreign(), aName}[i]
		copy(l.buf, bytes.Repeat([]byte{byte('a' + i)}, 3))
	}
	if n, err := sender.SendBatch(list); n != 2 || err != nil {
		e.Fatalf("SendBatch with a third destination that is bad: %d, %v; want 2", n, err)
	}
	if n, err := sender.SendBatch(list[2:]); n != 0 || err != nil {
		e.Errorf("SendBatch with a first destination that is bad: %d, %v; want 0", n, err)
	}
	for i, to := range []*sock{a, b} {
		buf := make([]byte, 9)
		n, from, err := to.recvFrom(buf)
		if err != nil || from != sName || !bytes.Equal(buf[:n], all[i].buf) || list[i].N != 3 || list[i].Err != nil {
			e.Errorf("message %d: %+v arrived as %q from %v, %v", i, list[i], buf[:n], &from, err)
		}
	}
}
