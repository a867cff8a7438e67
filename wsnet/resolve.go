// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"net"
	"net/netip"
	"strconv"

	"winsock/wsa"
)

// resolve returns the addresses that a text stands for, in the order in
// which they are to be tried.
func resolve(ctx context.Context, t transport, address string, passive bool) ([]candidate, error) {
	if t.family == wsa.AF_UNIX {
		if len(address) >= wsa.UnixPathMax {
			return nil, &net.AddrError{Err: "path is too long", Addr: address}
		}
		return []candidate{{name: wsa.SockaddrUnix(address)}}, nil
	}
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if host == "" {
		return withoutHost(ctx, t, service, passive)
	}
	if port, err := strconv.ParseUint(service, 10, 16); err == nil {
		if ip, err := netip.ParseAddr(host); err == nil {
			return numeric(t, netip.AddrPortFrom(ip, uint16(port)))
		}
	}
	return lookup(ctx, t, host, service)
}

// numeric checks that an address fits the network.
func numeric(t transport, ap netip.AddrPort) ([]candidate, error) {
	ip := ap.Addr().Unmap()
	if t.family == wsa.AF_INET && !ip.Is4() || t.family == wsa.AF_INET6 && ip.Is4() {
		return nil, &net.AddrError{Err: "no suitable address found", Addr: ap.Addr().String()}
	}
	return []candidate{{name: wsa.SockaddrFrom(numericZone(netip.AddrPortFrom(ip, ap.Port())))}}, nil
}

// withoutHost is the own host: every address of it to listen on, the
// loopback address to connect to.
func withoutHost(ctx context.Context, t transport, service string, passive bool) ([]candidate, error) {
	port, err := lookupPort(ctx, t, service)
	if err != nil {
		return nil, err
	}
	if passive {
		return wildcards(t, port), nil
	}
	v4 := candidate{name: wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))}
	v6 := candidate{name: wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Loopback(), port))}
	switch t.family {
	case wsa.AF_INET:
		return []candidate{v4}, nil
	case wsa.AF_INET6:
		return []candidate{v6}, nil
	}
	return []candidate{v4, v6}, nil
}
