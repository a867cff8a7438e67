// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/sys"
	"winsock/wsa"
)

// Bind is WSPBind.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	if err := s.kind.check(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.has(stateBound) {
		return wsa.WSAEINVAL // difference 21
	}
	var raw rawName
	raw.set(s.kind, name)
	if e := sys.Bind(s.fd, raw.bytes()); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.claim = new(claim)
	s.setLocked(stateBound, 0)
	return nil
}

type claim struct{}

func (s *socket) unbindLocked() {}

// bindImplicitlyLocked binds to the wildcard and a port of the kernel's, if
// the socket has no address yet (difference 30).
func (s *socket) bindImplicitlyLocked() error {
	if s.has(stateBound) {
		return nil
	}
	w := s.kind.wildcard()
	if e := sys.Bind(s.fd, w.bytes()); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.setLocked(stateBound, 0)
	return nil
}
