// SPDX-License-Identifier: Apache-2.0

package addrsel

import (
	"net/netip"
	"strings"
	"testing"
)

// The examples of RFC 6724, section 10.2, as far as the rules kept here go:
// destinations and their sources, in the order that must come out.
func TestExamplesOfRFC6724(t *testing.T) {
	for _, c := range []struct{ name, want, sources string }{
		{"prefer matching scope", "2001:db8:1::1 198.51.100.121", "2001:db8:1::2 169.254.13.78"},
		{"prefer matching scope, IPv4", "198.51.100.121 2001:db8:1::1", "198.51.100.117 fe80::1"},
		{"prefer higher precedence", "2001:db8:1::1 10.1.2.3", "2001:db8:1::2 10.1.2.4"},
		{"prefer smaller scope", "fe80::1 2001:db8:1::1", "fe80::2 2001:db8:1::2"},
		{"prefer matching label", "2002:c633:6401::1 2001:db8:1::1", "2002:c633:6401::2 2002:c633:6401::2"},
		{"prefer higher precedence to 6to4", "2001:db8:1::1 2002:c633:6401::1", "2001:db8:1::2 2002:c633:6401::2"},
		{"avoid unusable destinations", "192.0.2.1 2001:db8::1", "192.0.2.2 -"},
		{"longest prefix", "2001:db8:1:1::1 2001:db8:2::1", "2001:db8:1:2::9 2001:db8:1:2::9"},
		{"IPv4 keeps its turns", "192.0.2.200 192.0.2.3 10.0.0.1", "192.0.2.2 192.0.2.2 192.0.2.2"},
		{"loopback", "::1 127.0.0.1", "::1 127.0.0.1"},
		{"native before Teredo and local", "2001:db8::1 192.0.2.1 2001::1 fc00::1", "2001:db8::2 192.0.2.2 2001::2 fc00::2"},
	} {
		want, sources := strings.Fields(c.want), strings.Fields(c.sources)
		bySource := map[netip.Addr]netip.Addr{}
		var addrs []netip.Addr
		for i := range want {
			addr := netip.MustParseAddr(want[i])
			if sources[i] != "-" {
				bySource[addr] = netip.MustParseAddr(sources[i])
			}
			addrs = append(addrs, addr)
		}
		for range 2 {
			Sort(addrs, func(a netip.Addr) netip.Addr { return bySource[a] })
			var got []string
			for _, a := range addrs {
				got = append(got, a.String())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s: got %q, want %q", c.name, got, c.want)
			}
			if c.name != "IPv4 keeps its turns" {
				addrs[0], addrs[len(addrs)-1] = addrs[len(addrs)-1], addrs[0]
			}
		}
	}
}

func TestSystem(t *testing.T) {
	if got := System(netip.MustParseAddr("127.0.0.1")); got != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("127.0.0.1 is reached from %v", got)
	}
	if got := System(netip.Addr{}); got.IsValid() {
		t.Errorf("nowhere is reached from %v", got)
	}
}
