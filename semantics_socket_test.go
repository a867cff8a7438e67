// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"testing"

	"winsock/wsa"
)

// opened makes a socket and returns what SO_PROTOCOL_INFO tells of it.
func opened(t *testing.T, family, socketType, protocol int32, info *wsa.ProtocolInfo) (SOCKET, wsa.ProtocolInfo) {
	t.Helper()
	s, err := WSASocket(family, socketType, protocol, info, 0, wsa.WSA_FLAG_OVERLAPPED)
	must(t, err)
	t.Cleanup(func() { CloseSocket(s) })
	return s, infoOf(t, s)
}

func infoOf(t *testing.T, s SOCKET) (info wsa.ProtocolInfo) {
	t.Helper()
	var buf [wsa.SizeofProtocolInfoW]byte
	n, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOW, buf[:])
	must(t, err)
	must(t, info.DecodeW(buf[:n]))
	return info
}

func wantOpened(t *testing.T, family, socketType, protocol int32, wantFamily, wantType, wantProtocol int32) {
	t.Helper()
	s, info := opened(t, family, socketType, protocol, nil)
	if info.AddressFamily != wantFamily || info.SocketType != wantType || info.Protocol != wantProtocol {
		t.Errorf("socket(%d, %d, %d) is %d, %d, %d, want %d, %d, %d", family, socketType, protocol,
			info.AddressFamily, info.SocketType, info.Protocol, wantFamily, wantType, wantProtocol)
	}
	wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_TYPE, wantType)
}

func wantNoSocket(t *testing.T, family, socketType, protocol int32, want wsa.Errno) {
	t.Helper()
	s, err := Socket(family, socketType, protocol)
	if err == nil {
		CloseSocket(s)
	} else if s != INVALID_SOCKET {
		t.Errorf("a failed socket call returned %v", s)
	}
	if err != want.Err() {
		t.Errorf("socket(%d, %d, %d): got %v, want %s", family, socketType, protocol, name(err), want.Name())
	}
}

// protocol returns the catalog's entry, hidden or not.
func protocol(t *testing.T, family, socketType int32) wsa.ProtocolInfo {
	t.Helper()
	all, err := WSCEnumProtocols(nil)
	must(t, err)
	i := slices.IndexFunc(all, func(i wsa.ProtocolInfo) bool {
		return i.AddressFamily == family && i.SocketType == socketType && i.Chain.Len == wsa.BASE_PROTOCOL
	})
	if i < 0 {
		t.Fatalf("no entry for family %d, type %d", family, socketType)
	}
	return all[i]
}

