// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var closeChecks = []check{
	{"close with unsent data", "closesocket function, default linger: what send took still arrives, then the end", stream, wsa.XP1_GRACEFUL_CLOSE, closeUnsent},
	{"close is seen", "closesocket function, difference 115: the peer gets EventClose and the end of the data", stream, wsa.XP1_GRACEFUL_CLOSE, closeSeen},
	{"reset", "SO_LINGER with zero time, differences 83, 84: the peer's every receive is WSAECONNRESET", stream, 0, reset},
	{"reset wakes", "spi.EventsEnd: a waiting receiver hears of the reset", stream, 0, resetWakes},
	{"abort", "spi.Lingerer.Abort: the following Close resets the connection", stream, 0, abortAndClose},
	{"linger", "spi.Lingerer.Linger: done once the peer has everything", stream, 0, linger},
	{"peer leaves while sending", "send function: a connection that has gone is WSAECONNRESET or WSAECONNABORTED, never a signal or success for ever", stream, 0, peerLeaves},
}

func closeUnsent(e *env) {
	a, b := e.pair()
	total := a.fill()
	a.Close()
	buf := make([]byte, 64<<10)
	at := 0
	for {
		n, err := b.recv(buf)
		if err != nil {
			e.Fatalf("recv after %d of %d bytes: %v", at, total, err)
		}
		if n == 0 {
			break
		}
		at += n
	}
	if at != total {
		e.Errorf("%d of %d bytes arrived", at, total)
	}
}

func closeSeen(e *env) {
	a, b := e.pair()
	b.send([]byte("x"))
	a.expect("before the close", "x")
	a.Close()
	b.becomes("after the peer's close", spi.EventRead|spi.EventClose|spi.EventReset, spi.EventClose)
	b.end("after the peer's close")
}

func (e *env) noReset() bool {
	if e.network.NoReset == nil || !e.network.NoReset(e.info) {
		return false
	}
	e.Log("left out, as connections of this protocol cannot be reset")
	return true
}

func reset(e *env) {
	if e.noReset() {
		return
	}
	a, b := e.pair()
	a.linger(1, 0)
	a.Close()
	b.await(spi.EventReset)
	for range 3 {
		_, err := b.tryRecv(make([]byte, 8), 0)
		e.want("recv after a reset", err, wsa.WSAECONNRESET)
	}
	_, err := b.trySend([]byte("x"), 0)
	e.want("send after a reset", err, wsa.WSAECONNRESET, wsa.WSAECONNABORTED)
}

func resetWakes(e *env) {
	if e.noReset() {
		return
	}
	a, b := e.pair()
	w := newWaiter(spi.EventRead)
	b.Watch(&w.Watcher)
	defer b.Unwatch(&w.Watcher)
	a.linger(1, 0)
	a.Close()
	var err error
	e.try(w, "the reset", func() bool {
		_, err = b.tryRecv(make([]byte, 1), 0)
		return err != wsa.WSAEWOULDBLOCK
	})
	e.want("recv", err, wsa.WSAECONNRESET)
}

func abortAndClose(e *env) {
	if e.noReset() {
		return
	}
	a, b := e.pair()
	l, ok := spi.As[spi.Lingerer](a.Socket)
	if !ok {
		e.Log("left out, as the socket is no spi.Lingerer")
		return
	}
	l.Abort()
	a.Close()
	b.await(spi.EventReset)
	_, err := b.tryRecv(make([]byte, 1), 0)
	e.want("recv after an abort", err, wsa.WSAECONNRESET)
}

func linger(e *env) {
	a, b := e.pair()
	l, ok := spi.As[spi.Lingerer](a.Socket)
	if !ok {
		e.Log("left out, as the socket is no spi.Lingerer")
		return
	}
	total := a.fill()
	err := l.Linger()
	e.want("Linger with a full socket", err, wsa.WSAEWOULDBLOCK, 0)
	_, err = a.trySend([]byte("x"), 0)
	e.want("send after Linger", err, wsa.WSAESHUTDOWN)
	b.drain(total)
	b.end("after Linger of the peer")
	e.eventually(func() bool { err = l.Linger(); return err == nil }, func() {
		e.Errorf("Linger after the peer has everything: %v", err)
	})
}

func peerLeaves(e *env) {
	a, b := e.pair()
	b.Close()
	chunk := make([]byte, 4<<10)
	var err error
	e.eventually(func() bool {
		_, err = a.trySend(chunk, 0)
		return err != nil && err != wsa.WSAEWOULDBLOCK
	}, func() { e.Fatalf("send to a closed peer still answers %v", err) })
	e.want("send to a closed peer", err, wsa.WSAECONNRESET, wsa.WSAECONNABORTED)
}
