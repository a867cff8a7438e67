// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/binary"
	"net/netip"

	"winsock/internal/sys"
	"winsock/run/internal/near"
	"winsock/wsa"
)

// Sizes of addresses in the kernel's layout.
const (
	sizeofStorage = 128
	sizeofInet    = 16
	sizeofInet6   = 28
	minInet6      = 24 // without the scope id, which the kernel lets pass
)

// An address is a socket address as the kernel has it.
type address struct {
	buf [sizeofStorage]byte
	n   int
}

func (a *address) bytes() []byte { return a.buf[:a.n] }

func (a *address) family() int {
	if a.n < 2 {
		return sys.AF_UNSPEC
	}
	return int(binary.NativeEndian.Uint16(a.buf[:]))
}

func (a *address) setFamily(family int) { binary.NativeEndian.PutUint16(a.buf[:], uint16(family)) }

func (a *address) port() uint16 { return binary.BigEndian.Uint16(a.buf[2:]) }

func (a *address) setPort(port uint16) { binary.BigEndian.PutUint16(a.buf[2:], port) }

// mapIPv4 makes an IPv4 address the IPv6 one that stands for it.
func (a *address) mapIPv4() {
	if name, ok := a.name(); ok {
		*a, _ = kernelAddress(&name, sys.AF_INET6)
	}
}

// name returns Winsock's form of an IPv4 or IPv6 address. ok is false for
// what the kernel itself does not take for one.
func (a *address) name() (name wsa.Sockaddr, ok bool) {
	switch {
	case a.family() == sys.AF_INET && a.n >= sizeofInet:
		name = wsa.SockaddrBytes(a.buf[:sizeofInet])
	case a.family() == sys.AF_INET6 && a.n >= minInet6:
		name = wsa.SockaddrBytes(a.buf[:sizeofInet6])
		if a.n < sizeofInet6 {
			clear(name.Storage()[minInet6:])
		}
		binary.LittleEndian.PutUint16(name.Storage()[:], wsa.AF_INET6)
	default:
		return name, false
	}
	return name, true
}

// kernelAddress returns the form that name has for a socket of a domain. ok
// is false if such a socket cannot have it.
func kernelAddress(name *wsa.Sockaddr, domain int) (a address, ok bool) {
	switch {
	case name.Family() == wsa.AF_INET && domain == sys.AF_INET && name.Len() >= sizeofInet:
		a.n = copy(a.buf[:sizeofInet], name.Bytes())
		a.setFamily(sys.AF_INET)
	case name.Family() == wsa.AF_INET && domain == sys.AF_INET6 && name.Len() >= sizeofInet:
		b := name.Storage()
		copy(a.buf[2:4], b[2:4])
		a.buf[18], a.buf[19] = 0xff, 0xff
		copy(a.buf[20:24], b[4:8])
		a.setFamily(sys.AF_INET6)
		a.n = sizeofInet6
	case name.Family() == wsa.AF_INET6 && domain == sys.AF_INET6 && name.Len() >= sizeofInet6:
		a.n = copy(a.buf[:sizeofInet6], name.Bytes())
		a.setFamily(sys.AF_INET6)
	default:
		return a, false
	}
	return a, true
}

// addrPort returns the address for people and for counting.
func (a *address) addrPort() netip.AddrPort {
	name, ok := a.name()
	if !ok {
		return netip.AddrPort{}
	}
	ap, _ := name.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// fromAddrPort returns the address for a socket of the domain.
func fromAddrPort(ap netip.AddrPort, domain int) (address, bool) {
	name := wsa.SockaddrFrom(ap)
	return kernelAddress(&name, domain)
}

func addrPortOf(name *wsa.Sockaddr) netip.AddrPort {
	ap, _ := name.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// wildcard reports whether it stands for all addresses.
func (a *address) wildcard() bool {
	ap := a.addrPort()
	return ap.Addr().IsUnspecified()
}

// orLoopback returns the address, and the one of this host for one that stands
// for all, as Linux takes it when it is a peer's.
func (a address) orLoopback() address {
	if !a.wildcard() {
		return a
	}
	loopback := netip.IPv6Loopback()
	if a.addrPort().Addr().Is4() {
		loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	b, _ := fromAddrPort(netip.AddrPortFrom(loopback, a.port()), a.family())
	return b
}

// kindFor tells how a socket that asked for a is connected to its near end.
func kindFor(domain int, a *address) near.Kind {
	switch {
	case domain == sys.AF_INET:
		return near.IPv4
	case a.n >= minInet6 && netip.AddrFrom16([16]byte(a.buf[8:24])).Is4In6():
		return near.Mapped
	}
	return near.IPv6
}

// sockName and peerName return the kernel's names of a socket.
func sockName(fd int) (a address, e sys.Errno) {
	a.n, e = sys.GetSockName(fd, a.buf[:])
	return a, e
}

func peerName(fd int) (a address, e sys.Errno) {
	a.n, e = sys.GetPeerName(fd, a.buf[:])
	return a, e
}
