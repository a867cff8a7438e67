// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"net/netip"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestChooseKind(t *testing.T) {
	udpInfo := kinds[1].info()
	for _, c := range []struct {
		rule                  string
		family, typ, protocol int32
		info                  *wsa.ProtocolInfo
		want                  string
		err                   wsa.Errno
	}{
		{rule: "difference 11: protocol from the type", family: wsa.AF_INET, typ: wsa.SOCK_STREAM, want: "Winsock TCP/IP [TCP/IP]"},
		{rule: "difference 11: type and protocol given", family: wsa.AF_INET6, typ: wsa.SOCK_DGRAM, protocol: wsa.IPPROTO_UDP, want: "Winsock TCP/IP [UDP/IPv6]"},
		{rule: "difference 12: a bad type beats a bad family", family: 99, typ: 77, err: wsa.WSAESOCKTNOSUPPORT},
		{rule: "difference 12: a bad type beats a bad protocol", family: wsa.AF_INET, typ: -1, protocol: 200, err: wsa.WSAESOCKTNOSUPPORT},
		{rule: "socket function: unknown family", family: 99, typ: wsa.SOCK_STREAM, err: wsa.WSAEAFNOSUPPORT},
		{rule: "socket function: type that the family has not", family: wsa.AF_UNIX, typ: wsa.SOCK_DGRAM, err: wsa.WSAESOCKTNOSUPPORT},
		{rule: "difference 13: mismatch", family: wsa.AF_INET, typ: wsa.SOCK_STREAM, protocol: wsa.IPPROTO_UDP, err: wsa.WSAEPROTONOSUPPORT},
		{rule: "difference 13: unknown protocol", family: wsa.AF_INET, typ: wsa.SOCK_DGRAM, protocol: 0xdead, err: wsa.WSAEPROTONOSUPPORT},
		{rule: "difference 14: zeros come from the info", info: &udpInfo, want: "Winsock TCP/IP [UDP/IP]"},
		{rule: "difference 14: explicit arguments win", info: &udpInfo, typ: wsa.SOCK_DGRAM, family: wsa.AF_INET6, want: "Winsock TCP/IP [UDP/IPv6]"},
		{rule: "difference 15: raw takes any protocol", family: wsa.AF_INET, typ: wsa.SOCK_RAW, protocol: 255, want: "Winsock TCP/IP [RAW/IP]"},
		{rule: "difference 15: protocol offset 255", family: wsa.AF_INET, typ: wsa.SOCK_RAW, protocol: 256, err: wsa.WSAEPROTONOSUPPORT},
	} {
		k, _, err := chooseKind(&spi.Opening{AddressFamily: c.family, SocketType: c.typ, Protocol: c.protocol, Info: c.info})
		if err != c.err.Err() {
			t.Errorf("%s: got %v, want %v", c.rule, err, c.err.Err())
		} else if err == nil && k.name != c.want {
			t.Errorf("%s: got %s, want %s", c.rule, k.name, c.want)
		}
	}
}

func TestEntries(t *testing.T) {
	for _, info := range Entries() {
		if info.ServiceFlags1&wsa.XP1_IFS_HANDLES == 0 || info.ProviderID != ProviderID || info.Version != 2 ||
			info.ProviderFlags&wsa.PFL_MATCHES_PROTOCOL_ZERO == 0 || info.Chain.Len != wsa.BASE_PROTOCOL {
			t.Errorf("%s is not described as a base protocol with IFS handles: %+v", info.Name, info)
		}
		raw := info.SocketType == wsa.SOCK_RAW
		if hidden := info.ProviderFlags&wsa.PFL_HIDDEN != 0; hidden != raw || raw != (info.ProtocolMaxOffset == 255) {
			t.Errorf("difference 15: %s: hidden %t, protocol offset %d", info.Name, hidden, info.ProtocolMaxOffset)
		}
	}
	if spi.FindDriver("kernel") == nil {
		t.Error("the driver is not registered")
	}
}

