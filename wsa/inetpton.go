// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"net/netip"
	"strings"
)

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
