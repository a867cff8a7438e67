// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"context"
	"errors"
	"io"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// Connect connects below; the end of the handshake is the end of the connect.
func (s *socket) Connect(name *wsa.Sockaddr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	phase := s.phase.Load()
	switch phase {
	case connecting:
		return wsa.WSAEALREADY
	case shaking, waiting:
		if !s.settings.connected {
			return wsa.WSAEALREADY
		}
		return wsa.WSAEISCONN
	case open:
		return wsa.WSAEISCONN
	case spent:
		return wsa.WSAEINVAL
	case listening:
		return s.Socket.Connect(name)
	}
	r := s.ruleFor(name)
	if r == nil && !s.secured || s.settings.flags&wsa.SSL_FLAG_DEFER_HANDSHAKE != 0 && s.secured {
		if phase == refused {
			s.passLocked()
		}
		if name != nil {
			s.peer = *name
		}
		return s.Socket.Connect(name)
	}
	if err := s.Socket.Connect(name); err != nil && err != wsa.WSAEWOULDBLOCK {
		if s.Socket.ConnectResult() == err {
			s.failure = err
			s.phase.Store(refused)
		}
		return err
	}
	s.peer, s.byRule, s.failure = *name, r, nil
	s.beginLocked(connecting)
	layer.Go(s.log(), "connecting", s.panicked, s.routineConnect)
	return wsa.WSAEWOULDBLOCK
}

// passLocked makes the socket one that is no secure one (any more).
func (s *socket) passLocked() {
	s.phase.Store(through)
	s.watchers.attach()
}

// beginLocked prepares for a goroutine that connects or makes the handshake.
func (s *socket) beginLocked(phase uint32) {
	s.patience = &patience{watched: s.Socket, parker: &s.PassThrough}
	if phase != connecting { // the time is for the handshake
		s.patience.limit(s.timeout)
	}
	s.left = make(chan struct{})
	s.users++
	s.phase.Store(phase)
}

// ConnectResult tells how the last Connect ended.
func (s *socket) ConnectResult() error {
	switch s.phase.Load() {
	case through, listening:
		return s.Socket.ConnectResult()
	case open:
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.settings.connected && !s.is(spent):
		return nil
	case s.is(connecting) || s.is(shaking) || s.is(waiting):
		return wsa.WSAEWOULDBLOCK
	case s.is(open):
		return nil
	}
	return s.failure
}

// ruleFor returns the rule by which a connection to name is a secure one, nil
// for none. A program that has asked for security has said how.
func (s *socket) ruleFor(name *wsa.Sockaddr) *rule {
	if s.secured || s.settings.asked == wsa.SO_SEC_NONE || name == nil || len(s.originate) == 0 {
		return nil
	}
	return s.rules.ruleFor(name)
}

// routineConnect waits for the connection below, and makes it a secure one.
func (s *socket) routineConnect() {
	defer s.release()
	s.mu.Lock()
	p := s.patience
	s.mu.Unlock()
	var err error
	waitErr := p.wait(spi.EventConnect|spi.EventConnectFail, func() bool {
		err = s.Socket.ConnectResult()
		return err != wsa.WSAEWOULDBLOCK
	})
	s.mu.Lock()
	if waitErr != nil || err != nil || s.closing {
		_ = p.leave()
	}
	if waitErr != nil { // closed
		s.leftLocked()
		s.mu.Unlock()
		return
	}
	if err != nil {
		s.failure = err
		s.phase.Store(refused)
		s.leftLocked()
		s.mu.Unlock()
		s.watchers.notify(spi.EventConnectFail)
		return
	}
	if s.closing {
		s.leftLocked()
		s.mu.Unlock()
		return
	}
	p.limit(s.timeout)
	s.phase.Store(shaking)
	s.mu.Unlock()
	s.shake()
}

// leftLocked tells that the goroutine which connects waits below no more.
func (s *socket) leftLocked() {
	close(s.left)
	s.berth.wake()
}

// begin starts the handshake of a connection that was accepted before it.
func (s *socket) begin() {
	if !s.is(waiting) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is(waiting) || s.closing {
		return
	}
	s.beginLocked(shaking)
	layer.Go(s.log(), "accepting", s.panicked, func() {
		defer s.release()
		s.shake()
	})
}

// perform is SO_SSL_PERFORM_HANDSHAKE. The handshake ends like a connect
// does: data waits for it.
func (s *socket) perform() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is(through) || !s.secured {
		return wsa.WSAEINVAL
	}
	switch err := s.Socket.ConnectResult(); err {
	case nil:
	case wsa.WSAEWOULDBLOCK, wsa.WSAENOTCONN:
		return wsa.WSAENOTCONN
	default:
		return wsa.WSAENOTCONN
	}
	if s.peer.Len() == 0 {
		_ = s.Socket.GetPeerName(&s.peer)
	}
	s.settings.connected = true
	s.beginLocked(shaking)
	layer.Go(s.log(), "handshake", s.panicked, func() {
		defer s.release()
		s.shake()
	})
	return nil
}

