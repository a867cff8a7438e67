// SPDX-License-Identifier: Apache-2.0

package hostnames

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
)

func TestLearn(t *testing.T) {
	var table Table
	addr := netip.MustParseAddr("192.0.2.1")
	table.Learn("early.example", addr)
	if names := table.Of(addr); names != nil {
		t.Errorf("an unused table knows %v", names)
	}
	release := table.Use()
	if names := table.Of(addr); !slices.Equal(names, []string{"early.example"}) {
		t.Errorf("what was looked up just before is %v", names)
	}
	release()
	release = table.Use()
	table.Learn("A.example.", addr, netip.MustParseAddr("::ffff:192.0.2.2"))
	table.Learn("b.example", addr)
	table.Learn("", addr)
	if names := table.Of(addr); !slices.Equal(names, []string{"b.example", "a.example"}) {
		t.Errorf("names are %v", names)
	}
	table.Learn("a.example", addr)
	if names := table.Of(addr); !slices.Equal(names, []string{"a.example", "b.example"}) {
		t.Errorf("names are %v after another look-up", names)
	}
	if names := table.Of(netip.MustParseAddr("192.0.2.2")); !slices.Equal(names, []string{"a.example"}) {
		t.Errorf("the mapped address has the names %v", names)
	}
	release()
	release()
	if names := table.Of(addr); names != nil {
		t.Errorf("a released table knows %v", names)
	}
}

func TestBounded(t *testing.T) {
	var table Table
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range 2 * maxEarly {
		table.Learn("early.example", at(i))
	}
	if n := len(table.entries); n != maxEarly {
		t.Errorf("%d addresses are kept for nobody, want %d", n, maxEarly)
	}
	defer table.Use()()
	for i := range maxAddrs + 10 {
		if i == maxAddrs {
			table.Learn("again.example", at(0)) // no longer the oldest
		}
		table.Learn(fmt.Sprintf("h%d.example", i), at(i))
	}
	if n := len(table.entries); n != maxAddrs {
		t.Errorf("%d addresses, want %d", n, maxAddrs)
	}
	if table.Of(at(1)) != nil || table.Of(at(0)) == nil || table.Of(at(maxAddrs+9)) == nil {
		t.Error("not the oldest were forgotten")
	}
	for i := range 2 * maxNames {
		table.Learn(fmt.Sprintf("n%d.example", i), at(0))
	}
	if n := len(table.Of(at(0))); n != maxNames {
		t.Errorf("%d names, want %d", n, maxNames)
	}
}

func TestChanges(t *testing.T) {
	var table Table
	release := table.Use()
	addr, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	was := table.Changes()
	changed := func() bool {
		now := table.Changes()
		defer func() { was = now }()
		return now != was
	}
	if table.Learn("a.example", addr); !changed() {
		t.Error("a new address is no change")
	}
	if table.Learn("A.example.", addr); changed() {
		t.Error("what was known is a change")
	}
	if table.Learn("b.example", addr); !changed() {
		t.Error("a second name is no change")
	}
	if table.Learn("b.example", other); !changed() {
		t.Error("a second address is no change")
	}
	if release(); !changed() {
		t.Error("forgetting all is no change")
	}
}
