// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"

	"winsock/wsa"
)

// A connection that AcceptEx or ConnectEx has made carries data at once, but
// the socket gets to know what it is connected to only by
// SO_UPDATE_ACCEPT_CONTEXT or SO_UPDATE_CONNECT_CONTEXT. Until then shutdown
// and getpeername answer WSAENOTCONN, and connect WSAEINVAL (differences 29,
// 69 and 132).
const (
	contextWhole      = iota
	contextConnecting // ConnectEx is under way
	contextConnected  // SO_UPDATE_CONNECT_CONTEXT is to come
	contextAccepted   // SO_UPDATE_ACCEPT_CONTEXT is to come
)

// mayConnect tells whether connect is the provider's to judge.
func (s *socket) mayConnect() bool {
	switch s.context.Load() {
	case contextConnected, contextAccepted:
		return false
	}
	return s.accepting.Load() == nil
}

// updateConnectContext is SO_UPDATE_CONNECT_CONTEXT: WSAENOTCONN without a
// connection. It takes no value.
func updateConnectContext(s *socket, value []byte) error {
	var peer wsa.Sockaddr
	if s.context.Load() == contextConnecting {
		return wsa.WSAENOTCONN
	}
	if err := s.path.Load().top.GetPeerName(&peer); err != nil {
		return err
	}
	s.context.CompareAndSwap(contextConnected, contextWhole)
	return nil
}

// updateAcceptContext is SO_UPDATE_ACCEPT_CONTEXT: the socket takes over the
// properties of the listener that the value names. What of them the provider
// keeps, the connection has had from the beginning.
//
// Errors: WSAEFAULT for a value that is no SOCKET, WSAENOTSOCK for one that
// names none, WSAEINVAL for one that does not listen, WSAENOTCONN without a
// connection.
func updateAcceptContext(s *socket, value []byte) error {
	if len(value) < 8 {
		return wsa.WSAEFAULT
	}
	l, err := use(SOCKET(binary.LittleEndian.Uint64(value)))
	if err != nil {
		return err
	}
	defer l.Release()
	if !l.listens() {
		return wsa.WSAEINVAL
	}
	var peer wsa.Sockaddr
	if err := s.path.Load().top.GetPeerName(&peer); err != nil {
		return err
	}
	if s.context.CompareAndSwap(contextAccepted, contextWhole) {
		s.lingering.Store(s.lingering.Load() || l.lingering.Load())
		s.takeTimeouts(l)
	}
	return nil
}

// listens reports whether the socket is a listener.
func (s *socket) listens() bool {
	var value [4]byte
	n, err := s.path.Load().top.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, value[:])
	return err == nil && n > 0 && value[0] != 0
}
