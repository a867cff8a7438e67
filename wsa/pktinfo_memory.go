// SPDX-License-Identifier: Apache-2.0

package wsa

import "encoding/binary"

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
