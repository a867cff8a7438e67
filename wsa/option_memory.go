// SPDX-License-Identifier: Apache-2.0

package wsa

import "encoding/binary"

// The structures that pass through the buffers of options and control codes.
// Each has Append, which appends its memory to a slice, and Decode, which
// reads it and answers too short a buffer with WSAEFAULT, leaving the
// structure alone. Addresses stand in network order, numbers in the host's.

// Sizes of the structures in memory, in bytes.
const (
	SizeofLinger         = 4
	SizeofIPMreq         = 8
	SizeofIPMreqSource   = 12
	SizeofIPv6Mreq       = 20
	SizeofInPktinfo      = 8
	SizeofIn6Pktinfo     = 20
	SizeofGroupReq       = 136
	SizeofGroupSourceReq = 264
	SizeofTCPKeepalive   = 12
	SizeofNetworkEvents  = 4 + 4*FD_MAX_EVENTS
)

// Append appends the memory of a LINGER.
func (l *Linger) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, l.OnOff)
	return binary.LittleEndian.AppendUint16(b, l.Linger)
}

// Decode reads the memory of a LINGER.
func (l *Linger) Decode(b []byte) error {
	if len(b) < SizeofLinger {
		return WSAEFAULT
	}
	l.OnOff = binary.LittleEndian.Uint16(b[0:])
	l.Linger = binary.LittleEndian.Uint16(b[2:])
	return nil
}

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

// An InPktinfo is an IN_PKTINFO: where a datagram arrived.
type InPktinfo struct {
	Addr    [4]byte
	Ifindex uint32
}

// Append appends the memory of an IN_PKTINFO.
func (p *InPktinfo) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append(b, p.Addr[:]...), p.Ifindex)
}

// Decode reads the memory of an IN_PKTINFO.
func (p *InPktinfo) Decode(b []byte) error {
	if len(b) < SizeofInPktinfo {
		return WSAEFAULT
	}
	p.Addr, p.Ifindex = [4]byte(b[0:4]), binary.LittleEndian.Uint32(b[4:])
	return nil
}

// An In6Pktinfo is an IN6_PKTINFO: where a datagram arrived.
type In6Pktinfo struct {
	Addr    [16]byte
	Ifindex uint32
}

// Append appends the memory of an IN6_PKTINFO.
func (p *In6Pktinfo) Append(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append(b, p.Addr[:]...), p.Ifindex)
}

// Decode reads the memory of an IN6_PKTINFO.
func (p *In6Pktinfo) Decode(b []byte) error {
	if len(b) < SizeofIn6Pktinfo {
		return WSAEFAULT
	}
	p.Addr, p.Ifindex = [16]byte(b[0:16]), binary.LittleEndian.Uint32(b[16:])
	return nil
}

// A TCPKeepalive is the tcp_keepalive of SIO_KEEPALIVE_VALS.
type TCPKeepalive struct {
	OnOff             uint32
	KeepaliveTime     uint32 // milliseconds until the first probe
	KeepaliveInterval uint32 // milliseconds between probes
}

// Append appends the memory of a tcp_keepalive.
func (k *TCPKeepalive) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, k.OnOff)
	b = binary.LittleEndian.AppendUint32(b, k.KeepaliveTime)
	return binary.LittleEndian.AppendUint32(b, k.KeepaliveInterval)
}

// Decode reads the memory of a tcp_keepalive.
func (k *TCPKeepalive) Decode(b []byte) error {
	if len(b) < SizeofTCPKeepalive {
		return WSAEFAULT
	}
	k.OnOff = binary.LittleEndian.Uint32(b[0:])
	k.KeepaliveTime = binary.LittleEndian.Uint32(b[4:])
	k.KeepaliveInterval = binary.LittleEndian.Uint32(b[8:])
	return nil
}

// Append appends the memory of a WSANETWORKEVENTS.
func (e *NetworkEvents) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(e.NetworkEvents))
	for _, code := range e.ErrorCode {
		b = binary.LittleEndian.AppendUint32(b, uint32(code))
	}
	return b
}

// Decode reads the memory of a WSANETWORKEVENTS.
func (e *NetworkEvents) Decode(b []byte) error {
	if len(b) < SizeofNetworkEvents {
		return WSAEFAULT
	}
	e.NetworkEvents = int32(binary.LittleEndian.Uint32(b))
	for i := range e.ErrorCode {
		e.ErrorCode[i] = Errno(binary.LittleEndian.Uint32(b[4+4*i:]))
	}
	return nil
}
