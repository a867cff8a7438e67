// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net/netip"
	"testing"

	"winsock/wsa"
)

// nameSemantics are the rules of the text functions and of the small
// databases. The getaddrinfo family has tests of its own.
var nameSemantics = []semantic{
	{"difference 139", "inet_addr takes one to four parts", func(t *testing.T) {
		for text, want := range map[string]uint32{
			"1.2.3.4": 0x01020304, "1.2.772": 0x01020304, "1.131844": 0x01020304, "16909060": 0x01020304,
			"0x7f.1": 0x7f000001, "0177.0.0.01": 0x7f000001, "0x7f000001": 0x7f000001,
		} {
			if got := Ntohl(InetAddr(text)); got != want {
				t.Errorf("inet_addr(%q) is %#x, want %#x", text, got, want)
			}
		}
	}},
	{"difference 139", "inet_addr ignores what follows a blank", func(t *testing.T) {
		for text, want := range map[string]uint32{"127.0.0.1 ": 0x7f000001, "127.0.0.1 and more": 0x7f000001, " ": 0} {
			if got := Ntohl(InetAddr(text)); got != want {
				t.Errorf("inet_addr(%q) is %#x, want %#x", text, got, want)
			}
		}
	}},
	{"difference 139", "inet_addr refuses", func(t *testing.T) {
		for _, text := range []string{" 127.0.0.1", "256.0.0.1", "1.2.3.4.5", "1.2.3.", "a.b.c.d", "1.2.65536"} {
			if got := InetAddr(text); got != wsa.INADDR_NONE {
				t.Errorf("inet_addr(%q) is %#x", text, got)
			}
		}
	}},
	{"InetPtonW function: 1 for a valid text, 0 for another one", "InetPton", func(t *testing.T) {
		for text, want := range map[string]bool{"127.0.0.1": true, "127.1": false, "0x7f.0.0.1": false, "": false} {
			if ok, err := InetPton(wsa.AF_INET, text, make([]byte, 4)); ok != want || err != nil {
				t.Errorf("%q: %v, %v", text, ok, err)
			}
		}
		_, err := InetPton(0xdead, "127.0.0.1", make([]byte, 16))
		wantErr(t, "an unknown family", err, wsa.WSAEAFNOSUPPORT)
		_, err = InetPton(wsa.AF_INET6, "::1", make([]byte, 15))
		wantErr(t, "too short a place", err, wsa.WSAEFAULT)
	}},
	{"InetNtopW function", "InetNtop and back", func(t *testing.T) {
		for _, text := range []string{"::", "::1", "2001:db8::5", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8"} {
			bytes := make([]byte, 16)
			if ok, err := InetPton(wsa.AF_INET6, text, bytes); !ok || err != nil {
				t.Fatalf("%q: %v, %v", text, ok, err)
			}
			if got, err := InetNtop(wsa.AF_INET6, bytes); got != text || err != nil {
				t.Errorf("%q became %q, %v", text, got, err)
			}
		}
		_, err := InetNtop(0xdead, make([]byte, 16))
		wantErr(t, "an unknown family", err, wsa.WSAEAFNOSUPPORT)
	}},
	{"difference 140", "getservbyname and getservbyport", func(t *testing.T) {
		s, err := GetServByName("http", "tcp")
		must(t, err)
		if s.Port != 80 && s.Port != Htons(80) {
			t.Errorf("http is at %d", s.Port)
		}
		back, err := GetServByPort(s.Port, "tcp")
		must(t, err)
		if back.Name != "http" {
			t.Errorf("and there is %q", back.Name)
		}
		_, err = GetServByName("no-such-service", "tcp")
		wantErr(t, "an unknown service", err, wsa.WSANO_DATA)
	}},
	{"difference 141", "getprotobyname ignores case", func(t *testing.T) {
		for name, want := range map[string]int32{"tcp": 6, "TCP": 6, "Udp": 17, "icmp": 1, "ipv6": 41} {
			p, err := GetProtoByName(name)
			if err != nil || p.Number != want {
				t.Errorf("%q: %+v, %v, want %d", name, p, err, want)
			}
		}
		_, err := GetProtoByName("no-such-protocol")
		wantErr(t, "an unknown protocol", err, wsa.WSANO_DATA)
	}},
	{"difference 141", "getprotobynumber", func(t *testing.T) {
		p, err := GetProtoByNumber(wsa.IPPROTO_TCP)
		if err != nil || p.Name != "tcp" {
			t.Errorf("6 is %+v, %v", p, err)
		}
		for _, n := range []int32{-1, 256} {
			_, err = GetProtoByNumber(n)
			wantErr(t, "an unknown number", err, wsa.WSANO_DATA)
		}
	}},
	{"gethostname function", "gethostname", func(t *testing.T) {
		got, err := GetHostName()
		if got == "" || err != nil {
			t.Errorf("gethostname: %q, %v", got, err)
		}
	}},
	{"difference 143", "addresses as text", func(t *testing.T) {
		for text, want := range map[string]string{
			"127.0.0.1:80": "127.0.0.1:80", "127.0.0.1:0": "127.0.0.1", "[::1]:80": "[::1]:80", "[::1]:0": "::1",
			"[fe80::5%3]:80": "[fe80::5%3]:80", "[fe80::5%3]:0": "fe80::5%3",
		} {
			sa := wsa.SockaddrFrom(netip.MustParseAddrPort(text))
			got, err := WSAAddressToString(&sa, nil)
			if got != want || err != nil {
				t.Errorf("%s: %q, %v, want %q", text, got, err, want)
				continue
			}
			back, err := WSAStringToAddress(got, sa.Family(), nil)
			if back != sa || err != nil {
				t.Errorf("%q: %v, %v, want %v", got, &back, err, &sa)
			}
		}
	}},
	{"difference 143", "texts that are no address", func(t *testing.T) {
		for text, family := range map[string]int32{
			"": wsa.AF_INET, "256.1.1.1": wsa.AF_INET, "::1": wsa.AF_INET, "1.2.3.4:99999": wsa.AF_INET,
			"1.2.3.4": wsa.AF_INET6, "[::1": wsa.AF_INET6, "[::1]:": wsa.AF_INET6, "localhost": wsa.AF_INET6,
		} {
			_, err := WSAStringToAddress(text, family, nil)
			wantErr(t, text, err, wsa.WSAEINVAL)
		}
	}},
	{"difference 145", "WSCGetProviderPath", func(t *testing.T) {
		_, err := WSCGetProviderPath(wsa.NewGUID())
		wantErr(t, "an unknown provider", err, wsa.WSAEINVAL)
		path, err := WSCGetProviderPath(protocol(t, wsa.AF_INET, wsa.SOCK_STREAM).ProviderID)
		if path == "" || err != nil {
			t.Errorf("TCP's provider: %q, %v", path, err)
		}
	}},
	{"difference 145", "WSCGetProviderInfo", func(t *testing.T) {
		tcp := protocol(t, wsa.AF_INET, wsa.SOCK_STREAM).ProviderID
		_, err := WSCGetProviderInfo(tcp, ProviderInfoLspCategories, 1)
		wantErr(t, "flags", err, wsa.WSAEINVAL)
		_, err = WSCGetProviderInfo(tcp, 7, 0)
		wantErr(t, "an unknown class", err, wsa.WSAEINVAL)
		_, err = WSCGetProviderInfo(tcp, ProviderInfoLspCategories, 0)
		wantErr(t, "a provider that is not layered", err, wsa.WSAEINVAL)
		_, err = WSCGetProviderInfo(wsa.NewGUID(), ProviderInfoLspCategories, 0)
		wantErr(t, "an unknown provider", err, wsa.WSAEINVALIDPROVIDER)
	}},
}
