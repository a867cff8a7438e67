// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// What is set reads back the same, and the kernel has been told.
func TestOptionReachesKernel(t *testing.T) {
	for _, c := range []struct {
		rule              string
		o                 spi.Opening
		level, name, v    int
		kLevel, kName, kV int
	}{
		{"SO_KEEPALIVE", tcp4, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1, sys.SOL_SOCKET, sys.SO_KEEPALIVE, 1},
		{"SO_BROADCAST", udp4, wsa.SOL_SOCKET, wsa.SO_BROADCAST, 1, sys.SOL_SOCKET, sys.SO_BROADCAST, 1},
		{"SO_DONTROUTE", tcp4, wsa.SOL_SOCKET, wsa.SO_DONTROUTE, 1, sys.SOL_SOCKET, sys.SO_DONTROUTE, 1},
		{"SO_OOBINLINE", tcp6, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1, sys.SOL_SOCKET, sys.SO_OOBINLINE, 1},
		{"difference 45: SO_SNDBUF", tcp4, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 20000, sys.SOL_SOCKET, sys.SO_SNDBUF, 40000},
		{"difference 45: SO_RCVBUF", udp6, wsa.SOL_SOCKET, wsa.SO_RCVBUF, 30000, sys.SOL_SOCKET, sys.SO_RCVBUF, 60000},
		{"TCP_NODELAY", tcp4, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1, sys.IPPROTO_TCP, sys.TCP_NODELAY, 1},
		{"TCP_KEEPIDLE", tcp4, wsa.IPPROTO_TCP, wsa.TCP_KEEPIDLE, 30, sys.IPPROTO_TCP, sys.TCP_KEEPIDLE, 30},
		{"TCP_KEEPINTVL", tcp6, wsa.IPPROTO_TCP, wsa.TCP_KEEPINTVL, 3, sys.IPPROTO_TCP, sys.TCP_KEEPINTVL, 3},
		{"TCP_KEEPCNT", tcp6, wsa.IPPROTO_TCP, wsa.TCP_KEEPCNT, 4, sys.IPPROTO_TCP, sys.TCP_KEEPCNT, 4},
		{"TCP_MAXRT is in seconds", tcp4, wsa.IPPROTO_TCP, wsa.TCP_MAXRT, 20, sys.IPPROTO_TCP, sys.TCP_USER_TIMEOUT, 20000},
		{"TCP_MAXRTMS", tcp4, wsa.IPPROTO_TCP, wsa.TCP_MAXRTMS, 1500, sys.IPPROTO_TCP, sys.TCP_USER_TIMEOUT, 1500},
		{"IP_TTL", udp4, wsa.IPPROTO_IP, wsa.IP_TTL, 9, sys.IPPROTO_IP, sys.IP_TTL, 9},
		{"IP_TOS", tcp4, wsa.IPPROTO_IP, wsa.IP_TOS, 0x10, sys.IPPROTO_IP, sys.IP_TOS, 0x10},
		{"IP_MULTICAST_TTL", udp4, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, 5, sys.IPPROTO_IP, sys.IP_MULTICAST_TTL, 5},
		{"IP_MULTICAST_LOOP", udp4, wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP, 0, sys.IPPROTO_IP, sys.IP_MULTICAST_LOOP, 0},
		{"difference 54: IP_DONTFRAGMENT", udp4, wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 1, sys.IPPROTO_IP, sys.IP_MTU_DISCOVER, sys.PMTUDISC_DO},
		{"IP_MTU_DISCOVER", udp4, wsa.IPPROTO_IP, wsa.IP_MTU_DISCOVER, wsa.IP_PMTUDISC_PROBE, sys.IPPROTO_IP, sys.IP_MTU_DISCOVER, sys.PMTUDISC_PROBE},
		{"IP_PKTINFO", udp4, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 1, sys.IPPROTO_IP, sys.IP_PKTINFO, 1},
		{"IP_RECVTTL", udp4, wsa.IPPROTO_IP, wsa.IP_RECVTTL, 1, sys.IPPROTO_IP, sys.IP_RECVTTL, 1},
		{"IP_ECN", udp4, wsa.IPPROTO_IP, wsa.IP_ECN, 1, sys.IPPROTO_IP, sys.IP_RECVTOS, 1},
		{"IPV6_UNICAST_HOPS", tcp6, wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_HOPS, 7, sys.IPPROTO_IPV6, sys.IPV6_UNICAST_HOPS, 7},
		{"IPV6_MULTICAST_HOPS", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS, 7, sys.IPPROTO_IPV6, sys.IPV6_MULTICAST_HOPS, 7},
		{"IPV6_MULTICAST_IF", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_IF, 1, sys.IPPROTO_IPV6, sys.IPV6_MULTICAST_IF, 1},
		{"IPV6_V6ONLY", tcp6, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0, sys.IPPROTO_IPV6, sys.IPV6_V6ONLY, 0},
		{"IPV6_DONTFRAG", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_DONTFRAG, 1, sys.IPPROTO_IPV6, sys.IPV6_MTU_DISCOVER, sys.PMTUDISC_DO},
		{"IPV6_PKTINFO", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO, 1, sys.IPPROTO_IPV6, sys.IPV6_RECVPKTINFO, 1},
		{"IPV6_HOPLIMIT", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT, 1, sys.IPPROTO_IPV6, sys.IPV6_RECVHOPLIMIT, 1},
		{"IPV6_RECVTCLASS", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS, 1, sys.IPPROTO_IPV6, sys.IPV6_RECVTCLASS, 1},
		{"UDP_SEND_MSG_SIZE", udp4, wsa.IPPROTO_UDP, wsa.UDP_SEND_MSG_SIZE, 1200, sys.IPPROTO_UDP, sys.UDP_SEGMENT, 1200},
		{"UDP_NOCHECKSUM", udp4, wsa.IPPROTO_UDP, wsa.UDP_NOCHECKSUM, 1, sys.SOL_SOCKET, sys.SO_NO_CHECK, 1},
	} {
		s := newSock(t, c.o)
		setInt(t, s, int32(c.level), int32(c.name), c.v)
		if got := getInt(t, s, int32(c.level), int32(c.name)); got != c.v {
			t.Errorf("%s: reads back %d, set was %d", c.rule, got, c.v)
		}
		if got, e := sys.GetSockOptInt(s.fd, c.kLevel, c.kName); got != c.kV || e != 0 {
			t.Errorf("%s: the kernel has %d (%v), want %d", c.rule, got, e, c.kV)
		}
	}
}

