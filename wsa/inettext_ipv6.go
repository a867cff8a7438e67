// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// FormatIPv6 returns addr in the notation of "RtlIpv6AddressToString": the
// first of the longest runs of two or more zero groups is "::", and the last
// four bytes are dotted decimal in IPv4-mapped, IPv4-translated,
// IPv4-compatible and ISATAP addresses.
func FormatIPv6(addr [16]byte) string {
	var groups [8]uint16
	for i := range groups {
		groups[i] = binary.BigEndian.Uint16(addr[2*i:])
	}
	n := len(groups)
	dotted := endsInIPv4(&groups)
	if dotted {
		n -= 2
	}

	zeroAt, zeroLen := 0, 1
	for i := 0; i < n; i++ {
		run := i
		for run < n && groups[run] == 0 {
			run++
		}
		if run-i > zeroLen {
			zeroAt, zeroLen = i, run-i
		}
		i = max(i, run-1)
	}
	if zeroLen < 2 {
		zeroAt = n // nothing to shorten
	}

	b := make([]byte, 0, INET6_ADDRSTRLEN)
	for i := 0; i < n; i++ {
		if i == zeroAt {
			b = append(b, "::"...)
			i += zeroLen - 1
			continue
		}
		if i > 0 && i != zeroAt+zeroLen {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(groups[i]), 16)
	}
	if dotted {
		if n != zeroAt+zeroLen {
			b = append(b, ':')
		}
		b = netip.AddrFrom4([4]byte(addr[12:])).AppendTo(b)
	}
	return string(b)
}

// endsInIPv4 reports whether the last two groups are an IPv4 address.
func endsInIPv4(g *[8]uint16) bool {
	if g[4]&^0x0200 == 0 && g[5] == 0x5efe { // ISATAP
		return true
	}
	if g[0]|g[1]|g[2]|g[3] != 0 || g[6] == 0 {
		return false
	}
	switch [2]uint16{g[4], g[5]} {
	case [2]uint16{0, 0}, [2]uint16{0, 0xffff}, [2]uint16{0xffff, 0}: // compatible, mapped, translated
		return true
	}
	return false
}
