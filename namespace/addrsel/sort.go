// SPDX-License-Identifier: Apache-2.0

package addrsel

import (
	"math/bits"
	"net"
	"net/netip"
	"slices"
)

// A Source returns the local address from which addr would be reached, the
// zero Addr if it cannot be.
type Source func(addr netip.Addr) netip.Addr

// System asks the kernel: it connects a datagram socket, which sends nothing.
func System(addr netip.Addr) netip.Addr {
	if !addr.IsValid() {
		return addr // not the zero host, which is this one
	}
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, 9)))
	if err != nil {
		return netip.Addr{}
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// Sort orders addrs, the best first. Equals keep their order.
func Sort(addrs []netip.Addr, source Source) {
	if len(addrs) < 2 {
		return
	}
	list := make([]candidate, len(addrs))
	for i, addr := range addrs {
		list[i] = newCandidate(addr, source(addr))
	}
	slices.SortStableFunc(list, compare)
	for i := range list {
		addrs[i] = list[i].addr
	}
}

// A candidate is a destination and what the rules compare of it.
type candidate struct {
	addr     netip.Addr
	usable   bool // rule 1: there is a source
	scoped   bool // rule 2: the source has the same scope
	labelled bool // rule 5: the source has the same label
	policy   policy
	scope    scope
	common   int // rule 9: bits that destination and source have in common
}

func newCandidate(addr, source netip.Addr) candidate {
	c := candidate{addr: addr, policy: policyOf(addr), scope: scopeOf(addr)}
	if source.IsValid() {
		c.usable = true
		c.scoped = scopeOf(source) == c.scope
		c.labelled = policyOf(source).label == c.policy.label
		c.common = commonPrefix(addr, source)
	}
	return c
}

func compare(a, b candidate) int {
	switch {
	case a.usable != b.usable:
		return first(a.usable)
	case a.scoped != b.scoped:
		return first(a.scoped)
	case a.labelled != b.labelled:
		return first(a.labelled)
	case a.policy.precedence != b.policy.precedence:
		return first(a.policy.precedence > b.policy.precedence)
	case a.scope != b.scope:
		return first(a.scope < b.scope)
	// Rule 9 would undo the turns that servers take by reordering their
	// IPv4 addresses, and is left to IPv6, as elsewhere.
	case a.common != b.common && a.addr.Is6() && b.addr.Is6():
		return first(a.common > b.common)
	}
	return 0
}

func first(a bool) int {
	if a {
		return -1
	}
	return 1
}

// A policy is a line of the policy table.
type policy struct {
	prefix            netip.Prefix
	precedence, label uint8
}

// policies is the table of RFC 6724, section 2.1, the longest prefix first.
var policies = [...]policy{
	{netip.MustParsePrefix("::1/128"), 50, 0},
	{netip.MustParsePrefix("::ffff:0:0/96"), 35, 4},
	{netip.MustParsePrefix("::/96"), 1, 3},
	{netip.MustParsePrefix("2001::/32"), 5, 5},
	{netip.MustParsePrefix("2002::/16"), 30, 2},
	{netip.MustParsePrefix("3ffe::/16"), 1, 12},
	{netip.MustParsePrefix("fec0::/10"), 1, 11},
	{netip.MustParsePrefix("fc00::/7"), 3, 13},
	{netip.MustParsePrefix("::/0"), 40, 1},
}

func policyOf(addr netip.Addr) policy {
	addr = netip.AddrFrom16(addr.As16()) // IPv4 in its mapped form, no zone
	for _, p := range policies {
		if contains(p.prefix, addr) {
			return p
		}
	}
	panic("addrsel: ::/0 contains everything")
}

// contains is netip.Prefix.Contains, which takes mapped addresses for IPv4.
func contains(prefix netip.Prefix, addr netip.Addr) bool {
	return commonBits(prefix.Addr().As16(), addr.As16()) >= prefix.Bits()
}

// A scope is one of IPv6's multicast scopes, which unicast addresses and
// IPv4 have counterparts of.
type scope uint8

const (
	linkLocal scope = 0x2
	siteLocal scope = 0x5
	global    scope = 0xe
)

func scopeOf(addr netip.Addr) scope {
	switch {
	case addr.IsLoopback(), addr.IsLinkLocalUnicast():
		return linkLocal
	case addr.Is6() && addr.IsMulticast():
		return scope(addr.As16()[1] & 0xf)
	case addr.Is6() && addr.As16()[0] == 0xfe && addr.As16()[1]&0xc0 == 0xc0:
		return siteLocal
	}
	return global
}

// commonPrefix counts the leading bits that both have, of the network half
// only: what an interface chose for itself says nothing about nearness.
func commonPrefix(a, b netip.Addr) int {
	if !a.Is6() || !b.Is6() {
		return 0
	}
	return min(64, commonBits(a.As16(), b.As16()))
}

func commonBits(a, b [16]byte) int {
	for i := range a {
		if x := a[i] ^ b[i]; x != 0 {
			return 8*i + bits.LeadingZeros8(x)
		}
	}
	return 128
}
