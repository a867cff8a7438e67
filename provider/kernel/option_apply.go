// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

func (s *socket) setInt(level, name int, v int) error {
	return wsa.FromErrno(sys.SetSockOptInt(s.fd, level, name, v)).Err()
}

// setV6Only exists on IPv4 sockets too, where it means nothing (difference
// 41), and on raw ones, where the kernel has it always.
func (s *socket) setV6Only(v int64) error {
	if s.kind.family != wsa.AF_INET6 || s.kind.typ == wsa.SOCK_RAW {
		return nil
	}
	return s.setInt(sys.IPPROTO_IPV6, sys.IPV6_V6ONLY, int(v))
}

func (s *socket) setNoChecksum(v int64) error {
	if s.kind.family == wsa.AF_INET6 {
		return s.setInt(sys.IPPROTO_UDP, sys.UDP_NO_CHECK6_TX, int(v))
	}
	return s.setInt(sys.SOL_SOCKET, sys.SO_NO_CHECK, int(v))
}

// setMulticastIf takes an address, or an interface index as 0.x.x.x.
func (s *socket) setMulticastIf(v int64) error {
	var mreqn [12]byte // struct ip_mreqn: group, address, index
	binary.LittleEndian.PutUint32(mreqn[4:], uint32(v))
	indexForAddress(mreqn[4:])
	return wsa.FromErrno(sys.SetSockOpt(s.fd, sys.IPPROTO_IP, sys.IP_MULTICAST_IF, mreqn[:])).Err()
}

// indexForAddress turns an address of the form 0.x.x.x, which is how Winsock
// gives an interface index where an address is wanted, into the index that
// follows an address in the kernel's structure.
func indexForAddress(b []byte) {
	index := binary.BigEndian.Uint32(b)
	if b[0] == 0 && index != 0 {
		clear(b[:4])
		binary.NativeEndian.PutUint32(b[4:], index)
	}
}

func (s *socket) setUserMTU(v int64) error {
	if v == wsa.IP_UNSPECIFIED_USER_MTU {
		v = 0
	}
	return s.setInt(sys.IPPROTO_IPV6, sys.IPV6_MTU, int(v))
}

// setProtectionLevel refuses the only level that would have to keep traffic
// out: it is better not to have it than to seem to have it.
func (s *socket) setProtectionLevel(v int64) error {
	if v == wsa.PROTECTION_LEVEL_RESTRICTED {
		s.opts.Put(ruleProtection, ruleProtection.DefaultOf(s.kind.options))
		return wsa.WSAENOPROTOOPT
	}
	return nil
}

var ruleProtection = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_PROTECTION_LEVEL)

// infoRules are the options for control data that the kernel derives from
// one of its own, by family and kind of information.
var infoRules = [2]struct{ where, class []*sockopt.Rule }{
	{
		where: rules(wsa.IPPROTO_IP, wsa.IP_PKTINFO, wsa.IP_RECVIF, wsa.IP_RECVDSTADDR, wsa.IP_ORIGINAL_ARRIVAL_IF),
		class: rules(wsa.IPPROTO_IP, wsa.IP_RECVTOS, wsa.IP_ECN),
	}, {
		where: rules(wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO, wsa.IPV6_RECVIF, wsa.IPV6_RECVDSTADDR, wsa.IP_ORIGINAL_ARRIVAL_IF),
		class: rules(wsa.IPPROTO_IPV6, wsa.IPV6_RECVTCLASS, wsa.IPV6_ECN),
	},
}

func rules(level int32, names ...int32) (list []*sockopt.Rule) {
	for _, name := range names {
		list = append(list, sockopt.Find(level, name))
	}
	return list
}

// setInfo asks the kernel for what the options together want.
func (s *socket) setInfo(int64) error {
	if err := s.setInt(sys.IPPROTO_IP, sys.IP_PKTINFO, s.anyOf(infoRules[0].where)); err != nil {
		return err
	}
	if err := s.setInt(sys.IPPROTO_IP, sys.IP_RECVTOS, s.anyOf(infoRules[0].class)); err != nil {
		return err
	}
	if s.kind.family != wsa.AF_INET6 {
		return nil
	}
	if err := s.setInt(sys.IPPROTO_IPV6, sys.IPV6_RECVPKTINFO, s.anyOf(infoRules[1].where)); err != nil {
		return err
	}
	return s.setInt(sys.IPPROTO_IPV6, sys.IPV6_RECVTCLASS, s.anyOf(infoRules[1].class))
}

func (s *socket) anyOf(list []*sockopt.Rule) int {
	for _, r := range list {
		if s.opts.Bool(r) {
			return 1
		}
	}
	return 0
}

// keepErrors lets the kernel tell of ICMP errors (SIO_UDP_CONNRESET).
func (s *socket) keepErrors(on int) {
	sys.SetSockOptInt(s.fd, sys.IPPROTO_IP, sys.IP_RECVERR, on)
	if s.kind.family == wsa.AF_INET6 {
		sys.SetSockOptInt(s.fd, sys.IPPROTO_IPV6, sys.IPV6_RECVERR, on)
	}
}
