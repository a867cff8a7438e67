// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net/netip"
	"testing"

	"winsock/wsa"
)

// TestInetText runs without WSAStartup (difference 1).
func TestInetText(t *testing.T) {
	for text, want := range map[string]uint32{
		"127.0.0.1": Htonl(0x7f000001), "0x7f.1": Htonl(0x7f000001), "1.2.3 x": Htonl(0x01020003),
		" ": 0, "": wsa.INADDR_NONE, "localhost": wsa.INADDR_NONE, "255.255.255.255": wsa.INADDR_NONE,
	} {
		if got := InetAddr(text); got != want {
			t.Errorf("difference 139: inet_addr(%q) = %#x, want %#x", text, got, want)
		}
	}
	if got := InetNtoa(Htonl(0xc0000201)); got != "192.0.2.1" {
		t.Errorf("inet_ntoa function: %q", got)
	}
	var addr [16]byte
	if ok, err := InetPton(wsa.AF_INET6, "::ffff:1.2.3.4", addr[:]); !ok || err != nil {
		t.Errorf("InetPtonW function: %v, %v", ok, err)
	}
	if got, err := InetNtop(wsa.AF_INET6, addr[:]); got != "::ffff:1.2.3.4" || err != nil {
		t.Errorf("InetNtopW function: %q, %v", got, err)
	}
	if ok, err := InetPton(wsa.AF_INET, "1.2.3", addr[:]); ok || err != nil {
		t.Errorf("InetPtonW function: a text that is no address gives %v, %v, want false and no error", ok, err)
	}
	if _, err := InetPton(wsa.AF_IRDA, "1.2.3.4", addr[:]); err != wsa.WSAEAFNOSUPPORT {
		t.Errorf("InetPtonW function: a foreign family gives %v, want WSAEAFNOSUPPORT", err)
	}
}

func TestAddressTextNeedsStartup(t *testing.T) {
	sa := wsa.SockaddrFrom(netip.MustParseAddrPort("192.0.2.1:80"))
	if _, err := WSAAddressToString(&sa, nil); err != wsa.WSANOTINITIALISED {
		t.Errorf("difference 1: WSAAddressToString without WSAStartup: %v", err)
	}
	if _, err := WSAStringToAddress("192.0.2.1:80", wsa.AF_INET, nil); err != wsa.WSANOTINITIALISED {
		t.Errorf("difference 1: WSAStringToAddress without WSAStartup: %v", err)
	}
}

func TestAddressText(t *testing.T) {
	started(t)
	tcp6 := &wsa.ProtocolInfo{AddressFamily: wsa.AF_INET6}
	for _, c := range []struct {
		ap, text string
		family   int32
	}{
		{"192.0.2.1:80", "192.0.2.1:80", wsa.AF_INET},
		{"192.0.2.1:0", "192.0.2.1", wsa.AF_INET},
		{"[2001:db8::1%3]:80", "[2001:db8::1%3]:80", wsa.AF_INET6},
		{"[2001:db8::1%3]:0", "2001:db8::1%3", wsa.AF_INET6},
	} {
		sa := wsa.SockaddrFrom(netip.MustParseAddrPort(c.ap))
		if got, err := WSAAddressToString(&sa, nil); got != c.text || err != nil {
			t.Errorf("difference 143: WSAAddressToString = %q, %v; want %q", got, err, c.text)
		}
		if got, err := WSAStringToAddress(c.text, c.family, nil); got != sa || err != nil {
			t.Errorf("difference 143: WSAStringToAddress(%q) = %v, %v", c.text, &got, err)
		}
		var want error
		if c.family != wsa.AF_INET6 {
			want = wsa.WSAEINVAL
		}
		if _, err := WSAAddressToString(&sa, tcp6); err != want {
			t.Errorf("WSAAddressToString of %s with an IPv6 entry: %v, want %v", c.text, err, want)
		}
		if _, err := WSAStringToAddress(c.text, c.family, tcp6); err != want {
			t.Errorf("WSAStringToAddress of %s with an IPv6 entry: %v, want %v", c.text, err, want)
		}
	}
	if _, err := WSAAddressToString(nil, nil); err != wsa.WSAEFAULT {
		t.Errorf("WSAAddressToString(nil): %v, want WSAEFAULT", err)
	}
	short := wsa.SockaddrBytes([]byte{wsa.AF_INET, 0, 0, 80})
	if _, err := WSAAddressToString(&short, nil); err != wsa.WSAEFAULT {
		t.Errorf("WSAAddressToString of a short address: %v, want WSAEFAULT", err)
	}
	if _, err := WSAStringToAddress("127.127.127.127:0", wsa.AF_INET, nil); err != wsa.WSAEINVAL {
		t.Errorf("difference 143: a port of zero: %v, want WSAEINVAL", err)
	}
	if _, err := WSAStringToAddress("localhost", wsa.AF_INET, nil); err != wsa.WSAEINVAL {
		t.Errorf("WSAStringToAddress of a name: %v, want WSAEINVAL", err)
	}
}