// shake makes the handshake on the connection below. The caller is a
// goroutine of its own, at phase shaking.
func (s *socket) shake() error {
	err := s.handshake()
	s.mu.Lock()
	s.leftLocked()
	if err == nil && s.closing {
		err = wsa.WSA_OPERATION_ABORTED
	}
	if err != nil {
		s.failure = err
		s.phase.Store(spent)
		if !s.closing {
			// Nothing more goes over this connection. The peer should know.
			_ = s.Socket.Shutdown(wsa.SD_BOTH)
		}
		s.mu.Unlock()
		if s.accepted() {
			s.watchers.notify(spi.EventReset)
		} else {
			s.watchers.notify(spi.EventConnectFail)
		}
		return err
	}
	s.phase.Store(open)
	s.watchers.attach()
	s.mu.Unlock()
	s.watchers.notify(spi.EventConnect | spi.EventWrite | spi.EventRead)
	return nil
}

func (s *socket) handshake() (err error) {
	defer s.hasten()()
	c := new(channel)
	c.wire = newWire(s.Socket)
	c.wire.direct = true
	p, err := s.parameters()
	s.mu.Lock()
	peer, waits := s.peer, s.patience
	s.mu.Unlock()
	c.wire.patient = waits
	defer waits.leave()
	if err == nil {
		c.session, err = p.protocol.begin(c.wire, &p.parameters)
	}
	if err == nil {
		err = c.session.handshake()
	}
	if err == nil {
		err = c.wire.drain()
	}
	ended := waits.leave()
	if err == nil {
		err = ended
	}
	if err != nil {
		c.wire.drop()
		c.wire.fail(err)
		if ended == context.DeadlineExceeded {
			err = ended
		} else if ended != nil {
			return wsa.WSA_OPERATION_ABORTED
		}
		s.log().Info("handshake failed", "peer", peer.String(), "server", p.server, "reason", reason(err), "err", err)
		err = connError(err)
		s.handshakes.ended(p.server, nil, err)
		return err
	}
	c.wire.patient = nil
	c.wire.handed, c.wire.overhead = 0, c.session.overhead()
	s.handshakes.ended(p.server, c.session, nil)
	s.mu.Lock()
	for d, t := range s.deadlines {
		if waits.timed[d] || !t.IsZero() {
			s.PassThrough.SetParkDeadline(spi.Direction(d), t)
		}
	}
	c.park.deadline = s.deadlines[spi.Receiving]
	s.channel = c
	s.mu.Unlock()
	return nil
}

// connError returns the code that a failure means to the program: that of
// the socket below if it was its, else WSAECONNABORTED, as the documentation
// of secure sockets names none.
func connError(err error) error {
	var w wireError
	var h hookError
	switch {
	case errors.As(err, &w):
		switch w.errno {
		case wsa.WSASYSCALLFAILURE, wsa.WSAEWOULDBLOCK, wsa.WSA_IO_PENDING, 0:
			return wsa.WSAECONNABORTED
		}
		return w.errno.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return wsa.WSAETIMEDOUT
	case errors.As(err, &h), errors.Is(err, errTruncated), err == io.EOF:
		return wsa.WSAECONNABORTED
	}
	var e wsa.Errno
	if errors.As(err, &e) && e != wsa.WSAEWOULDBLOCK && e != wsa.WSA_IO_PENDING {
		return e.Err()
	}
	return wsa.WSAECONNABORTED
}

// panicked is what becomes of a socket whose goroutine has panicked.
func (s *socket) panicked() {
	s.mu.Lock()
	select {
	case <-s.left:
	default:
		s.leftLocked()
	}
	if s.is(open) {
		s.mu.Unlock()
		s.breakOff(wsa.WSAECONNABORTED)
		return
	}
	s.failure = wsa.WSAECONNABORTED
	s.phase.Store(spent)
	if !s.closing {
		_ = s.Socket.Shutdown(wsa.SD_BOTH)
	}
	s.mu.Unlock()
	s.watchers.notify(spi.EventConnectFail | spi.EventReset)
}

// hasten turns Nagle's delay off below for the short messages of the
// handshake, and returns what brings it back.
func (s *socket) hasten() (restore func()) {
	value := []byte{0, 0, 0, 0}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ownDelay {
		return func() {}
	}
	n, err := s.Socket.GetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, value)
	if err != nil || n == 0 || value[0] != 0 || s.Socket.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{1, 0, 0, 0}) != nil {
		return func() {} // it is no TCP, or off already
	}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.ownDelay {
			_ = s.Socket.SetSockOpt(wsa.IPPROTO_TCP, wsa.TCP_NODELAY, value)
		}
	}
}

// A plan is what a handshake begins with: which protocol, and how.
type plan struct {
	parameters
	protocol protocol
}
