// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"net/netip"
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
		if value > 255 {
			return 0, "", false
		}
		addr |= value << (24 - 8*part)
		text = after[1:]
	}
	return 0, "", false // a fifth part
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
