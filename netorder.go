// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"math/bits"

	"winsock/wsa"
)

// The functions below convert between the byte order of the host and that of
// a socket's protocol, which its catalog entry tells: big-endian for the
// Internet protocols. The host is little-endian.

// WSAHtonl converts a 32-bit number to the order of the socket's network
// ("WSAHtonl function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func WSAHtonl(h SOCKET, v uint32) (uint32, error) {
	big, err := bigEndian(h)
	if err != nil || !big {
		return v, err
	}
	return bits.ReverseBytes32(v), nil
}

// WSAHtons converts a 16-bit number to the order of the socket's network
// ("WSAHtons function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func WSAHtons(h SOCKET, v uint16) (uint16, error) {
	big, err := bigEndian(h)
	if err != nil || !big {
		return v, err
	}
	return bits.ReverseBytes16(v), nil
}

// WSANtohl converts a 32-bit number from the order of the socket's network
// ("WSANtohl function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func WSANtohl(h SOCKET, v uint32) (uint32, error) { return WSAHtonl(h, v) }

// WSANtohs converts a 16-bit number from the order of the socket's network
// ("WSANtohs function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func WSANtohs(h SOCKET, v uint16) (uint16, error) { return WSAHtons(h, v) }

func bigEndian(h SOCKET) (bool, error) {
	s, err := use(h)
	if err != nil {
		return false, err
	}
	defer s.Release()
	return s.info().NetworkByteOrder == wsa.BIGENDIAN, nil
}
