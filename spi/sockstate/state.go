// SPDX-License-Identifier: Apache-2.0

package sockstate

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"winsock/wsa"
)

// Flags describe a socket. Of Listening, Connecting, Connected and Failed at
// most one is set.
type Flags uint32

const (
	Datagram    Flags = 1 << iota // the socket is not connection-oriented
	Bound                         // it has a local address
	Listening                     // it takes connections
	Connecting                    // a connection attempt is under way
	Connected                     // there is a connection, or a datagram peer
	Failed                        // the last attempt failed
	RecvShut                      // shut down for receiving by this side
	SendShut                      // shut down for sending by this side
	PeerShut                      // the peer has finished sending
	Broken                        // the connection was reset or aborted
	Established                   // there was a connection at some time
)

var flagNames = [...]string{"datagram", "bound", "listening", "connecting", "connected", "failed",
	"recv-shut", "send-shut", "peer-shut", "broken", "established"}

// String lists the names of the flags, separated by "|".
func (f Flags) String() string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

// State is the state of one socket. The zero State is that of a new
// connection-oriented socket; call [State.Init] for another.
type State struct {
	word atomic.Uint32 // Flags; written with mu held

	// failure is why the last connection attempt failed, or why the
	// connection broke, read without the lock when the word says so.
	failure atomic.Uint32
	sticky  atomic.Uint32 // SO_ERROR

	mu    sync.Mutex // protects changes of word, and since
	since int64      // when the connection was established, in Unix nanoseconds
}

// Init makes s the state of a new socket. It must not be in use.
func (s *State) Init(datagram bool) {
	s.word.Store(0)
	if datagram {
		s.word.Store(uint32(Datagram))
	}
	s.failure.Store(0)
	s.sticky.Store(0)
	s.since = 0
}

// InitAccepted makes s the state of a connection-oriented socket that accept
// returns: bound and connected since now.
func (s *State) InitAccepted(now time.Time) {
	s.Init(false)
	s.since = now.UnixNano()
	s.word.Store(uint32(Bound | Connected | Established))
}

// Flags returns the present state.
func (s *State) Flags() Flags { return Flags(s.word.Load()) }

// Has reports whether one of the flags is set.
func (s *State) Has(f Flags) bool { return s.Flags()&f != 0 }

func (s *State) changeLocked(clear, set Flags) {
	s.word.Store(uint32(s.Flags()&^clear | set))
}

// CheckBind tells whether bind may go on ("bind function"): WSAEINVAL when
// the socket is bound already (difference 21), which it also is after a
// connect or a send that bound it.
func (s *State) CheckBind() error {
	if s.Has(Bound | Connecting | Connected) {
		return wsa.WSAEINVAL
	}
	return nil
}

// SetBound notes that the socket has a local address.
func (s *State) SetBound() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeLocked(0, Bound)
}

// SetUnbound takes [State.SetBound] back, for a bind that other sockets or
// the protocol refused after all.
func (s *State) SetUnbound() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeLocked(Bound, 0)
}

// CheckListen tells whether listen may go on ("listen function"):
// WSAEOPNOTSUPP on a datagram socket, WSAEISCONN on a connected one,
// WSAEINVAL on one that is unbound (difference 24) or connecting. To listen
// again is allowed (difference 25), as is to listen after a failed connect
// (difference 66).
func (s *State) CheckListen() error {
	f := s.Flags()
	switch {
	case f&Datagram != 0:
		return wsa.WSAEOPNOTSUPP
	case f&(Connected|Established) != 0:
		return wsa.WSAEISCONN
	case f&Connecting != 0, f&Bound == 0:
		return wsa.WSAEINVAL
	}
	return nil
}

// SetListening notes that the socket listens.
func (s *State) SetListening() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changeLocked(Failed, Listening)
}

// CheckAccept tells whether accept may go on ("accept function"):
// WSAEOPNOTSUPP on a datagram socket, WSAEINVAL without a listen.
func (s *State) CheckAccept() error {
	f := s.Flags()
	switch {
	case f&Datagram != 0:
		return wsa.WSAEOPNOTSUPP
	case f&Listening == 0:
		return wsa.WSAEINVAL
	}
	return nil
}

// CheckSockName tells whether getsockname may go on: WSAEINVAL on an unbound
// socket (difference 19).
func (s *State) CheckSockName() error {
	if !s.Has(Bound) {
		return wsa.WSAEINVAL
	}
	return nil
}

// CheckPeerName tells whether getpeername may go on: WSAENOTCONN without a
// peer. A socket that is connecting has one (difference 29), and one that
// was shut down or reset still has it (difference 28).
func (s *State) CheckPeerName() error {
	if !s.Has(Connecting | Connected) {
		return wsa.WSAENOTCONN
	}
	return nil
}
