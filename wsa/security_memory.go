// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"encoding/binary"
	"unicode/utf16"
)

// Sizes of the structures of WSASetSocketSecurity and its like, in bytes.
const (
	SizeofSocketSecuritySettings  = 8
	SizeofSocketSecurityQueryInfo = 24

	sizeofSockaddrStorage = 128
	offsetPeerAddress     = 8 // SOCKADDR_STORAGE is aligned to 8
	offsetTargetLen       = offsetPeerAddress + sizeofSockaddrStorage
	offsetTarget          = offsetTargetLen + 4
)

// SocketSecuritySettings is a SOCKET_SECURITY_SETTINGS.
type SocketSecuritySettings struct {
	SecurityProtocol uint32 // SOCKET_SECURITY_PROTOCOL_
	SecurityFlags    uint32 // SOCKET_SETTINGS_
}

// Append appends the memory of a SOCKET_SECURITY_SETTINGS.
func (s *SocketSecuritySettings) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, s.SecurityProtocol)
	return binary.LittleEndian.AppendUint32(b, s.SecurityFlags)
}

// Decode reads the memory of a SOCKET_SECURITY_SETTINGS.
func (s *SocketSecuritySettings) Decode(b []byte) error {
	if len(b) < SizeofSocketSecuritySettings {
		return WSAEFAULT
	}
	s.SecurityProtocol, s.SecurityFlags = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	return nil
}

// SocketSecurityQueryInfo is a SOCKET_SECURITY_QUERY_INFO. Access tokens are
// Windows's and always 0.
type SocketSecurityQueryInfo struct {
	SecurityProtocol           uint32
	Flags                      uint32 // SOCKET_INFO_CONNECTION_
	PeerApplicationAccessToken uint64
	PeerMachineAccessToken     uint64
}

// Append appends the memory of a SOCKET_SECURITY_QUERY_INFO.
func (q *SocketSecurityQueryInfo) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, q.SecurityProtocol)
	b = binary.LittleEndian.AppendUint32(b, q.Flags)
	b = binary.LittleEndian.AppendUint64(b, q.PeerApplicationAccessToken)
	return binary.LittleEndian.AppendUint64(b, q.PeerMachineAccessToken)
}

// Decode reads the memory of a SOCKET_SECURITY_QUERY_INFO.
func (q *SocketSecurityQueryInfo) Decode(b []byte) error {
	if len(b) < SizeofSocketSecurityQueryInfo {
		return WSAEFAULT
	}
	q.SecurityProtocol, q.Flags = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	q.PeerApplicationAccessToken = binary.LittleEndian.Uint64(b[8:])
	q.PeerMachineAccessToken = binary.LittleEndian.Uint64(b[16:])
	return nil
}

// SocketPeerTargetName is a SOCKET_PEER_TARGET_NAME: the name by which a peer
// is to prove itself. PeerAddress is empty for a stream's only peer.
type SocketPeerTargetName struct {
	SecurityProtocol uint32
	PeerAddress      Sockaddr
	PeerTargetName   string
}

// Append appends the memory of a SOCKET_PEER_TARGET_NAME.
func (p *SocketPeerTargetName) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, p.SecurityProtocol)
	b = binary.LittleEndian.AppendUint32(b, 0)
	var storage [sizeofSockaddrStorage]byte
	copy(storage[:], p.PeerAddress.Bytes())
	b = append(b, storage[:]...)
	name := utf16.Encode([]rune(p.PeerTargetName))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(name)))
	for _, c := range name {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

// Decode reads the memory of a SOCKET_PEER_TARGET_NAME but for its address.
func (p *SocketPeerTargetName) Decode(b []byte) error {
	if len(b) < offsetTarget {
		return WSAEFAULT
	}
	n := uint64(binary.LittleEndian.Uint32(b[offsetTargetLen:]))
	name, ok := part(b, offsetTarget, n&^1)
	if !ok {
		return WSAEFAULT
	}
	text := make([]uint16, len(name)/2)
	for i := range text {
		text[i] = binary.LittleEndian.Uint16(name[2*i:])
	}
	p.SecurityProtocol = binary.LittleEndian.Uint32(b)
	p.PeerTargetName = string(utf16.Decode(text))
	return nil
}
