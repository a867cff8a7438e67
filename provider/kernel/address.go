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
	if k.typ == wsa.SOCK_RAW {
		r.setPort(0) // means nothing, and the kernel minds
	}
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

// checkLen judges the length of an address that a caller gave, which comes
// before the state of the socket.
func (k *kind) checkLen(name *wsa.Sockaddr) error {
	if name == nil || name.Len() < k.nameLen {
		return wsa.WSAEFAULT // differences 20, 21 and 23
	}
	return nil
}

// checkFamily judges its family, which comes after the state.
func (k *kind) checkFamily(name *wsa.Sockaddr) error {
	if name.Family() != k.family {
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
	if err := s.state.CheckSockName(); err != nil {
		return err
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
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleLocked()
	if err := s.state.CheckPeerName(); err != nil {
		return err
	}
	if name == nil {
		return wsa.WSAEFAULT
	}
	s.peer.get(name)
	return nil
}

// setScope sets sin6_scope_id.
func (r *rawName) setScope(id uint32) { binary.NativeEndian.PutUint32(r.buf[24:], id) }

func (r *rawName) port() uint16 { return binary.BigEndian.Uint16(r.buf[2:]) }

func (r *rawName) setPort(port uint16) { binary.BigEndian.PutUint16(r.buf[2:], port) }

// A heldName is an address that is kept with a socket: in little room for
// the families that servers have many sockets of.
type heldName struct {
	inet  [wsa.SizeofSockaddrIn6]byte
	len   uint8         // of inet, 0 if other counts
	other *wsa.Sockaddr // nil for the empty address
}

func (h *heldName) set(name *wsa.Sockaddr) {
	*h = heldName{}
	switch {
	case name.Len() <= len(h.inet):
		h.len = uint8(copy(h.inet[:], name.Bytes()))
	default:
		own := *name
		h.other = &own
	}
}

func (h *heldName) get(name *wsa.Sockaddr) {
	if h.other != nil {
		*name = *h.other
		return
	}
	*name = wsa.SockaddrBytes(h.inet[:h.len])
}
