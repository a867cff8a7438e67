// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"time"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Connect is WSPConnect.
func (s *socket) Connect(name *wsa.Sockaddr) error {
	s.mu.Lock()
	var err error
	if s.kind.stream {
		err = s.connectStreamLocked(name)
	} else {
		err = s.connectDatagramLocked(name)
	}
	s.mu.Unlock()
	switch { // what ended at once, the kernel tells nobody of
	case err == nil:
		s.watchers.Notify(spi.EventConnect | spi.EventWrite)
	case s.state.Has(sockstate.Failed):
		s.watchers.Notify(spi.EventConnectFail)
	}
	return err
}

func (s *socket) connectStreamLocked(name *wsa.Sockaddr) error {
	if err := s.kind.checkLen(name); err != nil {
		return err
	}
	s.settleLocked()
	if err := s.state.CheckConnect(); err != nil {
		return err
	}
	if err := s.kind.checkFamily(name); err != nil {
		return err
	}
	if s.kind.inet && (name.Port() == 0 || unspecified(name)) {
		return wsa.WSAEADDRNOTAVAIL
	}
	if err := s.state.BeginConnect(); err != nil {
		return err
	}
	s.peer.set(name)
	var raw rawName
	raw.set(s.kind, name)
	switch e := sys.Connect(s.fd, raw.bytes()); e {
	case 0:
		s.state.EndConnect(0, time.Now())
		return nil
	case sys.EINPROGRESS:
		if s.claim.held() {
			s.allowTimeWait()
		}
		s.state.SetBound()
		return wsa.WSAEWOULDBLOCK
	default:
		code := connectError(e)
		if e == sys.EADDRNOTAVAIL && s.claim.held() {
			code = wsa.WSAEADDRINUSE // there is such a connection, or was a moment ago
		}
		s.state.EndConnect(code, time.Time{})
		s.renewLocked()
		return code.Err()
	}
}

// connectError is the code of a connection attempt that the kernel ended
// with e.
func connectError(e sys.Errno) wsa.Errno {
	switch e {
	case sys.EAGAIN, // AF_UNIX: the listener's queue is full
		sys.ENOENT, sys.ENOTDIR: // AF_UNIX: nobody is there
		return wsa.WSAECONNREFUSED
	case sys.EINVAL: // such as a link-local address without scope id
		return wsa.WSAEADDRNOTAVAIL
	}
	return wsa.FromErrno(e)
}

// settle finds out whether a connection attempt has ended meanwhile.
func (s *socket) settle() {
	if s.state.Has(sockstate.Connecting) {
		s.mu.Lock()
		s.settleLocked()
		s.mu.Unlock()
	}
}

func (s *socket) settleLocked() {
	if !s.kind.stream || !s.state.Has(sockstate.Connecting) {
		return
	}
	var buf [wsa.SizeofStorage]byte
	if _, e := sys.GetPeerName(s.fd, buf[:]); e == 0 {
		s.state.EndConnect(0, time.Now())
		return
	}
	n, _ := sys.GetSockOptInt(s.fd, sys.SOL_SOCKET, sys.SO_ERROR)
	switch e := sys.Errno(n); e {
	case 0: // still under way
	case sys.ECONNRESET, sys.EPIPE:
		// A SYN that is answered with a reset is ECONNREFUSED; so it was
		// connected, and then reset.
		s.state.EndConnect(0, time.Now())
		s.state.Break(wsa.WSAECONNRESET)
	default:
		s.state.EndConnect(connectError(e), time.Time{})
		s.renewLocked()
	}
}

// renewLocked makes the kernel's socket as good as new after a failed
// attempt, so that it can connect again and even listen (difference 66).
func (s *socket) renewLocked() {
	if s.kind.inet {
		s.disconnectLocked()
	}
}

// disconnectLocked takes the peer from the kernel's socket. The kernel then
// lets go of a port that it chose itself, even for a bind; Winsock does not,
// so it is bound again. If somebody was quicker, the socket gets another.
func (s *socket) disconnectLocked() sys.Errno {
	var before, after rawName
	before.n, _ = sys.GetSockName(s.fd, before.buf[:])
	if e := sys.Connect(s.fd, unspecName[:]); e != 0 {
		return e
	}
	after.n, _ = sys.GetSockName(s.fd, after.buf[:])
	if s.state.Has(sockstate.Bound) && s.kind.typ != wsa.SOCK_RAW {
		after.setPort(before.port())
		if sys.Bind(s.fd, after.bytes()) == sys.EADDRINUSE { // EINVAL: it has kept its port
			after.setPort(0)
			sys.Bind(s.fd, after.bytes())
		}
	}
	return 0
}

// unspecName is the address that dissolves an association.
var unspecName = func() (b [wsa.SizeofSockaddrIn]byte) {
	binary.NativeEndian.PutUint16(b[:], sys.AF_UNSPEC)
	return b
}()

// ConnectResult tells how the last Connect ended.
func (s *socket) ConnectResult() error {
	s.settle()
	return s.state.ConnectResult()
}

// connectDatagramLocked sets the peer, or dissolves the association for
// AF_UNSPEC and the all-zero address (difference 70).
func (s *socket) connectDatagramLocked(name *wsa.Sockaddr) error {
	if name != nil && name.Len() >= 2 && name.Family() == wsa.AF_UNSPEC {
		return s.dissolveLocked()
	}
	if err := s.kind.checkLen(name); err != nil {
		return err
	}
	if err := s.kind.checkFamily(name); err != nil {
		return err
	}
	if unspecified(name) {
		return s.dissolveLocked()
	}
	if s.kind.typ == wsa.SOCK_DGRAM && name.Port() == 0 {
		return wsa.WSAEADDRNOTAVAIL
	}
	if err := s.bindImplicitlyLocked(); err != nil {
		return err
	}
	var raw rawName
	raw.set(s.kind, name)
	if e := sys.Connect(s.fd, raw.bytes()); e != 0 {
		return connectError(e).Err()
	}
	s.peer.set(name)
	s.state.SetPeer(true)
	return nil
}

func (s *socket) dissolveLocked() error {
	if !s.state.Has(sockstate.Connected) {
		return nil
	}
	if e := s.disconnectLocked(); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.peer = heldName{}
	s.state.SetPeer(false)
	return nil
}
