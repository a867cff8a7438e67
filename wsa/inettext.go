// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// ParseInetAddr is the conversion of inet_addr ("inet_addr function",
// difference 139): one to four parts, each decimal, octal after "0" or
// hexadecimal after "0x", the last of which fills the bytes that are left.
// White space ends the text and what follows it is ignored; at its start it
// is an error, except that " " alone is 0.0.0.0.
func ParseInetAddr(text string) (addr [4]byte, ok bool) {
	if text == " " {
		return addr, true
	}
	value, rest, ok := cutIPv4(text)
	if !ok || rest != "" && !isSpace(rest[0]) {
		return addr, false
	}
	binary.BigEndian.PutUint32(addr[:], value)
	return addr, true
}

// cutIPv4 takes an address of one to four parts off the start of text.
func cutIPv4(text string) (addr uint32, rest string, ok bool) {
	for part := range 4 {
		value, after, ok := cutNumber(text)
		if !ok {
			return 0, "", false
		}
		if after == "" || after[0] != '.' {
			// The last part: it has the bytes that the others left.
			left := 32 - 8*part
			if uint64(value) >= 1<<left {
				return 0, "", false
			}
			return addr | value, after, true
		}
		if part == 3 || value > 255 {
			return 0, "", false
		}
		addr |= value << (24 - 8*part)
		text = after[1:]
	}
	return 0, "", false
}

// cutNumber takes a number in C notation off the start of text. Hexadecimal
// digits that do not fit push the first ones out, as they do in Winsock; a
// decimal or octal number that does not fit is none.
func cutNumber(text string) (value uint32, rest string, ok bool) {
	base := uint32(10)
	i := 0
	if len(text) > 1 && text[0] == '0' {
		base, i = 8, 1
		if text[1]|0x20 == 'x' {
			base, i = 16, 2
		}
	}
	start := i
	for ; i < len(text); i++ {
		digit := digitOf(text[i])
		if digit >= base {
			break
		}
		if base != 16 && value > (1<<32-1-digit)/base {
			return 0, "", false
		}
		value = value*base + digit
	}
	if i == start && base != 8 { // a lone "0" is a whole number
		return 0, "", false
	}
	return value, text[i:], true
}

// digitOf returns the value of a hexadecimal digit, 16 for anything else.
func digitOf(c byte) uint32 {
	switch {
	case c >= '0' && c <= '9':
		return uint32(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return uint32(c|0x20-'a') + 10
	}
	return 16
}

// isSpace is isspace of the C locale.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// FormatIPv4 returns addr in dotted decimal notation, as inet_ntoa does.
func FormatIPv4(addr [4]byte) string { return netip.AddrFrom4(addr).String() }

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

// InetNtop is the conversion of inet_ntop ("InetNtopW function"): the text of
// the address in addr, 4 or 16 bytes by the family.
//
// Errors: WSAEAFNOSUPPORT; WSAEFAULT for too few bytes.
func InetNtop(family int32, addr []byte) (string, error) {
	switch {
	case family == AF_INET && len(addr) >= 4:
		return FormatIPv4([4]byte(addr)), nil
	case family == AF_INET6 && len(addr) >= 16:
		return FormatIPv6([16]byte(addr)), nil
	case family == AF_INET || family == AF_INET6:
		return "", WSAEFAULT
	}
	return "", WSAEAFNOSUPPORT
}

// InetPton is the conversion of inet_pton ("InetPtonW function"), which takes
// four decimal parts without leading zeros, or an IPv6 address without port
// and scope. It writes the address to dst and reports whether text is one;
// dst is left alone if not.
//
// Errors: WSAEAFNOSUPPORT; WSAEFAULT for too short a dst.
func InetPton(family int32, text string, dst []byte) (bool, error) {
	var size int
	switch family {
	case AF_INET:
		size = 4
	case AF_INET6:
		size = 16
	default:
		return false, WSAEAFNOSUPPORT
	}
	if len(dst) < size {
		return false, WSAEFAULT
	}
	if strings.IndexByte(text, '%') >= 0 {
		return false, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.BitLen() != 8*size {
		return false, nil
	}
	if family == AF_INET {
		a := addr.As4()
		copy(dst, a[:])
	} else {
		a := addr.As16()
		copy(dst, a[:])
	}
	return true, nil
}
