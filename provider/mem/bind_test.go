// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"
	"testing"

	"winsock/wsa"
)

// A claim is one socket's wish for a port.
type claim struct {
	family           int32
	addr             netip.Addr
	exclusive, reuse bool
	v6only           bool
}

func (w *world) claim(c claim, port uint16) (*socket, error) {
	w.Helper()
	s := w.open(w.a, c.family, wsa.SOCK_STREAM)
	if c.exclusive {
		w.set(s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1)
	}
	if c.reuse {
		w.set(s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1)
	}
	if c.family == wsa.AF_INET6 && !c.v6only {
		w.set(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	}
	return s, s.Bind(sockaddr(c.addr, port))
}

func TestAddressSharing(t *testing.T) {
	const (
		in4    = wsa.AF_INET
		in6    = wsa.AF_INET6
		ok     = wsa.Errno(0)
		access = wsa.WSAEACCES
		inUse  = wsa.WSAEADDRINUSE
	)
	mapped := netip.MustParseAddr("::ffff:127.0.0.1")
	anyMapped := netip.MustParseAddr("::ffff:0.0.0.0")
	for i, c := range []struct {
		rule          string
		first, second claim
		want          wsa.Errno
	}{
		{"difference 33", claim{family: in4, addr: loop4}, claim{family: in4, addr: loop4, reuse: true}, access},
		{"difference 33", claim{family: in6, addr: loop6}, claim{family: in6, addr: loop6, reuse: true}, access},
		{"difference 34", claim{family: in4, addr: loop4, reuse: true}, claim{family: in4, addr: loop4, reuse: true}, ok},
		{"difference 34", claim{family: in4, addr: loop4, reuse: true}, claim{family: in4, addr: loop4}, inUse},
		{"difference 35", claim{family: in4, addr: any4}, claim{family: in4, addr: loop4}, ok},
		{"difference 35", claim{family: in4, addr: loop4}, claim{family: in4, addr: any4}, ok},
		{"difference 35", claim{family: in6, addr: any6, v6only: true}, claim{family: in6, addr: loop6}, ok},
		{"difference 36", claim{family: in4, addr: any4}, claim{family: in4, addr: any4}, inUse},
		{"difference 36", claim{family: in6, addr: any6}, claim{family: in6, addr: any6}, inUse},
		{"difference 39", claim{family: in6, addr: any6, v6only: true}, claim{family: in4, addr: any4}, ok},
		{"difference 40", claim{family: in6, addr: any6, exclusive: true}, claim{family: in4, addr: any4, reuse: true}, access},

		{"difference 38", claim{family: in4, addr: any4, exclusive: true}, claim{family: in4, addr: loop4}, access},
		{"difference 38", claim{family: in6, addr: any6, exclusive: true}, claim{family: in4, addr: loop4}, access},
		{"difference 38", claim{family: in4, addr: any4}, claim{family: in4, addr: loop4, exclusive: true}, ok},
		{"difference 38", claim{family: in4, addr: any4, exclusive: true}, claim{family: in4, addr: loop4, exclusive: true}, access},
		{"difference 38", claim{family: in4, addr: loop4, exclusive: true}, claim{family: in4, addr: any4}, ok},
		{"difference 38", claim{family: in4, addr: loop4}, claim{family: in4, addr: any4, exclusive: true}, inUse},
		{"difference 38", claim{family: in4, addr: loop4}, claim{family: in6, addr: any6, exclusive: true}, inUse},
		{"difference 38", claim{family: in6, addr: loop6}, claim{family: in4, addr: any4, exclusive: true}, ok},
		{"difference 38", claim{family: in6, addr: loop6, exclusive: true}, claim{family: in4, addr: loop4, exclusive: true}, ok},
		{"difference 38", claim{family: in6, addr: mapped}, claim{family: in4, addr: any4, exclusive: true}, inUse},
		{"difference 38", claim{family: in6, addr: any6, exclusive: true}, claim{family: in4, addr: any4}, access},
		{"difference 38", claim{family: in6, addr: any6}, claim{family: in4, addr: any4, exclusive: true}, ok},
		{"difference 38", claim{family: in4, addr: any4}, claim{family: in4, addr: any4, exclusive: true}, inUse},
		{"difference 38", claim{family: in6, addr: any6}, claim{family: in4, addr: any4}, ok},
		{"difference 38", claim{family: in6, addr: anyMapped}, claim{family: in4, addr: any4}, inUse},
		{"difference 38", claim{family: in6, addr: mapped}, claim{family: in4, addr: loop4}, inUse},
		{"difference 38", claim{family: in4, addr: loop4}, claim{family: in6, addr: mapped}, inUse},
		{"difference 38", claim{family: in4, addr: loop4, exclusive: true}, claim{family: in4, addr: loop4}, inUse},
		{"difference 38", claim{family: in4, addr: loop4}, claim{family: in4, addr: loop4, exclusive: true}, inUse},
	} {
		w := newWorld(t, Options{})
		if _, err := w.claim(c.first, 5000); err != nil {
			t.Fatalf("case %d: first bind: %v", i, err)
		}
		s, err := w.claim(c.second, 5000)
		if wsa.ErrnoOf(err) != c.want {
			t.Errorf("%s, case %d: %+v after %+v: %v, want %v", c.rule, i, c.second, c.first, err, c.want)
		}
		if err != nil {
			if err := s.Bind(sockaddr(c.second.addr, 0)); err != nil {
				t.Errorf("%s, case %d: bind again after a refusal: %v", c.rule, i, err)
			}
		}
	}
}

func TestSpecificListenerWins(t *testing.T) {
	for _, order := range [][2]netip.Addr{{any4, loop4}, {loop4, any4}} {
		w := newWorld(t, Options{})
		listeners := map[netip.Addr]*socket{}
		for _, a := range order {
			listeners[a] = w.listener(w.a, a, 5000, 5)
		}
		if err := w.stream(w.a).Connect(sockaddr(loop4, 5000)); err != nil {
			t.Fatal(err)
		}
		if _, err := listeners[loop4].Accept(nil); err != nil {
			t.Errorf("difference 35: the specific listener did not get the connection: %v", err)
		}
	}
}

func TestFirstOfSharingListenersWins(t *testing.T) {
	w := newWorld(t, Options{})
	first, err := w.claim(claim{family: wsa.AF_INET, addr: loop4, reuse: true}, 5000)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.claim(claim{family: wsa.AF_INET, addr: loop4, reuse: true}, 5000)
	if err != nil {
		t.Fatal(err)
	}
	w.want("difference 34", first.Listen(1), 0)
	w.want("difference 34", second.Listen(1), 0)
	connect := func() {
		w.want("connect", w.stream(w.a).Connect(sockaddr(loop4, 5000)), 0)
	}
	connect()
	c, err := first.Accept(nil)
	w.want("difference 34: the first gets the connection", err, 0)
	c.Close()
	first.Close()
	connect()
	c, err = second.Accept(nil)
	w.want("difference 34: then the second", err, 0)
	c.Close()
}

func TestBindErrors(t *testing.T) {
	w := newWorld(t, Options{})
	for _, c := range []struct {
		rule   string
		family int32
		name   *wsa.Sockaddr
		want   wsa.Errno
	}{
		{"difference 21", wsa.AF_INET, nil, wsa.WSAEFAULT},
		{"difference 21: foreign address", wsa.AF_INET, sockaddr(addrB, 0), wsa.WSAEADDRNOTAVAIL},
		{"difference 21: foreign address", wsa.AF_INET6, sockaddr(netip.MustParseAddr("2001:db8::1"), 0), wsa.WSAEADDRNOTAVAIL},
		{"difference 22", wsa.AF_INET, sockaddr(broadcast, 0), wsa.WSAEADDRNOTAVAIL},
		{"difference 23: wrong scope", wsa.AF_INET6, sockaddr(loop6.WithZone("4"), 0), wsa.WSAEADDRNOTAVAIL},
		{"bind function: IPv4 name on an IPv6 socket is too short", wsa.AF_INET6, sockaddr(loop4, 0), wsa.WSAEFAULT},
		{"bind function: IPv6 name on an IPv4 socket", wsa.AF_INET, sockaddr(loop6, 0), wsa.WSAEAFNOSUPPORT},
		{"IPV6_V6ONLY: no IPv4 on it", wsa.AF_INET6, sockaddr(netip.MustParseAddr("::ffff:127.0.0.1"), 0), wsa.WSAEADDRNOTAVAIL},
		{"bind function", wsa.AF_INET, sockaddr(netip.MustParseAddr("127.8.9.10"), 0), 0},
		{"bind function", wsa.AF_INET, sockaddr(addrA, 0), 0},
	} {
		w.want(c.rule, w.open(w.a, c.family, wsa.SOCK_STREAM).Bind(c.name), c.want)
	}
	short := wsa.SockaddrBytes(sockaddr(loop6, 1).Bytes()[:24])
	w.want("difference 23: 24 bytes", w.open(w.a, wsa.AF_INET6, wsa.SOCK_STREAM).Bind(&short), wsa.WSAEFAULT)
}

func TestEphemeralPorts(t *testing.T) {
	w := newWorld(t, Options{})
	taken := map[uint16]bool{}
	for range lastEphemeral - firstEphemeral + 1 {
		p := w.bind(w.datagram(w.a), loop4, 0).local.Port()
		if p < firstEphemeral || taken[p] {
			t.Fatalf("port %d was given twice or is no ephemeral port", p)
		}
		taken[p] = true
	}
	s := w.datagram(w.a)
	w.want("bind function: no port is left", s.Bind(sockaddr(loop4, 0)), wsa.WSAENOBUFS)
	w.want("ports of streams are others", w.stream(w.a).Bind(sockaddr(loop4, 0)), 0)
	w.want("ports of another host are others", w.datagram(w.b).Bind(sockaddr(loop4, 0)), 0)
}

func TestV6OnlyUntilBind(t *testing.T) {
	w := newWorld(t, Options{})
	room := make([]byte, 4)
	for _, family := range []int32{wsa.AF_INET, wsa.AF_INET6} {
		s := w.open(w.a, family, wsa.SOCK_STREAM)
		w.set(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
		addr := any4
		if family == wsa.AF_INET6 {
			addr = any6
		}
		w.bind(s, addr, 0)
		w.want("difference 41: set after bind", s.SetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, []byte{1}), wsa.WSAEINVAL)
		_, err := s.GetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, room)
		if family == wsa.AF_INET {
			w.want("difference 41: get on AF_INET after bind", err, wsa.WSAEINVAL)
		} else {
			w.want("IPV6_V6ONLY: get on AF_INET6 after bind", err, 0)
		}
	}
}

