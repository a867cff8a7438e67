// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"fmt"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

// A clock is a time that a test sets.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func TestCacheHonoursTTL(t *testing.T) {
	z := newZone(t, ". 60 IN SOA ns. host. 1 2 3 4 30", "short.example. 10 IN A 192.0.2.1",
		"alias.example. 5 IN CNAME short.example.", "zero.example. 0 IN A 192.0.2.1",
		"huge.example. 2147483647 IN A 192.0.2.1", "negative.example. 4294967295 IN A 192.0.2.1")
	s := newServer(t, z.answer)
	r := NewResolver(patient(s.addr), nil)
	clock := &clock{time.Unix(1_000_000_000, 0)}
	r.cache.now = clock.now
	for _, c := range []struct {
		name    string
		advance time.Duration
		asks    bool
		err     error
	}{
		{"short.example", 0, true, nil},
		{"SHORT.example.", 9 * time.Second, false, nil},
		{"short.example", time.Second, true, nil},
		{"alias.example", 0, true, nil},
		{"alias.example", 4 * time.Second, false, nil},
		{"alias.example", time.Second, true, nil}, // the shortest of the chain counts
		{"zero.example", 0, true, nil},
		{"zero.example", 0, true, nil},
		{"negative.example", 0, true, nil},
		{"negative.example", 0, true, nil},
		{"huge.example", 0, true, nil},
		{"huge.example", maxTTL - time.Second, false, nil},
		{"huge.example", time.Second, true, nil},
		{"nosuch.example", 0, true, wsa.WSAHOST_NOT_FOUND},
		{"nosuch.example", 29 * time.Second, false, wsa.WSAHOST_NOT_FOUND},
		{"nosuch.example", time.Second, true, wsa.WSAHOST_NOT_FOUND},
	} {
		clock.t = clock.t.Add(c.advance)
		before := len(s.questions())
		_, err := r.Host(t.Context(), c.name, true, false)
		if asked := len(s.questions()) > before; asked != c.asks || err != c.err {
			t.Errorf("%s after %v: asked the server: %v, want %v; error %v", c.name, c.advance, asked, c.asks, err)
		}
	}
	r.FlushCache()
	before := len(s.questions())
	if _, err := r.Host(t.Context(), "huge.example", true, false); err != nil || len(s.questions()) == before {
		t.Errorf("after a flush the server is not asked: %v", err)
	}
}

// RFC 2308: an absence without an SOA is not remembered, nor is a failure.
func TestFailuresAreNotCached(t *testing.T) {
	for name, handle := range map[string]func(mdns.ResponseWriter, *mdns.Msg){
		"NXDOMAIN without SOA": newZone(t).answer,
		"SERVFAIL":             rcode(mdns.RcodeServerFailure),
	} {
		s := newServer(t, handle)
		r := NewResolver(patient(s.addr), nil)
		for range 2 {
			if _, err := r.Host(t.Context(), "x.example", true, false); err == nil {
				t.Errorf("%s: found", name)
			}
		}
		if n := len(s.questions()); n != 2 {
			t.Errorf("%s: the server was asked %d times, want 2", name, n)
		}
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(3, time.Now)
	set := &recordSet{ttl: time.Hour}
	for i := range 3 {
		c.put(newKey(fmt.Sprint(i), 1), set)
	}
	c.get(newKey("0", 1)) // now "1" is the one not used for longest
	c.put(newKey("3", 1), set)
	c.put(newKey("3", 1), set)
	for name, want := range map[string]bool{"0": true, "1": false, "2": true, "3": true} {
		if got := c.get(newKey(name, 1)) != nil; got != want {
			t.Errorf("%s in the cache: %v, want %v", name, got, want)
		}
	}
	if len(c.byKey) != 3 || c.used.Len() != 3 {
		t.Errorf("%d keys, %d entries", len(c.byKey), c.used.Len())
	}
	none := newCache(0, time.Now)
	if none.put(newKey("x", 1), set); none.get(newKey("x", 1)) != nil {
		t.Error("a cache of size 0 remembers")
	}
}
