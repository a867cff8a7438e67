// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"
	"sync/atomic"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestSetAddrs: sockets can be bound to the new addresses only, and who
// watches is told.
func TestSetAddrs(t *testing.T) {
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	h := new(Network).Host(one)
	open := func() spi.Socket {
		s, err := h.Provider().Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	s := open()
	var told atomic.Int32
	w := &spi.Watcher{Mask: spi.EventAddressList, Notify: func(spi.Events) { told.Add(1) }}
	s.Watch(w)
	var token [spi.SizeofChangeToken]byte
	ask := func(want error) {
		t.Helper()
		if _, err := s.Ioctl(wsa.SIO_ADDRESS_LIST_CHANGE, nil, token[:]); err != want {
			t.Errorf("SIO_ADDRESS_LIST_CHANGE: %v, want %v", err, want)
		}
	}
	ask(wsa.WSAEWOULDBLOCK)
	h.SetAddrs(other, netip.MustParseAddr("::ffff:192.0.2.1"))
	ask(nil)
	h.SetAddrs(netip.MustParseAddr("2001:db8::1"), one)
	ask(wsa.WSAEWOULDBLOCK) // for IPv4, it is as it was
	s.Unwatch(w)
	h.SetAddrs(other)
	if told.Load() != 2 {
		t.Errorf("told %d times, want 2", told.Load())
	}
	for addr, want := range map[netip.Addr]error{one: wsa.WSAEADDRNOTAVAIL, other: nil} {
		name := wsa.SockaddrFrom(netip.AddrPortFrom(addr, 0))
		if err := open().Bind(&name); err != want {
			t.Errorf("bind to %v: %v, want %v", addr, err, want)
		}
	}
}
