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

// nextICMP takes the next ICMP message off the error queue. found is false
// if there is none; code is 0 if it is nothing to report.
func (s *socket) nextICMP() (code wsa.Errno, found bool) {
	for {
		origin, typ, errno, ok := sys.RecvError(s.fd)
		switch {
		case !ok:
			return 0, false
		case origin != sys.SO_EE_ORIGIN_ICMP && origin != sys.SO_EE_ORIGIN_ICMP6:
			continue // our own: the send that it is about has told it
		case errno == sys.ECONNREFUSED && !s.marked(unreachable):
			return wsa.WSAECONNRESET, true
		case timeExceeded(origin, typ) && !s.marked(expired):
			return wsa.WSAENETRESET, true
		}
		return 0, true
	}
}

// timeExceeded reports whether an ICMP type is that of a time to live that
// ran out.
func timeExceeded(origin, typ uint8) bool {
	return origin == sys.SO_EE_ORIGIN_ICMP && typ == 11 || origin == sys.SO_EE_ORIGIN_ICMP6 && typ == 3
}

// wasICMP reports whether an error of a send was about an earlier datagram,
// and keeps it for the next receive.
func (s *socket) wasICMP() bool {
	code, found := s.nextICMP()
	if code != 0 {
		s.refuse(code)
	}
	return found
}

// recvError turns the error of a receive into Winsock's: nil if it is not to
// be told.
func (s *socket) recvError(e sys.Errno) error {
	if code, found := s.nextICMP(); found {
		return code.Err()
	}
	if e == sys.ECONNREFUSED && s.kind.family != wsa.AF_UNIX {
		// The kernel notes it right after it has put the message into the
		// queue, from where somebody has taken it in between.
		if s.marked(unreachable) {
			return nil
		}
		return wsa.WSAECONNRESET
	}
	return wsa.FromErrno(e).Err()
}

// refuse keeps an error for the next receive.
func (s *socket) refuse(code wsa.Errno) { s.refused.Store(uint32(code)) }

// takeRefusal returns the error that was kept, once.
func (s *socket) takeRefusal() error { return wsa.Errno(s.refused.Swap(0)).Err() }
