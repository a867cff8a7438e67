// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"os"
	"slices"
	"testing"
)

// TestMain lets the test's program be the children that it starts.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-role") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		n, perProcess, perHost int
		processes, hosts       int
	}{
		{100000, 19800, 11292, 6, 12},
		{100000, 100000, 11292, 1, 9},
		{3000, 800, 11292, 4, 4},
		{3000, 800, 100, 4, 32},
		{800, 800, 800, 1, 1},
		{801, 800, 800, 2, 2},
		{1, 800, 800, 1, 1},
		{1000, 1, 1, 1000, 1000}, // more hosts than 127.0.0.0/24 has
	} {
		shares := spread(c.n, c.perProcess, c.perHost)
		if len(shares) != c.processes {
			t.Errorf("%+v: %d processes, want %d", c, len(shares), c.processes)
		}
		sum, seen := 0, map[string]bool{}
		for _, s := range shares {
			sum += s.n
			if s.n < c.n/c.processes || s.n > c.perProcess {
				t.Errorf("%+v: a share of %d, want an even one of at most %d", c, s.n, c.perProcess)
			}
			if s.n > len(s.hosts)*c.perHost {
				t.Errorf("%+v: %d connections to %d hosts", c, s.n, len(s.hosts))
			}
			for _, host := range s.hosts {
				if seen[host] || !netip.MustParseAddr(host).IsLoopback() {
					t.Errorf("%+v: %s is no loopback address or given out twice", c, host)
				}
				seen[host] = true
			}
		}
		if sum != c.n || len(seen) != c.hosts {
			t.Errorf("%+v: %d connections to %d hosts, want all to %d", c, sum, len(seen), c.hosts)
		}
	}
}

// A limit is lowered too, so that a spread that is forced is put to the test.
func TestSetDescriptorLimit(t *testing.T) {
	may, err := setDescriptorLimit(100)
	if err != nil || may != 100 {
		t.Errorf("setDescriptorLimit(100) = %d, %v", may, err)
	}
	if may, err := connectionsWithin(spare); err == nil {
		t.Errorf("%d connections in %d descriptors, want an error", may, spare)
	}
}

// Each connection has a buffer of its own, so that the live heap of the
// servers together must grow by at least that, however they are spread.
// Resident memory may grow by less, as nobody writes into the buffers.
func TestUsage(t *testing.T) {
	const n, buffer = 300, 4096
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			u, err := usageOf(k, spread(n, 120, 40), buffer)
			if err != nil {
				t.Fatal(err)
			}
			grown := u.collected.minus(u.empty)
			if grown.heap < n*buffer {
				t.Errorf("the live heap grows by %d bytes for %d connections with %d bytes each", grown.heap, n, buffer)
			}
			if u.empty.resident <= 0 || u.connected <= u.empty.resident || grown.resident <= 0 {
				t.Errorf("resident memory does not grow: %+v", u)
			}
		})
	}
}

// A server whose connections are gone makes the measurement fail.
func TestExchangeCounts(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			shares := spread(10, 10, 10)
			server, err := startChild(k.name, 10, 64, shares[0].hosts...)
			if err != nil {
				t.Fatal(err)
			}
			defer server.stop()
			addresses, err := server.answer(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			servers := []*child{server}
			clients, stop, err := connect(t.Context(), servers, shares, []string{addresses})
			stop() // the connections end by a reset
			if err != nil {
				t.Fatal(err)
			}
			if err := exchange(t.Context(), servers, clients, shares); err == nil {
				t.Error("no error though the clients have gone")
			}
		})
	}
}
