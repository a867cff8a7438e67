// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"reflect"
	"testing"

	"winsock/wsa"
)

// TestSettings: a store that is given another one's settings is like it.
func TestSettings(t *testing.T) {
	var s, c Store
	s.Init(Stream4)
	c.Init(Stream4)
	if list := s.Settings(); len(list) != 0 {
		t.Errorf("a fresh store has %v", list)
	}
	values := map[*Rule]int64{
		Find(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE): 1,
		Find(wsa.SOL_SOCKET, wsa.SO_REUSEADDR): 1,
		Find(wsa.SOL_SOCKET, wsa.SO_LINGER):    LingerValue(wsa.Linger{OnOff: 1, Linger: 7}),
		Find(wsa.SOL_SOCKET, wsa.SO_SNDBUF):    4711,
	}
	for r, v := range values {
		if err := s.Put(r, v); err != nil {
			t.Fatal(r.Symbol, err)
		}
	}
	if !c.Apply(s.Settings()) {
		t.Fatal("the settings are refused")
	}
	for r, v := range values {
		if got := c.Value(r); got != v {
			t.Errorf("%s is %d, want %d", r.Symbol, got, v)
		}
	}
	if !reflect.DeepEqual(s.Settings(), c.Settings()) {
		t.Errorf("the settings are %v, want %v", c.Settings(), s.Settings())
	}
}

func TestBadSettings(t *testing.T) {
	for what, list := range map[string][]Setting{
		"an unknown option":       {{wsa.SOL_SOCKET, 0x7777, 1}},
		"a live one":              {{wsa.SOL_SOCKET, wsa.SO_ERROR, 1}},
		"no boolean":              {{wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, 2}},
		"one of other sockets":    {{wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS, 1}},
		"two that do not go well": {{wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1}, {wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1}},
	} {
		var s Store
		s.Init(Stream4)
		if s.Apply(list) {
			t.Errorf("%s was taken", what)
		}
	}
}
