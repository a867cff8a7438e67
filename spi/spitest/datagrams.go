// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"bytes"

	"winsock/spi"
	"winsock/wsa"
)

var datagramChecks = []check{
	{"sendto and recvfrom", "sendto and recvfrom functions: the sender's address comes with the datagram", datagram, 0, sendTo},
	{"sendto binds", "sendto function, difference 30: an unbound socket is bound", datagram, 0, sendToBinds},
	{"boundaries", "recvfrom function: each receive returns one datagram, an empty one too", datagram, wsa.XP1_MESSAGE_ORIENTED, boundaries},
	{"datagram longer than the buffer", "recvfrom function, difference 79: it is cut and answered with WSAEMSGSIZE", datagram, wsa.XP1_MESSAGE_ORIENTED, tooLong},
	{"datagram too large to send", "sendto function, SO_MAX_MSG_SIZE: WSAEMSGSIZE, and nothing is sent", datagram, wsa.XP1_MESSAGE_ORIENTED, tooLarge},
	{"connected datagrams", "connect function, difference 70: only the peer's datagrams are received; AF_UNSPEC dissolves the association", datagram, 0, connectDatagram},
	{"bad destination", "sendto function: a short address is WSAEFAULT, a foreign family WSAEAFNOSUPPORT", datagram, 0, badDestination},
}

func (s *sock) sendTo(data []byte, to *wsa.Sockaddr) (int, error) {
	m := spi.Message{Name: to}
	m.SetBuffer(data)
	return s.Send(&m)
}

func (s *sock) mustSendTo(data []byte, to *wsa.Sockaddr) {
	s.e.Helper()
	if n, err := s.sendTo(data, to); n != len(data) || err != nil {
		s.e.Fatalf("sendto %v of %d bytes: %d, %v", to, len(data), n, err)
	}
}

func (s *sock) recvFrom(p []byte) (n int, from wsa.Sockaddr, err error) {
	s.e.Helper()
	m := spi.Message{Name: &from}
	m.SetBuffer(p)
	n, err = s.recvMessage(&m)
	return n, from, err
}

func sendTo(e *env) {
	a, aName := e.bound()
	b, bName := e.bound()
	buf := make([]byte, 100)
	for _, text := range []string{"one", "two"} {
		a.mustSendTo([]byte(text), &bName)
		n, from, err := b.recvFrom(buf)
		if err != nil || string(buf[:n]) != text || from != aName {
			e.Fatalf("recvfrom: %q, %v from %v; want %q from %v", buf[:n], err, &from, text, &aName)
		}
		b.mustSendTo([]byte("re: "+text), &from)
		n, from, err = a.recvFrom(buf)
		if err != nil || string(buf[:n]) != "re: "+text || from != bName {
			e.Fatalf("recvfrom: %q, %v from %v; want %q from %v", buf[:n], err, &from, "re: "+text, &bName)
		}
	}
}

func sendToBinds(e *env) {
	b, bName := e.bound()
	a := e.open()
	a.mustSendTo([]byte("x"), &bName)
	name := a.name()
	if _, ok := name.AddrPort(); ok && name.Port() == 0 {
		e.Errorf("after sendto the socket's name is %v, want a port", &name)
	}
	_, from, err := b.recvFrom(make([]byte, 1))
	if err != nil || from.Port() != name.Port() {
		e.Errorf("recvfrom: from %v, %v; the sender's name is %v", &from, err, &name)
	}
	_, err = a.tryRecv(make([]byte, 1), 0)
	e.want("recv on the socket that sendto bound", err, wsa.WSAEWOULDBLOCK)
}