func TestNames(t *testing.T) {
	each(t, append(tcps, datagrams...), func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		name := wsa.SockaddrBytes([]byte("untouched"))
		want(t, "difference 19: getsockname unbound", s.GetSockName(&name), wsa.WSAEINVAL)
		if string(name.Bytes()) != "untouched" {
			t.Error("difference 19: the name was touched")
		}
		want(t, "difference 27: getpeername without a peer, before the pointer", s.GetPeerName(nil), wsa.WSAENOTCONN)
		want(t, "difference 21: bind to nothing", s.Bind(nil), wsa.WSAEFAULT)
		good := loopback(t, o, 0)
		short := wsa.SockaddrBytes(good.Bytes()[:good.Len()-4]) // for IPv6, the old structure of 24 bytes
		want(t, "differences 21 and 23: bind to a short address", s.Bind(&short), wsa.WSAEFAULT)
		odd := good
		odd.Storage()[0] = 200
		want(t, "difference 21: bind to an unknown family", s.Bind(&odd), wsa.WSAEAFNOSUPPORT)
		foreign := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:0"))
		if o.AddressFamily == wsa.AF_INET6 {
			foreign = wsa.SockaddrFrom(netip.MustParseAddrPort("[2001:db8::1]:0"))
		}
		want(t, "difference 21: bind to a foreign address", s.Bind(&foreign), wsa.WSAEADDRNOTAVAIL)
		want(t, "bind", s.Bind(&good), 0)
		want(t, "difference 21: bind again", s.Bind(&good), wsa.WSAEINVAL)
		want(t, "getsockname", s.GetSockName(&name), 0)
		if name.Port() == 0 || name.Len() != good.Len() || name.Family() != o.AddressFamily {
			t.Errorf("getsockname: %v of family %d, %d bytes", &name, name.Family(), name.Len())
		}
		if o.AddressFamily == wsa.AF_INET && [8]byte(name.Bytes()[8:]) != [8]byte{} {
			t.Error("difference 31: sin_zero is not zero")
		}
	})
}

func TestBindUnfit(t *testing.T) {
	for _, c := range []struct {
		rule string
		o    spi.Opening
		addr string
	}{
		{"difference 22: limited broadcast", udp4, "255.255.255.255:0"},
		{"bind function: multicast", udp4, "224.0.0.5:0"},
		{"bind function: multicast", udp6, "[ff02::1]:0"},
		{"difference 23: a wrong scope id", udp6, "[fe80::1%99]:0"},
		{"difference 39: IPv4-mapped with IPV6_V6ONLY", udp6, "[::ffff:127.0.0.1]:0"},
	} {
		name := wsa.SockaddrFrom(netip.MustParseAddrPort(c.addr))
		want(t, c.rule, newSock(t, c.o).Bind(&name), wsa.WSAEADDRNOTAVAIL)
	}
}

func TestListenRules(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		want(t, "difference 24: listen unbound", s.Listen(1), wsa.WSAEINVAL)
		_, err := s.Accept(nil)
		want(t, "accept function: not listening", err, wsa.WSAEINVAL)
		l, name := listener(t, o)
		want(t, "difference 25: listen again", l.Listen(5), 0)
		want(t, "listen function: SOMAXCONN_HINT", l.Listen(-5), 0)
		want(t, "listen function: SOMAXCONN", l.Listen(wsa.SOMAXCONN), 0)
		want(t, "difference 26: connect on a listener", l.Connect(&name), wsa.WSAEINVAL)
		want(t, "difference 77: shutdown of a listener", l.Shutdown(wsa.SD_BOTH), wsa.WSAENOTCONN)
		_, err = l.Accept(nil)
		want(t, "accept with nobody there", err, wsa.WSAEWOULDBLOCK)
		connect(t, s, &name)
		var peer wsa.Sockaddr
		waitFor(t, l, spi.EventAccept)
		a, err := l.Accept(&peer)
		if err != nil {
			t.Fatal(err)
		}
		closeLater(t, a.(*socket))
		var own wsa.Sockaddr
		if s.GetSockName(&own); peer != own {
			t.Errorf("accept: the peer is %v, want %v", &peer, &own)
		}
		want(t, "difference 20: a connected socket cannot listen", s.Listen(1), wsa.WSAEISCONN)
	})
	d, _ := bound(t, udp4)
	want(t, "listen function: datagram", d.Listen(1), wsa.WSAEOPNOTSUPP)
	_, err := d.Accept(nil)
	want(t, "accept function: datagram", err, wsa.WSAEOPNOTSUPP)
}

