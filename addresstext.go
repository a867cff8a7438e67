// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"

	"winsock/wsa"
)

// InetAddr returns the IPv4 address that text names, in network order
// ("inet_addr function"): one to four parts, each in C notation, the last of
// which fills the bytes that are left. It returns wsa.INADDR_NONE for
// anything else, and works without WSAStartup.
func InetAddr(text string) uint32 {
	addr, ok := wsa.ParseInetAddr(text)
	if !ok {
		return wsa.INADDR_NONE
	}
	return binary.NativeEndian.Uint32(addr[:])
}

// InetNtoa returns an IPv4 address in network order as text ("inet_ntoa
// function"). It works without WSAStartup.
func InetNtoa(in uint32) string {
	var addr [4]byte
	binary.NativeEndian.PutUint32(addr[:], in)
	return wsa.FormatIPv4(addr)
}

// InetNtop returns the address whose bytes are addr as text, without port and
// scope ("InetNtopW function"). It works without WSAStartup.
//
// Errors: WSAEAFNOSUPPORT unless family is AF_INET or AF_INET6; WSAEFAULT for
// fewer than 4 or 16 bytes.
func InetNtop(family int32, addr []byte) (string, error) { return wsa.InetNtop(family, addr) }

// InetPton writes the address that text names to addr and reports true, or
// reports false and leaves addr alone if text is no address of the family
// ("InetPtonW function"). Only four decimal parts make an IPv4 address here.
// It works without WSAStartup.
//
// Errors: WSAEAFNOSUPPORT unless family is AF_INET or AF_INET6; WSAEFAULT
// when addr has fewer than 4 or 16 bytes.
func InetPton(family int32, text string, addr []byte) (bool, error) {
	return wsa.InetPton(family, text, addr)
}

// WSAAddressToString returns an address with its scope and port as text
// ("WSAAddressToStringW function"). The forms are those of
// [wsa.Sockaddr.Text]; info, when not nil, names the entry whose family the
// address must have.
//
// Errors: WSANOTINITIALISED; WSAEFAULT for no address or one that is too
// short; WSAEINVAL for a family without a text form or not info's.
func WSAAddressToString(sa *wsa.Sockaddr, info *wsa.ProtocolInfo) (string, error) {
	if err := requireStartup(); err != nil {
		return "", err
	}
	if sa == nil {
		return "", wsa.WSAEFAULT
	}
	if info != nil && info.AddressFamily != sa.Family() {
		return "", wsa.WSAEINVAL
	}
	return sa.Text()
}

// WSAStringToAddress returns the address of the family that text names
// ("WSAStringToAddressW function"); names are not looked up. The forms are
// those of [wsa.ParseSockaddr]; info, when not nil, names the entry whose
// family the address must have.
//
// Errors: WSANOTINITIALISED; WSAEINVAL for a text that is no such address,
// for a family without a text form and for one that is not info's.
func WSAStringToAddress(text string, family int32, info *wsa.ProtocolInfo) (wsa.Sockaddr, error) {
	if err := requireStartup(); err != nil {
		return wsa.Sockaddr{}, err
	}
	if info != nil && info.AddressFamily != family {
		return wsa.Sockaddr{}, wsa.WSAEINVAL
	}
	return wsa.ParseSockaddr(text, family)
}