func boundaries(e *env) {
	a, aName := e.bound()
	b, bName := e.bound()
	sizes := []int{3, 0, 1000, 1}
	for i, size := range sizes {
		a.mustSendTo(bytes.Repeat([]byte{byte('a' + i)}, size), &bName)
	}
	for i, size := range sizes {
		b.becomes("a datagram waits", spi.EventRead, spi.EventRead)
		buf := make([]byte, 2000)
		n, from, err := b.recvFrom(buf)
		if err != nil || from != aName || !bytes.Equal(buf[:n], bytes.Repeat([]byte{byte('a' + i)}, size)) {
			e.Fatalf("datagram %d: %d bytes from %v, %v; want %d from %v", i, n, &from, err, size, &aName)
		}
	}
	b.becomes("none waits", spi.EventRead, 0)
}

func tooLong(e *env) {
	a, b := e.pair()
	a.send([]byte("0123456789"))
	a.send([]byte("next"))
	b.await(spi.EventRead)
	buf := make([]byte, 4)
	for range 2 {
		n, err := b.tryRecv(buf, wsa.MSG_PEEK)
		e.want("recv with MSG_PEEK", err, wsa.WSAEMSGSIZE)
		if string(buf[:n]) != "0123" {
			e.Errorf("recv with MSG_PEEK: %q, want the datagram's start", buf[:n])
		}
	}
	n, err := b.recv(buf)
	e.want("recv", err, wsa.WSAEMSGSIZE)
	if string(buf[:n]) != "0123" {
		e.Errorf("recv: %q, want the datagram's start", buf[:n])
	}
	b.expect("the rest is gone", "next")
}

func tooLarge(e *env) {
	a, b := e.pair()
	limit := int(a.option(wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE))
	if limit <= 0 || limit > 1<<20 {
		e.Logf("left out, as SO_MAX_MSG_SIZE is %d", limit)
		return
	}
	n, err := a.trySend(make([]byte, limit+1), 0)
	e.want("send of more than SO_MAX_MSG_SIZE", err, wsa.WSAEMSGSIZE)
	if n != 0 {
		e.Errorf("send of more than SO_MAX_MSG_SIZE took %d bytes", n)
	}
	a.send(bytes.Repeat([]byte("m"), limit))
	buf := make([]byte, limit+1)
	if n, err := b.recv(buf); n != limit || err != nil {
		e.Errorf("a datagram of SO_MAX_MSG_SIZE: %d, %v; want %d", n, err, limit)
	}
}

func connectDatagram(e *env) {
	peer, peerName := e.bound()
	stranger, _ := e.bound()
	s, name := e.bound()
	s.connect(&peerName)
	var got wsa.Sockaddr
	if err := s.GetPeerName(&got); err != nil || got != peerName {
		e.Errorf("getpeername: %v, %v; want %v", &got, err, &peerName)
	}
	stranger.mustSendTo([]byte("ignore me"), &name)
	peer.mustSendTo([]byte("hear me"), &name)
	s.expect("only the peer is heard", "hear me")
	s.send([]byte("to the peer"))
	peer.expect("send goes to the peer", "to the peer")

	other, otherName := e.bound() // the stranger may by now have been told that nobody listens to it
	s.connect(&otherName)
	s.send([]byte("to the other"))
	other.expect("a second connect changes the peer", "to the other")

	unspec := wsa.SockaddrBytes(make([]byte, wsa.SizeofSockaddr))
	e.want("connect to AF_UNSPEC", s.Connect(&unspec), 0)
	e.want("getpeername", s.GetPeerName(&got), wsa.WSAENOTCONN)
	_, err := s.trySend([]byte("x"), 0)
	e.want("send without a peer", err, wsa.WSAENOTCONN)
	name = s.name()
	peer.mustSendTo([]byte("from anybody"), &name)
	s.expect("everybody is heard again", "from anybody")
}

func badDestination(e *env) {
	s, _ := e.bound()
	if short, ok := e.short(); ok {
		_, err := s.sendTo([]byte("x"), &short)
		e.want("sendto a short address", err, wsa.WSAEFAULT)
	}
	foreign := e.foreign()
	_, err := s.sendTo([]byte("x"), &foreign)
	e.want("sendto a foreign family", err, wsa.WSAEAFNOSUPPORT)
}
