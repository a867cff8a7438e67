// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/wsa"
)

// An ICMP message about a datagram that was sent comes back as an error. On
// Windows the next receive fails with it, never a send: WSAECONNRESET for an
// unreachable port (unless SIO_UDP_CONNRESET is off) and WSAENETRESET for a
// time to live that ran out ("recvfrom function"). The kernel tells an
// unconnected socket of them only when it keeps an error queue (IP_RECVERR),
// and then reports each by the next call of whatever kind; the queue's
// entry tells which it was.

// nextICMP takes the next entry off the error queue. found is false if the
// queue is empty; code is 0 if the entry is nothing to report.
func (s *socket) nextICMP() (code wsa.Errno, found bool) {
	origin, typ, errno, ok := sys.RecvError(s.fd)
	if !ok {
		return 0, false
	}
	switch origin {
	case sys.SO_EE_ORIGIN_ICMP, sys.SO_EE_ORIGIN_ICMP6:
	default:
		return 0, true // a send has told it already
	}
	switch {
	case errno == sys.ECONNREFUSED:
		return wsa.WSAECONNRESET, true
	case origin == sys.SO_EE_ORIGIN_ICMP && typ == 11, origin == sys.SO_EE_ORIGIN_ICMP6 && typ == 3:
		return wsa.WSAENETRESET, true
	}
	return 0, true
}

// wasICMP reports whether an error of a send was about an earlier datagram,
// and keeps it for the next receive.
func (s *socket) wasICMP(e sys.Errno) bool {
	code, found := s.nextICMP()
	if found && code != 0 {
		s.refuse(code)
		return true
	}
	return found && e != sys.EMSGSIZE || !found && e == sys.ECONNREFUSED
}

// recvError turns the error of a receive into Winsock's: nil if it is not to
// be told.
func (s *socket) recvError(e sys.Errno) error {
	code, found := s.nextICMP()
	switch {
	case found:
		return code.Err()
	case e == sys.ECONNREFUSED: // a connected socket that keeps no queue
		return nil
	}
	return wsa.FromErrno(e).Err()
}

// refuse keeps an error for the next receive.
func (s *socket) refuse(code wsa.Errno) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reason.Store(uint32(code))
	s.setLocked(stateRefused, 0)
}

// takeRefusal returns the error that was kept, once.
func (s *socket) takeRefusal() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.has(stateRefused) {
		return nil
	}
	s.setLocked(0, stateRefused)
	return wsa.Errno(s.reason.Load()).Err()
}
