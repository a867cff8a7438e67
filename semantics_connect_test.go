// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// connectSemantics are the rules of "connect function" and "WSAConnect
// function".
var connectSemantics = []semantic{
	{"difference 63", "a non-blocking connect", inBothFamilies(func(t *testing.T, family int32) {
		s, to := pending(t, family)
		wantErr(t, "the second connect", Connect(s, &to), wsa.WSAEALREADY)
	})},
	{"difference 63", "a non-blocking connect that succeeds", inBothFamilies(func(t *testing.T, family int32) {
		_, to := listening(t, family)
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		nonblocking(t, s)
		wantErr(t, "connect", Connect(s, &to), wsa.WSAEWOULDBLOCK)
		wantSelected(t, "the connect", selectedOf(t, s, inWrite|inExcept, true), inWrite)
		wantErr(t, "connect once more", Connect(s, &to), wsa.WSAEISCONN)
	})},
	{"difference 64", "data on a connecting socket", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := pending(t, family)
		_, err := Send(s, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAENOTCONN)
		_, err = Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAENOTCONN)
		wantErr(t, "shutdown", Shutdown(s, wsa.SD_SEND), wsa.WSAENOTCONN)
	})},
	{"difference 65", "a refused connect is in the except set only", inBothFamilies(func(t *testing.T, family int32) {
		s := refused(t, family)
		wantSelected(t, "the refused socket", selected(t, s, false), inExcept)
	})},
	{"difference 65", "so is one that was refused synchronously", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		to := refusingAddr(t, family)
		wantErr(t, "connect", Connect(s, &to), wsa.WSAECONNREFUSED)
		wantSelected(t, "the refused socket", selected(t, s, false), inExcept)
	})},
	{"difference 66", "connect again after a refusal", inBothFamilies(func(t *testing.T, family int32) {
		s := refused(t, family)
		l, to := listening(t, family)
		wantErr(t, "connect", Connect(s, &to), wsa.WSAEWOULDBLOCK)
		wantSelected(t, "the connect", selectedOf(t, s, inWrite|inExcept, true), inWrite)
		sendText(t, s, "hello")
		wantRecv(t, acceptOn(t, l), "hello")
	})},
	{"difference 66", "listen after a refusal", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		addr := loopback(family, 0)
		must(t, Bind(s, &addr))
		to := refusingAddr(t, family)
		wantErr(t, "connect", Connect(s, &to), wsa.WSAECONNREFUSED)
		wantErr(t, "listen", Listen(s, 5), 0)
		clientOf(t, nameOf(t, s))
		acceptOn(t, s)
	})},
	{"connect function: WSAECONNREFUSED", "nobody listens", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		to := refusingAddr(t, family)
		for range 2 {
			wantErr(t, "connect", Connect(s, &to), wsa.WSAECONNREFUSED)
		}
	})},
	{"connect function: WSAEFAULT", "no address and a short one", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			wantErr(t, "connect to nil", Connect(s, nil), wsa.WSAEFAULT)
			whole := loopback(family, 9)
			short := wsa.SockaddrBytes(whole.Bytes()[:whole.Len()-1])
			wantErr(t, "connect to a short address", Connect(s, &short), wsa.WSAEFAULT)
		}
	})},
	{"connect function: WSAEAFNOSUPPORT", "an address of another family", func(t *testing.T) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			to := loopback(wsa.AF_INET6, 9)
			wantErr(t, "connect", Connect(s, &to), wsa.WSAEAFNOSUPPORT)
		}
	}},
	{"connect function: WSAEADDRNOTAVAIL for INADDR_ANY and port 0", "addresses that nobody can have", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		to := wildcard(family, 9)
		wantErr(t, "connect to the wildcard", Connect(s, &to), wsa.WSAEADDRNOTAVAIL)
		to = loopback(family, 0)
		wantErr(t, "connect to port 0", Connect(s, &to), wsa.WSAEADDRNOTAVAIL)
	})},
	{"connect function: WSAEISCONN", "connect a connected socket", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		_, to := listening(t, family)
		wantErr(t, "connect of the client", Connect(c, &to), wsa.WSAEISCONN)
		wantErr(t, "connect of the server", Connect(s, &to), wsa.WSAEISCONN)
		must(t, CloseSocket(s))
		wantRecv(t, c, "")
		wantErr(t, "connect after the end", Connect(c, &to), wsa.WSAEISCONN)
	})},
	{"connect function: the socket is bound", "connect binds", inBothFamilies(func(t *testing.T, family int32) {
		c, _ := connected(t, family)
		got := nameOf(t, c)
		if got.Port() == 0 || got != loopback(family, got.Port()) {
			t.Errorf("bound to %v", &got)
		}
		again := loopback(family, 0)
		wantErr(t, "bind afterwards", Bind(c, &again), wsa.WSAEINVAL)
	})},
	{"connect function: a bound socket keeps its address", "connect from a chosen port", inBothFamilies(func(t *testing.T, family int32) {
		l, to := listening(t, family)
		s, from := boundSocket(t, family, wsa.SOCK_STREAM)
		must(t, Connect(s, &to))
		var peer wsa.Sockaddr
		conn, err := Accept(l, &peer)
		must(t, err)
		CloseSocket(conn)
		if peer != from {
			t.Errorf("the connection comes from %v, want %v", &peer, &from)
		}
	})},
	{"connect function: the blocking mode waits for the outcome", "a pending connect that is closed", inBothFamilies(func(t *testing.T, family int32) {
		_, to := pending(t, family)
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		ended := make(chan error, 1)
		go func() { ended <- Connect(s, &to) }()
		must(t, CloseSocket(s))
		if err := done(t, ended); err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK {
			t.Errorf("connect: %v", err)
		}
	})},
	{"difference 70", "a datagram socket is connected, again, and dissolved", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		for range 2 {
			_, to := boundSocket(t, family, wsa.SOCK_DGRAM)
			wantErr(t, "connect", Connect(s, &to), 0)
			var peer wsa.Sockaddr
			must(t, GetPeerName(s, &peer))
			if peer != to {
				t.Errorf("the peer is %v, want %v", &peer, &to)
			}
		}
		nobody := wildcard(family, 0)
		nobody.Storage()[0] = wsa.AF_UNSPEC
		wantErr(t, "connect to AF_UNSPEC", Connect(s, &nobody), 0)
		wantErr(t, "getpeername", GetPeerName(s, new(wsa.Sockaddr)), wsa.WSAENOTCONN)
		_, err := Send(s, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAENOTCONN)
	})},
	{"connect function: all zeros dissolve a datagram association", "connect to the zero address", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		must(t, Connect(s, &to))
		zero := wildcard(family, 0)
		wantErr(t, "connect", Connect(s, &zero), 0)
		wantErr(t, "getpeername", GetPeerName(s, new(wsa.Sockaddr)), wsa.WSAENOTCONN)
		if got := nameOf(t, s); got != to {
			t.Errorf("it is bound to %v now, before to %v", &got, &to)
		}
	})},
	{"connect function: WSAEACCES for a broadcast address without SO_BROADCAST", "connect to a broadcast address", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		to := broadcastOfLoopback()
		wantErr(t, "connect", Connect(s, &to), wsa.WSAEACCES)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 1)
		wantErr(t, "connect with SO_BROADCAST", Connect(s, &to), 0)
	}},
	{"connect function: datagrams from others are discarded", "a connected datagram socket hears its peer only", inBothFamilies(func(t *testing.T, family int32) {
		s, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		peer, from := boundSocket(t, family, wsa.SOCK_DGRAM)
		other, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		must(t, Connect(s, &from))
		for _, o := range []struct {
			s    SOCKET
			text string
		}{{other, "not for you"}, {peer, "for you"}} {
			_, err := SendTo(o.s, []byte(o.text), 0, &to)
			must(t, err)
		}
		wantRecv(t, s, "for you")
	})},
}
