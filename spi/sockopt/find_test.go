// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"testing"

	"winsock/wsa"
)

// The answers that six kinds of fresh socket give (difference 57).
func TestValidity(t *testing.T) {
	const (
		no  = wsa.WSAENOPROTOOPT
		inv = wsa.WSAEINVAL
		ok  = wsa.Errno(0)
	)
	const (
		sol = wsa.SOL_SOCKET
		tcp = wsa.IPPROTO_TCP
		udp = wsa.IPPROTO_UDP
		ip  = wsa.IPPROTO_IP
		ip6 = wsa.IPPROTO_IPV6
	)
	for _, c := range []struct {
		rule        string
		kind        Sockets
		level, name int32
		get, set    wsa.Errno
	}{
		{"difference 16", Stream4, sol, wsa.SO_TYPE, ok, no},
		{"difference 16", Dgram4, sol, wsa.SO_TYPE, ok, no},
		{"difference 16", Stream4, sol, wsa.SO_ACCEPTCONN, ok, no},
		{"difference 16", Dgram4, sol, wsa.SO_ACCEPTCONN, no, no},
		{"difference 48", Dgram4, sol, wsa.SO_LINGER, no, no},
		{"difference 48", Dgram6, sol, wsa.SO_DONTLINGER, no, no},
		{"difference 48", Stream6, sol, wsa.SO_LINGER, ok, ok},
		{"difference 50", Stream4, sol, wsa.SO_ERROR, ok, ok},
		{"difference 51", Dgram4, sol, wsa.SO_MAX_MSG_SIZE, ok, no},
		{"difference 51", Stream4, sol, wsa.SO_MAX_MSG_SIZE, no, no},
		{"difference 51", Stream4, -1, wsa.SO_TYPE, inv, inv},
		{"difference 51", Stream4, 0x8000, wsa.SO_TYPE, inv, inv},
		{"difference 52", Dgram4, sol, wsa.SO_CONNECT_TIME, ok, no},
		{"SOL_SOCKET Socket Options", Stream4, sol, wsa.SO_BROADCAST, no, no},
		{"SOL_SOCKET Socket Options", Dgram6, sol, wsa.SO_BROADCAST, ok, ok}, // without effect
		{"SOL_SOCKET Socket Options", Dgram4, sol, wsa.SO_BROADCAST, ok, ok},
		{"SOL_SOCKET Socket Options", Dgram4, sol, wsa.SO_OOBINLINE, no, no},
		{"SOL_SOCKET Socket Options", Stream4, sol, wsa.SO_RCVLOWAT, no, no},
		{"SOL_SOCKET Socket Options", Stream4, sol, wsa.SO_CONNDATA, no, no},
		{"Socket Options and IOCTLs", Dgram6, sol, wsa.SO_DONTROUTE, no, no},
		{"setsockopt function", Stream4, sol, 0x4242, no, no},
		{"setsockopt function", Stream4, tcp, 0x4242, no, no},
		{"IPPROTO_TCP Socket Options", Stream4, tcp, wsa.TCP_NODELAY, ok, ok},
		{"IPPROTO_TCP Socket Options", Dgram4, tcp, wsa.TCP_NODELAY, inv, inv},
		{"IPPROTO_TCP Socket Options", Stream4, tcp, wsa.TCP_MAXSEG, ok, no},
		{"IPPROTO_UDP Socket Options", Stream4, udp, wsa.UDP_NOCHECKSUM, inv, inv},
		{"IPPROTO_UDP Socket Options", Dgram6, udp, wsa.UDP_NOCHECKSUM, ok, ok},
		{"difference 57", Stream4, ip, -1, no, no},
		{"difference 57", Stream4, ip, wsa.IP_OPTIONS, ok, ok},
		{"difference 54", Stream4, ip, wsa.IP_HDRINCL, inv, inv},
		{"difference 54", Dgram4, ip, wsa.IP_HDRINCL, inv, inv},
		{"difference 54", Dgram6, ip, wsa.IP_HDRINCL, inv, inv},
		{"difference 54", Raw4, ip, wsa.IP_HDRINCL, ok, ok},
		{"difference 57", Stream4, ip, wsa.IP_TTL, ok, ok},
		{"difference 57", Stream4, ip, wsa.IP_MULTICAST_TTL, inv, inv},
		{"difference 57", Stream4, ip, wsa.IP_MULTICAST_LOOP, inv, inv},
		{"difference 57", Stream4, ip, wsa.IP_ADD_MEMBERSHIP, no, inv},
		{"difference 57", Dgram4, ip, wsa.IP_ADD_MEMBERSHIP, no, ok},
		{"difference 57", Stream4, ip, wsa.IP_PKTINFO, inv, inv},
		{"difference 57", Dgram4, ip, wsa.IP_PKTINFO, ok, ok},
		{"difference 57", Stream4, ip, wsa.IP_UNICAST_IF, ok, ok},
		{"difference 57", Raw4, ip, wsa.IP_GET_IFLIST, inv, inv},
		{"difference 57", Raw4, ip, wsa.IP_RECVERR, inv, inv},
		{"difference 57", Dgram4, ip, wsa.IP_RECVERR, ok, ok},
		{"difference 57", Stream6, ip6, -1, no, no},
		{"difference 57", Stream6, ip6, wsa.IPV6_HOPOPTS, ok, ok},
		{"difference 57", Dgram6, ip6, wsa.IPV6_HDRINCL, inv, inv},
		{"difference 57", Raw6, ip6, wsa.IPV6_HDRINCL, ok, ok},
		{"difference 57", Stream6, ip6, wsa.IPV6_MULTICAST_HOPS, inv, inv},
		{"difference 57", Dgram6, ip6, wsa.IPV6_MULTICAST_HOPS, ok, ok},
		{"difference 57", Stream6, ip6, wsa.IPV6_ADD_MEMBERSHIP, no, inv},
		{"difference 57", Stream6, ip6, wsa.IPV6_PROTECTION_LEVEL, ok, ok},
		{"difference 41", Stream4, ip6, wsa.IPV6_V6ONLY, ok, ok},
		{"difference 41", Stream4, ip6, wsa.IPV6_UNICAST_HOPS, inv, inv},
		{"IPPROTO_IP Socket Options", StreamUnix, ip, wsa.IP_TTL, inv, inv},
	} {
		_, err := ForGet(c.kind, c.level, c.name)
		if wsa.ErrnoOf(err) != c.get {
			t.Errorf("%s: get of level %#x option %d from socket kind %#x: %v, want %v", c.rule, c.level, c.name, c.kind, err, c.get)
		}
		_, err = ForSet(c.kind, c.level, c.name)
		if wsa.ErrnoOf(err) != c.set {
			t.Errorf("%s: set of level %#x option %d on socket kind %#x: %v, want %v", c.rule, c.level, c.name, c.kind, err, c.set)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, c := range []struct {
		rule        string
		kind        Sockets
		level, name int32
		want        int64
	}{
		{"difference 54", Dgram4, wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 0},
		{"difference 54", Raw4, wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 0},
		{"difference 54", Stream4, wsa.IPPROTO_IP, wsa.IP_DONTFRAGMENT, 1},
		{"difference 54", Stream6, wsa.IPPROTO_IPV6, wsa.IPV6_DONTFRAG, 1},
		{"difference 39", Stream6, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 1},
		{"difference 51", Dgram4, wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE, 65507},
		{"difference 51", Dgram6, wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE, 65527},
		{"difference 52", Dgram6, wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME, -1},
		{"Summary of Common Socket Options", Stream4, wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1},
		{"IPPROTO_IP Socket Options", Dgram4, wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL, 1},
		{"IPPROTO_IP Socket Options", Dgram4, wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP, 1},
	} {
		if got := Find(c.level, c.name).DefaultOf(c.kind); got != c.want {
			t.Errorf("%s: default of option %d is %d, want %d", c.rule, c.name, got, c.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		family, sockType int32
		want             Sockets
	}{
		{wsa.AF_INET, wsa.SOCK_STREAM, Stream4}, {wsa.AF_INET, wsa.SOCK_DGRAM, Dgram4}, {wsa.AF_INET, wsa.SOCK_RAW, Raw4},
		{wsa.AF_INET6, wsa.SOCK_STREAM, Stream6}, {wsa.AF_INET6, wsa.SOCK_DGRAM, Dgram6}, {wsa.AF_INET6, wsa.SOCK_RAW, Raw6},
		{wsa.AF_UNIX, wsa.SOCK_STREAM, StreamUnix}, {wsa.AF_UNIX, wsa.SOCK_DGRAM, DgramUnix},
		{wsa.AF_UNIX, wsa.SOCK_SEQPACKET, StreamUnix}, {wsa.AF_IRDA, wsa.SOCK_STREAM, StreamIrda},
		{wsa.AF_BTH, wsa.SOCK_STREAM, StreamOther}, {wsa.AF_IPX, wsa.SOCK_DGRAM, DgramOther}, {wsa.AF_IPX, wsa.SOCK_RDM, DgramOther},
	} {
		if got := KindOf(c.family, c.sockType); got != c.want {
			t.Errorf("KindOf(%d, %d) = %#x, want %#x", c.family, c.sockType, got, c.want)
		}
	}
}

// Every declaration makes sense by itself.
func TestDeclarations(t *testing.T) {
	for _, r := range Rules() {
		switch {
		case r.Format == 0 || r.Access == 0 || r.Symbol == "":
			t.Errorf("%s: incomplete", r.Symbol)
		case (r.Format == Struct) != (r.Size > 0):
			t.Errorf("%s: a structure has a size, nothing else does", r.Symbol)
		case r.Min > r.Max:
			t.Errorf("%s: bounds are reversed", r.Symbol)
		case r.Format.Boolean() && r.DefaultOf(r.Kinds)&^1 != 0:
			t.Errorf("%s: default of a boolean is %d", r.Symbol, r.Default)
		}
	}
}
