// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net"
	"net/netip"
	"runtime"
	"testing"

	"winsock/wsa"
)

// elsewhere are addresses that this machine does not have: of the ranges
// for documentation.
var elsewhere = map[int32]netip.Addr{
	wsa.AF_INET:  netip.MustParseAddr("192.0.2.77"),
	wsa.AF_INET6: netip.MustParseAddr("2001:db8::77"),
}

func address(addr netip.Addr, port uint16) *wsa.Sockaddr {
	sa := wsa.SockaddrFrom(netip.AddrPortFrom(addr, port))
	return &sa
}

var bothTypes = []int32{wsa.SOCK_STREAM, wsa.SOCK_DGRAM}

// wantUnbound checks that getsockname refuses and does not write.
func wantUnbound(t *testing.T, s SOCKET) {
	t.Helper()
	before := loopback(wsa.AF_INET, 4711)
	name := before
	wantErr(t, "getsockname of an unbound socket", GetSockName(s, &name), wsa.WSAEINVAL)
	if name != before {
		t.Error("getsockname failed and wrote to the buffer")
	}
}

// bindSemantics are the rules of "bind function", "listen function",
// "getsockname function" and "getpeername function".
var bindSemantics = []semantic{
	{"difference 19", "getsockname of an unbound socket", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			wantUnbound(t, newTestSocket(t, family, socketType))
		}
	})},
	{"difference 20", "an address in too short a buffer", inBothFamilies(func(t *testing.T, family int32) {
		_, addr := boundSocket(t, family, wsa.SOCK_DGRAM)
		buf := make([]byte, addr.Len())
		_, err := addr.CopyTo(buf[:addr.Len()-1])
		wantErr(t, "one byte less", err, wsa.WSAEFAULT)
		if buf[0] != 0 {
			t.Error("the buffer was written")
		}
		n, err := addr.CopyTo(buf)
		if n != addr.Len() || err != nil {
			t.Errorf("enough: %d, %v", n, err)
		}
	})},
	{"difference 21", "bind to no address and to a short one", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			wantErr(t, "bind to nil", Bind(s, nil), wsa.WSAEFAULT)
			whole := loopback(family, 0)
			for _, n := range []int{0, 1, 2, 4, 8, 15, whole.Len() - 1} {
				short := wsa.SockaddrBytes(whole.Bytes()[:n])
				wantErr(t, "bind to a short address", Bind(s, &short), wsa.WSAEFAULT)
			}
			wantUnbound(t, s)
			wantErr(t, "bind to the whole address", Bind(s, &whole), 0)
		}
	})},
	{"difference 21", "bind to an address of another family", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		v6 := loopback(wsa.AF_INET6, 0)
		wantErr(t, "an IPv6 address", Bind(s, &v6), wsa.WSAEAFNOSUPPORT)
		unknown := wsa.SockaddrBytes(append([]byte{0xad, 0xde}, make([]byte, 26)...))
		wantErr(t, "an unknown family", Bind(s, &unknown), wsa.WSAEAFNOSUPPORT)
		s6 := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
		wantErr(t, "an unknown family", Bind(s6, &unknown), wsa.WSAEAFNOSUPPORT)
	}},
	{"difference 21", "bind twice", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s, _ := boundSocket(t, family, socketType)
			again := loopback(family, 0)
			wantErr(t, "the second bind", Bind(s, &again), wsa.WSAEINVAL)
		}
	})},
	{"difference 21", "bind to an address of another machine", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, family, socketType)
			wantErr(t, "bind", Bind(s, address(elsewhere[family], 0)), wsa.WSAEADDRNOTAVAIL)
			wantUnbound(t, s)
		}
	})},
	{"difference 22", "bind to the broadcast address", func(t *testing.T) {
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			wantErr(t, "bind", Bind(s, address(netip.MustParseAddr("255.255.255.255"), 0)), wsa.WSAEADDRNOTAVAIL)
		}
	}},
	{"difference 23", "the old sockaddr_in6 of 24 bytes", func(t *testing.T) {
		whole := loopback(wsa.AF_INET6, 0)
		old := wsa.SockaddrBytes(whole.Bytes()[:24])
		for _, socketType := range bothTypes {
			s := newTestSocket(t, wsa.AF_INET6, socketType)
			wantErr(t, "bind", Bind(s, &old), wsa.WSAEFAULT)
			wantErr(t, "connect", Connect(s, &old), wsa.WSAEFAULT)
		}
	}},
	{"difference 23", "the scope of a link-local address", func(t *testing.T) {
		addr := linkLocal(t)
		s := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM)
		wantErr(t, "a wrong scope", Bind(s, address(addr.WithZone("64000"), 0)), wsa.WSAEADDRNOTAVAIL)
		s = newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM)
		wantErr(t, "no scope", Bind(s, address(addr, 0)), 0)
	}},
	{"bind function: port 0 assigns a unique port", "bind to port 0", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			_, first := boundSocket(t, family, socketType)
			_, second := boundSocket(t, family, socketType)
			if first.Port() == 0 || first.Port() == second.Port() {
				t.Errorf("the ports are %d and %d", first.Port(), second.Port())
			}
		}
	})},
	{"getsockname function: the wildcard stays until the socket is connected", "the local address after a wildcard bind", inBothFamilies(func(t *testing.T, family int32) {
		_, to := listening(t, family)
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		any := wildcard(family, 0)
		must(t, Bind(s, &any))
		bound := nameOf(t, s)
		if want := wildcard(family, bound.Port()); bound != want || bound.Port() == 0 {
			t.Errorf("bound to %v, want the wildcard with a port", &bound)
		}
		must(t, Connect(s, &to))
		if got, want := nameOf(t, s), loopback(family, bound.Port()); got != want {
			t.Errorf("connected from %v, want %v", &got, &want)
		}
	})},
	{"difference 24", "listen on an unbound socket", inBothFamilies(func(t *testing.T, family int32) {
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		wantErr(t, "listen", Listen(s, 5), wsa.WSAEINVAL)
		wantUnbound(t, s)
	})},
	{"difference 25", "listen again", inBothFamilies(func(t *testing.T, family int32) {
		l, addr := listening(t, family)
		wantErr(t, "listen with another backlog", Listen(l, 2), 0)
		c := newTestSocket(t, family, wsa.SOCK_STREAM)
		must(t, Connect(c, &addr))
		wantOpt(t, l, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, 1)
	})},
	{"difference 25", "bind to the address of a listener", inBothFamilies(func(t *testing.T, family int32) {
		_, addr := listening(t, family)
		s := newTestSocket(t, family, wsa.SOCK_STREAM)
		wantErr(t, "bind", Bind(s, &addr), wsa.WSAEADDRINUSE)
	})},
	{"listen function: WSAEOPNOTSUPP on a socket without listen", "listen on a datagram socket", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_DGRAM)
		wantErr(t, "listen", Listen(s, 5), wsa.WSAEOPNOTSUPP)
	})},
	{"listen function: WSAEISCONN on a connected socket", "listen on a connected socket", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		wantErr(t, "listen of the client", Listen(c, 5), wsa.WSAEISCONN)
		wantErr(t, "listen of the server", Listen(s, 5), wsa.WSAEISCONN)
	})},
	{"listen function: SOMAXCONN and SOMAXCONN_HINT", "backlogs of all sizes", func(t *testing.T) {
		for _, backlog := range []int32{0, 1, wsa.SOMAXCONN, -200, -65535} {
			s, addr := boundSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
			wantErr(t, "listen", Listen(s, backlog), 0)
			c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
			wantErr(t, "connect", Connect(c, &addr), 0)
		}
	}},
	{"difference 26", "connect on a listener", inBothFamilies(func(t *testing.T, family int32) {
		l, _ := listening(t, family)
		_, to := listening(t, family)
		wantErr(t, "connect", Connect(l, &to), wsa.WSAEINVAL)
	})},
	{"difference 27", "getpeername judges the connection before the buffer", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s, _ := boundSocket(t, family, socketType)
			wantErr(t, "getpeername without a peer", GetPeerName(s, nil), wsa.WSAENOTCONN)
			_, to := listening(t, family)
			must(t, Connect(s, &to))
			wantErr(t, "getpeername with a peer", GetPeerName(s, nil), wsa.WSAEFAULT)
			var got wsa.Sockaddr
			must(t, GetPeerName(s, &got))
			if got != to {
				t.Errorf("the peer is %v, want %v", &got, &to)
			}
		}
	})},
	{"getpeername function: WSAENOTCONN", "getpeername of a listener", func(t *testing.T) {
		l, _ := listening(t, wsa.AF_INET)
		var got wsa.Sockaddr
		wantErr(t, "getpeername", GetPeerName(l, &got), wsa.WSAENOTCONN)
	}},
	{"difference 28", "getpeername after both directions were shut down", inBothFamilies(func(t *testing.T, family int32) {
		c, s := connected(t, family)
		must(t, Shutdown(c, wsa.SD_BOTH))
		must(t, Shutdown(s, wsa.SD_BOTH))
		want := nameOf(t, s)
		var got wsa.Sockaddr
		wantErr(t, "getpeername", GetPeerName(c, &got), 0)
		if got != want {
			t.Errorf("the peer is %v, want %v", &got, &want)
		}
	})},
	{"difference 29", "getpeername while connect is pending", inBothFamilies(func(t *testing.T, family int32) {
		s, to := pending(t, family)
		var got wsa.Sockaddr
		wantErr(t, "getpeername", GetPeerName(s, &got), 0)
		if got != to {
			t.Errorf("the peer is %v, want %v", &got, &to)
		}
	})},
	{"difference 30", "sendto binds the socket", inBothFamilies(func(t *testing.T, family int32) {
		_, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		_, err := SendTo(s, []byte("x"), 0, &to)
		must(t, err)
		if got := nameOf(t, s); got.Port() == 0 || got != wildcard(family, got.Port()) {
			t.Errorf("bound to %v, want the wildcard with a port", &got)
		}
		again := loopback(family, 0)
		wantErr(t, "bind afterwards", Bind(s, &again), wsa.WSAEINVAL)
	})},
	{"difference 30", "WSASendTo and WSASendMsg bind the socket", inBothFamilies(func(t *testing.T, family int32) {
		_, to := boundSocket(t, family, wsa.SOCK_DGRAM)
		s := newTestSocket(t, family, wsa.SOCK_DGRAM)
		_, err := WSASendTo(s, [][]byte{[]byte("x")}, 0, &to, nil, nil)
		must(t, err)
		nameOf(t, s)
		s = newTestSocket(t, family, wsa.SOCK_DGRAM)
		_, err = WSASendMsg(s, &Msg{Name: &to, Buffers: [][]byte{[]byte("x")}}, 0, nil, nil)
		must(t, err)
		nameOf(t, s)
	})},
	{"difference 30", "WSASendMsg without a message does not bind", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, err := WSASendMsg(s, nil, 0, nil, nil)
		wantErr(t, "WSASendMsg", err, wsa.WSAEFAULT)
		wantUnbound(t, s)
	}},
	{"difference 31", "sin_zero comes back zeroed", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		addr := loopback(wsa.AF_INET, 0)
		for i := 8; i < 16; i++ {
			addr.Storage()[i] = 0xcc
		}
		must(t, Bind(s, &addr))
		got := nameOf(t, s)
		if want := loopback(wsa.AF_INET, got.Port()); got != want {
			t.Errorf("the address is % x, want % x", got.Bytes(), want.Bytes())
		}
	}},
	{"difference 32", "a listener outlives its thread", func(t *testing.T) {
		l, addr := boundSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		ended := make(chan error)
		go func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			ended <- Listen(l, 5)
		}()
		must(t, done(t, ended))
		c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		wantErr(t, "connect", Connect(c, &addr), 0)
		s, err := Accept(l, nil)
		wantErr(t, "accept", err, 0)
		CloseSocket(s)
	}},
	{"bind function: an AF_INET6 socket that is not dual-stack has no IPv4 addresses", "an IPv4-mapped address", func(t *testing.T) {
		mapped := address(netip.MustParseAddr("::ffff:127.0.0.1"), 0)
		s := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
		wantErr(t, "bind", Bind(s, mapped), wsa.WSAEADDRNOTAVAIL)
		setOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
		wantErr(t, "bind of a dual-stack socket", Bind(s, mapped), 0)
	}},
}

// linkLocal returns a link-local address of this machine, without its scope.
func linkLocal(t *testing.T) netip.Addr {
	t.Helper()
	interfaces, err := net.Interfaces()
	must(t, err)
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is6() && p.Addr().IsLinkLocalUnicast() {
				return p.Addr()
			}
		}
	}
	t.Skip("this machine has no link-local address")
	return netip.Addr{}
}