func TestConnectRules(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		s := newSock(t, o)
		want(t, "ConnectResult of nothing", s.ConnectResult(), wsa.WSAENOTCONN)
		want(t, "connect to nothing", s.Connect(nil), wsa.WSAEFAULT)
		zero := anyAddr(o, 80)
		want(t, "connect function: wildcard", s.Connect(&zero), wsa.WSAEADDRNOTAVAIL)
		portless := loopback(t, o, 0)
		want(t, "connect function: port 0", s.Connect(&portless), wsa.WSAEADDRNOTAVAIL)
		l, name := listener(t, o)
		want(t, "difference 63: connect", s.Connect(&name), wsa.WSAEWOULDBLOCK)
		waitFor(t, s, spi.EventConnect)
		want(t, "ConnectResult", s.ConnectResult(), 0)
		want(t, "connect function: connected", s.Connect(&name), wsa.WSAEISCONN)
		a := accept(t, l)
		want(t, "shutdown", s.Shutdown(wsa.SD_BOTH), 0)
		want(t, "shutdown", a.Shutdown(wsa.SD_BOTH), 0)
		var peer wsa.Sockaddr
		want(t, "difference 28: getpeername after both directions are shut down", s.GetPeerName(&peer), 0)
		if peer != name {
			t.Errorf("getpeername: %v, want %v", &peer, &name)
		}
		want(t, "difference 71: connect after the end", s.Connect(&name), wsa.WSAEISCONN)
	})
}

func TestRefusedConnect(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		_, name := bound(t, o) // and does not listen
		s := newSock(t, o)
		for range 2 {
			want(t, "difference 66: connect, again after a failure", s.Connect(&name), wsa.WSAEWOULDBLOCK)
			if e := waitFor(t, s, spi.EventAll); e != spi.EventConnectFail {
				t.Errorf("difference 65: a refused connect shows as %v, want %v alone", e, spi.EventConnectFail)
			}
			want(t, "ConnectResult", s.ConnectResult(), wsa.WSAECONNREFUSED)
			want(t, "ConnectResult stays", s.ConnectResult(), wsa.WSAECONNREFUSED)
			for range 2 {
				if v := getInt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR); v != int(wsa.WSAECONNREFUSED) {
					t.Errorf("difference 49: SO_ERROR is %d, want it to stay WSAECONNREFUSED", v)
				}
			}
		}
		_, err := s.Send(&spi.Message{Bufs: [][]byte{{1}}})
		want(t, "send after a failed connect", err, wsa.WSAENOTCONN)
		want(t, "getpeername after a failed connect", s.GetPeerName(new(wsa.Sockaddr)), wsa.WSAENOTCONN)

		var own wsa.Sockaddr
		want(t, "getsockname after a failed connect", s.GetSockName(&own), 0)
		if own.Port() == 0 {
			t.Error("the port was lost with the failed connect")
		}
		want(t, "difference 66: listen after a failed connect", s.Listen(1), 0)
		c := newSock(t, o)
		to := loopback(t, o, own.Port())
		connect(t, c, &to)
		accept(t, s)
	})
}

// Two sockets of one address cannot both be connected to the same peer.
func TestConnectionInUse(t *testing.T) {
	_, to := listener(t, tcp4)
	b := binding{o: tcp4, addr: "one", share: shareReuse}
	first, second := b.open(t), b.open(t)
	name := loopback(t, tcp4, 0)
	want(t, "bind", first.Bind(&name), 0)
	first.GetSockName(&name)
	want(t, "bind", second.Bind(&name), 0)
	connect(t, first, &to)
	want(t, "connect function: the connection exists", second.Connect(&to), wsa.WSAEADDRINUSE)
	want(t, "ConnectResult", second.ConnectResult(), wsa.WSAEADDRINUSE)
}

