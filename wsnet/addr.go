// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"net"
	"net/netip"
	"strconv"

	"winsock/wsa"
)

// A transport is what a network's name stands for.
type transport struct {
	network    string // as the caller named it
	socketType int32
	protocol   int32
	family     int32 // AF_UNSPEC for either of IPv4 and IPv6
}

func parseNetwork(network string) (transport, error) {
	t := transport{network: network}
	switch network {
	case "tcp", "tcp4", "tcp6":
		t.socketType, t.protocol = wsa.SOCK_STREAM, wsa.IPPROTO_TCP
	case "udp", "udp4", "udp6":
		t.socketType, t.protocol = wsa.SOCK_DGRAM, wsa.IPPROTO_UDP
	case "unix":
		t.socketType, t.family = wsa.SOCK_STREAM, wsa.AF_UNIX
		return t, nil
	default:
		return t, net.UnknownNetworkError(network)
	}
	switch network[len(network)-1] {
	case '4':
		t.family = wsa.AF_INET
	case '6':
		t.family = wsa.AF_INET6
	}
	return t, nil
}

func (t transport) stream() bool { return t.socketType == wsa.SOCK_STREAM }

// netAddr returns sa as package net would show it for the transport.
func (t transport) netAddr(sa *wsa.Sockaddr) net.Addr {
	if sa.Family() == wsa.AF_UNIX {
		return &net.UnixAddr{Name: sa.UnixPath(), Net: "unix"}
	}
	ap, ok := sa.AddrPort()
	if !ok {
		return nil
	}
	ap = namedZone(netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
	if t.stream() {
		return net.TCPAddrFromAddrPort(ap)
	}
	return net.UDPAddrFromAddrPort(ap)
}

// sockaddr returns ap for a socket of the given family: mapped, if the
// socket is one of IPv6 and the address one of IPv4.
func sockaddr(ap netip.AddrPort, family int32) wsa.Sockaddr {
	addr := ap.Addr()
	switch {
	case family == wsa.AF_INET6 && addr.Is4():
		addr = netip.AddrFrom16(addr.As16())
	case family == wsa.AF_INET && addr.Is4In6():
		addr = addr.Unmap()
	}
	return wsa.SockaddrFrom(numericZone(netip.AddrPortFrom(addr, ap.Port())))
}

// numericZone replaces an interface's name by its index, which is what a
// Sockaddr holds; an unknown name is left out.
func numericZone(ap netip.AddrPort) netip.AddrPort {
	zone := ap.Addr().Zone()
	if zone == "" {
		return ap
	}
	if _, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return ap
	}
	zone = ""
	if ifi, err := net.InterfaceByName(ap.Addr().Zone()); err == nil {
		zone = strconv.Itoa(ifi.Index)
	}
	return netip.AddrPortFrom(ap.Addr().WithZone(zone), ap.Port())
}

// namedZone is the reverse of numericZone.
func namedZone(ap netip.AddrPort) netip.AddrPort {
	index, err := strconv.Atoi(ap.Addr().Zone())
	if err != nil {
		return ap
	}
	ifi, err := net.InterfaceByIndex(index)
	if err != nil {
		return ap
	}
	return netip.AddrPortFrom(ap.Addr().WithZone(ifi.Name), ap.Port())
}
