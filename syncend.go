// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// A syncEnd is how the engine tells of an operation whose caller waits: one
// of the extension functions without an overlapped structure. It waits in
// line with the overlapped operations of the socket.
type syncEnd struct {
	n     int
	err   error
	ended chan struct{}
}

func (e *syncEnd) told(n int, err error) {
	e.n, e.err = n, err
	close(e.ended)
}

// submit begins an operation of the socket's send queue. With an overlapped
// structure it pends; without, and on a socket created without
// WSA_FLAG_OVERLAPPED, submit waits for its end, which is WSAEINTR when the
// socket is closed meanwhile.
func (s *socket) submit(r *request) (int, error) {
	a := s.ofAsync()
	if r.overlapped != nil && s.flags&wsa.WSA_FLAG_OVERLAPPED != 0 {
		if _, err := s.overlaps(r.overlapped, nil); err != nil {
			a.drop(r)
			return 0, err
		}
		return 0, a.pend(&a.send, r)
	}
	end := &syncEnd{ended: make(chan struct{})}
	r.ofExtras().sync = end
	if err := a.pend(&a.send, r); err != wsa.WSA_IO_PENDING {
		return 0, err
	}
	<-end.ended
	if end.err == wsa.WSA_OPERATION_ABORTED && s.Closing() {
		return end.n, wsa.WSAEINTR
	}
	return end.n, end.err
}
