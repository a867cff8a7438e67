// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var stateChecks = []check{
	{"fresh stream", "differences 64, 73, 77, 103: a stream that was never connected is ready for nothing; send, recv, shutdown and getpeername are WSAENOTCONN",
		stream, 0, freshStream},
	{"fresh datagram", "differences 70, 103: a datagram socket is writable at once; unbound recv is WSAEINVAL, send without destination WSAENOTCONN",
		datagram, 0, freshDatagram},
	{"order of bind and listen", "listen function, differences 24 to 26: listen needs a bound socket, may be repeated, and rules out connect",
		stream, 0, listenOrder},
	{"listen on a datagram socket", "listen and accept functions: WSAEOPNOTSUPP on a connectionless socket", datagram, 0, listenDatagram},
}

func freshStream(e *env) {
	s := e.open()
	if got := s.Ready(spi.EventAll); got != 0 {
		e.Errorf("Ready: %v, want nothing", got)
	}
	_, err := s.trySend([]byte("x"), 0)
	e.want("send", err, wsa.WSAENOTCONN)
	_, err = s.tryRecv(make([]byte, 1), 0)
	e.want("recv", err, wsa.WSAENOTCONN)
	e.want("ConnectResult", s.ConnectResult(), wsa.WSAENOTCONN)
	var name wsa.Sockaddr
	e.want("getpeername", s.GetPeerName(&name), wsa.WSAENOTCONN)
	for how := int32(wsa.SD_RECEIVE); how <= wsa.SD_BOTH; how++ {
		e.want("shutdown", s.Shutdown(how), wsa.WSAENOTCONN)
	}
	if got := s.fionread(); got != 0 {
		e.Errorf("FIONREAD on an unconnected stream (difference 87): %d, want 0", got)
	}
}

func freshDatagram(e *env) {
	s := e.open()
	s.becomes("difference 103", spi.EventRead|spi.EventWrite|spi.EventClose|spi.EventReset, spi.EventWrite)
	_, err := s.tryRecv(make([]byte, 1), 0)
	e.want("recv on an unbound socket", err, wsa.WSAEINVAL)
	_, err = s.trySend([]byte("x"), 0)
	e.want("send without destination", err, wsa.WSAENOTCONN)
	var name wsa.Sockaddr
	e.want("getpeername", s.GetPeerName(&name), wsa.WSAENOTCONN)
}

func listenOrder(e *env) {
	s := e.open()
	e.want("listen on an unbound socket", s.Listen(5), wsa.WSAEINVAL)
	_, err := s.Accept(nil)
	e.want("accept on a socket that does not listen", err, wsa.WSAEINVAL)

	l, name := e.listener(5)
	e.want("listen again with another backlog", l.Listen(10), 0)
	_, err = l.Accept(nil)
	e.want("accept with nobody there", err, wsa.WSAEWOULDBLOCK)
	e.want("connect on a listening socket", l.Connect(&name), wsa.WSAEINVAL)
	e.want("shutdown of a listening socket", l.Shutdown(wsa.SD_BOTH), wsa.WSAENOTCONN)
	_, err = l.tryRecv(make([]byte, 1), 0)
	e.want("recv on a listening socket", err, wsa.WSAENOTCONN)
	if got := l.Ready(spi.EventAll); got != 0 {
		e.Errorf("Ready of a listening socket with nobody there: %v, want nothing", got)
	}

	client, server := e.pair()
	e.want("listen on a connected socket", client.Listen(5), wsa.WSAEISCONN, wsa.WSAEINVAL)
	e.want("connect on a connected socket", client.Connect(&name), wsa.WSAEISCONN)
	e.want("connect on an accepted socket", server.Connect(&name), wsa.WSAEISCONN)
	e.want("ConnectResult of an accepted socket", server.ConnectResult(), 0)
}

func listenDatagram(e *env) {
	s, _ := e.bound()
	e.want("listen", s.Listen(5), wsa.WSAEOPNOTSUPP)
	_, err := s.Accept(nil)
	e.want("accept", err, wsa.WSAEOPNOTSUPP, wsa.WSAEINVAL)
}
