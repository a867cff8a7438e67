// SPDX-License-Identifier: Apache-2.0

package winsock

import "encoding/binary"

// The byte order functions work without WSAStartup. A number in network order
// is one whose memory holds the most significant byte first.

// Htonl converts a number to network order ("htonl function").
func Htonl(hostlong uint32) uint32 {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], hostlong)
	return binary.NativeEndian.Uint32(b[:])
}

// Htons converts a number to network order ("htons function").
func Htons(hostshort uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], hostshort)
	return binary.NativeEndian.Uint16(b[:])
}

// Ntohl converts a number from network order ("ntohl function").
func Ntohl(netlong uint32) uint32 { return Htonl(netlong) }

// Ntohs converts a number from network order ("ntohs function").
func Ntohs(netshort uint16) uint16 { return Htons(netshort) }
