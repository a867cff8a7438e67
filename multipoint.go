// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/wsa"
)

// WSAJoinLeaf joins a leaf node to a multipoint session ("WSAJoinLeaf
// function"). For UDP over IPv4 and IPv6, name is a multicast address, and
// flags say whether the socket sends to the group (JL_SENDER_ONLY), hears it
// (JL_RECEIVER_ONLY) or both; the result is the socket itself.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a nil name,
// WSAEOPNOTSUPP for a protocol without multipoint sessions, WSAEINVAL,
// WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL.
func WSAJoinLeaf(h SOCKET, name *wsa.Sockaddr, callerData []byte, calleeData *[]byte, sqos, gqos *wsa.QOS, flags uint32) (leaf SOCKET, err error) {
	leaf = INVALID_SOCKET // also if a provider fails
	s, err := use(h)
	if err != nil {
		return leaf, err
	}
	defer s.done("WSPJoinLeaf", &err)
	if name == nil {
		return leaf, wsa.WSAEFAULT
	}
	top := s.path.Load().top
	m, ok := spi.As[spi.MultipointJoiner](top)
	if !ok {
		return leaf, wsa.WSAEOPNOTSUPP
	}
	joined, err := m.JoinLeaf(name, callerData, calleeData, sqos, gqos, flags)
	if err != nil {
		return leaf, err
	}
	if joined == top {
		return h, nil
	}
	s.chain.Retain()
	return adopt(newSocket(joined, s.chain, s.flags))
}
