// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Sizes of the socket address structures, in bytes.
const (
	SizeofSockaddr     = 16  // sockaddr, sockaddr_in
	SizeofSockaddrIn   = 16  // sockaddr_in
	SizeofSockaddrIn6  = 28  // sockaddr_in6
	SizeofSockaddrUn   = 110 // sockaddr_un
	SizeofSockaddrIrda = 32  // SOCKADDR_IRDA
	SizeofStorage      = 128 // sockaddr_storage
)

// UnixPathMax is the size of sun_path in sockaddr_un.
const UnixPathMax = 108

// A Sockaddr is a socket address of any family, in Winsock's memory layout:
// a SOCKADDR_STORAGE and the length in use. The zero Sockaddr is empty. It
// is a plain value; copies are independent, and two addresses made by the
// same constructor with the same arguments are equal under ==.
//
// A Sockaddr can hold what no constructor makes (a short or foreign
// address), because C callers and tests hand such addresses in; providers
// answer those with WSAEFAULT or WSAEAFNOSUPPORT.
type Sockaddr struct {
	storage [SizeofStorage]byte
	length  uint8
}

// SockaddrFrom returns the IPv4 or IPv6 address of ap. An IPv4-mapped IPv6
// address stays IPv6. A numeric zone becomes the scope id; a zone that is an
// interface name must be resolved by the caller and is left out here.
func SockaddrFrom(ap netip.AddrPort) Sockaddr {
	var sa Sockaddr
	sa.SetAddrPort(ap)
	return sa
}

// SockaddrUnix returns the AF_UNIX address of path. A path that begins with a
// zero byte is an abstract name, which has no closing zero: the length says
// where it ends. A path that does not fit makes an address longer than
// SizeofSockaddrUn, which no provider accepts.
func SockaddrUnix(path string) Sockaddr {
	var sa Sockaddr
	sa.setFamily(AF_UNIX)
	n := copy(sa.storage[2:2+UnixPathMax+1], path)
	if path == "" || path[0] != 0 {
		n++ // the closing zero
	}
	sa.length = uint8(min(2+n, SizeofSockaddrUn+1))
	return sa
}

// SockaddrIrda returns the infrared address of a service on a device. A name
// longer than 24 bytes is cut to 25 without the closing zero, which makes
// connections to it fail as documented for SOCKADDR_IRDA.
func SockaddrIrda(device [4]byte, service string) Sockaddr {
	var sa Sockaddr
	sa.setFamily(AF_IRDA)
	copy(sa.storage[2:6], device[:])
	copy(sa.storage[6:31], service)
	sa.length = SizeofSockaddrIrda
	return sa
}

// SockaddrBytes returns the address whose memory is b, whatever it holds.
// Bytes past the size of SOCKADDR_STORAGE are left out.
func SockaddrBytes(b []byte) Sockaddr {
	var sa Sockaddr
	sa.length = uint8(copy(sa.storage[:], b))
	return sa
}

// SetAddrPort makes sa the address that [SockaddrFrom] returns for ap.
func (sa *Sockaddr) SetAddrPort(ap netip.AddrPort) {
	*sa = Sockaddr{}
	addr := ap.Addr()
	switch {
	case addr.Is4():
		sa.setFamily(AF_INET)
		a4 := addr.As4()
		copy(sa.storage[4:8], a4[:])
		sa.length = SizeofSockaddrIn
	case addr.Is6():
		sa.setFamily(AF_INET6)
		a16 := addr.As16()
		copy(sa.storage[8:24], a16[:])
		if zone := addr.Zone(); zone != "" {
			if id, err := strconv.ParseUint(zone, 10, 32); err == nil {
				binary.LittleEndian.PutUint32(sa.storage[24:28], uint32(id))
			}
		}
		sa.length = SizeofSockaddrIn6
	default:
		return
	}
	binary.BigEndian.PutUint16(sa.storage[2:4], ap.Port())
}

// AddrPort returns the IPv4 or IPv6 address and port. A scope id becomes a
// numeric zone. ok is false for another family or a short address.
func (sa *Sockaddr) AddrPort() (ap netip.AddrPort, ok bool) {
	switch {
	case sa.Family() == AF_INET && sa.length >= SizeofSockaddrIn:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(sa.storage[4:8])), sa.Port()), true
	case sa.Family() == AF_INET6 && sa.length >= SizeofSockaddrIn6:
		addr := netip.AddrFrom16([16]byte(sa.storage[8:24]))
		if id := sa.ScopeID(); id != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(id), 10))
		}
		return netip.AddrPortFrom(addr, sa.Port()), true
	}
	return netip.AddrPort{}, false
}

// Family returns the address family, AF_UNSPEC for an address too short to
// have one.
func (sa *Sockaddr) Family() int32 {
	if sa.length < 2 {
		return AF_UNSPEC
	}
	return int32(binary.LittleEndian.Uint16(sa.storage[:2]))
}

