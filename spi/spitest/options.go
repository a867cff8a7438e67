// SPDX-License-Identifier: Apache-2.0

package spitest

import "winsock/wsa"

var optionChecks = []check{
	{"defaults of a stream", "SOL_SOCKET Socket Options: the values before anybody sets them", stream, 0, streamDefaults},
	{"defaults of a datagram socket", "SOL_SOCKET Socket Options: the values before anybody sets them", datagram, 0, datagramDefaults},
	{"SO_BROADCAST", "SOL_SOCKET Socket Options: off until set", datagram, wsa.XP1_SUPPORT_BROADCAST, broadcastOption},
	{"set and get", "differences 42, 45: what was set is read back", either, 0, setAndGet},
	{"address sharing options", "difference 37: SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other", either, 0, sharingOptions},
	{"SO_LINGER", "difference 48: SO_LINGER and SO_DONTLINGER are views of one flag; WSAENOPROTOOPT on datagrams", either, 0, lingerOption},
	{"SO_ACCEPTCONN", "SOL_SOCKET Socket Options: true on a listening socket", stream, 0, acceptConn},
	{"option errors", "getsockopt and setsockopt functions, differences 16, 44, 51: WSAENOPROTOOPT, WSAEINVAL, WSAEFAULT", either, 0, optionErrors},
	{"IPV6_V6ONLY", "difference 39: on by default", either, 0, v6only},
}

func (s *sock) defaults(values map[string]struct {
	name int32
	want uint32
}) {
	s.e.Helper()
	for text, v := range values {
		var value [4]byte
		n, err := s.GetSockOpt(wsa.SOL_SOCKET, v.name, value[:])
		got := uint32(value[0]) | uint32(value[1])<<8 | uint32(value[2])<<16 | uint32(value[3])<<24
		if n == 1 {
			got &= 0xff
		}
		if err != nil || n == 0 || got != v.want {
			s.e.Errorf("%s: %#x (%d bytes), %v; want %#x", text, got, n, err, v.want)
		}
	}
}

func streamDefaults(e *env) {
	e.open().defaults(map[string]struct {
		name int32
		want uint32
	}{
		"SO_TYPE":             {wsa.SO_TYPE, wsa.SOCK_STREAM},
		"SO_ERROR":            {wsa.SO_ERROR, 0},
		"SO_KEEPALIVE":        {wsa.SO_KEEPALIVE, 0},
		"SO_REUSEADDR":        {wsa.SO_REUSEADDR, 0},
		"SO_EXCLUSIVEADDRUSE": {wsa.SO_EXCLUSIVEADDRUSE, 0},
		"SO_LINGER":           {wsa.SO_LINGER, 0},
		"SO_DONTLINGER":       {wsa.SO_DONTLINGER, 1},
		"SO_ACCEPTCONN":       {wsa.SO_ACCEPTCONN, 0},
	})
}

func datagramDefaults(e *env) {
	e.open().defaults(map[string]struct {
		name int32
		want uint32
	}{
		"SO_TYPE":      {wsa.SO_TYPE, wsa.SOCK_DGRAM},
		"SO_ERROR":     {wsa.SO_ERROR, 0},
		"SO_REUSEADDR": {wsa.SO_REUSEADDR, 0},
	})
}

func broadcastOption(e *env) {
	s := e.open()
	for _, on := range []uint32{0, 1, 0} {
		if got := s.option(wsa.SOL_SOCKET, wsa.SO_BROADCAST) & 0xff; got != on {
			e.Errorf("SO_BROADCAST: %d, want %d", got, on)
		}
		e.want("set SO_BROADCAST", s.setOption(wsa.SOL_SOCKET, wsa.SO_BROADCAST, 1-on), 0)
	}
}

