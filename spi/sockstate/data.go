// SPDX-License-Identifier: Apache-2.0

package sockstate

import "winsock/wsa"

// CheckSend tells whether a send may go on ("send function", "sendto
// function"). On a connection-oriented socket named is without meaning:
//
//   - WSAENOTCONN before it is connected, and while it is connecting
//     (differences 64, 73);
//   - WSAESHUTDOWN after shutdown for sending (difference 74);
//   - the reason once the connection is broken.
//
// On a datagram socket, WSAESHUTDOWN likewise (difference 78), and
// WSAENOTCONN when the send neither names a destination nor has a peer
// (difference 70).
func (s *State) CheckSend(named bool) error {
	if s.Flags()&(Datagram|Connected|SendShut|Broken) == Connected {
		return nil
	}
	return s.checkSend(named)
}

func (s *State) checkSend(named bool) error {
	f := s.Flags()
	switch {
	case f&Datagram != 0:
		if f&SendShut != 0 {
			return wsa.WSAESHUTDOWN
		}
		if !named && f&Connected == 0 {
			return wsa.WSAENOTCONN
		}
		return nil
	case f&Connected == 0:
		return wsa.WSAENOTCONN
	case f&SendShut != 0:
		return wsa.WSAESHUTDOWN
	case f&Broken == 0: // it has just been connected
		return nil
	}
	return s.brokenError()
}

// CheckRecv tells whether a receive may go on ("recv function", "recvfrom
// function"). On a connection-oriented socket WSAENOTCONN before it is
// connected; WSAESHUTDOWN after shutdown for receiving (difference 75); the
// reason once the connection is broken, for this and every further receive
// (difference 84). A listener is not connected.
//
// On a datagram socket WSAESHUTDOWN likewise (difference 78), and WSAEINVAL
// while it is unbound (difference 70).
func (s *State) CheckRecv() error {
	if s.Flags()&(Datagram|Connected|RecvShut|Broken) == Connected {
		return nil
	}
	return s.checkRecv()
}

func (s *State) checkRecv() error {
	f := s.Flags()
	switch {
	case f&Datagram != 0:
		if f&RecvShut != 0 {
			return wsa.WSAESHUTDOWN
		}
		if f&Bound == 0 {
			return wsa.WSAEINVAL
		}
		return nil
	case f&Connected == 0:
		return wsa.WSAENOTCONN
	case f&RecvShut != 0:
		return wsa.WSAESHUTDOWN
	case f&Broken == 0: // it has just been connected
		return nil
	}
	return s.brokenError()
}

// Shutdown is the first part of WSPShutdown ("shutdown function"): it checks
// the call, notes what is shut down, and returns the directions (RecvShut,
// SendShut) that were open before and now are not; the provider acts on
// them. To shut down twice is fine (difference 77).
//
// WSAEINVAL for a bad how; on a connection-oriented socket WSAENOTCONN when
// it has no connection, which a listener has not either, and the reason once
// the connection is broken. A datagram socket can always be shut down
// (difference 78).
func (s *State) Shutdown(how int32) (Flags, error) {
	var want Flags
	switch how {
	case wsa.SD_RECEIVE:
		want = RecvShut
	case wsa.SD_SEND:
		want = SendShut
	case wsa.SD_BOTH:
		want = RecvShut | SendShut
	default:
		return 0, wsa.WSAEINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.Flags()
	if f&Datagram == 0 {
		if f&Connected == 0 {
			return 0, wsa.WSAENOTCONN
		}
		if f&Broken != 0 && f&want != want {
			return 0, s.brokenError()
		}
	}
	s.changeLocked(0, want)
	return want &^ f, nil
}

// SetPeerShut notes that the peer has finished sending. It reports whether
// that is news.
func (s *State) SetPeerShut() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := !s.Has(PeerShut)
	s.changeLocked(0, PeerShut)
	return news
}

// Break notes that the connection was reset (WSAECONNRESET), aborted
// (WSAECONNABORTED) or lost (WSAENETRESET, WSAETIMEDOUT). The first reason
// stays. SO_ERROR is left alone (difference 83). It reports whether the
// connection was whole before.
func (s *State) Break(code wsa.Errno) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Flags()&(Connected|Broken) != Connected {
		return false
	}
	s.failure.Store(uint32(code))
	s.changeLocked(0, Broken)
	return true
}

// brokenError is why the connection is broken. Errno.Err does not allocate
// for codes that have a name.
func (s *State) brokenError() error { return wsa.Errno(s.failure.Load()).Err() }