// Port returns the port of an IPv4 or IPv6 address in host order, else 0.
func (sa *Sockaddr) Port() uint16 {
	if !sa.hasPort() {
		return 0
	}
	return binary.BigEndian.Uint16(sa.storage[2:4])
}

// SetPort changes the port of an IPv4 or IPv6 address.
func (sa *Sockaddr) SetPort(port uint16) {
	if sa.hasPort() {
		binary.BigEndian.PutUint16(sa.storage[2:4], port)
	}
}

func (sa *Sockaddr) hasPort() bool {
	f := sa.Family()
	return sa.length >= 4 && (f == AF_INET || f == AF_INET6)
}

// ScopeID returns sin6_scope_id of an IPv6 address, else 0.
func (sa *Sockaddr) ScopeID() uint32 {
	if sa.Family() != AF_INET6 || sa.length < SizeofSockaddrIn6 {
		return 0
	}
	return binary.LittleEndian.Uint32(sa.storage[24:28])
}

// UnixPath returns the path of an AF_UNIX address, up to its closing zero.
// The path of an abstract address begins with a zero byte and goes on to the
// end of the address; one of nothing but zeros has no name.
func (sa *Sockaddr) UnixPath() string {
	if sa.Family() != AF_UNIX {
		return ""
	}
	path := sa.storage[2:sa.length]
	if len(path) == 0 {
		return ""
	}
	if path[0] != 0 {
		if end := bytes.IndexByte(path, 0); end >= 0 {
			path = path[:end]
		}
		return string(path)
	}
	for _, c := range path {
		if c != 0 {
			return string(path)
		}
	}
	return ""
}

// Irda returns the device and the service name of an infrared address.
func (sa *Sockaddr) Irda() (device [4]byte, service string, ok bool) {
	if sa.Family() != AF_IRDA || sa.length < 31 {
		return device, "", false
	}
	name := sa.storage[6:31]
	for i, c := range name {
		if c == 0 {
			return [4]byte(sa.storage[2:6]), string(name[:i]), true
		}
	}
	return [4]byte(sa.storage[2:6]), string(name), true
}

// Len returns how many bytes of the structure are in use.
func (sa *Sockaddr) Len() int { return int(sa.length) }

// Bytes returns the bytes in use. They are sa's own memory.
func (sa *Sockaddr) Bytes() []byte { return sa.storage[:sa.length] }

// Storage returns the whole structure for a provider to write into, after
// which it calls [Sockaddr.SetLen].
func (sa *Sockaddr) Storage() *[SizeofStorage]byte { return &sa.storage }

// SetLen says how many bytes of the structure are in use, at most
// SizeofStorage. It clears the others, so that equal addresses are equal under
// == whatever stood there before.
func (sa *Sockaddr) SetLen(n int) {
	sa.length = uint8(max(0, min(n, SizeofStorage)))
	clear(sa.storage[sa.length:])
}

// CopyTo copies the address to a caller's buffer as getsockname, accept and
// their like do, and returns its length. A buffer that is too short is left
// alone and answered with WSAEFAULT.
func (sa *Sockaddr) CopyTo(name []byte) (int, error) {
	if len(name) < int(sa.length) {
		return 0, WSAEFAULT
	}
	return copy(name, sa.storage[:sa.length]), nil
}

// Canonical returns the address that the family's constructor makes of what
// sa means: without a rest in sin_zero, without flow information, with one
// length. Addresses from different sources are compared in this form. An
// address that no constructor makes is returned as it is.
func (sa *Sockaddr) Canonical() Sockaddr {
	if ap, ok := sa.AddrPort(); ok {
		return SockaddrFrom(ap)
	}
	switch sa.Family() {
	case AF_UNIX:
		if c := SockaddrUnix(sa.UnixPath()); sa.length <= SizeofSockaddrUn && c.length <= SizeofSockaddrUn {
			return c
		}
	case AF_IRDA:
		if device, service, ok := sa.Irda(); ok {
			return SockaddrIrda(device, service)
		}
	}
	return *sa
}

// sockaddrOfStorage returns the address in a whole SOCKADDR_STORAGE, whose
// length is not stated but follows from the family.
func sockaddrOfStorage(b []byte) Sockaddr {
	sa := SockaddrBytes(b)
	switch sa.Family() {
	case AF_INET:
		sa.SetLen(SizeofSockaddrIn)
	case AF_INET6:
		sa.SetLen(SizeofSockaddrIn6)
	case AF_UNIX:
		sa.SetLen(SizeofSockaddrUn)
	case AF_IRDA:
		sa.SetLen(SizeofSockaddrIrda)
	}
	return sa
}

func (sa *Sockaddr) setFamily(family uint16) {
	binary.LittleEndian.PutUint16(sa.storage[:2], family)
}
