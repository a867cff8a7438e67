// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net/netip"
	"testing"

	"winsock/wsa"
)

// A user is one of several sockets that want an address.
type user struct {
	addr netip.Addr
	opts []int32 // SO_REUSEADDR, SO_EXCLUSIVEADDRUSE or dualStack
	want wsa.Errno
}

const dualStack = -1 // IPV6_V6ONLY off

var (
	any4  = netip.IPv4Unspecified()
	any6  = netip.IPv6Unspecified()
	this4 = loopbacks[wsa.AF_INET]
	this6 = loopbacks[wsa.AF_INET6]
)

// share binds the users in turn to one port, which the first one gets from
// the system, and checks what each bind answers. The system looks for a free
// port in one family only, so that another process may be in the way: then
// it tries other ports.
func share(t *testing.T, socketType int32, users ...user) []SOCKET {
	t.Helper()
	for range 20 {
		sockets, i, err := tryShare(t, socketType, users)
		if i < 0 {
			return sockets
		}
		if users[i].want != 0 || err != wsa.WSAEADDRINUSE {
			t.Fatalf("bind %d, to %v: got %v, want %s", i+1, users[i].addr, name(err), users[i].want.Name())
		}
		for _, s := range sockets {
			must(t, CloseSocket(s))
		}
	}
	t.Fatal("each port is in use")
	return nil
}

// tryShare returns the index of the bind that answered what it should not,
// or -1.
func tryShare(t *testing.T, socketType int32, users []user) (sockets []SOCKET, i int, err error) {
	t.Helper()
	port := uint16(0)
	for i, u := range users {
		family := int32(wsa.AF_INET)
		if u.addr.Is6() {
			family = wsa.AF_INET6
		}
		s := newTestSocket(t, family, socketType)
		sockets = append(sockets, s)
		for _, o := range u.opts {
			if o == dualStack {
				setOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
			} else {
				setOpt(t, s, wsa.SOL_SOCKET, o, 1)
			}
		}
		if err := Bind(s, address(u.addr, port)); err != u.want.Err() {
			return sockets, i, err
		}
		if i == 0 {
			addr := nameOf(t, s)
			port = addr.Port()
		}
	}
	return sockets, -1, nil
}

// shared is a row that does so with streams and with datagram sockets.
func shared(users ...user) func(t *testing.T) {
	return func(t *testing.T) {
		for _, socketType := range bothTypes {
			share(t, socketType, users...)
		}
	}
}

var (
	reuse     = []int32{wsa.SO_REUSEADDR}
	exclusive = []int32{wsa.SO_EXCLUSIVEADDRUSE}
)