func setAndGet(e *env) {
	s := e.open()
	for _, size := range []uint32{4096, 100000} {
		for name, text := range map[int32]string{wsa.SO_RCVBUF: "SO_RCVBUF", wsa.SO_SNDBUF: "SO_SNDBUF"} {
			e.want("set "+text, s.setOption(wsa.SOL_SOCKET, name, size), 0)
			if got := s.option(wsa.SOL_SOCKET, name); got != size {
				e.Errorf("%s was set to %d and is %d (difference 45)", text, size, got)
			}
		}
	}
	for _, on := range []uint32{1, 0} {
		e.want("set SO_REUSEADDR", s.setOption(wsa.SOL_SOCKET, wsa.SO_REUSEADDR, on), 0)
		if got := s.option(wsa.SOL_SOCKET, wsa.SO_REUSEADDR) & 0xff; got != on {
			e.Errorf("SO_REUSEADDR was set to %d and is %d", on, got)
		}
	}
	e.want("a boolean of one byte (difference 42)", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_REUSEADDR, []byte{1}), 0)
	e.want("an integer of two bytes (difference 42)", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_RCVBUF, []byte{0, 16}), wsa.WSAEFAULT)
}

func sharingOptions(e *env) {
	s := e.open()
	e.want("SO_REUSEADDR", s.setOption(wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1), 0)
	e.want("then SO_EXCLUSIVEADDRUSE", s.setOption(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1), wsa.WSAEINVAL)
	s = e.open()
	e.want("SO_EXCLUSIVEADDRUSE", s.setOption(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1), 0)
	e.want("then SO_REUSEADDR", s.setOption(wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1), wsa.WSAEINVAL)
}

func lingerOption(e *env) {
	s := e.open()
	if e.info.ServiceFlags1&wsa.XP1_CONNECTIONLESS != 0 {
		e.want("SO_LINGER on a datagram socket", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, make([]byte, 4)), wsa.WSAENOPROTOOPT)
		return
	}
	s.linger(1, 5)
	if got := s.option(wsa.SOL_SOCKET, wsa.SO_LINGER); got != 5<<16|1 {
		e.Errorf("SO_LINGER: %#x, want on with 5 seconds", got)
	}
	if got := s.option(wsa.SOL_SOCKET, wsa.SO_DONTLINGER) & 0xff; got != 0 {
		e.Errorf("SO_DONTLINGER while SO_LINGER is on: %d, want 0", got)
	}
	e.want("SO_DONTLINGER", s.setOption(wsa.SOL_SOCKET, wsa.SO_DONTLINGER, 1), 0)
	if got := s.option(wsa.SOL_SOCKET, wsa.SO_LINGER) & 0xffff; got != 0 {
		e.Errorf("SO_LINGER after SO_DONTLINGER: %d, want off", got)
	}
}

func acceptConn(e *env) {
	l, _ := e.listener(1)
	if got := l.option(wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN) & 0xff; got != 1 {
		e.Errorf("SO_ACCEPTCONN of a listening socket: %d, want 1", got)
	}
}

func optionErrors(e *env) {
	s := e.open()
	var value [4]byte
	_, err := s.GetSockOpt(wsa.SOL_SOCKET, 0x7fff, value[:])
	e.want("get an unknown option", err, wsa.WSAENOPROTOOPT)
	e.want("set an unknown option", s.SetSockOpt(wsa.SOL_SOCKET, 0x7fff, value[:]), wsa.WSAENOPROTOOPT)
	_, err = s.GetSockOpt(0xabcd, 1, value[:])
	e.want("get at an unknown level (difference 51)", err, wsa.WSAEINVAL)
	e.want("set at an unknown level (difference 51)", s.SetSockOpt(0xabcd, 1, value[:]), wsa.WSAEINVAL)
	e.want("set SO_TYPE (difference 16)", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_TYPE, value[:]), wsa.WSAENOPROTOOPT)
	_, err = s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_RCVBUF, nil)
	e.want("get into nil", err, wsa.WSAEFAULT)
	e.want("set from nil", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_RCVBUF, nil), wsa.WSAEFAULT)
	_, err = s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_RCVBUF, value[:2])
	e.want("get an integer into two bytes", err, wsa.WSAEFAULT)
}

func v6only(e *env) {
	if e.info.AddressFamily != wsa.AF_INET6 {
		e.Log("left out, as the protocol is not of AF_INET6")
		return
	}
	const ipv6V6Only = 27
	if got := e.open().option(wsa.IPPROTO_IPV6, ipv6V6Only) & 0xff; got != 1 {
		e.Errorf("IPV6_V6ONLY: %d, want 1", got)
	}
}
