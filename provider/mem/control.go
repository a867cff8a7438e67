// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"encoding/binary"
	"net/netip"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// interfaceIndex is the index of a host's one interface.
const interfaceIndex = 1

// A controlRule is one kind of control data that comes with a datagram: the
// option that asks for it, the type of the message, and its data.
type controlRule struct {
	option *sockopt.Rule
	typ    int32
	data   func(s *socket, p *packet, room *[20]byte) []byte
}

// controlRules are the kinds for AF_INET and for AF_INET6 sockets.
var controlRules = map[int32][]controlRule{
	wsa.AF_INET: {
		{sockopt.Find(wsa.IPPROTO_IP, wsa.IP_PKTINFO), wsa.IP_PKTINFO, packetInfo},
		{sockopt.Find(wsa.IPPROTO_IP, wsa.IP_RECVTTL), wsa.IP_TTL, packetTTL},
		{sockopt.Find(wsa.IPPROTO_IP, wsa.IP_RECVTOS), wsa.IP_TOS, packetTOS},
		{sockopt.Find(wsa.IPPROTO_IP, wsa.IP_RECVDSTADDR), wsa.IP_RECVDSTADDR, packetDestination},
	},
	wsa.AF_INET6: {
		{sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO), wsa.IPV6_PKTINFO, packetInfo},
		{sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT), wsa.IPV6_HOPLIMIT, packetTTL},
		{sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS), wsa.IPV6_TCLASS, packetTOS},
		{sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_RECVDSTADDR), wsa.IPV6_RECVDSTADDR, packetDestination},
	},
}

// hasControl reports whether the option asks for control data that mem has.
func hasControl(r *sockopt.Rule) bool {
	for _, rules := range controlRules {
		for _, c := range rules {
			if c.option == r {
				return true
			}
		}
	}
	return false
}

// putControl writes the control data that the socket asked for, and cuts
// m.Control to it. Data that finds no room is told by MSG_CTRUNC and
// WSAEMSGSIZE (difference 80).
func (s *socket) putControl(m *spi.Message, p *packet) error {
	if m.Control == nil {
		return nil
	}
	var err error
	n := 0
	var room [20]byte
	for i := range controlRules[s.family] {
		c := &controlRules[s.family][i]
		if !s.opts.Bool(c.option) {
			continue
		}
		took := wsa.PutControl(m.Control[n:], c.option.Level, c.typ, c.data(s, p, &room))
		if took == 0 {
			m.Flags |= wsa.MSG_CTRUNC
			err = wsa.WSAEMSGSIZE
			break
		}
		n += took
	}
	m.Control = m.Control[:n]
	return err
}

// packetInfo is in_pktinfo or in6_pktinfo: the destination address and the
// interface.
func packetInfo(s *socket, p *packet, room *[20]byte) []byte {
	n := len(packetDestination(s, p, room))
	binary.LittleEndian.PutUint32(room[n:], interfaceIndex)
	return room[:n+4]
}

func packetDestination(s *socket, p *packet, room *[20]byte) []byte {
	if s.family == wsa.AF_INET {
		a := p.to.Addr().As4()
		return room[:copy(room[:], a[:])]
	}
	a := p.to.Addr().As16()
	return room[:copy(room[:], a[:])]
}

func packetTTL(_ *socket, p *packet, room *[20]byte) []byte {
	binary.LittleEndian.PutUint32(room[:], uint32(p.ttl))
	return room[:4]
}

func packetTOS(_ *socket, p *packet, room *[20]byte) []byte {
	binary.LittleEndian.PutUint32(room[:], uint32(p.tos))
	return room[:4]
}

// takeControl applies the control data of a send to the packet's head: the
// source address (IP_PKTINFO), the hop limit and the type of service. An
// unknown or malformed message is WSAEINVAL ("WSASendMsg function").
func (s *socket) takeControl(control []byte, head *packet) error {
	for c := range wsa.ControlMessages(control) {
		switch {
		case c.Level == wsa.IPPROTO_IP && c.Type == wsa.IP_PKTINFO && len(c.Data) >= 8:
			if err := s.takeSource(netip.AddrFrom4([4]byte(c.Data)), head); err != nil {
				return err
			}
		case c.Level == wsa.IPPROTO_IPV6 && c.Type == wsa.IPV6_PKTINFO && len(c.Data) >= 20:
			if err := s.takeSource(netip.AddrFrom16([16]byte(c.Data)).Unmap(), head); err != nil {
				return err
			}
		case len(c.Data) < 4:
			return wsa.WSAEINVAL
		case c.Level == wsa.IPPROTO_IP && (c.Type == wsa.IP_TTL || c.Type == wsa.IP_HOPLIMIT),
			c.Level == wsa.IPPROTO_IPV6 && c.Type == wsa.IPV6_HOPLIMIT:
			head.ttl = c.Data[0]
		case c.Level == wsa.IPPROTO_IP && c.Type == wsa.IP_TOS,
			c.Level == wsa.IPPROTO_IPV6 && c.Type == wsa.IPV6_TCLASS:
			head.tos = c.Data[0]
		default:
			return wsa.WSAEINVAL
		}
	}
	return nil
}

// takeSource makes a datagram come from one of the host's addresses.
func (s *socket) takeSource(source netip.Addr, head *packet) error {
	if source.IsUnspecified() {
		return nil
	}
	if !s.host.has(source) || source.Is4() != head.to.Addr().Is4() {
		return wsa.WSAEADDRNOTAVAIL
	}
	head.from = netip.AddrPortFrom(source, head.from.Port())
	return nil
}
