// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"winsock/wsa"
)

// showHost writes a host as "name alias...: address...".
func showHost(h *Hostent) string {
	if h == nil {
		return ""
	}
	var addrs []string
	for _, a := range h.Addrs {
		addrs = append(addrs, a.String())
	}
	return strings.Join(append([]string{h.Name}, h.Aliases...), " ") + ": " + strings.Join(addrs, " ")
}

// "gethostbyname function": the name spaces are asked in order, for IPv4.
func TestGetHostByName(t *testing.T) {
	testNames(t)
	for _, c := range []struct {
		name, want string
		err        wsa.Errno
	}{
		{"short", "v4.test short: 192.0.2.1", 0},
		{"shadow.test", "shadow.test: 192.0.2.9", 0},
		{"dns.test", "dns.test: 192.0.2.53", 0},
		{"both.test", "both.test: 192.0.2.7", 0},
		{"localhost", "localhost: 127.0.0.1", 0},
		{"bücher.test", "xn--bcher-kva.test: 192.0.2.8", 0},
		{"", ownName() + ": 192.0.2.2", 0},
		{ownName(), ownName() + ": 192.0.2.2", 0},
		{"127.0.0.1", "127.0.0.1: 127.0.0.1", 0},
		{"v6.test", "", wsa.WSANO_DATA},
		{"nosuch.test", "", wsa.WSAHOST_NOT_FOUND},
		{"no such", "", wsa.WSAHOST_NOT_FOUND},
	} {
		h, err := GetHostByName(c.name)
		wantErr(t, fmt.Sprintf("gethostbyname(%q)", c.name), err, c.err)
		if showHost(h) != c.want || h != nil && h.AddrType != wsa.AF_INET {
			t.Errorf("gethostbyname(%q) = %q, want %q", c.name, showHost(h), c.want)
		}
	}
	pretendAddrs(t, "2001:db8::2")
	_, err := GetHostByName("")
	wantErr(t, "the own name without IPv4", err, wsa.WSANO_DATA)
}

// "gethostbyaddr function".
func TestGetHostByAddr(t *testing.T) {
	testNames(t)
	bytes := func(s string) []byte { return netip.MustParseAddr(s).AsSlice() }
	for _, c := range []struct {
		addr   []byte
		family int32
		want   string
		err    wsa.Errno
	}{
		{bytes("192.0.2.1"), wsa.AF_INET, "v4.test short: 192.0.2.1", 0},
		{bytes("192.0.2.53"), wsa.AF_INET, "dns.test: 192.0.2.53", 0},
		{bytes("192.0.2.2"), wsa.AF_INET, ownName() + ": 192.0.2.2", 0},
		{bytes("127.0.0.1"), wsa.AF_INET, "localhost: 127.0.0.1", 0},
		{bytes("2001:db8::1"), wsa.AF_INET6, "v6.test: 2001:db8::1", 0},
		{bytes("192.0.2.99"), wsa.AF_INET, "", wsa.WSAHOST_NOT_FOUND},
		{bytes("192.0.2.1")[:3], wsa.AF_INET, "", wsa.WSAEFAULT},
		{nil, wsa.AF_INET, "", wsa.WSAEFAULT},
		{bytes("192.0.2.1"), wsa.AF_INET6, "", wsa.WSAEFAULT},
		{bytes("192.0.2.1"), wsa.AF_IRDA, "", wsa.WSAEAFNOSUPPORT},
	} {
		h, err := GetHostByAddr(c.addr, c.family)
		wantErr(t, fmt.Sprintf("gethostbyaddr(%v, %d)", c.addr, c.family), err, c.err)
		if showHost(h) != c.want || h != nil && h.AddrType != c.family {
			t.Errorf("gethostbyaddr(%v, %d) = %q, want %q", c.addr, c.family, showHost(h), c.want)
		}
	}
}

