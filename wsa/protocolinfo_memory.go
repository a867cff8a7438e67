// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Sizes of the structures in memory, in bytes.
const (
	SizeofProtocolInfoW = protocolNameAt + 2*(WSAPROTOCOL_LEN+1) // 628
	SizeofProtocolInfoA = protocolNameAt + (WSAPROTOCOL_LEN + 1) // 372
)

// protocolNameAt is where szProtocol begins, after the fields that the two
// forms share.
const protocolNameAt = 116

// AppendW appends the memory of a WSAPROTOCOL_INFOW to b. A name of more than
// WSAPROTOCOL_LEN UTF-16 units is cut between characters.
func (p *ProtocolInfo) AppendW(b []byte) []byte {
	b = p.appendFields(b)
	left := WSAPROTOCOL_LEN
	for _, r := range p.Name {
		units := utf16.RuneLen(r)
		if r == 0 || units > left {
			break
		}
		left -= units
		if units == 1 {
			b = binary.LittleEndian.AppendUint16(b, uint16(r))
			continue
		}
		high, low := utf16.EncodeRune(r)
		b = binary.LittleEndian.AppendUint16(b, uint16(high))
		b = binary.LittleEndian.AppendUint16(b, uint16(low))
	}
	return append(b, zeros[:2*(left+1)]...)
}

// AppendA appends the memory of a WSAPROTOCOL_INFOA to b. The name is UTF-8,
// the character set of C programs on Linux; more than WSAPROTOCOL_LEN bytes
// are cut between characters.
func (p *ProtocolInfo) AppendA(b []byte) []byte {
	b = p.appendFields(b)
	name := p.Name
	for i := range len(name) {
		if name[i] == 0 {
			name = name[:i]
			break
		}
	}
	if len(name) > WSAPROTOCOL_LEN {
		cut := WSAPROTOCOL_LEN
		for cut > WSAPROTOCOL_LEN-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = name[:cut]
	}
	b = append(b, name...)
	return append(b, zeros[:WSAPROTOCOL_LEN+1-len(name)]...)
}

// DecodeW reads the memory of a WSAPROTOCOL_INFOW. Too little of it is
// WSAEFAULT, and leaves p alone.
func (p *ProtocolInfo) DecodeW(b []byte) error {
	if len(b) < SizeofProtocolInfoW {
		return WSAEFAULT
	}
	p.decodeFields(b)
	var units [WSAPROTOCOL_LEN]uint16
	n := 0
	for ; n < len(units); n++ {
		if units[n] = binary.LittleEndian.Uint16(b[protocolNameAt+2*n:]); units[n] == 0 {
			break
		}
	}
	p.Name = string(utf16.Decode(units[:n]))
	return nil
}

// DecodeA reads the memory of a WSAPROTOCOL_INFOA. Too little of it is
// WSAEFAULT, and leaves p alone.
func (p *ProtocolInfo) DecodeA(b []byte) error {
	if len(b) < SizeofProtocolInfoA {
		return WSAEFAULT
	}
	p.decodeFields(b)
	name := b[protocolNameAt : protocolNameAt+WSAPROTOCOL_LEN]
	if end := bytes.IndexByte(name, 0); end >= 0 {
		name = name[:end]
	}
	p.Name = string(name)
	return nil
}

// zeros fill up names.
var zeros [2 * (WSAPROTOCOL_LEN + 1)]byte

func (p *ProtocolInfo) appendFields(b []byte) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, p.ServiceFlags1)
	b = le.AppendUint32(b, p.ServiceFlags2)
	b = le.AppendUint32(b, p.ServiceFlags3)
	b = le.AppendUint32(b, p.ServiceFlags4)
	b = le.AppendUint32(b, p.ProviderFlags)
	id := p.ProviderID.Bytes()
	b = append(b, id[:]...)
	b = le.AppendUint32(b, p.CatalogEntryID)
	b = le.AppendUint32(b, uint32(p.Chain.Len))
	for _, entry := range p.Chain.Entries {
		b = le.AppendUint32(b, entry)
	}
	b = le.AppendUint32(b, uint32(p.Version))
	b = le.AppendUint32(b, uint32(p.AddressFamily))
	b = le.AppendUint32(b, uint32(p.MaxSockAddr))
	b = le.AppendUint32(b, uint32(p.MinSockAddr))
	b = le.AppendUint32(b, uint32(p.SocketType))
	b = le.AppendUint32(b, uint32(p.Protocol))
	b = le.AppendUint32(b, uint32(p.ProtocolMaxOffset))
	b = le.AppendUint32(b, uint32(p.NetworkByteOrder))
	b = le.AppendUint32(b, uint32(p.SecurityScheme))
	b = le.AppendUint32(b, p.MessageSize)
	return le.AppendUint32(b, p.ProviderReserved)
}

func (p *ProtocolInfo) decodeFields(b []byte) {
	le := binary.LittleEndian
	p.ServiceFlags1 = le.Uint32(b[0:])
	p.ServiceFlags2 = le.Uint32(b[4:])
	p.ServiceFlags3 = le.Uint32(b[8:])
	p.ServiceFlags4 = le.Uint32(b[12:])
	p.ProviderFlags = le.Uint32(b[16:])
	p.ProviderID = GUIDFromBytes([16]byte(b[20:36]))
	p.CatalogEntryID = le.Uint32(b[36:])
	p.Chain.Len = int32(le.Uint32(b[40:]))
	for i := range p.Chain.Entries {
		p.Chain.Entries[i] = le.Uint32(b[44+4*i:])
	}
	p.Version = int32(le.Uint32(b[72:]))
	p.AddressFamily = int32(le.Uint32(b[76:]))
	p.MaxSockAddr = int32(le.Uint32(b[80:]))
	p.MinSockAddr = int32(le.Uint32(b[84:]))
	p.SocketType = int32(le.Uint32(b[88:]))
	p.Protocol = int32(le.Uint32(b[92:]))
	p.ProtocolMaxOffset = int32(le.Uint32(b[96:]))
	p.NetworkByteOrder = int32(le.Uint32(b[100:]))
	p.SecurityScheme = int32(le.Uint32(b[104:]))
	p.MessageSize = le.Uint32(b[108:])
	p.ProviderReserved = le.Uint32(b[112:])
}
