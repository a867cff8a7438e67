// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/wsa"
)

// A rawName is an address in the kernel's layout, which is Winsock's but for
// the number of the family AF_INET6. It lives on the stack of the call.
type rawName struct {
	buf [wsa.SizeofStorage]byte
	n   int
}

// set makes r the kernel's form of name.
func (r *rawName) set(k *kind, name *wsa.Sockaddr) {
	r.n = copy(r.buf[:], name.Bytes())
	binary.NativeEndian.PutUint16(r.buf[:], uint16(k.domain))
}

func (r *rawName) bytes() []byte { return r.buf[:r.n] }

// finishName turns what the kernel wrote to name's storage into Winsock's
// form.
func (k *kind) finishName(name *wsa.Sockaddr, n int) {
	if n < 2 {
		name.SetLen(0)
		return
	}
	binary.NativeEndian.PutUint16(name.Storage()[:], uint16(k.family))
	name.SetLen(n)
}

// check judges an address that a caller gave.
func (k *kind) check(name *wsa.Sockaddr) error {
	switch {
	case name == nil || name.Len() < k.nameLen:
		return wsa.WSAEFAULT
	case name.Family() != k.family:
		return wsa.WSAEAFNOSUPPORT
	}
	return nil
}

// wildcard returns the family's address that stands for all, with port 0.
func (k *kind) wildcard() (r rawName) {
	binary.NativeEndian.PutUint16(r.buf[:], uint16(k.domain))
	r.n = k.nameLen
	return r
}

// unspecified reports whether an IPv4 or IPv6 address is all zeros.
func unspecified(name *wsa.Sockaddr) bool {
	b := name.Storage()
	switch name.Family() {
	case wsa.AF_INET:
		return binary.NativeEndian.Uint32(b[4:]) == 0
	case wsa.AF_INET6:
		return binary.NativeEndian.Uint64(b[8:])|binary.NativeEndian.Uint64(b[16:]) == 0
	}
	return false
}

// GetSockName is WSPGetSockName.
func (s *socket) GetSockName(name *wsa.Sockaddr) error {
	s.settle()
	if !s.has(stateBound) {
		return wsa.WSAEINVAL // difference 19
	}
	if name == nil {
		return wsa.WSAEFAULT
	}
	name.SetLen(0)
	*name.Storage() = [wsa.SizeofStorage]byte{}
	n, e := sys.GetSockName(s.fd, name.Storage()[:])
	if e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.kind.finishName(name, n)
	return nil
}

// GetPeerName is WSPGetPeerName. It answers while a connection attempt is
// under way, and after the connection has ended (differences 27 to 29).
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	s.settle()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.has(stateConnected | stateConnecting) {
		return wsa.WSAENOTCONN
	}
	if name == nil {
		return wsa.WSAEFAULT
	}
	*name = s.peer
	return nil
}
