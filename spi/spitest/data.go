// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"bytes"

	"winsock/spi"
	"winsock/wsa"
)

var dataChecks = []check{
	{"both ways", "send and recv functions: what one end sends the other receives", either, 0, bothWays},
	{"scatter and gather", "WSASend and WSARecv functions: buffers are sent and filled in order", either, 0, scatterGather},
	{"nothing to receive", "recv function: WSAEWOULDBLOCK, and Ready says so", either, 0, nothingToReceive},
	{"full", "spi.Socket.Send: WSAEWOULDBLOCK only when nothing was taken; room made later is announced", stream, 0, full},
	{"peek", "recv function, MSG_PEEK: data is copied and stays; FIONREAD tells how much there is", either, 0, peek},
	{"empty buffers", "difference 82: a receive of no bytes takes nothing; a send of no bytes succeeds", stream, 0, emptyBuffers},
	{"destination on a stream", "sendto function: the destination is ignored on a connected stream; recvfrom fills in no address", stream, 0, destinationOnStream},
	{"partial receive", "recv function: what did not fit is returned by the next call", stream, 0, partialReceive},
}

func bothWays(e *env) {
	a, b := e.pair()
	for _, text := range []string{"hello", "x", "again and again"} {
		a.send([]byte(text))
		b.expect("client to server", text)
		b.send([]byte("re: " + text))
		a.expect("server to client", "re: "+text)
	}
}

func scatterGather(e *env) {
	a, b := e.pair()
	m := spi.Message{Bufs: [][]byte{[]byte("one"), nil, []byte("two"), {}, []byte("three")}}
	if n, err := a.Send(&m); n != 11 || err != nil {
		e.Fatalf("send of five buffers with 11 bytes: %d, %v", n, err)
	}
	e.eventually(func() bool { return b.fionread() >= 11 }, func() { e.Fatalf("FIONREAD: %d of 11 bytes came", b.fionread()) })
	bufs := [][]byte{make([]byte, 4), {}, make([]byte, 1), make([]byte, 20)}
	m = spi.Message{Bufs: bufs}
	if n, err := b.Recv(&m); n != 11 || err != nil {
		e.Fatalf("recv into 25 bytes: %d, %v", n, err)
	}
	if got := string(bufs[0]) + "|" + string(bufs[2]) + "|" + string(bytes.TrimRight(bufs[3], "\x00")); got != "onet|w|othree" {
		e.Errorf("the buffers hold %q", got)
	}
}

func nothingToReceive(e *env) {
	a, b := e.pair()
	for _, s := range []*sock{a, b} {
		_, err := s.tryRecv(make([]byte, 1), 0)
		e.want("recv", err, wsa.WSAEWOULDBLOCK)
		_, err = s.tryRecv(make([]byte, 1), wsa.MSG_PEEK)
		e.want("recv with MSG_PEEK", err, wsa.WSAEWOULDBLOCK)
		if got := s.Ready(spi.EventRead | spi.EventClose | spi.EventReset); got != 0 {
			e.Errorf("Ready: %v, want nothing", got)
		}
	}
}

func full(e *env) {
	a, b := e.pair()
	total := a.fill()
	if total == 0 {
		e.Fatal("the first send already would block")
	}
	e.eventually(func() bool {
		if a.Ready(spi.EventWrite) == 0 {
			return true
		}
		n := a.fill() // some buffer further down has made room
		total += n
		return false
	}, func() { e.Fatalf("Ready after WSAEWOULDBLOCK: %v, want nothing", a.Ready(spi.EventWrite)) })
	w := newWaiter(spi.EventWrite)
	a.Watch(&w.Watcher)
	defer a.Unwatch(&w.Watcher)
	if n, err := a.trySend([]byte("x"), 0); err == nil {
		total += n
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		b.drain(total)
	}()
	e.try(w, "room for more", func() bool { return a.Ready(spi.EventWrite) != 0 })
	<-drained
	a.send([]byte("end"))
	b.expect("after the flood", "end")
}

func peek(e *env) {
	a, b := e.pair()
	a.send([]byte("peekaboo"))
	e.eventually(func() bool { return b.fionread() >= 8 }, func() { e.Fatalf("FIONREAD: %d, want 8", b.fionread()) })
	for range 2 {
		buf := make([]byte, 16)
		n, err := b.tryRecv(buf, wsa.MSG_PEEK)
		if err != nil || string(buf[:n]) != "peekaboo" {
			e.Fatalf("recv with MSG_PEEK: %q, %v", buf[:n], err)
		}
		if got := b.Ready(spi.EventRead); got != spi.EventRead {
			e.Errorf("Ready after a peek: %v, want %v", got, spi.EventRead)
		}
	}
	b.expect("peeked data stays", "peekaboo")
	if got := b.fionread(); got != 0 {
		e.Errorf("FIONREAD after all was received: %d, want 0", got)
	}
	b.becomes("all was received", spi.EventRead, 0)
}

func emptyBuffers(e *env) {
	a, b := e.pair()
	if n, err := a.trySend(nil, 0); n != 0 || err != nil {
		e.Errorf("send of no bytes: %d, %v", n, err)
	}
	a.send([]byte("data"))
	b.await(spi.EventRead)
	if n, err := b.tryRecv([]byte{}, 0); n != 0 || err != nil {
		e.Errorf("recv of no bytes with data there: %d, %v", n, err)
	}
	b.expect("nothing was taken", "data")
}

func destinationOnStream(e *env) {
	a, b := e.pair()
	elsewhere := e.network.address(e, e.info)
	m := spi.Message{Name: &elsewhere}
	m.SetBuffer([]byte("to you"))
	if n, err := a.Send(&m); n != 6 || err != nil {
		e.Fatalf("send with a destination: %d, %v", n, err)
	}
	var from wsa.Sockaddr
	m = spi.Message{Name: &from}
	buf := make([]byte, 6)
	m.SetBuffer(buf)
	n, err := b.recvMessage(&m)
	if err != nil || string(buf[:n]) != "to you"[:n] {
		e.Fatalf("recv: %q, %v", buf[:n], err)
	}
	if from.Len() != 0 {
		e.Errorf("the sender's address is %v, want it left empty", &from)
	}
}

func partialReceive(e *env) {
	a, b := e.pair()
	a.send([]byte("abcdefgh"))
	for _, part := range []string{"a", "bcd", "ef", "gh"} {
		b.expect("what did not fit stays", part)
	}
}
