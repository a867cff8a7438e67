// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"encoding/binary"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

const (
	// closeTimeout is how long a closed socket may try to send what it still
	// holds, before the connection is reset.
	closeTimeout = 30 * time.Second

	// drainTimeout is how long it then listens for what the peer's protocol
	// has to say: closing with something unread would reset the connection,
	// and what was sent before might be lost.
	drainTimeout = 2 * time.Second
)

// hold counts a goroutine that uses the socket below. It fails if that is
// closed, or about to be.
func (s *socket) hold() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing && s.users == 0 {
		return false
	}
	s.users++
	return true
}

// release ends a use. The last one of a closed socket closes the one below.
func (s *socket) release() {
	s.mu.Lock()
	s.users--
	last := s.closing && s.users == 0
	s.mu.Unlock()
	if last {
		s.free()
	}
}

// free closes the socket below.
func (s *socket) free() {
	if c := s.channel; c != nil {
		c.rmu.Lock()
		c.wire.drop()
		c.consumedLocked(len(c.plain))
		c.rmu.Unlock()
		c.wire.fail(wsa.WSAENOTSOCK)
	}
	s.watchers.stop()
	_ = s.PassThrough.Close()
}

// Close ends the socket without waiting. What was sent goes out in the
// background, then the end of the protocol, then that of the connection below
// as SO_LINGER asks there.
func (s *socket) Close() error {
	hard := !s.is(through) && s.lingersHard()
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return wsa.WSAENOTSOCK
	}
	s.closing = true
	s.aborting = s.aborting || hard
	phase, waits, left, accepts, aborting := s.phase.Load(), s.patience, s.left, s.accepts, s.aborting
	s.users++ // this call
	s.mu.Unlock()
	defer s.release()

	switch phase {
	case listening:
		accepts.Close()
	case connecting:
		waits.cancel()
		<-left // it leaves the socket below at once
	case waiting, shaking:
		if waits != nil {
			waits.cancel()
		}
		if s.accepted() {
			s.PassThrough.Abort() // what was to be sent cannot be
		}
	case open:
		s.closeOpen(waits, aborting)
	}
	return nil
}

// closeOpen ends an open connection. Whoever sends what is pending waits with
// flushing.
func (s *socket) closeOpen(flushing *patience, aborting bool) {
	c := s.channel
	flushing.cancel()
	if aborting {
		c.wire.fail(wsa.WSAECONNABORTED)
		s.PassThrough.Abort()
		return
	}
	c.wmu.Lock()
	s.finishLocked(c)
	lost := c.lost
	c.wmu.Unlock()
	s.discard(c)
	if lost != nil || !c.wire.pending() && !s.expects(c) {
		return
	}
	s.mu.Lock()
	s.users++
	s.mu.Unlock()
	s.ending.Add()
	layer.Go(s.log(), "closing", nil, func() { // what is deferred comes after a panic, too
		defer s.release()
		defer s.ending.Done()
		s.routineClose(c)
	})
}

// expects reports whether the peer's protocol will have something to say yet.
func (s *socket) expects(c *channel) bool {
	c.rmu.Lock()
	defer c.rmu.Unlock()
	return c.session.late() && !c.heard && !c.ended && c.broken == nil
}

// discard reads into the void what is there, so that the connection below is
// not reset for its sake. It reports whether more may come.
func (s *socket) discard(c *channel) bool {
	c.rmu.Lock()
	defer c.rmu.Unlock()
	c.noRecv = true
	c.consumedLocked(len(c.plain))
	for range 64 {
		if c.ended || c.broken != nil {
			return false
		}
		s.lookLocked(c, false)
		if len(c.plain) == 0 {
			break
		}
		c.consumedLocked(len(c.plain))
	}
	return !c.ended && c.broken == nil
}

// routineClose ends an open connection that has something to send, or to
// hear, yet.
func (s *socket) routineClose(c *channel) {
	p := &patience{watched: s.Socket}
	p.limit(closeTimeout)
	err := p.wait(spi.EventWrite|spi.EventRead, func() bool {
		s.discard(c) // reading on lets the peer take what we have
		return c.wire.flush() != errWouldBlock
	})
	if err != nil {
		s.PassThrough.Abort()
		return
	}
	if !s.expects(c) || s.Socket.Shutdown(wsa.SD_SEND) != nil {
		return
	}
	p.limit(drainTimeout)
	_ = p.wait(spi.EventRead|spi.EventClose, func() bool { return !s.discard(c) })
}

// Abandon closes the socket below for one whose own Close has failed.
func (s *socket) Abandon() {
	s.watchers.stop()
	s.PassThrough.Abandon()
}

// lingersHard reports whether SO_LINGER asks for a reset.
func (s *socket) lingersHard() bool {
	var value [4]byte
	n, err := s.Socket.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, value[:])
	return err == nil && n == 4 &&
		binary.LittleEndian.Uint16(value[:]) != 0 && binary.LittleEndian.Uint16(value[2:]) == 0
}

// Linger ends the sending direction and answers WSAEWOULDBLOCK until the peer
// has everything, the end of the protocol included.
func (s *socket) Linger() error {
	switch s.phase.Load() {
	case through:
		return s.PassThrough.Linger()
	case open:
	default:
		return nil
	}
	c := s.channel
	c.wmu.Lock()
	s.finishLocked(c)
	lost := c.lost
	c.wmu.Unlock()
	if lost != nil {
		return nil
	}
	if c.wire.flush() == errWouldBlock {
		return wsa.WSAEWOULDBLOCK
	}
	return s.PassThrough.Linger()
}

// Abort makes the following Close reset the connection.
func (s *socket) Abort() {
	s.mu.Lock()
	s.aborting = true
	s.mu.Unlock()
	s.PassThrough.Abort()
}
