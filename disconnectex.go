// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// DisconnectEx ends the sending direction of a connection once everything
// before it is sent ("DisconnectEx function"). With TF_REUSE_SOCKET it ends
// the connection as closesocket would, and the socket is as good as new: one
// that was accepted can be passed to [AcceptEx], any other is still bound and
// can be passed to [ConnectEx]. Receives that pend then are aborted, and
// options that the provider keeps have their defaults. Without an overlapped
// structure it waits for its turn.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK; WSAEINVAL for other flags;
// WSAENOTCONN without a connection; WSAEINTR; WSA_IO_PENDING when it is
// overlapped.
func DisconnectEx(h SOCKET, overlapped *Overlapped, flags uint32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("DisconnectEx", &err)
	if flags&^wsa.TF_REUSE_SOCKET != 0 {
		return wsa.WSAEINVAL
	}
	if !s.isConnected() {
		return wsa.WSAENOTCONN
	}
	r := newRequest(tryDisconnect, overlapped)
	r.ofExtras().more = flags
	_, err = s.submit(r)
	return err
}

// isConnected reports whether the socket has a connection.
func (s *socket) isConnected() bool {
	return !s.connectionless() && s.context.Load() != contextConnecting && s.path.Load().top.ConnectResult() == nil
}

func tryDisconnect(r *request, s *socket) bool {
	r.err = s.disconnectLocked(r.extras.more.(uint32)&wsa.TF_REUSE_SOCKET != 0)
	return true
}

// disconnectLocked ends the connection, for callers with the lock of the
// socket's async. What is to be used again does not mind how it ended.
func (s *socket) disconnectLocked(reuse bool) error {
	err := s.path.Load().top.Shutdown(wsa.SD_SEND)
	if !reuse {
		return err
	}
	a := s.ofAsync()
	for _, r := range a.recv.take(func(*request) bool { return true }) {
		r.err = wsa.WSA_OPERATION_ABORTED
		a.completeLocked(r, later)
	}
	return s.renewLocked()
}
