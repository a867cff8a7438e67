// SPDX-License-Identifier: Apache-2.0

package main

import "net/netip"

// A share is what one server process gets of the connections. A client
// process opens them and no others, so both sides need as many descriptors.
type share struct {
	n     int
	hosts []string // that the server listens on
}

// spread distributes n connections evenly over as few processes as can be,
// if a process may have perProcess of them and an address perHost. No two
// listeners have the same host, so that each has all of the clients' ports.
func spread(n, perProcess, perHost int) []share {
	shares := make([]share, ceil(n, perProcess))
	hosts := 0
	for i := range shares {
		s := &shares[i]
		s.n = n / len(shares)
		if i < n%len(shares) {
			s.n++
		}
		for range ceil(s.n, perHost) {
			hosts++
			s.hosts = append(s.hosts, loopback(hosts))
		}
	}
	return shares
}

// loopback returns the i-th address of 127.0.0.0/8, all of which are this
// machine's.
func loopback(i int) string {
	return netip.AddrFrom4([4]byte{127, byte(i >> 16), byte(i >> 8), byte(i)}).String()
}

func ceil(a, b int) int { return (a + b - 1) / b }
