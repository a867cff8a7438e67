// SPDX-License-Identifier: Apache-2.0

package hostnames

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
)

func TestFakes(t *testing.T) {
	var f Fakes
	in, in6 := netip.MustParsePrefix("198.18.0.0/29"), netip.MustParsePrefix("fd00::/64")
	if _, known := f.Of(netip.MustParseAddr("198.18.0.1")); known {
		t.Error("a range is known that nothing was taken from")
	}
	seen := map[netip.Addr]bool{}
	for i := range 6 { // .0 and .7 are not for hosts
		name := fmt.Sprintf("h%d.example", i)
		addr := f.For(name, in)
		if !in.Contains(addr) || seen[addr] || addr == in.Addr() || addr == netip.MustParseAddr("198.18.0.7") {
			t.Fatalf("%s has %v", name, addr)
		}
		seen[addr] = true
		if got, known := f.Of(addr); got != name || !known {
			t.Errorf("%v is %q, %v", addr, got, known)
		}
		if again := f.For("H"+name[1:]+".", in); again != addr {
			t.Errorf("%s has %v, and then %v", name, addr, again)
		}
		if six := f.For(name, in6); !in6.Contains(six) {
			t.Errorf("%s has %v", name, six)
		}
	}
	// The one that was used longest ago makes room.
	first, second := f.For("h0.example", in), f.For("h1.example", in)
	f.Of(first)
	for _, name := range []string{"h2.example", "h3.example", "h4.example", "h5.example"} {
		f.For(name, in)
	}
	f.Of(first)
	if addr := f.For("new.example", in); addr != second {
		t.Errorf("the new one has %v, want the oldest %v", addr, second)
	}
	if name, known := f.Of(netip.MustParseAddr("::ffff:198.18.0.7")); name != "" || !known {
		t.Errorf("an address of the range is %q, %v", name, known)
	}
}

func TestFakesBounded(t *testing.T) {
	f := Fakes{limit: 100}
	in := netip.MustParsePrefix("198.18.0.0/24")
	last := map[netip.Addr]int{}
	for i := range 1000 {
		addr := f.For(fmt.Sprint("h", i), in)
		if was, again := last[addr]; again && i-was < 200 {
			t.Fatalf("%v serves again after %d others", addr, i-was)
		}
		last[addr] = i
	}
	if len(f.byAddr) != 100 || len(f.byName) != 100 {
		t.Errorf("%d addresses and %d names are kept", len(f.byAddr), len(f.byName))
	}
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 500 {
				f.Of(f.For(fmt.Sprint(g, i), in))
			}
		})
	}
	group.Wait()
}
