// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"winsock/layer/trace/capture"
	"winsock/spi"
	"winsock/wsa"
)

// A tap tells the capture what one socket does. A nil tap only makes the
// calls.
//
// Its lock is held during the calls that move data, which never block, so
// that the capture has them in the order in which they happened.
type tap struct {
	*tracer
	origin
	below  spi.Socket
	stream bool // TCP; otherwise UDP

	mu          sync.Mutex       // protects what follows
	iface       int              // of the capture, if hasIface is set
	hasIface    bool             //
	conn        *capture.Stream  // nil before there is a connection
	connecting  bool             // the result of a Connect is not known
	begun       time.Time        // of that Connect
	peer        netip.AddrPort   // that Connect gave
	local       netip.AddrPort   // of a datagram socket; invalid: not known yet
	remoteReset bool             // a send was answered with a reset
	hard        bool             // close is a reset
	known       bool             // a datagram named the socket
	from        wsa.Sockaddr     // room for a datagram's sender
	datagram    capture.Datagram // room for what is told of one
}

// newTap returns the tap of a socket, nil if it is neither TCP nor UDP.
func newTap(t *tracer, s *socket) *tap {
	if s.family != wsa.AF_INET && s.family != wsa.AF_INET6 {
		return nil
	}
	var stream bool
	switch {
	case s.socketType == wsa.SOCK_STREAM && (s.protocol == 0 || s.protocol == wsa.IPPROTO_TCP):
		stream = true
	case s.socketType == wsa.SOCK_DGRAM && (s.protocol == 0 || s.protocol == wsa.IPPROTO_UDP):
	default:
		return nil
	}
	return &tap{tracer: t, origin: s.origin, below: s.Socket, stream: stream}
}

func (t *tap) comment() string { return fmt.Sprintf("socket #%d of %v", t.number, t.owner) }

// ifaceLocked returns the interface of the socket's process at this place,
// which is there from the first packet on.
func (t *tap) ifaceLocked() int {
	if !t.hasIface {
		name := fmt.Sprintf("%s@%d/%s", t.tag, t.owner.id, t.owner.program)
		t.iface = t.capture.writer.Interface(name, t.where, t.owner.details())
		t.hasIface = true
	}
	return t.iface
}

// connect makes the call, and begins the connection.
func (t *tap) connect(call func() error, name *wsa.Sockaddr, start time.Time) error {
	if t == nil {
		return call()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err := call()
	var peer netip.AddrPort
	if name != nil {
		peer, _ = name.AddrPort()
	}
	if !t.stream {
		if err == nil {
			t.peer, t.local = peer, netip.AddrPort{}
		}
		return err
	}
	switch err {
	case nil, wsa.WSAEWOULDBLOCK, wsa.WSAECONNREFUSED, wsa.WSAETIMEDOUT, wsa.WSAEHOSTUNREACH, wsa.WSAENETUNREACH:
		t.dropLocked()
		t.connecting, t.begun, t.peer = true, start, peer
		t.connectedLocked(err)
	}
	return err
}

// connectResult makes the call, and ends the attempt.
func (t *tap) connectResult(call func() error) error {
	if t == nil {
		return call()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err := call()
	if t.stream && t.connecting {
		t.connectedLocked(err)
	}
	return err
}

func (t *tap) connectedLocked(err error) {
	if err == wsa.WSAEWOULDBLOCK {
		// A layer below may not know its address before it is connected.
		if local := t.name(t.below.GetSockName); local.Port() != 0 {
			t.openLocked()
		}
		return
	}
	t.openLocked()
	t.connecting = false
	if t.conn == nil {
		return
	}
	switch now := t.time(); err {
	case nil:
		t.conn.Connected(now)
		return
	case wsa.WSAECONNREFUSED, wsa.WSAECONNRESET:
		t.conn.Refused(now)
	}
	t.dropLocked()
}

// accepted begins the connection of a socket that was accepted.
func (t *tap) accepted(peer *wsa.Sockaddr) {
	if t == nil || !t.stream {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if peer != nil {
		t.peer, _ = peer.AddrPort()
	}
	if t.peer.Port() == 0 {
		t.peer = t.name(t.below.GetPeerName)
	}
	if !t.peer.IsValid() {
		return // reset before it was asked
	}
	t.conn = t.capture.writer.NewStream(t.ifaceLocked(), t.name(t.below.GetSockName), t.peer, t.comment())
	t.conn.Accepted(t.time())
}

// openLocked makes sure that there is a connection, if its peer can be told.
func (t *tap) openLocked() {
	if t.conn != nil {
		return
	}
	if !t.connecting {
		// Connected by a call that went another way.
		t.begun, t.peer = t.time(), t.name(t.below.GetPeerName)
	}
	if !t.peer.IsValid() {
		return
	}
	t.conn = t.capture.writer.NewStream(t.ifaceLocked(), t.name(t.below.GetSockName), t.peer, t.comment())
	t.conn.Connecting(t.begun)
}

func (t *tap) dropLocked() {
	if t.conn != nil {
		t.conn.Close(t.time())
		t.conn = nil
	}
	t.connecting, t.remoteReset = false, false
}

// name asks for an address, which is invalid if there is none.
func (t *tap) name(ask func(*wsa.Sockaddr) error) netip.AddrPort {
	var sa wsa.Sockaddr
	if ask(&sa) != nil {
		return netip.AddrPort{}
	}
	ap, _ := sa.AddrPort()
	return ap
}

// shutdown makes the call, and ends the sending direction if it did.
func (t *tap) shutdown(call func() error, how int32) error {
	if t == nil {
		return call()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err := call()
	if err == nil && how != wsa.SD_RECEIVE && t.conn != nil {
		t.conn.FinishSending(t.time())
	}
	return err
}

// linger makes the call, which ends the sending direction if it can.
func (t *tap) linger(call func() error) error {
	if t == nil {
		return call()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	err := call()
	if (err == nil || err == wsa.WSAEWOULDBLOCK) && t.conn != nil {
		t.conn.FinishSending(t.time())
	}
	return err
}

// hardClose notes whether the close is to be a reset.
func (t *tap) hardClose(hard bool) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hard = hard
}

// close ends the connection as the socket's close has done.
func (t *tap) close() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn != nil {
		switch now := t.time(); {
		case t.remoteReset:
			t.conn.ResetByRemote(now)
		case t.hard:
			t.conn.Reset(now)
		}
	}
	t.dropLocked()
	t.capture.writer.Flush()
}
