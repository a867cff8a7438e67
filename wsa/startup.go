// SPDX-License-Identifier: Apache-2.0

package wsa

// WINSOCK_VERSION is the version that programs ask WSAStartup for,
// MAKEWORD(2, 2).
const WINSOCK_VERSION = 0x0202

// Sizes of the texts of WSADATA and WSPDATA, in characters without the
// closing zero.
const (
	WSADESCRIPTION_LEN = 256
	WSASYS_STATUS_LEN  = 128
	WSPDESCRIPTION_LEN = 255
)

// What functions return in C when they fail.
const (
	SOCKET_ERROR      = -1
	INVALID_SOCKET    = ^uint64(0)
	WSA_INVALID_EVENT = 0
)
