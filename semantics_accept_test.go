// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// inherits is a row: the socket that accept returns has the listener's value.
func inherits(level, name, value int32) func(t *testing.T) {
	return inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		setOpt(t, l, level, name, value)
		c := newTestSocket(t, family, wsa.SOCK_STREAM)
		must(t, Connect(c, &addr))
		wantOpt(t, acceptOn(t, l), level, name, value)
	})
}

func acceptOn(t testing.TB, l SOCKET) SOCKET {
	t.Helper()
	s, err := Accept(l, nil)
	must(t, err)
	t.Cleanup(func() { CloseSocket(s) })
	return s
}

// clientOf connects a new socket.
func clientOf(t testing.TB, to wsa.Sockaddr) SOCKET {
	t.Helper()
	c := newTestSocket(t, to.Family(), wsa.SOCK_STREAM)
	must(t, Connect(c, &to))
	return c
}

// acceptSemantics are the rules of "accept function" and "WSAAccept
// function".
var acceptSemantics = []semantic{
	{"difference 58", "SO_KEEPALIVE is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1)},
	{"difference 58", "SO_OOBINLINE is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1)},
	{"difference 58", "SO_REUSEADDR is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1)},
	{"difference 58", "SO_RCVBUF is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_RCVBUF, 54321)},
	{"difference 58", "SO_SNDBUF is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_SNDBUF, 4321)},
	{"difference 58", "SO_RCVTIMEO is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 12345)},
	{"difference 58", "SO_SNDTIMEO is inherited", inherits(wsa.SOL_SOCKET, wsa.SO_SNDTIMEO, 23456)},
	{"difference 58", "TCP_NODELAY is inherited", inherits(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1)},
	{"difference 58", "SO_LINGER is inherited", func(t *testing.T) {
		l, addr := listening(t, wsa.AF_INET)
		want := wsa.Linger{OnOff: 1, Linger: 7}
		must(t, SetSockOpt(l, wsa.SOL_SOCKET, wsa.SO_LINGER, want.Append(nil)))
		clientOf(t, addr)
		wantLinger(t, acceptOn(t, l), want)
	}},
	{"difference 59", "the non-blocking mode is inherited", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		clientOf(t, addr)
		nonblocking(t, l)
		_, err := Recv(acceptOn(t, l), make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAEWOULDBLOCK)
	})},
	{"difference 59", "the event selection is inherited", onTheKernel(func(b *bed) {
		l, addr := b.listening()
		w := b.selecting(l, wsa.FD_ACCEPT|wsa.FD_WRITE)
		c := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(c, &addr))
		w.want("a connection", wsa.FD_ACCEPT)
		conn := &watch{b, b.accept(l), w.event}
		conn.want("the accepted socket on the listener's event", wsa.FD_WRITE)
	})},
	{"difference 60", "accept without room for the address", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		clientOf(t, addr)
		s, err := Accept(l, nil)
		wantErr(t, "accept", err, 0)
		CloseSocket(s)
	})},
	{"accept function: addr receives the address of the connecting entity", "the addresses of a connection", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		var peer, again wsa.Sockaddr
		s, err := Accept(l, &peer)
		must(t, err)
		defer CloseSocket(s)
		if want := nameOf(t, c); peer != want {
			t.Errorf("the peer is %v, want %v", &peer, &want)
		}
		must(t, GetPeerName(s, &again))
		if again != peer {
			t.Errorf("getpeername tells %v, accept %v", &again, &peer)
		}
		if got := nameOf(t, s); got != addr {
			t.Errorf("the local address is %v, want the listener's %v", &got, &addr)
		}
	})},
	{"accept function: the first connection on the queue", "connections come in order", func(t *testing.T) {
		l, addr := listening(t, wsa.AF_INET)
		for range 3 {
			want := nameOf(t, clientOf(t, addr))
			clientOf(t, addr)
			var first wsa.Sockaddr
			s, err := Accept(l, &first)
			must(t, err)
			CloseSocket(s)
			if first != want {
				t.Errorf("accepted %v, want %v", &first, &want)
			}
			CloseSocket(acceptOn(t, l))
		}
	}},
	{"accept function: WSAEWOULDBLOCK", "accept without a connection", inBothFamilies(func(t *testing.T, family int32) {
		l, _ := listening(t, family)
		nonblocking(t, l)
		s, err := Accept(l, nil)
		wantErr(t, "accept", err, wsa.WSAEWOULDBLOCK)
		if s != INVALID_SOCKET {
			t.Errorf("it returned %v", s)
		}
	})},
	{"accept function: WSAEINVAL without listen", "accept on a socket that does not listen", inBothFamilies(func(t *testing.T, family int32) {
		unbound := newTestSocket(t, family, wsa.SOCK_STREAM)
		bound, _ := boundSocket(t, family, wsa.SOCK_STREAM)
		c, s := connected(t, family)
		for _, s := range []SOCKET{unbound, bound, c, s} {
			_, err := Accept(s, nil)
			wantErr(t, "accept", err, wsa.WSAEINVAL)
		}
	})},
	{"accept function: WSAEOPNOTSUPP without connections", "accept on a datagram socket", func(t *testing.T) {
		s, _ := boundSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, err := Accept(s, nil)
		wantErr(t, "accept", err, wsa.WSAEOPNOTSUPP)
	}},
	{"accept function: the socket that listens remains open", "a listener does not carry data", func(t *testing.T) {
		l, addr := listening(t, wsa.AF_INET)
		clientOf(t, addr)
		_, err := Send(l, []byte("x"), 0)
		wantErr(t, "send", err, wsa.WSAENOTCONN)
		_, err = Recv(l, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAENOTCONN)
	}},
	{"accept function: data may precede it", "a client that has sent and left", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		sendText(t, c, "early")
		must(t, CloseSocket(c))
		s := acceptOn(t, l)
		wantRecv(t, s, "early")
		wantRecv(t, s, "")
	})},
	{"difference 61", "a deferred connection stays queued", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		for range 2 {
			_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
			wantErr(t, "WSAAccept", err, wsa.WSATRY_AGAIN)
		}
		wantSelected(t, "the listener", selectedOf(t, l, inRead, false), inRead)
		var peer wsa.Sockaddr
		s, err := Accept(l, &peer)
		must(t, err)
		defer CloseSocket(s)
		if want := nameOf(t, c); peer != want {
			t.Errorf("accepted %v, want %v", &peer, &want)
		}
		sendText(t, c, "still there")
		wantRecv(t, s, "still there")
	})},
	{"difference 61", "a deferred connection comes before later ones", func(t *testing.T) {
		l, addr := listening(t, wsa.AF_INET)
		first := clientOf(t, addr)
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(t, "WSAAccept", err, wsa.WSATRY_AGAIN)
		clientOf(t, addr)
		var peer wsa.Sockaddr
		s, err := Accept(l, &peer)
		must(t, err)
		CloseSocket(s)
		if want := nameOf(t, first); peer != want {
			t.Errorf("accepted %v, want %v", &peer, &want)
		}
	}},
	{"WSAAccept function: CF_REJECT", "a rejected connection is reset", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		s, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_REJECT })
		wantErr(t, "WSAAccept", err, wsa.WSAECONNREFUSED)
		if s != INVALID_SOCKET {
			t.Errorf("it returned %v", s)
		}
		_, err = Recv(c, make([]byte, 1), 0)
		wantErr(t, "recv of the client", err, wsa.WSAECONNRESET)
	})},
	{"WSAAccept function: the condition function is told the addresses", "what a condition function sees", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		asked := 0
		s, err := WSAAccept(l, nil, func(p *ConditionParams) int32 {
			asked++
			if want := nameOf(t, c); p.CallerID != want || p.CalleeID != addr {
				t.Errorf("caller %v, callee %v, want %v and %v", &p.CallerID, &p.CalleeID, &want, &addr)
			}
			if p.CallerData != nil || p.SQOS != nil || p.GQOS != nil {
				t.Error("TCP carries no connect data and no quality of service")
			}
			return CF_ACCEPT
		})
		must(t, err)
		CloseSocket(s)
		if asked != 1 {
			t.Errorf("it was asked %d times", asked)
		}
	})},
	{"WSAAccept function: no connection, no condition", "a condition function is asked about connections only", func(t *testing.T) {
		l, _ := listening(t, wsa.AF_INET)
		nonblocking(t, l)
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { t.Error("it was asked"); return CF_ACCEPT })
		wantErr(t, "WSAAccept", err, wsa.WSAEWOULDBLOCK)
	}},
	{"difference 62", "closesocket ends a blocking accept", inBothFamilies(func(t *testing.T, family int32) {
		l, _ := listening(t, family)
		ended := make(chan error, 1)
		go func() { _, err := Accept(l, nil); ended <- err }()
		must(t, CloseSocket(l))
		if err := done(t, ended); err != wsa.WSAEINTR && err != wsa.WSAENOTSOCK { // the latter if it came too late
			t.Errorf("accept: %v", err)
		}
	})},
	{"closesocket function: connections that were not accepted are reset", "closing a listener", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		c := clientOf(t, addr)
		must(t, CloseSocket(l))
		_, err := Recv(c, make([]byte, 1), 0)
		wantErr(t, "recv of the client", err, wsa.WSAECONNRESET)
	})},
}