// Every option of the table can be read, and its own value set again,
// wherever the table says so, or is refused with a documented error.
func TestEveryOption(t *testing.T) {
	each(t, append(append(streams, datagrams...), udp4), func(t *testing.T, o spi.Opening) {
		kind := newSock(t, o).kind.options
		for _, r := range sockopt.Rules() {
			if r.Upper || r.Kinds&kind == 0 || !r.Format.Scalar() {
				continue
			}
			s := newSock(t, o)
			var value [8]byte
			n, err := s.GetSockOpt(r.Level, r.Name, value[:])
			if _, e := sockopt.ForGet(kind, r.Level, r.Name); e != nil {
				want(t, r.Symbol+" cannot be read", err, e.(wsa.Errno))
				continue
			}
			mtu := r.Live && (r.Name == wsa.IP_MTU || r.Name == wsa.IPV6_MTU) && r.Level != wsa.SOL_SOCKET
			switch {
			case mtu:
				want(t, r.Symbol+" unconnected", err, wsa.WSAENOTCONN)
				continue
			case err != nil || n == 0:
				t.Errorf("%s: getsockopt: %d bytes, %v", r.Symbol, n, err)
				continue
			}
			if _, e := sockopt.ForSet(kind, r.Level, r.Name); e != nil {
				want(t, r.Symbol+" cannot be set", s.SetSockOpt(r.Level, r.Name, value[:4]), e.(wsa.Errno))
			} else if v := int64(binary.LittleEndian.Uint32(value[:])); r.Min > 0 && v < r.Min {
				continue // the default stands for "not set", which cannot be set
			} else if err := s.SetSockOpt(r.Level, r.Name, value[:4]); err != nil {
				t.Errorf("%s: set to its own value %v: %v", r.Symbol, value[:4], err)
			}
		}
	})
}

