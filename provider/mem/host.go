// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"hash/fnv"
	"net/netip"
	"slices"

	"winsock/spi"
	"winsock/wsa"
)

// A Host is a machine on a network: addresses, and the ports in use. Every
// host has the loopback addresses (127.0.0.0/8 and ::1), which reach only
// itself.
type Host struct {
	net   *Network
	addrs []netip.Addr
	ports map[port][]*socket // bound sockets, in the order of their binding
	next  [2]uint16          // the next port to try, of streams and of datagrams

	changes spi.WatchList // who wants to know of other addresses
}

// A port is one of the two port spaces and a number in it.
type port struct {
	datagram bool
	number   uint16
}

// The ports that bind gives to sockets that ask for none (RFC 6335).
const (
	firstEphemeral = 49152
	lastEphemeral  = 65535
)

// Host adds a machine with those addresses to the network.
func (n *Network) Host(addrs ...netip.Addr) *Host {
	n.init()
	h := &Host{net: n, ports: make(map[port][]*socket), next: [2]uint16{firstEphemeral, firstEphemeral}}
	for _, a := range addrs {
		h.addrs = append(h.addrs, a.Unmap())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts = append(n.hosts, h)
	return h
}

// SetAddrs gives the machine other addresses. Sockets that are bound to one
// that is no longer among them keep it. Connections go on, with addresses
// that are gone as with packets that are lost.
func (h *Host) SetAddrs(addrs ...netip.Addr) {
	own := make([]netip.Addr, len(addrs))
	for i, a := range addrs {
		own[i] = a.Unmap()
	}
	h.net.mu.Lock()
	h.addrs = own
	h.net.mu.Unlock()
	h.changes.Notify(spi.EventsChange)
}

// addressesLocked is a number of the host's addresses of a family, in any
// order.
func (h *Host) addressesLocked(family int32) (sum uint64) {
	for _, a := range h.addrs {
		if a.Is4() == (family == wsa.AF_INET) {
			sum += hash(a)
		}
	}
	return sum
}

func hash(a netip.Addr) uint64 {
	f := fnv.New64a()
	f.Write(a.AsSlice())
	return f.Sum64()
}

// has reports whether the address is one of the host's.
func (h *Host) has(a netip.Addr) bool {
	return ownLoopback(a) || slices.Contains(h.addrs, a)
}

func ownLoopback(a netip.Addr) bool {
	return a.Is4() && a.IsLoopback() || a == netip.IPv6Loopback()
}

// routeLocked finds the host that has the address, as seen from h; nil when
// there is no route.
func (h *Host) routeLocked(to netip.Addr) *Host {
	if h.has(to) {
		return h
	}
	for _, other := range h.net.hosts {
		if slices.Contains(other.addrs, to) {
			return other
		}
	}
	return nil
}

// sourceFor returns the address that traffic to another address comes from;
// ok is false when the host has none of the family.
func (h *Host) sourceFor(to netip.Addr) (from netip.Addr, ok bool) {
	switch {
	case to.Is4() && to.IsLoopback():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	case h.has(to):
		return to, true
	}
	for _, a := range h.addrs {
		if a.Is4() == to.Is4() {
			return a, true
		}
	}
	if to.IsMulticast() || to == broadcast {
		if to.Is4() {
			return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
		}
		return netip.IPv6Loopback(), true
	}
	return netip.Addr{}, false
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// bindLocked gives s a local endpoint, with a free port when it asks for
// port 0: WSAEADDRINUSE or WSAEACCES by the rules of clash, WSAENOBUFS when
// no port is left.
func (h *Host) bindLocked(s *socket, ep endpoint) error {
	if ep.port != 0 {
		for _, other := range h.ports[port{s.datagram, ep.port}] {
			if code := clash(&other.bound, &ep); code != 0 {
				return code.Err()
			}
		}
	} else {
		next := &h.next[0]
		if s.datagram {
			next = &h.next[1]
		}
		for range lastEphemeral - firstEphemeral + 1 {
			p := *next
			if *next++; *next < firstEphemeral {
				*next = firstEphemeral
			}
			if len(h.ports[port{s.datagram, p}]) == 0 {
				ep.port = p
				break
			}
		}
		if ep.port == 0 {
			return wsa.WSAENOBUFS
		}
	}
	key := port{s.datagram, ep.port}
	h.ports[key] = append(h.ports[key], s)
	s.bound = ep
	s.local = netip.AddrPortFrom(ep.addr, ep.port)
	return nil
}

// unbindLocked takes the socket's port away from it.
func (h *Host) unbindLocked(s *socket) {
	if s.bound.port == 0 {
		return
	}
	key := port{s.datagram, s.bound.port}
	rest := slices.DeleteFunc(h.ports[key], func(o *socket) bool { return o == s })
	if len(rest) == 0 {
		delete(h.ports, key)
	} else {
		h.ports[key] = rest
	}
	s.bound = endpoint{}
}

// findLocked returns the socket that traffic from one address to another
// belongs to: of those that accept it (want) the most specifically bound
// one, and of several equal ones the one bound first (differences 34, 35).
func (h *Host) findLocked(datagram bool, to netip.AddrPort, want func(s *socket) int) *socket {
	var best *socket
	bestScore := 0
	for _, s := range h.ports[port{datagram, to.Port()}] {
		score := s.bound.match(to.Addr())
		if score == 0 {
			continue
		}
		extra := want(s)
		if extra < 0 {
			continue
		}
		if score += extra; score > bestScore {
			best, bestScore = s, score
		}
	}
	return best
}
