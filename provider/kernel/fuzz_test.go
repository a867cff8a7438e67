// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// plain reports whether an error is what the contract of package spi allows.
func plain(err error) bool {
	_, ok := err.(wsa.Errno)
	return ok || err == nil
}

// Any bytes as the value of any option, and as the input of any control
// code, are either taken or refused with a plain code.
func FuzzValues(f *testing.F) {
	all := sockopt.Rules()
	for i, r := range all {
		f.Add(uint16(i), uint8(i), make([]byte, max(4, r.Size)))
	}
	f.Add(uint16(0), uint8(0), []byte{})
	codes := []uint32{wsa.FIONREAD, wsa.SIOCATMARK, wsa.SIO_KEEPALIVE_VALS, wsa.SIO_UDP_CONNRESET,
		wsa.SIO_ROUTING_INTERFACE_QUERY, wsa.SIO_ADDRESS_LIST_QUERY, wsa.SIO_GET_INTERFACE_LIST,
		wsa.SIO_ADDRESS_LIST_CHANGE, wsa.SIO_ROUTING_INTERFACE_CHANGE,
		wsa.SIO_MULTICAST_SCOPE, wsa.SIO_MULTIPOINT_LOOPBACK, wsa.SIO_GET_BROADCAST_ADDRESS, 0xdeadbeef}
	opened := []spi.Opening{tcp4, tcp6, udp4, udp6, unix}
	f.Fuzz(func(t *testing.T, option uint16, kind uint8, value []byte) {
		s := newSock(t, opened[int(kind)%len(opened)])
		r := all[int(option)%len(all)]
		if r.Upper {
			return
		}
		if err := s.SetSockOpt(r.Level, r.Name, value); !plain(err) {
			t.Errorf("setsockopt %s: %v", r.Symbol, err)
		}
		if n, err := s.GetSockOpt(r.Level, r.Name, value); !plain(err) || n > len(value) {
			t.Errorf("getsockopt %s: %d of %d bytes, %v", r.Symbol, n, len(value), err)
		}
		code := codes[int(option)%len(codes)]
		if n, err := s.Ioctl(code, value, value); !plain(err) || err == nil && n > len(value) {
			t.Errorf("ioctl %#x: %d of %d bytes, %v", code, n, len(value), err)
		}
	})
}

// Any bytes as an address.
func FuzzNames(f *testing.F) {
	for _, o := range []spi.Opening{tcp4, tcp6} {
		name := anyAddr(o, 0)
		f.Add(uint8(0), name.Bytes())
	}
	f.Add(uint8(1), make([]byte, 16))
	f.Add(uint8(2), []byte{23, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, kind uint8, bytes []byte) {
		o := []spi.Opening{tcp4, udp4, tcp6, udp6}[int(kind)%4]
		name := wsa.SockaddrBytes(bytes)
		s := newSock(t, o)
		err := s.Bind(&name)
		if !plain(err) {
			t.Errorf("bind: %v", err)
		}
		var got wsa.Sockaddr
		if bound := s.GetSockName(&got) == nil; bound != (err == nil) {
			t.Errorf("bind: %v, but getsockname works: %t", err, bound)
		}
		if name.Family() == wsa.AF_INET || name.Family() == wsa.AF_INET6 {
			return // no datagrams to strangers
		}
		m := spi.Message{Bufs: [][]byte{{1}}, Name: &name}
		if _, err := newSock(t, udp4).Send(&m); err == nil || !plain(err) {
			t.Errorf("sendto family %d: %v", name.Family(), err)
		}
	})
}
