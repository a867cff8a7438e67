// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"fmt"
	"net/netip"

	"winsock/wsa"
)

// checkName is the first check of a name: WSAEFAULT when it is missing or
// too short for the socket's family (differences 21, 23).
func (s *socket) checkName(name *wsa.Sockaddr) error {
	least := 2 // AF_UNIX takes a name of the family alone
	switch s.family {
	case wsa.AF_INET:
		least = wsa.SizeofSockaddrIn
	case wsa.AF_INET6:
		least = wsa.SizeofSockaddrIn6
	}
	if name == nil || name.Len() < least {
		return wsa.WSAEFAULT
	}
	return nil
}

// parseName returns the address and port of an Internet address. IPv4 in
// IPv6 form becomes IPv4, which a socket with IPV6_V6ONLY cannot reach:
// WSAENETUNREACH.
func (s *socket) parseName(name *wsa.Sockaddr) (netip.AddrPort, error) {
	if name.Family() != s.family {
		return netip.AddrPort{}, wsa.WSAEAFNOSUPPORT
	}
	ap, ok := name.AddrPort()
	if !ok {
		return netip.AddrPort{}, wsa.WSAEFAULT
	}
	if ap.Addr().Is4In6() {
		if s.opts.Bool(v6OnlyRule) {
			return netip.AddrPort{}, wsa.WSAENETUNREACH
		}
		ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	return ap, nil
}

// putName writes an address in the socket's family: WSAEFAULT without a place
// for it, which comes after the state's errors (difference 27).
func (s *socket) putName(name *wsa.Sockaddr, ap netip.AddrPort, path string) error {
	switch {
	case name == nil:
		return wsa.WSAEFAULT
	case s.family == wsa.AF_UNIX:
		*name = wsa.SockaddrUnix(path)
	case s.family == wsa.AF_INET6 && ap.Addr().Is4():
		name.SetAddrPort(netip.AddrPortFrom(netip.AddrFrom16(ap.Addr().As16()), ap.Port()))
	default:
		name.SetAddrPort(ap)
	}
	return nil
}

// bindPathLocked gives an AF_UNIX socket a name: WSAEADDRINUSE when it is
// taken. The empty name becomes an abstract one that is free.
func (s *socket) bindPathLocked(path string) error {
	n := s.net
	if path == "" {
		for path == "" || n.local[path] != nil {
			n.names++
			path = fmt.Sprintf("\x00%05x", n.names)
		}
	}
	if n.local[path] != nil {
		return wsa.WSAEADDRINUSE
	}
	n.local[path] = s
	s.path = path
	s.st.SetBound()
	return nil
}
