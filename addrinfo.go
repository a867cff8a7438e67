// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"winsock/namespace/addrsel"
	"winsock/namespace/hostname"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

// An AddrInfo is an addrinfo: one address of a host and how to make a socket
// for it, or, as hints, what is wanted of all of them.
type AddrInfo struct {
	Flags     uint32 // AI_, in hints
	Family    int32  // in hints AF_UNSPEC for both
	SockType  int32  // in hints 0 for any
	Protocol  int32  // likewise
	CanonName string // in the first result, with AI_CANONNAME or AI_FQDN
	Addr      wsa.Sockaddr
}

// GetAddrInfo returns the addresses of a host and a service ("getaddrinfo
// function", "GetAddrInfoW function"). nil stands for C's NULL, and Go's new
// makes the pointers:
//
//	list, err := winsock.GetAddrInfo(new("www.example.com"), new("http"), nil)
//
// The node is a name in any script, or an address in any form that inet_aton
// takes, in IPv6's, or [in brackets] with an optional :port, which counts for
// nothing. The empty node is this host, by the addresses of its interfaces.
// Without a node, the addresses are those to bind to with AI_PASSIVE, and
// else of the loopback interface.
//
// The service is a name or a number; a name with hints for any socket type
// yields a result for each protocol that offers it. Empty and nil are port 0.
//
// Results have the type and protocol of the hints, and come in the order of
// RFC 6724 (as far as package addrsel has it). IPv6 results other than
// loopback are left out while this host has no IPv6 address beyond its
// links. Names that are not ASCII go out in IDN encoding unless
// AI_DISABLE_IDN_ENCODING is set.
//
// Errors: WSANOTINITIALISED; WSAHOST_NOT_FOUND when both are nil, for an
// unknown host, and with AI_NUMERICHOST for a name; WSANO_DATA for a host
// without an address of the family; WSATYPE_NOT_FOUND for an unknown
// service; WSAEINVAL for unknown flags, for AI_CANONNAME without a node or
// with AI_FQDN; WSAEAFNOSUPPORT and WSAESOCKTNOSUPPORT for a family or a
// socket type that there is not; WSANO_RECOVERY for hints with a name or an
// address, and when the servers refuse; WSATRY_AGAIN when they do not answer.
func GetAddrInfo(node, service *string, hints *AddrInfo) ([]AddrInfo, error) {
	return GetAddrInfoEx(context.Background(), node, service, wsa.NS_ALL, nil, hints)
}

// GetAddrInfoEx is [GetAddrInfo] that asks one name space only, or one
// provider, and that ends with ctx ("GetAddrInfoExW function"). What C
// programs do with an OVERLAPPED and GetAddrInfoExCancel is here a goroutine
// and a context.
//
// Further errors: WSA_E_CANCELLED when ctx is cancelled, WSAETIMEDOUT when
// its time is over.
func GetAddrInfoEx(ctx context.Context, node, service *string, nameSpace uint32, provider *wsa.GUID, hints *AddrInfo) ([]AddrInfo, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	w, err := readWish(node, service, hints)
	if err != nil {
		return nil, err
	}
	ports, err := w.ports(service)
	if err != nil {
		return nil, err
	}
	addrs, canonName, err := w.addrs(ctx, node, nameSpace, provider)
	if err != nil {
		if err == wsa.WSA_E_CANCELLED && errors.Is(ctx.Err(), context.DeadlineExceeded) {
			err = wsa.WSAETIMEDOUT
		}
		return nil, err
	}
	list := make([]AddrInfo, 0, len(addrs)*len(ports))
	for _, addr := range addrs {
		for _, p := range ports {
			list = append(list, w.result(addr, p))
		}
	}
	if w.flags&(wsa.AI_CANONNAME|wsa.AI_FQDN) != 0 {
		list[0].CanonName = canonName
	}
	return list, nil
}

func (w *wish) result(addr netip.Addr, p port) AddrInfo {
	info := AddrInfo{
		Family:   wsa.AF_INET,
		SockType: p.sockType,
		Protocol: p.protocol,
		Addr:     wsa.SockaddrFrom(netip.AddrPortFrom(addr, p.number)),
	}
	if addr.Is6() {
		info.Family = wsa.AF_INET6
	}
	return info
}

