// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net/netip"
	"strconv"

	"winsock/namespace/netdb"
	"winsock/wsa"
)

// A wish is what the hints of getaddrinfo ask for.
type wish struct {
	flags    uint32
	family   int32
	sockType int32
	protocol int32
}

// knownFlags are the AI_ flags that mean something here, or that ask for
// something which every answer here fulfils. Those that would promise more
// than there is, such as encrypted name resolution with AI_REQUIRE_SECURE,
// are refused.
const knownFlags = wsa.AI_PASSIVE | wsa.AI_CANONNAME | wsa.AI_NUMERICHOST | wsa.AI_NUMERICSERV |
	wsa.AI_DNS_ONLY | wsa.AI_FORCE_CLEAR_TEXT | wsa.AI_BYPASS_DNS_CACHE | wsa.AI_ALL | wsa.AI_ADDRCONFIG |
	wsa.AI_V4MAPPED | wsa.AI_NON_AUTHORITATIVE | wsa.AI_RETURN_PREFERRED_NAMES | wsa.AI_FQDN |
	wsa.AI_FILESERVER | wsa.AI_DISABLE_IDN_ENCODING | wsa.AI_SECURE_WITH_FALLBACK

// readWish checks the arguments of getaddrinfo in the order in which Windows
// does.
func readWish(node, service *string, hints *AddrInfo) (*wish, error) {
	if node == nil && service == nil {
		return nil, wsa.WSAHOST_NOT_FOUND
	}
	if hints == nil {
		return &wish{}, nil
	}
	w := &wish{hints.Flags, hints.Family, hints.SockType, hints.Protocol}
	const names = wsa.AI_CANONNAME | wsa.AI_FQDN
	switch {
	case hints.CanonName != "" || hints.Addr.Len() != 0:
		return nil, wsa.WSANO_RECOVERY
	case w.flags&^knownFlags != 0, w.flags&names == names, w.flags&names != 0 && node == nil:
		return nil, wsa.WSAEINVAL
	case w.family != wsa.AF_UNSPEC && w.family != wsa.AF_INET && w.family != wsa.AF_INET6:
		return nil, wsa.WSAEAFNOSUPPORT
	case w.sockType < 0 || w.sockType > wsa.SOCK_SEQPACKET:
		return nil, wsa.WSAESOCKTNOSUPPORT
	}
	return w, nil
}

// wantsIPv4 tells whether IPv4 addresses can serve the wish, as they are or
// mapped into IPv6.
func (w *wish) wantsIPv4() bool { return w.family != wsa.AF_INET6 || w.flags&wsa.AI_V4MAPPED != 0 }

// only returns the addresses of the family wished for. With AI_V4MAPPED,
// IPv4 addresses appear as IPv6 ones: when there are no others, or with
// AI_ALL in any case.
func (w *wish) only(addrs []netip.Addr) []netip.Addr {
	if w.family == wsa.AF_UNSPEC {
		return addrs
	}
	var match, mapped []netip.Addr
	for _, addr := range addrs {
		switch {
		case addr.Is4() == (w.family == wsa.AF_INET):
			match = append(match, addr)
		case addr.Is4() && w.wantsIPv4():
			mapped = append(mapped, netip.AddrFrom16(addr.As16()))
		}
	}
	if len(match) == 0 || w.flags&wsa.AI_ALL != 0 {
		return append(match, mapped...)
	}
	return match
}

// A port is a service, and the kind of socket to reach it by.
type port struct {
	number   uint16
	sockType int32
	protocol int32
}

// ports returns the ports of the service, at least one. A number goes with
// whatever the hints say; a name only with the protocols that have it.
func (w *wish) ports(service *string) ([]port, error) {
	if service == nil || *service == "" {
		return []port{{0, w.sockType, w.protocol}}, nil
	}
	if isNumber(*service) {
		number, err := strconv.ParseUint(*service, 10, 16)
		if err != nil {
			return nil, wsa.WSATYPE_NOT_FOUND
		}
		return []port{{uint16(number), w.sockType, w.protocol}}, nil
	}
	if w.flags&wsa.AI_NUMERICSERV != 0 {
		return nil, wsa.WSAHOST_NOT_FOUND
	}
	var ports []port
	for _, kind := range [...]struct {
		name               string
		sockType, protocol int32
	}{{"tcp", wsa.SOCK_STREAM, wsa.IPPROTO_TCP}, {"udp", wsa.SOCK_DGRAM, wsa.IPPROTO_UDP}} {
		if w.sockType != 0 && w.sockType != kind.sockType ||
			w.sockType == 0 && w.protocol != 0 && w.protocol != kind.protocol {
			continue
		}
		s, ok := netdb.System().ByName(*service, kind.name)
		if !ok {
			continue
		}
		p := port{s.Port, kind.sockType, kind.protocol}
		if w.sockType != 0 {
			p.protocol = w.protocol // as the hints have it, be it 0
		}
		ports = append(ports, p)
	}
	if len(ports) == 0 {
		return nil, wsa.WSATYPE_NOT_FOUND
	}
	return ports, nil
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
