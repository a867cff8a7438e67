// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// Text returns the address as WSAAddressToString does ("WSAAddressToStringW
// function", difference 143):
//
//	192.0.2.1  192.0.2.1:80          AF_INET
//	2001:db8::1%3  [2001:db8::1%3]:80  AF_INET6, with a scope that is not zero
//	/run/a.sock  @name               AF_UNIX, a path and an abstract name
//	0a0b0c0d/OBEX                    AF_IRDA, device and service
//
// A port of zero is left out.
//
// Errors: WSAEFAULT for an address that is too short for its family, and
// WSAEINVAL for another family.
func (sa *Sockaddr) Text() (string, error) {
	switch sa.Family() {
	case AF_INET:
		if sa.length >= SizeofSockaddrIn {
			return sa.ipText(FormatIPv4([4]byte(sa.storage[4:8]))), nil
		}
	case AF_INET6:
		if sa.length >= SizeofSockaddrIn6 {
			return sa.ipText(FormatIPv6([16]byte(sa.storage[8:24]))), nil
		}
	case AF_UNIX:
		path := sa.UnixPath()
		if path != "" && path[0] == 0 {
			path = "@" + path[1:]
		}
		return path, nil
	case AF_IRDA:
		if device, service, ok := sa.Irda(); ok {
			return hex.EncodeToString(device[:]) + "/" + service, nil
		}
	default:
		if sa.length >= 2 {
			return "", WSAEINVAL
		}
	}
	return "", WSAEFAULT
}

// ipText adds scope and port to the text of an IP address.
func (sa *Sockaddr) ipText(text string) string {
	if scope := sa.ScopeID(); scope != 0 {
		text += "%" + strconv.FormatUint(uint64(scope), 10)
	}
	port := sa.Port()
	if port == 0 {
		return text
	}
	if sa.Family() == AF_INET6 {
		text = "[" + text + "]"
	}
	return text + ":" + strconv.Itoa(int(port))
}

// String returns what [Sockaddr.Text] does, and for an address without a text
// its family.
func (sa *Sockaddr) String() string {
	if text, err := sa.Text(); err == nil {
		return text
	}
	return FamilyName(sa.Family())
}

// ParseSockaddr reads the text of an address of the family, in the form of
// [Sockaddr.Text], as WSAStringToAddress does ("WSAStringToAddressW
// function", difference 143). An IPv4 address may have one to four parts and
// a port, each in C notation; the port of an IPv4 address may not be zero.
//
// Errors: WSAEINVAL, also for a family without a text form.
func ParseSockaddr(text string, family int32) (Sockaddr, error) {
	var sa Sockaddr
	ok := false
	switch family {
	case AF_INET:
		sa, ok = parseSockaddrIn(text)
	case AF_INET6:
		sa, ok = parseSockaddrIn6(text)
	case AF_UNIX:
		sa, ok = parseSockaddrUnix(text)
	case AF_IRDA:
		sa, ok = parseSockaddrIrda(text)
	}
	if !ok {
		return Sockaddr{}, WSAEINVAL
	}
	return sa, nil
}

func parseSockaddrIn(text string) (sa Sockaddr, ok bool) {
	value, rest, ok := cutIPv4(text)
	if !ok {
		return sa, false
	}
	var port uint16
	if rest != "" {
		if port, ok = parsePort(rest); !ok || port == 0 {
			return sa, false
		}
	}
	var addr [4]byte
	binary.BigEndian.PutUint32(addr[:], value)
	return SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4(addr), port)), true
}

func parseSockaddrIn6(text string) (sa Sockaddr, ok bool) {
	var port uint16
	if inside, bracket := strings.CutPrefix(text, "["); bracket {
		end := strings.IndexByte(inside, ']')
		if end < 0 {
			return sa, false
		}
		if after := inside[end+1:]; after != "" {
			if port, ok = parsePort(after); !ok {
				return sa, false
			}
		}
		text = inside[:end]
	}
	text, scope, hasScope := strings.Cut(text, "%")
	var addr [16]byte
	if ok, _ := InetPton(AF_INET6, text, addr[:]); !ok {
		return sa, false
	}
	sa = SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom16(addr), port))
	if hasScope {
		id, err := strconv.ParseUint(scope, 10, 32)
		if err != nil {
			return sa, false
		}
		binary.LittleEndian.PutUint32(sa.storage[24:28], uint32(id))
	}
	return sa, true
}

// parsePort reads ":" and a port in C notation, which must end the text.
func parsePort(text string) (port uint16, ok bool) {
	digits, found := strings.CutPrefix(text, ":")
	if !found {
		return 0, false
	}
	value, rest, ok := cutNumber(digits)
	if !ok || rest != "" || value > 0xffff {
		return 0, false
	}
	// Hexadecimal digits that cutNumber pushed out are too many for a port.
	if len(digits) > 2 && digits[1]|0x20 == 'x' && len(strings.TrimLeft(digits[2:], "0")) > 4 {
		return 0, false
	}
	return uint16(value), true
}

func parseSockaddrUnix(text string) (sa Sockaddr, ok bool) {
	path := text
	if strings.HasPrefix(text, "@") {
		path = "\x00" + text[1:]
	} else if strings.IndexByte(text, 0) >= 0 {
		return sa, false
	}
	sa = SockaddrUnix(path)
	return sa, sa.length <= SizeofSockaddrUn && sa.UnixPath() == path && path != ""
}

func parseSockaddrIrda(text string) (sa Sockaddr, ok bool) {
	id, service, found := strings.Cut(text, "/")
	device, err := hex.DecodeString(id)
	if !found || err != nil || len(device) != 4 || len(service) > 24 || strings.IndexByte(service, 0) >= 0 {
		return sa, false
	}
	return SockaddrIrda([4]byte(device), service), true
}
