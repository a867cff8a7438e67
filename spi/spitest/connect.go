// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"winsock/spi"
	"winsock/wsa"
)

var connectChecks = []check{
	{"connect and accept", "spi.Socket.Connect, differences 63, 114: after EventConnect the result is success and the socket is writable", stream, 0, connectAndAccept},
	{"connect while connecting", "difference 63: a second connect is WSAEALREADY, then WSAEISCONN", stream, 0, connectTwice},
	{"refused", "differences 65, 66: a refused connect is EventConnectFail alone, keeps its reason, and does not rule out another one", stream, 0, refused},
	{"bad addresses", "connect function: nil or short address WSAEFAULT, foreign family WSAEAFNOSUPPORT; the socket stays usable", stream, 0, connectBad},
	{"many at once", "listen function: connections queue up and are accepted one by one", stream, 0, manyAtOnce},
	{"accept notifies", "spi.Watcher: a listening socket's watcher hears of each connection", stream, 0, acceptNotifies},
	{"closing a listener", "closesocket function: connections that were not accepted are ended", stream, 0, closeListener},
	{"close while connecting", "closesocket function: may be called at any time", stream, 0, closeWhileConnecting},
	{"inheritance", "difference 58: the accepted socket has the listener's options", stream, 0, inheritance},
}

func connectAndAccept(e *env) {
	client, server := e.pair()
	e.want("ConnectResult", client.ConnectResult(), 0)
	mask := spi.EventAll &^ spi.EventAccept
	client.becomes("after connect", mask, spi.EventConnect|spi.EventWrite)
	server.becomes("after accept", mask&^spi.EventConnect, spi.EventWrite)
}

func connectTwice(e *env) {
	l, name := e.listener(1)
	client := e.open()
	first := client.Connect(&name)
	e.want("connect", first, wsa.WSAEWOULDBLOCK, 0)
	e.want("second connect", client.Connect(&name), wsa.WSAEALREADY, wsa.WSAEISCONN)
	e.accept(l)
	client.connected(&name)
	e.want("third connect", client.Connect(&name), wsa.WSAEISCONN)
}

func refused(e *env) {
	nobody, name := e.bound() // bound and not listening
	client := e.open()
	if err := client.Connect(&name); err != wsa.WSAEWOULDBLOCK {
		e.want("connect to nobody", err, wsa.WSAECONNREFUSED)
	} else {
		client.await(spi.EventConnect | spi.EventConnectFail)
	}
	mask := spi.EventAll &^ spi.EventReset
	client.becomes("difference 65", mask, spi.EventConnectFail)
	for range 2 {
		e.want("ConnectResult", client.ConnectResult(), wsa.WSAECONNREFUSED)
	}
	_, err := client.trySend([]byte("x"), 0)
	e.want("send after a refused connect", err, wsa.WSAENOTCONN)
	_, err = client.tryRecv(make([]byte, 1), 0)
	e.want("recv after a refused connect", err, wsa.WSAENOTCONN)

	if err := nobody.Listen(1); err != nil {
		e.Fatalf("listen: %v", err)
	}
	server := e.join(client, nobody, &name)
	client.send([]byte("now"))
	server.expect("difference 66", "now")
}

func connectBad(e *env) {
	l, name := e.listener(1)
	client := e.open()
	e.want("connect to nil", client.Connect(nil), wsa.WSAEFAULT)
	if short, ok := e.short(); ok {
		e.want("connect to a short address", client.Connect(&short), wsa.WSAEFAULT)
	}
	foreign := e.foreign()
	e.want("connect to a foreign family", client.Connect(&foreign), wsa.WSAEAFNOSUPPORT)
	e.join(client, l, &name)
}

func manyAtOnce(e *env) {
	const n = 8
	l, name := e.listener(n)
	clients := map[string]*sock{}
	for i := range n {
		c := e.open()
		if err := c.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
			e.Fatalf("connect %d: %v", i, err)
		}
		c.connected(&name)
		id := string(rune('a' + i))
		c.send([]byte(id))
		clients[id] = c
	}
	for range n {
		s := e.accept(l)
		var id [1]byte
		if k, err := s.recv(id[:]); k != 1 || err != nil {
			e.Fatalf("recv: %d, %v", k, err)
		}
		c := clients[string(id[:])]
		if c == nil {
			e.Fatalf("%q is the data of no client, or of one accepted before", id)
		}
		delete(clients, string(id[:]))
		s.send([]byte("to " + string(id[:])))
		c.expect("each connection is its own", "to "+string(id[:]))
	}
	l.becomes("nobody is left", spi.EventAccept, 0)
	_, err := l.Accept(nil)
	e.want("accept with nobody left", err, wsa.WSAEWOULDBLOCK)
}

func acceptNotifies(e *env) {
	l, name := e.listener(4)
	w := newWaiter(spi.EventAccept)
	l.Watch(&w.Watcher)
	defer l.Unwatch(&w.Watcher)
	for i := range 4 {
		c := e.open()
		if err := c.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
			e.Fatalf("connect %d: %v", i, err)
		}
		var s spi.Socket
		e.try(w, "accept", func() bool {
			var err error
			s, err = l.Accept(nil)
			if err != nil && err != wsa.WSAEWOULDBLOCK {
				e.Fatalf("accept %d: %v", i, err)
			}
			return err == nil
		})
		e.own(s)
	}
}

// try repeats f each time the waiter is woken, until it returns true.
func (e *env) try(w *waiter, what string, f func() bool) {
	e.Helper()
	for !f() {
		if !w.wait() {
			e.Fatalf("%s: no notification came", what)
		}
	}
}

func closeListener(e *env) {
	l, name := e.listener(2)
	client := e.open()
	if err := client.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
		e.Fatalf("connect: %v", err)
	}
	l.await(spi.EventAccept)
	l.Close()
	if !client.waits(spi.EventAll, func() bool { return client.Ready(spi.EventsEnd) != 0 }) {
		e.Fatalf("the client hears nothing of it; what holds is %v", client.Ready(spi.EventAll))
	}
	other := e.open()
	if e.info.AddressFamily != wsa.AF_UNIX { // its path stays
		e.want("bind to the address of the closed listener", other.Bind(&name), 0)
	}
}

func closeWhileConnecting(e *env) {
	_, name := e.listener(16)
	for range 8 {
		client := e.open()
		if err := client.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
			e.Fatalf("connect: %v", err)
		}
		client.Close()
	}
}

func inheritance(e *env) {
	l, name := e.listener(1)
	const size = 48 << 10
	e.want("SO_RCVBUF", l.setOption(wsa.SOL_SOCKET, wsa.SO_RCVBUF, size), 0)
	e.want("SO_KEEPALIVE", l.setOption(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1), 0)
	l.linger(1, 7)
	server := e.join(e.open(), l, &name)
	if got := server.option(wsa.SOL_SOCKET, wsa.SO_RCVBUF); got != size {
		e.Errorf("SO_RCVBUF: %d, the listener's is %d", got, size)
	}
	if got := server.option(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE) & 0xff; got != 1 {
		e.Errorf("SO_KEEPALIVE: %d, the listener's is 1", got)
	}
	if got := server.option(wsa.SOL_SOCKET, wsa.SO_LINGER); got != 7<<16|1 {
		e.Errorf("SO_LINGER: %#x, the listener's is on with 7 seconds", got)
	}
	server.linger(0, 0)
}
