// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Shutdown is WSPShutdown. Only the end of sending on a stream reaches the
// kernel: its shutdown for receiving would look like the peer's end of the
// connection, and a datagram socket without a peer cannot be shut down there
// (differences 74 to 78).
func (s *socket) Shutdown(how int32) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
	news, err := s.state.Shutdown(how)
	if err != nil {
		return err
	}
	if s.kind.stream && news&sockstate.SendShut != 0 {
		e := sys.Shutdown(s.fd, sys.SHUT_WR)
		if e != 0 && e != sys.ENOTCONN { // gone already is as good
			return wsa.FromErrno(e).Err()
		}
	}
	return nil
}

// Linger ends the sending direction and answers WSAEWOULDBLOCK while the
// peer has not acknowledged everything, the end included. A socket that
// another process shares is left alone.
func (s *socket) Linger() error {
	if s.shared.Load() > 0 {
		return nil // the connection may go on in another process
	}
	const dead = sockstate.Broken | sockstate.Connected
	if !s.kind.stream || s.state.Flags()&dead != sockstate.Connected {
		return nil
	}
	if err := s.Shutdown(wsa.SD_SEND); err != nil {
		return nil // broken meanwhile: nothing is left to wait for
	}
	if s.kind.inet {
		if n, e := sys.Ioctl(s.fd, sys.SIOCOUTQ, 0); e == 0 && n > 0 {
			return wsa.WSAEWOULDBLOCK
		}
	}
	return nil
}

// Abort makes the following Close reset the connection. The linger time of
// zero that does so reaches the kernel only then; any other never does, as
// close would wait there even though the socket is non-blocking.
func (s *socket) Abort() {
	if s.kind.stream {
		now := [8]byte{0: 1}
		sys.SetSockOpt(s.fd, sys.SOL_SOCKET, sys.SO_LINGER, now[:])
	}
}