// sharingSemantics are the rules of "Using SO_REUSEADDR and
// SO_EXCLUSIVEADDRUSE" and "Dual-Stack Sockets for IPv6 Winsock
// Applications".
var sharingSemantics = []semantic{
	{"difference 33", "only the second wants to share", shared(user{this4, nil, 0}, user{this4, reuse, wsa.WSAEACCES})},
	{"Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: both sockets must set it", "only the first wants to share",
		shared(user{this4, reuse, 0}, user{this4, nil, wsa.WSAEADDRINUSE})},
	{"Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: neither option", "nobody shares",
		shared(user{this6, nil, 0}, user{this6, nil, wsa.WSAEADDRINUSE})},
	{"difference 34", "both share", shared(user{this4, reuse, 0}, user{this4, reuse, 0})},
	{"difference 34", "both share and listen, and the first gets the connection", func(t *testing.T) {
		two := share(t, wsa.SOCK_STREAM, user{this4, reuse, 0}, user{this4, reuse, 0})
		for _, s := range two {
			must(t, Listen(s, 5))
			nonblocking(t, s)
		}
		addr := nameOf(t, two[0])
		c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		must(t, Connect(c, &addr))
		s, err := Accept(two[0], nil)
		wantErr(t, "accept of the first", err, 0)
		CloseSocket(s)
		_, err = Accept(two[1], nil)
		wantErr(t, "accept of the second", err, wsa.WSAEWOULDBLOCK)
	}},
	{"difference 35", "the wildcard, then an address", shared(user{any4, nil, 0}, user{this4, nil, 0})},
	{"difference 35", "an address, then the wildcard", shared(user{this4, nil, 0}, user{any4, nil, 0})},
	{"difference 35", "the address wins over the wildcard", func(t *testing.T) {
		for _, order := range [][2]netip.Addr{{any4, this4}, {this4, any4}} {
			two := share(t, wsa.SOCK_STREAM, user{order[0], nil, 0}, user{order[1], nil, 0})
			port := uint16(0)
			for i, s := range two {
				must(t, Listen(s, 5))
				nonblocking(t, s)
				addr := nameOf(t, two[i])
				port = addr.Port()
			}
			c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
			must(t, Connect(c, address(this4, port)))
			for i, s := range two {
				want := wsa.WSAEWOULDBLOCK
				if order[i] == this4 {
					want = 0
				}
				conn, err := Accept(s, nil)
				wantErr(t, "accept", err, want)
				CloseSocket(conn)
			}
		}
	}},
	{"difference 36", "two wildcards", shared(user{any4, nil, 0}, user{any4, nil, wsa.WSAEADDRINUSE})},
	{"difference 37", "SO_EXCLUSIVEADDRUSE after SO_REUSEADDR", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1)
		wantErr(t, "setsockopt", SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1), wsa.WSAEINVAL)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 0)
	}},
	{"difference 37", "SO_REUSEADDR after SO_EXCLUSIVEADDRUSE", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1)
		wantErr(t, "setsockopt", SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1), wsa.WSAEINVAL)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 0)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1)
	}},
	{"difference 38", "an exclusive wildcard, then an address", shared(user{any4, exclusive, 0}, user{this4, nil, wsa.WSAEACCES})},
	{"difference 38", "an address, then an exclusive wildcard", shared(user{this4, nil, 0}, user{any4, exclusive, wsa.WSAEADDRINUSE})},
	{"difference 38", "an exclusive address, then the wildcard", shared(user{this4, exclusive, 0}, user{any4, nil, 0})},
	{"difference 38", "an IPv4-mapped address counts as IPv4",
		shared(user{netip.MustParseAddr("::ffff:127.0.0.1"), []int32{dualStack}, 0}, user{this4, nil, wsa.WSAEADDRINUSE})},
	{"difference 38", "a dual-stack wildcard beside that of IPv4", shared(user{any6, []int32{dualStack}, 0}, user{any4, nil, 0})},
	{"Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: an exclusive socket's address cannot be taken", "the same address after an exclusive socket",
		shared(user{this4, exclusive, 0}, user{this4, reuse, wsa.WSAEACCES}, user{this4, nil, wsa.WSAEADDRINUSE})},
	{"difference 39", "the wildcards of both families", shared(user{any6, nil, 0}, user{any4, nil, 0})},
	{"difference 39", "IPV6_V6ONLY is on by default", func(t *testing.T) {
		for _, socketType := range bothTypes {
			wantOpt(t, newTestSocket(t, wsa.AF_INET6, socketType), wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 1)
		}
	}},
	{"difference 39", "a socket with IPV6_V6ONLY gets no IPv4 connections", func(t *testing.T) {
		for only, want := range map[int32]wsa.Errno{1: wsa.WSAECONNREFUSED, 0: 0} {
			l := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
			setOpt(t, l, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, only)
			must(t, Bind(l, address(any6, 0)))
			must(t, Listen(l, 5))
			addr := nameOf(t, l)
			c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
			wantErr(t, "connect", Connect(c, address(this4, addr.Port())), want)
		}
	}},
	{"Dual-Stack Sockets: IPv4 peers have IPv4-mapped addresses", "the peer of a dual-stack socket", func(t *testing.T) {
		l := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_STREAM)
		setOpt(t, l, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
		must(t, Bind(l, address(any6, 0)))
		must(t, Listen(l, 5))
		addr := nameOf(t, l)
		c := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		must(t, Connect(c, address(this4, addr.Port())))
		var peer wsa.Sockaddr
		s, err := Accept(l, &peer)
		must(t, err)
		defer CloseSocket(s)
		if ap, ok := peer.AddrPort(); !ok || ap.Addr() != netip.MustParseAddr("::ffff:127.0.0.1") {
			t.Errorf("the peer is %v", &peer)
		}
	}},
	{"difference 40", "an exclusive dual-stack wildcard, then that of IPv4",
		shared(user{any6, []int32{dualStack, wsa.SO_EXCLUSIVEADDRUSE}, 0}, user{any4, reuse, wsa.WSAEACCES})},
	{"difference 41", "IPV6_V6ONLY of an IPv4 socket", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		wantOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 1)
		setOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
		wantOpt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	}},
	{"difference 41", "IPV6_V6ONLY cannot be set once the socket is bound", inBothFamilies(func(t *testing.T, family int32) {
		s, _ := boundSocket(t, family, wsa.SOCK_STREAM)
		wantErr(t, "setsockopt", SetSockOptInt(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0), wsa.WSAEINVAL)
	})},
	{"Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE: the address is free once the socket is closed", "an address after closesocket", inBothFamilies(func(t *testing.T, family int32) {
		for _, socketType := range bothTypes {
			s, addr := boundSocket(t, family, socketType)
			must(t, CloseSocket(s))
			wantErr(t, "bind", Bind(newTestSocket(t, family, socketType), &addr), 0)
		}
	})},
}
