// SPDX-License-Identifier: Apache-2.0

package sockstate

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// CheckConnect tells whether connect may go on ("connect function"):
// WSAEINVAL on a listener (difference 26), WSAEALREADY while an attempt is
// under way (difference 63), WSAEISCONN on a connected socket, even after
// its connection has ended. A datagram socket may connect at any time
// (difference 70), and so may one whose last attempt failed (difference 66).
func (s *State) CheckConnect() error { return checkConnect(s.Flags()) }

func checkConnect(f Flags) error {
	switch {
	case f&Datagram != 0:
		return nil
	case f&Listening != 0:
		return wsa.WSAEINVAL
	case f&Connecting != 0:
		return wsa.WSAEALREADY
	case f&(Connected|Established) != 0:
		return wsa.WSAEISCONN
	}
	return nil
}

// BeginConnect is CheckConnect, and starts the attempt if it may: of several
// callers one wins. [State.EndConnect] must follow.
func (s *State) BeginConnect() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := checkConnect(s.Flags()); err != nil {
		return err
	}
	s.changeLocked(Failed|Connected, Connecting)
	return nil
}

// CancelConnect ends an attempt that never began, as the address was bad:
// the socket is as it was before, without a result.
func (s *State) CancelConnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeLocked(Connecting, 0)
}

// EndConnect ends the attempt. With a zero code the socket is bound and
// connected since now, and SO_ERROR is 0 again: only this clears it
// (difference 49). Otherwise the code is the result, and sticks as SO_ERROR.
// It reports false when no attempt was under way, and then changes nothing.
func (s *State) EndConnect(code wsa.Errno, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Flags()&Connecting == 0 {
		return false
	}
	if code != 0 {
		s.failure.Store(uint32(code))
		s.sticky.Store(uint32(code))
		s.changeLocked(Connecting, Failed)
		return true
	}
	s.sticky.Store(0)
	s.since = now.UnixNano()
	if s.Flags()&Datagram != 0 {
		s.changeLocked(Connecting, Bound|Connected)
	} else {
		s.changeLocked(Connecting, Bound|Connected|Established)
	}
	return true
}

// ConnectResult is [spi.Socket.ConnectResult].
func (s *State) ConnectResult() error {
	f := s.Flags()
	switch {
	case f&Connected != 0:
		return nil
	case f&Connecting != 0:
		return wsa.WSAEWOULDBLOCK
	case f&Failed != 0:
		return wsa.Errno(s.failure.Load()).Err()
	}
	return wsa.WSAENOTCONN
}

// SetPeer gives a datagram socket a peer, which binds it, or with false
// takes it away (connect to AF_UNSPEC, difference 70).
func (s *State) SetPeer(connected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if connected {
		s.changeLocked(0, Bound|Connected)
	} else {
		s.changeLocked(Connected, 0)
	}
}

// ConnectTime is SO_CONNECT_TIME: whole seconds since the connection was
// established, -1 without one and for datagram sockets (difference 52).
func (s *State) ConnectTime(now time.Time) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Flags()&(Connected|Datagram) != Connected {
		return -1
	}
	return max(0, (now.UnixNano()-s.since)/int64(time.Second))
}

// Error is SO_ERROR, which reading does not clear (difference 49).
func (s *State) Error() wsa.Errno { return wsa.Errno(s.sticky.Load()) }

// SetError sets SO_ERROR (difference 50).
func (s *State) SetError(code wsa.Errno) { s.sticky.Store(uint32(code)) }

// Events returns the events that follow from the state alone: EventConnect,
// EventConnectFail, EventClose and EventReset. What the provider's queues
// hold comes on top.
func (s *State) Events() spi.Events {
	f := s.Flags()
	var e spi.Events
	if f&Datagram != 0 {
		return 0
	}
	if f&Connected != 0 {
		e |= spi.EventConnect
	}
	if f&Failed != 0 {
		e |= spi.EventConnectFail
	}
	if f&Broken != 0 {
		e |= spi.EventReset
	}
	if f&PeerShut != 0 {
		e |= spi.EventClose
	}
	return e
}