func TestOptionRules(t *testing.T) {
	s, _ := bound(t, tcp6)
	want(t, "difference 41: IPV6_V6ONLY after bind", trySetInt(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0), wsa.WSAEINVAL)
	s = newSock(t, tcp4)
	setInt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	if v := getInt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY); v != 0 {
		t.Errorf("difference 41: IPV6_V6ONLY of an IPv4 socket reads %d", v)
	}
	want(t, "difference 16: SO_TYPE", trySetInt(s, wsa.SOL_SOCKET, wsa.SO_TYPE, 1), wsa.WSAENOPROTOOPT)
	want(t, "difference 16: SO_ACCEPTCONN", trySetInt(s, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, 1), wsa.WSAENOPROTOOPT)
	want(t, "difference 51: unknown level", trySetInt(s, 0x1234, 1, 1), wsa.WSAEINVAL)
	want(t, "difference 48: SO_LINGER on UDP", trySetInt(newSock(t, udp4), wsa.SOL_SOCKET, wsa.SO_LINGER, 1), wsa.WSAENOPROTOOPT)
	setInt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR, 1234)
	if v := getInt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR); v != 1234 {
		t.Errorf("difference 50: SO_ERROR reads %d", v)
	}
	if v := getInt(t, s, wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME); int32(v) != -1 {
		t.Errorf("difference 52: SO_CONNECT_TIME is %d before connect", int32(v))
	}
	if v := getInt(t, newSock(t, udp6), wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE); v != maxUDPv6 {
		t.Errorf("difference 51: SO_MAX_MSG_SIZE is %d", v)
	}
	l, name := listener(t, tcp4)
	if getInt(t, l, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN) != 1 || getInt(t, s, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN) != 0 {
		t.Error("SO_ACCEPTCONN does not tell a listener from another")
	}
	connect(t, s, &name)
	if v := getInt(t, s, wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME); v != 0 {
		t.Errorf("difference 52: SO_CONNECT_TIME is %d just after connect", v)
	}
	want(t, "an option that the kernel cannot grant", trySetInt(s, wsa.IPPROTO_TCP, wsa.TCP_STDURG, 1), wsa.WSAENOPROTOOPT)
	if v := getInt(t, s, wsa.IPPROTO_TCP, wsa.TCP_STDURG); v != 0 {
		t.Errorf("a refused option reads %d", v)
	}
	if v := getInt(t, s, wsa.IPPROTO_IP, wsa.IP_MTU); v < 1280 {
		t.Errorf("IP_MTU of the loopback is %d", v)
	}
}

func TestInheritance(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		l, name := listener(t, o)
		for _, c := range []struct{ level, name, v int32 }{
			{wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 1},
			{wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1},
			{wsa.SOL_SOCKET, wsa.SO_SNDBUF, 12345},
			{wsa.SOL_SOCKET, wsa.SO_RCVBUF, 23456},
			{wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1},
			{wsa.IPPROTO_TCP, wsa.TCP_KEEPIDLE, 77},
			{wsa.SOL_SOCKET, wsa.SO_LINGER, 1 | 9<<16},
		} {
			setInt(t, l, c.level, c.name, int(c.v))
			s := newSock(t, o)
			connect(t, s, &name)
			a := accept(t, l)
			if v := getInt(t, a, c.level, c.name); v != int(c.v) {
				t.Errorf("difference 58: option %d %#x is %d, the listener's is %d", c.level, c.name, v, c.v)
			}
		}
		s := newSock(t, o)
		connect(t, s, &name)
		if v, _ := sys.GetSockOptInt(accept(t, l).fd, sys.IPPROTO_TCP, sys.TCP_NODELAY); v != 1 {
			t.Error("difference 58: the kernel's socket does not have TCP_NODELAY")
		}
	})
}

