// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"net"
	"net/netip"

	mdns "github.com/miekg/dns"

	"winsock/namespace/hostname"
	"winsock/spi/hostnames"
)

// maxChain bounds the aliases between a name and its records.
const maxChain = 16

// learn tells layers, which see addresses only, by which names the client
// finds those of an answer: the name asked for and its aliases, and those of
// the hosts that the records lead to. Records of other names are nobody's
// word on them and are passed over.
func learn(m *mdns.Msg) {
	if len(m.Question) != 1 || m.Rcode != mdns.RcodeSuccess {
		return
	}
	names := chain(m)
	var addrs []netip.Addr
	targets := map[string]bool{}
	for _, rr := range m.Answer {
		if names[len(names)-1] != hostname.Key(rr.Header().Name) {
			continue
		}
		addrs = append(addrs, addrsOf(rr)...)
		if target := targetOf(rr); target != "" {
			targets[hostname.Key(target)] = true
		}
	}
	for i := len(names) - 1; i >= 0 && len(addrs) > 0; i-- {
		hostnames.Learn(names[i], addrs...)
	}
	for _, rr := range m.Extra {
		if name := hostname.Key(rr.Header().Name); targets[name] {
			hostnames.Learn(name, addrsOf(rr)...)
		}
	}
}

// chain returns the name asked for and those that its aliases lead to.
func chain(m *mdns.Msg) []string {
	names := []string{hostname.Key(m.Question[0].Name)}
	for len(names) <= maxChain {
		next := ""
		for _, rr := range m.Answer {
			if alias, ok := rr.(*mdns.CNAME); ok && hostname.Key(alias.Hdr.Name) == names[len(names)-1] {
				next = hostname.Key(alias.Target)
			}
		}
		if next == "" {
			break
		}
		names = append(names, next)
	}
	return names
}

// addrsOf returns the addresses in a record of the host that it belongs to.
func addrsOf(rr mdns.RR) []netip.Addr {
	var ips []net.IP
	switch rr := rr.(type) {
	case *mdns.A:
		ips = append(ips, rr.A)
	case *mdns.AAAA:
		ips = append(ips, rr.AAAA)
	case *mdns.HTTPS:
		ips = hints(rr.Value)
	case *mdns.SVCB:
		ips = hints(rr.Value)
	}
	addrs := make([]netip.Addr, 0, len(ips))
	for _, ip := range ips {
		if addr, ok := netip.AddrFromSlice(ip); ok {
			addrs = append(addrs, addr.Unmap())
		}
	}
	return addrs
}

func hints(values []mdns.SVCBKeyValue) (ips []net.IP) {
	for _, v := range values {
		switch v := v.(type) {
		case *mdns.SVCBIPv4Hint:
			ips = append(ips, v.Hint...)
		case *mdns.SVCBIPv6Hint:
			ips = append(ips, v.Hint...)
		}
	}
	return ips
}

// targetOf returns the host that a record leads to.
func targetOf(rr mdns.RR) string {
	switch rr := rr.(type) {
	case *mdns.SRV:
		return rr.Target
	case *mdns.MX:
		return rr.Mx
	case *mdns.NS:
		return rr.Ns
	case *mdns.HTTPS:
		return rr.Target
	case *mdns.SVCB:
		return rr.Target
	}
	return ""
}
