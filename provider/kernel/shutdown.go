// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/wsa"
)

// Shutdown is WSPShutdown. Only the end of sending on a stream reaches the
// kernel: its shutdown for receiving would look like the peer's end of the
// connection, and a datagram socket without a peer cannot be shut down there
// (differences 74 to 78).
func (s *socket) Shutdown(how int32) error {
	var bits uint32
	switch how {
	case wsa.SD_RECEIVE:
		bits = stateNoRecv
	case wsa.SD_SEND:
		bits = stateNoSend
	case wsa.SD_BOTH:
		bits = stateNoRecv | stateNoSend
	default:
		return wsa.WSAEINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
	if s.kind.stream {
		if !s.has(stateConnected) {
			return wsa.WSAENOTCONN // difference 77
		}
		if bits&stateNoSend != 0 && !s.has(stateNoSend|stateDead) {
			e := sys.Shutdown(s.fd, sys.SHUT_WR)
			if e != 0 && e != sys.ENOTCONN { // gone already is as good
				return wsa.FromErrno(e).Err()
			}
		}
	}
	s.setLocked(bits, 0)
	return nil
}

// Linger ends the sending direction and answers WSAEWOULDBLOCK while the
// peer has not acknowledged everything, the end included.
func (s *socket) Linger() error {
	if !s.kind.stream || !s.has(stateConnected) || s.has(stateDead) {
		return nil
	}
	if err := s.Shutdown(wsa.SD_SEND); err != nil {
		return err
	}
	if s.kind.inet {
		if n, e := sys.Ioctl(s.fd, sys.SIOCOUTQ, 0); e == 0 && n > 0 {
			return wsa.WSAEWOULDBLOCK
		}
	}
	return nil
}

// Abort makes the following Close reset the connection.
func (s *socket) Abort() { s.resetOnClose() }

// resetOnClose is a linger time of zero. It reaches the kernel only when the
// socket is closed, as any other linger time would make close wait there.
func (s *socket) resetOnClose() {
	if s.kind.stream {
		now := [8]byte{0: 1}
		sys.SetSockOpt(s.fd, sys.SOL_SOCKET, sys.SO_LINGER, now[:])
	}
}
