// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"
	"slices"

	"winsock/spi"
	"winsock/wsa"
)

// sendManyLocked sends a datagram to every socket that a broadcast or
// multicast reaches: those on the destination's port, on every host, that
// are in the group or take broadcasts. With IP_MULTICAST_LOOP off the
// sender's host is left out, with a TTL of 0 all others are.
func (s *socket) sendManyLocked(m *spi.Message, head *packet, size int, w *wakes) {
	loop, far := true, true
	if head.flags == wsa.MSG_MCAST {
		loopRule := multicastLoop4Rule
		if head.to.Addr().Is6() {
			loopRule = multicastLoop6Rule
		}
		loop, far = s.opts.Bool(loopRule), head.ttl != 0
	}
	for _, h := range s.net.hosts {
		if h == s.host && !loop || h != s.host && !far {
			continue
		}
		// Who receives is decided when the packet arrives; one packet
		// travels to each host.
		one := *head
		one.host = h
		s.launchLocked(m, &one, size, w)
	}
}

// takeManyLocked gives a copy of the packet to each socket that wants it.
func (h *Host) takeManyLocked(p *packet, w *wakes) {
	n := h.net
	for _, r := range h.ports[port{true, p.to.Port()}] {
		if !r.wants(p) || r.hears(p) < 0 {
			continue
		}
		c := n.newPacketLocked(len(p.data))
		copy(c.data, p.data)
		c.from, c.to, c.flags, c.ttl, c.tos = p.from, p.to, p.flags, p.ttl, p.tos
		r.queueLocked(c, w)
	}
	n.freePacketLocked(p)
}

// wants reports whether a broadcast or multicast is for the socket.
func (s *socket) wants(p *packet) bool {
	if p.flags&wsa.MSG_MCAST != 0 {
		return slices.Contains(s.groups, p.to.Addr())
	}
	return (s.bound.addr.Is4() || s.bound.dual) && s.opts.Bool(receiveBroadcastRule)
}

// membershipLocked is IP_ADD_MEMBERSHIP, IPV6_ADD_MEMBERSHIP and their
// reverse. The interface is not looked at, as a host has one. A group that
// was joined before, or one to leave that was not, is WSAEADDRNOTAVAIL
// ("IPPROTO_IP Socket Options").
func (s *socket) membershipLocked(group netip.Addr, join bool) error {
	if !group.IsMulticast() {
		return wsa.WSAEINVAL
	}
	i := slices.Index(s.groups, group)
	switch {
	case join == (i >= 0):
		return wsa.WSAEADDRNOTAVAIL
	case join:
		s.groups = append(s.groups, group)
	default:
		s.groups = slices.Delete(s.groups, i, i+1)
	}
	return nil
}
