// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// eventSemantics are the rules of "WSAEventSelect function" and
// "WSAEnumNetworkEvents function".
var eventSemantics = []semantic{
	{"difference 109", "FD_WRITE comes once after accept", onTheKernel(func(b *bed) {
		c, s := b.connected()
		for _, s := range []SOCKET{c, s} {
			w := b.selecting(s, wsa.FD_WRITE)
			w.want("room", wsa.FD_WRITE)
			b.send(s, "x")
			w.none("room that was told of")
		}
	})},
	{"difference 109", "FD_WRITE comes again after WSAEWOULDBLOCK", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(c, wsa.FD_WRITE)
		w.want("room", wsa.FD_WRITE)
		total := b.stuff(c)
		w.none("no room")
		b.drain(s, total)
		w.want("room again", wsa.FD_WRITE)
	})},
	{"difference 110", "FD_READ is re-armed by a receive that leaves data", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ)
		b.send(c, "two")
		w.want("data", wsa.FD_READ)
		w.none("before a receive")
		b.recv(s, 1, 0)
		w.want("the rest", wsa.FD_READ)
		b.recv(s, 2, 0)
		w.none("all is read")
	})},
	{"difference 110", "FD_ACCEPT is re-armed by accept", onTheKernel(func(b *bed) {
		l, addr := b.listening()
		w := b.selecting(l, wsa.FD_ACCEPT)
		for range 2 {
			must(b, Connect(b.socket(wsa.SOCK_STREAM), &addr))
		}
		w.want("connections", wsa.FD_ACCEPT)
		w.none("before an accept")
		b.accept(l)
		w.want("the second", wsa.FD_ACCEPT)
		b.accept(l)
		w.none("all are accepted")
	})},
	{"difference 111", "WSAEnumNetworkEvents clears what it reports", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ|wsa.FD_WRITE)
		w.want("room", wsa.FD_WRITE)
		b.send(c, "x")
		w.want("data", wsa.FD_READ)
		w.none("both were reported")
	})},
	{"WSAEnumNetworkEvents function: WSAEFAULT, and nothing is taken", "WSAEnumNetworkEvents without a place for the result", onTheKernel(func(b *bed) {
		c, _ := b.connected()
		w := b.selecting(c, wsa.FD_WRITE)
		wantErr(b, "WSAEnumNetworkEvents", WSAEnumNetworkEvents(c, w.event, nil), wsa.WSAEFAULT)
		w.want("room", wsa.FD_WRITE)
	})},
	{"difference 112", "what happened before it was selected", onTheKernel(func(b *bed) {
		c, s := b.connected()
		b.send(c, "x")
		w := b.selecting(s, wsa.FD_OOB)
		w.none("data is not asked for")
		w.choose(wsa.FD_READ | wsa.FD_WRITE)
		w.want("data and room", wsa.FD_READ|wsa.FD_WRITE)
	})},
	{"difference 114", "FD_CONNECT and FD_WRITE", onTheKernel(func(b *bed) {
		_, addr := b.listening()
		s := b.socket(wsa.SOCK_STREAM)
		w := b.selecting(s, wsa.FD_CONNECT|wsa.FD_WRITE|wsa.FD_READ)
		w.none("not connected yet")
		b.connect(s, &addr)
		w.want("the connection", wsa.FD_CONNECT|wsa.FD_WRITE)
	})},
	{"difference 114", "no FD_CONNECT for datagram sockets", onTheKernel(func(b *bed) {
		_, to := b.bound(wsa.SOCK_DGRAM)
		s := b.socket(wsa.SOCK_DGRAM)
		w := b.selecting(s, wsa.FD_CONNECT|wsa.FD_WRITE)
		w.want("room", wsa.FD_WRITE)
		must(b, Connect(s, &to))
		w.none("the association")
	})},
	{"WSAEventSelect function: FD_CONNECT with WSAECONNREFUSED", "the error of a connect", onTheKernel(func(b *bed) {
		to := b.refusing()
		s := b.socket(wsa.SOCK_STREAM)
		w := b.selecting(s, wsa.FD_CONNECT|wsa.FD_WRITE|wsa.FD_CLOSE)
		b.connect(s, &to)
		w.wantCode("the refusal", wsa.FD_CONNECT, wsa.WSAECONNREFUSED)
	})},
	{"difference 115", "FD_CLOSE once, also with data unread", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ|wsa.FD_CLOSE)
		b.send(c, "unread")
		must(b, CloseSocket(c))
		w.want("data and the end", wsa.FD_READ|wsa.FD_CLOSE)
		b.recv(s, 100, 0)
		b.recv(s, 100, 0)
		w.none("the end was told of")
	})},
	{"difference 115", "FD_CLOSE with WSAECONNABORTED on a reset", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_CLOSE)
		b.reset(c)
		w.wantCode("the reset", wsa.FD_CLOSE, wsa.WSAECONNABORTED)
	})},
	{"difference 115", "no FD_CLOSE for a shutdown of one's own", onTheKernel(func(b *bed) {
		c, _ := b.connected()
		w := b.selecting(c, wsa.FD_CLOSE)
		must(b, Shutdown(c, wsa.SD_SEND))
		must(b, Shutdown(c, wsa.SD_RECEIVE))
		w.none("the shutdown")
	})},
	{"difference 116", "FD_OOB", onTheKernel(func(b *bed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_OOB)
		b.sendOOB(c, "!")
		w.want("urgent data", wsa.FD_OOB)
		w.none("it was told of")
		b.recv(s, 1, wsa.MSG_OOB)
		w.none("it is read")
		b.sendOOB(c, "?")
		w.want("more urgent data", wsa.FD_OOB)
	})},
	{"difference 116", "WSAEventSelect makes the socket non-blocking", onTheKernel(func(b *bed) {
		for _, mask := range []int32{wsa.FD_WRITE, 0} {
			s, _ := b.bound(wsa.SOCK_DGRAM)
			must(b, WSAEventSelect(s, newEvent(b), mask))
			_, err := Recv(s, make([]byte, 1), 0)
			wantErr(b, "recv", err, wsa.WSAEWOULDBLOCK)
		}
	})},
	{"WSAEventSelect function: WSAEINVAL", "bad masks and events", onTheKernel(func(b *bed) {
		s := b.socket(wsa.SOCK_DGRAM)
		e := newEvent(b)
		wantErr(b, "an unknown bit", WSAEventSelect(s, e, 1<<20), wsa.WSAEINVAL)
		wantErr(b, "no event", WSAEventSelect(s, 0, wsa.FD_READ), wsa.WSAEINVAL)
		wantErr(b, "a socket as the event", WSAEventSelect(s, HANDLE(s), wsa.FD_READ), wsa.WSAEINVAL)
	})},
	{"WSACloseEvent function: WSA_INVALID_HANDLE", "event functions on a socket", func(t *testing.T) {
		s := HANDLE(newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM))
		wantErr(t, "WSACloseEvent", WSACloseEvent(s), wsa.WSA_INVALID_HANDLE)
		wantErr(t, "WSASetEvent", WSASetEvent(s), wsa.WSA_INVALID_HANDLE)
		wantErr(t, "WSAResetEvent", WSAResetEvent(s), wsa.WSA_INVALID_HANDLE)
	}},
	{"WSACreateEvent function: manual reset, not signalled", "a new event", func(t *testing.T) {
		e := newEvent(t)
		if signalled(t, e) {
			t.Error("it is signalled")
		}
		must(t, WSASetEvent(e))
		for range 2 {
			if !signalled(t, e) {
				t.Error("once set it does not stay signalled")
			}
		}
		must(t, WSAResetEvent(e))
		if signalled(t, e) {
			t.Error("it is signalled after a reset")
		}
	}},
}