// Joining a group, by address, by index and by the general structure.
func TestMulticast(t *testing.T) {
	group := [4]byte{239, 255, 77, 1}
	index := make([]byte, 4)
	binary.BigEndian.PutUint32(index, 1) // lo
	storage := make([]byte, wsa.SizeofStorage)
	to4 := wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4(group), 0))
	copy(storage, to4.Bytes())
	request := append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, storage...)
	group6 := netip.MustParseAddr("ff01::7701")
	storage6 := make([]byte, wsa.SizeofStorage)
	to6 := wsa.SockaddrFrom(netip.AddrPortFrom(group6, 0))
	copy(storage6, to6.Bytes())
	request6 := append([]byte{1, 0, 0, 0, 0, 0, 0, 0}, storage6...)
	a16 := group6.As16()
	for _, c := range []struct {
		what              string
		o                 spi.Opening
		level, join, drop int32
		value             []byte
	}{
		{"by address", udp4, wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, wsa.IP_DROP_MEMBERSHIP, append(group[:], 127, 0, 0, 1)},
		{"by index", udp4, wsa.IPPROTO_IP, wsa.IP_ADD_MEMBERSHIP, wsa.IP_DROP_MEMBERSHIP, append(group[:], index...)},
		{"MCAST_JOIN_GROUP", udp4, wsa.IPPROTO_IP, wsa.MCAST_JOIN_GROUP, wsa.MCAST_LEAVE_GROUP, request},
		{"IPv6", udp6, wsa.IPPROTO_IPV6, wsa.IPV6_ADD_MEMBERSHIP, wsa.IPV6_DROP_MEMBERSHIP, append(a16[:], 1, 0, 0, 0)},
		{"IPv6 MCAST_JOIN_GROUP", udp6, wsa.IPPROTO_IPV6, wsa.MCAST_JOIN_GROUP, wsa.MCAST_LEAVE_GROUP, request6},
	} {
		t.Run(c.what, func(t *testing.T) {
			s := newSock(t, c.o)
			at := anyAddr(c.o, 0)
			want(t, "bind", s.Bind(&at), 0)
			s.GetSockName(&at)
			want(t, "join", s.SetSockOpt(c.level, c.join, c.value), 0)
			want(t, "join of a short structure", s.SetSockOpt(c.level, c.join, c.value[:6]), wsa.WSAEFAULT)

			sender := newSock(t, c.o)
			to := wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4(group), at.Port()))
			if c.o.AddressFamily == wsa.AF_INET6 {
				to = wsa.SockaddrFrom(netip.AddrPortFrom(group6.WithZone("1"), at.Port()))
				setInt(t, sender, wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_IF, 1)
			} else {
				setInt(t, sender, wsa.IPPROTO_IP, wsa.IP_MULTICAST_IF, 127|1<<24)
			}
			m := one()
			m.Name = &to
			if _, err := sender.Send(m); err != nil {
				t.Skipf("the loopback carries no multicast here: %v", err)
			}
			waitFor(t, s, spi.EventRead)
			want(t, "leave", s.SetSockOpt(c.level, c.drop, c.value), 0)
			want(t, "leave again", s.SetSockOpt(c.level, c.drop, c.value), wsa.WSAEADDRNOTAVAIL)
		})
	}
	to4.SetPort(9)
	p, _ := Startup(&spi.StartupParams{})
	d, err := p.Socket(&udp4)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	join := func(name *wsa.Sockaddr, flags uint32) error {
		leaf, err := d.(spi.MultipointJoiner).JoinLeaf(name, nil, nil, nil, nil, flags)
		if err == nil && leaf != d {
			t.Error("WSAJoinLeaf: the leaf of a rootless session is another socket")
		}
		return err
	}
	unicast := loopback(t, udp4, 9)
	want(t, "WSAJoinLeaf: unicast", join(&unicast, wsa.JL_BOTH), wsa.WSAEADDRNOTAVAIL)
	want(t, "WSAJoinLeaf: bad flags", join(&to4, 9), wsa.WSAEINVAL)
	if err := join(&to4, wsa.JL_SENDER_ONLY); err != nil {
		t.Errorf("WSAJoinLeaf as a sender: %v", err)
	}
	if err := join(&to4, wsa.JL_BOTH); err != nil {
		t.Logf("WSAJoinLeaf: no interface for multicast here: %v", err)
	} else {
		want(t, "WSAJoinLeaf: again", join(&to4, wsa.JL_RECEIVER_ONLY), wsa.WSAEADDRINUSE)
	}

	s := newSock(t, udp4)
	source := append(append(group[:], 127, 0, 0, 9), 127, 0, 0, 1) // group, source, interface
	want(t, "IP_ADD_SOURCE_MEMBERSHIP", s.SetSockOpt(wsa.IPPROTO_IP, wsa.IP_ADD_SOURCE_MEMBERSHIP, source), 0)
	want(t, "IP_DROP_SOURCE_MEMBERSHIP", s.SetSockOpt(wsa.IPPROTO_IP, wsa.IP_DROP_SOURCE_MEMBERSHIP, source), 0)
}