// addrs returns the addresses of the node, at least one, and its name.
func (w *wish) addrs(ctx context.Context, node *string, nameSpace uint32, provider *wsa.GUID) ([]netip.Addr, string, error) {
	if node == nil {
		return w.only(w.wildcards()), "", nil
	}
	if addr, ok := hostname.ParseAddr(*node); ok {
		addrs := w.only([]netip.Addr{addr})
		if len(addrs) == 0 {
			return nil, "", wsa.WSAHOST_NOT_FOUND
		}
		return addrs, *node, nil
	}
	if w.flags&wsa.AI_NUMERICHOST != 0 {
		return nil, "", wsa.WSAHOST_NOT_FOUND
	}
	var addrs []netip.Addr
	var canonName string
	everywhere := nameSpace == wsa.NS_ALL && provider == nil && w.flags&wsa.AI_DNS_ONLY == 0
	if isOwnName(*node) && (everywhere || *node == "") {
		addrs, canonName = ownAddrs(), ownName()
	} else {
		h, err := w.ask(ctx, *node, nameSpace, provider)
		if err != nil {
			return nil, "", err
		}
		addrs, canonName = h.Addrs, h.Name
		hostnames.Learn(*node, addrs...)
		addrsel.Sort(addrs, addrsel.System)
	}
	if addrs = w.only(w.reachable(addrs)); len(addrs) == 0 {
		return nil, "", wsa.WSANO_DATA
	}
	return addrs, canonName, nil
}

// ask looks a name up in the name spaces, for all families that can serve
// the wish.
func (w *wish) ask(ctx context.Context, node string, nameSpace uint32, provider *wsa.GUID) (*Hostent, error) {
	if w.flags&wsa.AI_DISABLE_IDN_ENCODING == 0 {
		ascii, ok := hostname.ToASCII(node)
		if !ok {
			return nil, wsa.WSAHOST_NOT_FOUND
		}
		node = ascii
	}
	if !hostname.Valid(node) {
		return nil, wsa.WSAHOST_NOT_FOUND
	}
	q := &wsa.QuerySet{
		ServiceInstanceName: node,
		ServiceClassID:      wsa.SVCID_HOSTNAME,
		NameSpace:           nameSpace,
		NSProviderID:        provider,
	}
	if w.flags&wsa.AI_DNS_ONLY != 0 {
		q.NameSpace = wsa.NS_DNS
	}
	if w.wantsIPv4() {
		q.Protocols = append(q.Protocols, wsa.AFProtocols{AddressFamily: wsa.AF_INET})
	}
	if w.family != wsa.AF_INET {
		q.Protocols = append(q.Protocols, wsa.AFProtocols{AddressFamily: wsa.AF_INET6})
	}
	var flags uint32
	if w.flags&wsa.AI_BYPASS_DNS_CACHE != 0 {
		flags |= wsa.LUP_FLUSHCACHE
	}
	return askForHost(ctx, q, flags)
}

// wildcards are the addresses of no node: to listen on, or to reach this
// host by. IPv6 stands first, as on Windows, where the host has it.
func (w *wish) wildcards() []netip.Addr {
	v6, v4 := netip.IPv6Loopback(), netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if w.flags&wsa.AI_PASSIVE != 0 {
		v6, v4 = netip.IPv6Unspecified(), netip.IPv4Unspecified()
	}
	if w.family == wsa.AF_UNSPEC && !addrsel.System(netip.IPv6Loopback()).IsValid() {
		return []netip.Addr{v4}
	}
	return []netip.Addr{v6, v4}
}

// reachable leaves out what this host has no way to: IPv6 without an IPv6
// address of its own (difference 136), and with AI_ADDRCONFIG likewise IPv4.
// Loopback addresses are always reachable.
func (w *wish) reachable(addrs []netip.Addr) []netip.Addr {
	have4, have6 := haveBeyondLoopback()
	have4 = have4 || w.flags&wsa.AI_ADDRCONFIG == 0
	return slices.DeleteFunc(slices.Clone(addrs), func(addr netip.Addr) bool {
		if addr.IsLoopback() {
			return false
		}
		return addr.Is4() && !have4 || addr.Is6() && !have6 && !addr.IsLinkLocalUnicast()
	})
}