// The own addresses are those of the interfaces, loopback only if need be.
func TestOwnAddrs(t *testing.T) {
	addrs := interfaceAddrs()
	if len(addrs) == 0 {
		t.Skip("this machine has no interface that is up")
	}
	loopback := slices.ContainsFunc(addrs, netip.Addr.IsLoopback)
	if other := slices.ContainsFunc(addrs, func(a netip.Addr) bool { return !a.IsLoopback() }); loopback == other {
		t.Errorf("%v mixes loopback and other addresses", addrs)
	}
}

func TestOwnName(t *testing.T) {
	testNames(t)
	for _, c := range []struct{ own, name, want string }{
		{"me.home.test", "me", "me.home.test: 192.0.2.2"},
		{"me.home.test", "ME.home.test.", "me.home.test: 192.0.2.2"},
		{"me.home.test", "me.home", ""},
		{"me.home.test", "", "me.home.test: 192.0.2.2"},
		{"short", "short", "short: 192.0.2.2"}, // whatever the hosts file says
		{"", "", "localhost: 192.0.2.2"},
		{"(none)", "localhost", "localhost: 127.0.0.1"}, // the name spaces answer for that name
	} {
		pretendName(t, c.own)
		if h, _ := GetHostByName(c.name); showHost(h) != c.want {
			t.Errorf("%q on the host %q is %q, want %q", c.name, c.own, showHost(h), c.want)
		}
	}
}

func TestSetHostName(t *testing.T) {
	started(t)
	set := ""
	original := setHostName
	t.Cleanup(func() { setHostName = original })
	setHostName = func(name string) error { set = name; return nil }
	for name, want := range map[string]wsa.Errno{
		"pocket-pc": 0, "a.example": 0, "": wsa.WSAEFAULT, "a b": wsa.WSAEINVAL, "a.": wsa.WSAEINVAL,
		strings.Repeat("a", 65): wsa.WSAENAMETOOLONG,
	} {
		set = ""
		wantErr(t, fmt.Sprintf("sethostname(%q)", name), SetHostName(name), want)
		if want == 0 && set != name || want != 0 && set != "" {
			t.Errorf("sethostname(%q) set %q", name, set)
		}
	}
	setHostName = func(string) error { return syscall.EPERM }
	wantErr(t, "sethostname without the right", SetHostName("a"), wsa.WSAEACCES)
	if name, err := GetHostName(); err != nil || name != ownName() {
		t.Errorf("gethostname = %q, %v", name, err)
	}
}

// Differences 140 and 141, by way of the API.
func TestServicesAndProtocols(t *testing.T) {
	started(t)
	if s, err := GetServByName("domain", "udp"); err != nil || s.Port != 53 || s.Name != "domain" || s.Protocol != "udp" {
		t.Errorf("getservbyname(domain, udp) = %+v, %v", s, err)
	}
	if s, err := GetServByPort(23, ""); err != nil || s.Name != "telnet" {
		t.Errorf("getservbyport(23) = %+v, %v", s, err)
	}
	if p, err := GetProtoByName("ICMP"); err != nil || p.Number != 1 || p.Name != "icmp" {
		t.Errorf("getprotobyname(ICMP) = %+v, %v", p, err)
	}
	if p, err := GetProtoByNumber(58); err != nil || p.Name != "ipv6-icmp" || p.Aliases[0] != "IPv6-ICMP" {
		t.Errorf("getprotobynumber(58) = %+v, %v", p, err)
	}
	_, err := GetServByName("nosuch", "")
	wantErr(t, "getservbyname(nosuch)", err, wsa.WSANO_DATA)
	_, err = GetServByPort(1, "nosuch")
	wantErr(t, "getservbyport(1, nosuch)", err, wsa.WSANO_DATA)
	_, err = GetProtoByName("nosuch")
	wantErr(t, "getprotobyname(nosuch)", err, wsa.WSANO_DATA)
	_, err = GetProtoByNumber(256)
	wantErr(t, "getprotobynumber(256)", err, wsa.WSANO_DATA)
}
