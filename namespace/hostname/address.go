// SPDX-License-Identifier: Apache-2.0

package hostname

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ParseAddr reads a numeric host address as getaddrinfo does: an IPv4
// address of one to four parts, each decimal, octal or hexadecimal; an IPv6
// address, bare or in brackets, with a port (which is checked and left out)
// behind the brackets. A scope may be an interface's index or name and comes
// back as its index. ok is false for everything else, among it the address
// of an interface that does not exist.
func ParseAddr(s string) (addr netip.Addr, ok bool) {
	if inner, isBracketed := strings.CutPrefix(s, "["); isBracketed {
		inner, port, closed := strings.Cut(inner, "]")
		if !closed || port != "" && !validPortSuffix(port) {
			return netip.Addr{}, false
		}
		addr, ok = parseIPv6(inner)
		return addr, ok
	}
	if addr, ok = ParseIPv4(s); ok {
		return addr, true
	}
	return parseIPv6(s)
}

// ParseIPv4 reads the forms of inet_aton: a, a.b, a.b.c and a.b.c.d, where
// the last part fills the remaining bytes.
func ParseIPv4(s string) (addr netip.Addr, ok bool) {
	var parts [4]uint64
	n := 0
	for {
		if n == len(parts) {
			return netip.Addr{}, false
		}
		part, rest, more := strings.Cut(s, ".")
		if parts[n], ok = parsePart(part); !ok {
			return netip.Addr{}, false
		}
		n++
		if !more {
			break
		}
		s = rest
	}
	var v uint64
	for i, part := range parts[:n-1] {
		if part > 0xff {
			return netip.Addr{}, false
		}
		v |= part << (24 - 8*i)
	}
	last := parts[n-1]
	if last >= 1<<(8*(5-n)) {
		return netip.Addr{}, false
	}
	v |= last
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true
}

func parsePart(s string) (uint64, bool) {
	base := 10
	switch {
	case len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x':
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	v, err := strconv.ParseUint(s, base, 32) // takes neither signs nor underscores
	return v, err == nil
}

func parseIPv6(s string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(s)
	if err != nil || !addr.Is6() {
		return netip.Addr{}, false
	}
	return ResolveZone(addr)
}

// ResolveZone turns a zone that is an interface's name into the interface's
// index. ok is false when there is no such interface.
func ResolveZone(addr netip.Addr) (resolved netip.Addr, ok bool) {
	zone := addr.Zone()
	if zone == "" {
		return addr, true
	}
	if index, err := strconv.ParseUint(zone, 10, 32); err == nil {
		if index == 0 {
			return addr.WithZone(""), true
		}
		return addr.WithZone(strconv.FormatUint(index, 10)), true
	}
	ifi, err := net.InterfaceByName(zone)
	if err != nil {
		return netip.Addr{}, false
	}
	return addr.WithZone(strconv.Itoa(ifi.Index)), true
}

func validPortSuffix(s string) bool {
	port, isPort := strings.CutPrefix(s, ":")
	if !isPort {
		return false
	}
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}
