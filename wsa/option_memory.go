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