// socketSemantics are the rules of "socket function", "WSASocketW function"
// and "WSAPROTOCOL_INFOW structure".
var socketSemantics = []semantic{
	{"difference 10", "family 0 with a known protocol is AF_INET", func(t *testing.T) {
		wantOpened(t, 0, 0, wsa.IPPROTO_TCP, wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
		wantOpened(t, 0, wsa.SOCK_DGRAM, 0, wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP)
		wantOpened(t, 0, 0, wsa.IPPROTO_UDP, wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP)
	}},
	{"difference 10", "nothing asked for", func(t *testing.T) {
		wantNoSocket(t, 0, 0, 0, wsa.WSAEINVAL)
	}},
	{"difference 11", "the type comes from the protocol", inBothFamilies(func(t *testing.T, family int32) {
		wantOpened(t, family, 0, wsa.IPPROTO_UDP, family, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP)
		wantOpened(t, family, 0, wsa.IPPROTO_TCP, family, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	})},
	{"difference 11", "the protocol comes from the type", inBothFamilies(func(t *testing.T, family int32) {
		wantOpened(t, family, wsa.SOCK_STREAM, 0, family, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
		wantOpened(t, family, wsa.SOCK_DGRAM, 0, family, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP)
	})},
	{"difference 11", "a family alone is TCP", inBothFamilies(func(t *testing.T, family int32) {
		wantOpened(t, family, 0, 0, family, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
	})},
	{"difference 12", "a bad type", func(t *testing.T) {
		for _, bad := range []int32{-1, 6, 0xdead} {
			wantNoSocket(t, wsa.AF_INET, bad, 0, wsa.WSAESOCKTNOSUPPORT)
			wantNoSocket(t, wsa.AF_INET6, bad, wsa.IPPROTO_TCP, wsa.WSAESOCKTNOSUPPORT)
		}
	}},
	{"difference 12", "a bad type beats a bad family and a bad protocol", func(t *testing.T) {
		wantNoSocket(t, 0xdead, -1, 0, wsa.WSAESOCKTNOSUPPORT)
		wantNoSocket(t, 0xdead, -1, 0xdead, wsa.WSAESOCKTNOSUPPORT)
		wantNoSocket(t, wsa.AF_INET, -1, 0xdead, wsa.WSAESOCKTNOSUPPORT)
	}},
	{"socket function: WSAEAFNOSUPPORT for a family that is not supported", "a bad family", func(t *testing.T) {
		wantNoSocket(t, 0xdead, wsa.SOCK_STREAM, 0, wsa.WSAEAFNOSUPPORT)
		wantNoSocket(t, -1, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, wsa.WSAEAFNOSUPPORT)
		wantNoSocket(t, 10, wsa.SOCK_STREAM, 0, wsa.WSAEAFNOSUPPORT) // AF_INET6 elsewhere
	}},
	{"difference 13", "type and protocol that do not go together", inBothFamilies(func(t *testing.T, family int32) {
		wantNoSocket(t, family, wsa.SOCK_STREAM, wsa.IPPROTO_UDP, wsa.WSAEPROTONOSUPPORT)
		wantNoSocket(t, family, wsa.SOCK_DGRAM, wsa.IPPROTO_TCP, wsa.WSAEPROTONOSUPPORT)
	})},
	{"difference 13", "an unknown protocol", inBothFamilies(func(t *testing.T, family int32) {
		wantNoSocket(t, family, wsa.SOCK_STREAM, 0xdead, wsa.WSAEPROTONOSUPPORT)
		wantNoSocket(t, family, wsa.SOCK_DGRAM, -1, wsa.WSAEPROTONOSUPPORT)
	})},
	{"difference 14", "a protocol info fills what is left open", inBothFamilies(func(t *testing.T, family int32) {
		want := protocol(t, family, wsa.SOCK_DGRAM)
		for _, open := range []int32{0, wsa.FROM_PROTOCOL_INFO} {
			_, got := opened(t, open, open, open, &want)
			if got.CatalogEntryID != want.CatalogEntryID {
				t.Errorf("arguments %d opened %q, want %q", open, got.Name, want.Name)
			}
		}
	})},
	{"difference 14", "explicit arguments win over the protocol info", func(t *testing.T) {
		udp := protocol(t, wsa.AF_INET, wsa.SOCK_DGRAM)
		_, got := opened(t, wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, &udp)
		if want := protocol(t, wsa.AF_INET6, wsa.SOCK_STREAM); got.CatalogEntryID != want.CatalogEntryID {
			t.Errorf("opened %q, want %q", got.Name, want.Name)
		}
	}},
	{"difference 14", "an empty protocol info", func(t *testing.T) {
		_, err := WSASocket(0, 0, 0, new(wsa.ProtocolInfo), 0, 0)
		wantErr(t, "WSASocket", err, wsa.WSAEAFNOSUPPORT)
	}},
	{"difference 15", "raw sockets need the right to them", inBothFamilies(func(t *testing.T, family int32) {
		s, err := Socket(family, wsa.SOCK_RAW, wsa.IPPROTO_UDP)
		if err != nil {
			wantErr(t, "socket without the right", err, wsa.WSAEACCES)
			return
		}
		defer CloseSocket(s)
		wantOpt(t, s, wsa.SOL_SOCKET, wsa.SO_TYPE, wsa.SOCK_RAW)
	})},
	{"difference 15", "the raw entries are hidden and serve 256 protocols", inBothFamilies(func(t *testing.T, family int32) {
		raw := protocol(t, family, wsa.SOCK_RAW)
		if raw.ProviderFlags&wsa.PFL_HIDDEN == 0 || raw.ProtocolMaxOffset != 255 || raw.Protocol != 0 {
			t.Errorf("%q: flags %#x, protocols %d and %d more", raw.Name, raw.ProviderFlags, raw.Protocol, raw.ProtocolMaxOffset)
		}
		listed, err := WSAEnumProtocols(nil)
		must(t, err)
		for _, i := range listed {
			if i.SocketType == wsa.SOCK_RAW || i.ProviderFlags&wsa.PFL_HIDDEN != 0 {
				t.Errorf("difference 17: WSAEnumProtocols lists %q", i.Name)
			}
		}
	})},
	{"difference 16", "SO_TYPE cannot be set", func(t *testing.T) {
		for _, socketType := range []int32{wsa.SOCK_STREAM, wsa.SOCK_DGRAM} {
			s := newTestSocket(t, wsa.AF_INET, socketType)
			wantErr(t, "setsockopt", SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_TYPE, socketType), wsa.WSAENOPROTOOPT)
		}
	}},
	{"difference 16", "SO_ACCEPTCONN cannot be set", func(t *testing.T) {
		for _, socketType := range []int32{wsa.SOCK_STREAM, wsa.SOCK_DGRAM} {
			s := newTestSocket(t, wsa.AF_INET6, socketType)
			wantErr(t, "setsockopt", SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, 1), wsa.WSAENOPROTOOPT)
		}
	}},
	{"difference 17", "service flags of TCP", inBothFamilies(func(t *testing.T, family int32) {
		const want = wsa.XP1_GUARANTEED_DELIVERY | wsa.XP1_GUARANTEED_ORDER | wsa.XP1_GRACEFUL_CLOSE |
			wsa.XP1_EXPEDITED_DATA | wsa.XP1_IFS_HANDLES
		if got := protocol(t, family, wsa.SOCK_STREAM).ServiceFlags1; got != want {
			t.Errorf("they are %#x, want %#x", got, want)
		}
	})},
	{"difference 17", "service flags of UDP", func(t *testing.T) {
		const want = wsa.XP1_CONNECTIONLESS | wsa.XP1_MESSAGE_ORIENTED | wsa.XP1_SUPPORT_BROADCAST |
			wsa.XP1_SUPPORT_MULTIPOINT | wsa.XP1_IFS_HANDLES
		if got := protocol(t, wsa.AF_INET, wsa.SOCK_DGRAM).ServiceFlags1; got != want {
			t.Errorf("they are %#x, want %#x", got, want)
		}
	}},
	{"WSAPROTOCOL_INFOW structure: iMinSockAddr and iMaxSockAddr", "address sizes", func(t *testing.T) {
		for family, want := range map[int32]int32{wsa.AF_INET: 16, wsa.AF_INET6: 28} {
			for _, socketType := range []int32{wsa.SOCK_STREAM, wsa.SOCK_DGRAM, wsa.SOCK_RAW} {
				if i := protocol(t, family, socketType); i.MinSockAddr != want || i.MaxSockAddr != want {
					t.Errorf("%q: %d to %d, want %d", i.Name, i.MinSockAddr, i.MaxSockAddr, want)
				}
			}
		}
	}},
	{"WSAPROTOCOL_INFOW structure: dwMessageSize is 0 for streams", "message sizes", func(t *testing.T) {
		for socketType, want := range map[int32]uint32{wsa.SOCK_STREAM: 0, wsa.SOCK_DGRAM: 65507} {
			if i := protocol(t, wsa.AF_INET, socketType); i.MessageSize != want {
				t.Errorf("%q: %d, want %d", i.Name, i.MessageSize, want)
			}
		}
	}},
	{"WSAPROTOCOL_INFOW structure: iNetworkByteOrder", "WSAHtonl and its like follow the protocol", inBothFamilies(func(t *testing.T, family int32) {
		s, info := opened(t, family, wsa.SOCK_STREAM, 0, nil)
		if info.NetworkByteOrder != wsa.BIGENDIAN {
			t.Errorf("the byte order is %d", info.NetworkByteOrder)
		}
		l, err := WSAHtonl(s, 0x01020304)
		must(t, err)
		h, err := WSANtohs(s, 0x0102)
		must(t, err)
		if l != 0x04030201 || h != 0x0201 {
			t.Errorf("WSAHtonl gives %#x, WSANtohs %#x", l, h)
		}
	})},
	{"difference 53", "SO_PROTOCOL_INFOW has 628 bytes, not one less", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		n, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOW, make([]byte, 700))
		if n != 628 || err != nil {
			t.Errorf("getsockopt: %d, %v", n, err)
		}
		_, err = GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOW, make([]byte, 627))
		wantErr(t, "getsockopt into 627 bytes", err, wsa.WSAEFAULT)
	}},
	{"difference 53", "SO_PROTOCOL_INFOA has 372 bytes, not one less", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET6, wsa.SOCK_DGRAM)
		buf := make([]byte, 372)
		n, err := GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOA, buf)
		if n != 372 || err != nil {
			t.Errorf("getsockopt: %d, %v", n, err)
		}
		var info wsa.ProtocolInfo
		must(t, info.DecodeA(buf))
		if info.AddressFamily != wsa.AF_INET6 || info.Protocol != wsa.IPPROTO_UDP {
			t.Errorf("it tells of %q", info.Name)
		}
		_, err = GetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOA, buf[:371])
		wantErr(t, "getsockopt into 371 bytes", err, wsa.WSAEFAULT)
	}},
	{"difference 53", "SO_PROTOCOL_INFO cannot be set", func(t *testing.T) {
		s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
		wantErr(t, "setsockopt", SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_PROTOCOL_INFOW, make([]byte, 628)), wsa.WSAENOPROTOOPT)
	}},
	{"socket function: a new socket is blocking", "sockets begin blocking", inBothFamilies(func(t *testing.T, family int32) {
		s, addr := boundSocket(t, family, wsa.SOCK_DGRAM)
		setOpt(t, s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1)
		_, err := Recv(s, make([]byte, 1), 0)
		wantErr(t, "recv", err, wsa.WSAETIMEDOUT) // a non-blocking one answers WSAEWOULDBLOCK
		_ = addr
	})},
}
