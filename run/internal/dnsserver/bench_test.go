// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"net"
	"testing"

	mdns "github.com/miekg/dns"
)

// BenchmarkQuery measures one query after the other by UDP: one that the
// hosts file answers, and one that goes on to an upstream on loopback, which
// is also asked directly.
func BenchmarkQuery(b *testing.B) {
	u := newUpstream(b, testZone(b).answer)
	useNameSpaces(b, hostsPath(b, "192.0.2.50 first.hosts"), u.path(b))
	s := newServer(b)
	for _, c := range []struct{ name, host, addr string }{
		{"hosts", "first.hosts.", s.Addr(false).String()},
		{"forwarded", "v4.example.", s.Addr(false).String()},
		{"upstream", "v4.example.", u.addr},
	} {
		b.Run(c.name, func(b *testing.B) {
			conn, err := net.Dial("udp", c.addr)
			must(b, err)
			defer conn.Close()
			ask := pack(b, newQuery(c.host, mdns.TypeA))
			buf := make([]byte, maxMessage)
			b.ReportAllocs()
			for b.Loop() {
				_, err := conn.Write(ask)
				must(b, err)
				_, err = conn.Read(buf)
				must(b, err)
			}
		})
	}
}
