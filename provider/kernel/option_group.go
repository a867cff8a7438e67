// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/wsa"
)

// setMembership joins and leaves multicast groups and blocks sources. The
// structures are Winsock's; three of them differ from the kernel's.
func (s *socket) setMembership(level, name int32, value []byte) error {
	if level == wsa.IPPROTO_IP {
		switch name {
		case wsa.IP_ADD_MEMBERSHIP:
			return s.setGroup4(sys.IP_ADD_MEMBERSHIP, value)
		case wsa.IP_DROP_MEMBERSHIP:
			return s.setGroup4(sys.IP_DROP_MEMBERSHIP, value)
		case wsa.IP_ADD_SOURCE_MEMBERSHIP:
			return s.setSource4(sys.IP_ADD_SOURCE_MEMBERSHIP, value)
		case wsa.IP_DROP_SOURCE_MEMBERSHIP:
			return s.setSource4(sys.IP_DROP_SOURCE_MEMBERSHIP, value)
		case wsa.IP_BLOCK_SOURCE:
			return s.setSource4(sys.IP_BLOCK_SOURCE, value)
		case wsa.IP_UNBLOCK_SOURCE:
			return s.setSource4(sys.IP_UNBLOCK_SOURCE, value)
		}
	} else {
		switch name {
		case wsa.IPV6_ADD_MEMBERSHIP:
			return s.setRaw(level, sys.IPV6_JOIN_GROUP, value[:20])
		case wsa.IPV6_DROP_MEMBERSHIP:
			return s.setRaw(level, sys.IPV6_LEAVE_GROUP, value[:20])
		}
	}
	switch name {
	case wsa.MCAST_JOIN_GROUP:
		return s.setGroup(level, sys.MCAST_JOIN_GROUP, value[:136])
	case wsa.MCAST_LEAVE_GROUP:
		return s.setGroup(level, sys.MCAST_LEAVE_GROUP, value[:136])
	case wsa.MCAST_BLOCK_SOURCE:
		return s.setGroup(level, sys.MCAST_BLOCK_SOURCE, value[:264])
	case wsa.MCAST_UNBLOCK_SOURCE:
		return s.setGroup(level, sys.MCAST_UNBLOCK_SOURCE, value[:264])
	case wsa.MCAST_JOIN_SOURCE_GROUP:
		return s.setGroup(level, sys.MCAST_JOIN_SOURCE_GROUP, value[:264])
	case wsa.MCAST_LEAVE_SOURCE_GROUP:
		return s.setGroup(level, sys.MCAST_LEAVE_SOURCE_GROUP, value[:264])
	}
	return wsa.WSAENOPROTOOPT
}

func (s *socket) setRaw(level int32, name int, value []byte) error {
	return wsa.FromErrno(sys.SetSockOpt(s.fd, int(level), name, value)).Err()
}

// setGroup4 takes an ip_mreq: group and interface, which may be an index.
func (s *socket) setGroup4(name int, value []byte) error {
	var mreqn [12]byte
	copy(mreqn[:8], value)
	indexForAddress(mreqn[4:])
	return s.setRaw(sys.IPPROTO_IP, name, mreqn[:])
}

// setSource4 takes an ip_mreq_source: group, source and interface, of which
// the kernel has the last two the other way round.
func (s *socket) setSource4(name int, value []byte) error {
	var mreq [12]byte
	copy(mreq[0:4], value[0:4])
	copy(mreq[4:8], value[8:12])
	copy(mreq[8:12], value[4:8])
	return s.setRaw(sys.IPPROTO_IP, name, mreq[:])
}

// setGroup takes a GROUP_REQ or GROUP_SOURCE_REQ: an interface index and one
// or two SOCKADDR_STORAGE, whose families are translated.
func (s *socket) setGroup(level int32, name int, value []byte) error {
	var req [264]byte
	n := copy(req[:], value)
	for at := 8; at < n; at += wsa.SizeofStorage {
		if binary.LittleEndian.Uint16(req[at:]) == wsa.AF_INET6 {
			binary.NativeEndian.PutUint16(req[at:], sys.AF_INET6)
		}
	}
	return s.setRaw(level, name, req[:n])
}
