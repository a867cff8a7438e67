// SPDX-License-Identifier: Apache-2.0

package wsa

import "encoding/binary"

// An IPMreq is an IP_MREQ: a group and the interface to join it on, by its
// address or as 0.x.x.x by its index.
type IPMreq struct {
	Multiaddr [4]byte
	Interface [4]byte
}

// Append appends the memory of an IP_MREQ.
func (m *IPMreq) Append(b []byte) []byte {
	return append(append(b, m.Multiaddr[:]...), m.Interface[:]...)
}

// Decode reads the memory of an IP_MREQ.
func (m *IPMreq) Decode(b []byte) error {
	if len(b) < SizeofIPMreq {
		return WSAEFAULT
	}
	m.Multiaddr, m.Interface = [4]byte(b[0:4]), [4]byte(b[4:8])
	return nil
}

// An IPMreqSource is an IP_MREQ_SOURCE. The interface stands last, which is
// not Linux's order.
type IPMreqSource struct {
	Multiaddr  [4]byte
	Sourceaddr [4]byte
	Interface  [4]byte
}

// Append appends the memory of an IP_MREQ_SOURCE.
func (m *IPMreqSource) Append(b []byte) []byte {
	return append(append(append(b, m.Multiaddr[:]...), m.Sourceaddr[:]...), m.Interface[:]...)
}

// Decode reads the memory of an IP_MREQ_SOURCE.
func (m *IPMreqSource) Decode(b []byte) error {
	if len(b) < SizeofIPMreqSource {
		return WSAEFAULT
	}
	m.Multiaddr, m.Sourceaddr, m.Interface = [4]byte(b[0:4]), [4]byte(b[4:8]), [4]byte(b[8:12])
	return nil
}

// An IPv6Mreq is an IPV6_MREQ: a group and the index of the interface, 0 for
// the default one.
type IPv6Mreq struct {
	Multiaddr [16]byte
	Interface uint32
}

// Append appends the memory of an IPV6_MREQ.
func (m *IPv6Mreq) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append(b, m.Multiaddr[:]...), m.Interface)
}

// Decode reads the memory of an IPV6_MREQ.
func (m *IPv6Mreq) Decode(b []byte) error {
	if len(b) < SizeofIPv6Mreq {
		return WSAEFAULT
	}
	m.Multiaddr, m.Interface = [16]byte(b[0:16]), binary.LittleEndian.Uint32(b[16:])
	return nil
}

// A GroupReq is a GROUP_REQ: the index of an interface, 0 for the default
// one, and a group of either family.
type GroupReq struct {
	Interface uint32
	Group     Sockaddr
}

// Append appends the memory of a GROUP_REQ.
func (r *GroupReq) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, r.Interface)
	b = append(b, 0, 0, 0, 0) // SOCKADDR_STORAGE is aligned to 8
	return append(b, r.Group.storage[:]...)
}

// Decode reads the memory of a GROUP_REQ.
func (r *GroupReq) Decode(b []byte) error {
	if len(b) < SizeofGroupReq {
		return WSAEFAULT
	}
	r.Interface = binary.LittleEndian.Uint32(b)
	r.Group = sockaddrOfStorage(b[8:136])
	return nil
}

// A GroupSourceReq is a GROUP_SOURCE_REQ: a GroupReq and a sender.
type GroupSourceReq struct {
	Interface uint32
	Group     Sockaddr
	Source    Sockaddr
}

// Append appends the memory of a GROUP_SOURCE_REQ.
func (r *GroupSourceReq) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, r.Interface)
	b = append(b, 0, 0, 0, 0) // SOCKADDR_STORAGE is aligned to 8
	b = append(b, r.Group.storage[:]...)
	return append(b, r.Source.storage[:]...)
}

// Decode reads the memory of a GROUP_SOURCE_REQ.
func (r *GroupSourceReq) Decode(b []byte) error {
	if len(b) < SizeofGroupSourceReq {
		return WSAEFAULT
	}
	r.Interface = binary.LittleEndian.Uint32(b)
	r.Group = sockaddrOfStorage(b[8:136])
	r.Source = sockaddrOfStorage(b[136:264])
	return nil
}