func TestDualStack(t *testing.T) {
	w := newWorld(t, Options{})
	l := w.open(w.a, wsa.AF_INET6, wsa.SOCK_STREAM)
	w.set(l, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	w.bind(l, any6, 5000)
	w.want("listen", l.Listen(5), 0)
	c := w.stream(w.a)
	w.want("connect over IPv4", c.Connect(sockaddr(loop4, 5000)), 0)
	var peer wsa.Sockaddr
	s, err := l.Accept(&peer)
	w.want("accept", err, 0)
	defer s.Close()
	if ap, ok := peer.AddrPort(); !ok || !ap.Addr().Is4In6() {
		t.Errorf("accept on a dual-stack socket: peer %v, want an IPv4-mapped address", &peer)
	}
	only := w.listener(w.b, any4, 5001, 1)
	_ = only
	six := w.open(w.a, wsa.AF_INET6, wsa.SOCK_STREAM)
	w.want("IPV6_V6ONLY: connect to IPv4", six.Connect(sockaddr(netip.MustParseAddr("::ffff:10.0.0.2"), 5001)), wsa.WSAENETUNREACH)
	w.set(six, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	w.want("dual-stack connect to IPv4", six.Connect(sockaddr(netip.MustParseAddr("::ffff:10.0.0.2"), 5001)), 0)
}
