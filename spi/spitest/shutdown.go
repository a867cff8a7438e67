// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var shutdownChecks = []check{
	{"half close by the client", "shutdown function, SD_SEND, difference 74: the peer gets all data, then the end, and can still send", stream, wsa.XP1_GRACEFUL_CLOSE,
		func(e *env) { a, b := e.pair(); halfClose(e, a, b) }},
	{"half close by the server", "shutdown function, SD_SEND, difference 74: the same from the accepted side", stream, wsa.XP1_GRACEFUL_CLOSE,
		func(e *env) { a, b := e.pair(); halfClose(e, b, a) }},
	{"shutdown of receiving", "difference 75: recv after SD_RECEIVE is WSAESHUTDOWN; sending goes on", stream, 0, shutdownReceive},
	{"shutdown's arguments", "shutdown function, difference 77: a bad direction is WSAEINVAL; twice is fine", either, 0, shutdownArguments},
	{"shutdown of datagrams", "difference 78: an unconnected datagram socket can be shut down; then send and recv are WSAESHUTDOWN", datagram, 0, shutdownDatagram},
	{"end wakes", "spi.EventsEnd: a waiting receiver hears of the end", stream, wsa.XP1_GRACEFUL_CLOSE, endWakes},
}

func halfClose(e *env, a, b *sock) {
	a.send([]byte("last words"))
	e.want("shutdown SD_SEND", a.Shutdown(wsa.SD_SEND), 0)
	_, err := a.trySend([]byte("x"), 0)
	e.want("send after SD_SEND", err, wsa.WSAESHUTDOWN)

	b.expect("data before the end", "last words")
	b.end("after SD_SEND of the peer")
	b.end("the end stays the end")
	b.becomes("spi.EventClose", spi.EventRead|spi.EventClose|spi.EventReset, spi.EventClose)

	b.send([]byte("answer"))
	a.expect("the other direction goes on", "answer")
	e.want("shutdown SD_SEND by the peer", b.Shutdown(wsa.SD_SEND), 0)
	a.end("after both have finished")
	a.becomes("spi.EventClose", spi.EventRead|spi.EventClose|spi.EventReset, spi.EventClose)
}

func shutdownReceive(e *env) {
	a, b := e.pair()
	e.want("shutdown SD_RECEIVE", a.Shutdown(wsa.SD_RECEIVE), 0)
	_, err := a.tryRecv(make([]byte, 1), 0)
	e.want("recv after SD_RECEIVE", err, wsa.WSAESHUTDOWN)
	a.send([]byte("still"))
	b.expect("sending goes on", "still")
}

func shutdownArguments(e *env) {
	a, _ := e.pair()
	e.want("shutdown 3", a.Shutdown(3), wsa.WSAEINVAL)
	e.want("shutdown -1", a.Shutdown(-1), wsa.WSAEINVAL)
	for range 2 {
		e.want("shutdown SD_SEND", a.Shutdown(wsa.SD_SEND), 0)
	}
	for range 2 {
		e.want("shutdown SD_BOTH", a.Shutdown(wsa.SD_BOTH), 0)
	}
}

func shutdownDatagram(e *env) {
	s, name := e.bound()
	e.want("shutdown SD_BOTH", s.Shutdown(wsa.SD_BOTH), 0)
	_, err := s.tryRecv(make([]byte, 1), 0)
	e.want("recvfrom", err, wsa.WSAESHUTDOWN)
	m := spi.Message{Name: &name}
	m.SetBuffer([]byte("x"))
	_, err = s.Send(&m)
	e.want("sendto", err, wsa.WSAESHUTDOWN)
}

func endWakes(e *env) {
	a, b := e.pair()
	w := newWaiter(spi.EventRead) // not EventClose: the end is for everybody
	b.Watch(&w.Watcher)
	defer b.Unwatch(&w.Watcher)
	if _, err := b.tryRecv(make([]byte, 1), 0); err != wsa.WSAEWOULDBLOCK {
		e.Fatalf("recv: %v", err)
	}
	e.want("shutdown", a.Shutdown(wsa.SD_SEND), 0)
	e.try(w, "the end", func() bool {
		n, err := b.tryRecv(make([]byte, 1), 0)
		return n == 0 && err == nil
	})
}