func TestReconnectClearsError(t *testing.T) {
	gone, name := bound(t, tcp4)
	shut(gone)
	s := newSock(t, tcp4)
	s.Connect(&name)
	waitFor(t, s, spi.EventConnectFail)
	_, good := listener(t, tcp4)
	connect(t, s, &good)
	if v := getInt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR); v != 0 {
		t.Errorf("difference 49: SO_ERROR is %d after a good connect", v)
	}
}

// A connect that stays pending: the listener's queue is full.
func TestConnecting(t *testing.T) {
	_, name := func() (*socket, wsa.Sockaddr) {
		l, name := bound(t, tcp4)
		if err := l.Listen(0); err != nil {
			t.Fatal(err)
		}
		return l, name
	}()
	var s *socket
	for range 8 { // the first ones fill the queue
		s = newSock(t, tcp4)
		want(t, "connect", s.Connect(&name), wsa.WSAEWOULDBLOCK)
		if s.Ready(spi.EventConnect) == 0 {
			break
		}
	}
	if err := s.ConnectResult(); err != wsa.WSAEWOULDBLOCK {
		t.Skipf("the kernel completed every connect: %v", err)
	}
	want(t, "difference 63: second connect", s.Connect(&name), wsa.WSAEALREADY)
	m := spi.Message{Bufs: [][]byte{{1}}}
	_, err := s.Send(&m)
	want(t, "difference 64: send while connecting", err, wsa.WSAENOTCONN)
	_, err = s.Recv(&m)
	want(t, "difference 64: recv while connecting", err, wsa.WSAENOTCONN)
	var peer wsa.Sockaddr
	want(t, "difference 29: getpeername while connecting", s.GetPeerName(&peer), 0)
	if peer != name {
		t.Errorf("difference 29: getpeername is %v, want %v", &peer, &name)
	}
	if e := s.Ready(spi.EventAll); e != 0 {
		t.Errorf("difference 64: a connecting socket is ready for %v", e)
	}
	want(t, "shutdown while connecting", s.Shutdown(wsa.SD_BOTH), wsa.WSAENOTCONN)
}

func TestUnixConnect(t *testing.T) {
	s := newSock(t, unix)
	nobody := loopback(t, unix, 0)
	want(t, "connect to a path where nobody is", s.Connect(&nobody), wsa.WSAECONNREFUSED)
	want(t, "ConnectResult", s.ConnectResult(), wsa.WSAECONNREFUSED)
	_, name := listener(t, unix)
	want(t, "connect", s.Connect(&name), 0)
	again := newSock(t, unix)
	want(t, "bind to a path in use", again.Bind(&name), wsa.WSAEADDRINUSE)
}

// getInt reads an option of up to four bytes.
func getInt(t testing.TB, s *socket, level, name int32) int {
	t.Helper()
	var value [4]byte
	n, err := s.GetSockOpt(level, name, value[:])
	if err != nil {
		t.Fatalf("getsockopt %d, %#x: %v", level, name, err)
	}
	v := 0
	for i := n - 1; i >= 0; i-- {
		v = v<<8 | int(value[i])
	}
	return v
}

// setInt sets an option of four bytes.
func setInt(t testing.TB, s *socket, level, name int32, v int) {
	t.Helper()
	if err := trySetInt(s, level, name, v); err != nil {
		t.Fatalf("setsockopt %d, %#x to %d: %v", level, name, v, err)
	}
}

func trySetInt(s *socket, level, name int32, v int) error {
	return s.SetSockOpt(level, name, []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
}

// A bind to a scope that there is not leaves nothing behind (difference 23).
func TestBindWrongScope(t *testing.T) {
	s := newSock(t, tcp6)
	wrong := wsa.SockaddrFrom(netip.MustParseAddrPort("[fe80::1%9999]:0"))
	if err := s.Bind(&wrong); err != wsa.WSAEADDRNOTAVAIL {
		t.Errorf("difference 23: bind to a wrong scope: %v", err)
	}
	right := wsa.SockaddrFrom(netip.MustParseAddrPort("[::1]:0"))
	if err := s.Bind(&right); err != nil {
		t.Errorf("difference 23: bind after that: %v", err)
	}
}
