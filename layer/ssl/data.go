// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"errors"
	"io"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// chunk is how much plain text is encrypted before what came of it is sent.
const chunk = 48 << 10

// Records hold up to fullRecord of plain text. crypto/tls makes them as short
// as shortRecord, at least, until it has sent as much as boost.
const (
	fullRecord  = 16 << 10
	shortRecord = 1 << 10
	boost       = 256 << 10
)

// channelRecv is Recv on an open socket.
func (s *socket) channelRecv(m *spi.Message) (int, error) {
	c := s.channel
	c.rmu.Lock()
	n, err := s.recvLocked(c, m)
	left := c.leftLocked()
	if err == wsa.WSAEWOULDBLOCK {
		c.park.wanting.Store(true)
	}
	c.rmu.Unlock()
	if left {
		s.tellRest(c)
	}
	// The protocol may have answered something: a new key, or why it ends.
	if err != nil && c.wire.pending() && (err == wsa.WSAEWOULDBLOCK || c.wire.flush() == errWouldBlock) {
		s.seeToIt(c)
	}
	return n, err
}

func (s *socket) recvLocked(c *channel, m *spi.Message) (int, error) {
	switch {
	case c.noRecv:
		return 0, wsa.WSAESHUTDOWN
	case m.Flags&wsa.MSG_OOB != 0:
		return 0, wsa.WSAEOPNOTSUPP // it could only go past the protocol
	}
	peek := m.Flags&wsa.MSG_PEEK != 0
	if len(c.plain) == 0 && (peek || m.Len() == 0) {
		s.lookLocked(c, false)
	}
	if len(c.plain) > 0 {
		n := m.Scatter(c.plain, 0)
		if !peek {
			c.consumedLocked(n)
		}
		m.Flags = 0
		return n, nil
	}
	total := 0
	for _, p := range m.Bufs {
		for len(p) > 0 && c.broken == nil && !c.ended {
			n, err := s.readLocked(c, p)
			total += n
			p = p[n:]
			if err == errWouldBlock || total > 0 && !c.wire.whole() {
				return received(m, total, err)
			}
		}
	}
	switch {
	case total > 0:
	case c.broken != nil:
		return 0, c.broken
	case !c.ended:
		return 0, wsa.WSAEWOULDBLOCK
	}
	m.Flags = 0
	return total, nil
}

func received(m *spi.Message, n int, err error) (int, error) {
	if n == 0 && err == errWouldBlock {
		return 0, wsa.WSAEWOULDBLOCK
	}
	m.Flags = 0
	return n, nil
}

// What was fetched from the socket below, and not asked for, is here: those
// who wait for it there, and were not told in time, would not hear of it.

// leftLocked reports whether something was fetched since the last call of
// which more may be left.
func (c *channel) leftLocked() bool {
	if !c.wire.fetched {
		return false
	}
	c.wire.fetched = false
	return len(c.plain) > 0 || c.rest || c.wire.whole() || c.ended || c.broken != nil
}

// tellRest wakes whoever waits for data.
func (s *socket) tellRest(c *channel) {
	s.watchers.list.Notify(spi.EventRead)
	s.watchers.ends.Notify(spi.EventClose)
	c.park.kick(&s.PassThrough)
}

// readLocked reads plain text from the session. The only error it returns is
// errWouldBlock; others are noted.
func (s *socket) readLocked(c *channel, p []byte) (int, error) {
	if c.wire.empty() { // the protocol need not be asked
		return 0, errWouldBlock
	}
	n, err := c.session.Read(p)
	c.heard = c.heard || n > 0
	if n == len(p) {
		c.wire.handed -= n
	} else {
		c.wire.handed = 0 // it has given all that it had
	}
	c.rest = c.wire.handed > 0
	switch {
	case err == nil || err == errWouldBlock:
		return n, err
	case err == io.EOF:
		c.ended = true
	case isTruncated(err) && s.truncation(c):
		c.ended = true
	default:
		c.broken = connError(err)
		c.dead.Store(true)
		s.complain(err)
		c.wire.drop()
	}
	return n, nil
}

// complain logs why a connection has ended, unless that is none of the
// protocol's business.
func (s *socket) complain(err error) {
	var w wireError
	if !errors.As(err, &w) {
		s.log().Info("connection failed", "peer", s.peer.String(), "reason", reason(err), "err", err)
	}
}

// truncation reports whether an end of the connection below is as good as the
// protocol's.
func (s *socket) truncation(*channel) bool { return s.secure.truncated }

// consumedLocked takes n bytes away from the plain text.
func (c *channel) consumedLocked(n int) {
	if c.plain = c.plain[n:]; len(c.plain) == 0 && c.storage != nil {
		buffers.Put(c.storage)
		c.plain, c.storage = nil, nil
	}
}

// lookLocked receives plain text that nobody has asked for, to know about it:
// at least one byte if there is one, and all that there is, up to the
// buffer's end, if ahead is set.
func (s *socket) lookLocked(c *channel, ahead bool) {
	for (ahead || len(c.plain) == 0) && !c.ended && c.broken == nil {
		if c.storage == nil {
			c.storage = buffers.Get().(*buffer)
			c.plain = c.storage.bytes[:0]
		}
		have := len(c.plain)
		if cap(c.plain) == have {
			if have == len(c.storage.bytes) {
				return
			}
			c.plain = c.storage.bytes[:copy(c.storage.bytes[:], c.plain)]
		}
		n, err := s.readLocked(c, c.plain[have:cap(c.plain)])
		c.plain = c.plain[:have+n]
		if err == errWouldBlock {
			break
		}
	}
	if len(c.plain) == 0 {
		c.consumedLocked(0)
	}
}

// buffered returns how many bytes can be received at once.
func (s *socket) buffered() int {
	c := s.channel
	c.rmu.Lock()
	defer c.rmu.Unlock()
	if !c.noRecv {
		s.lookLocked(c, true)
	}
	if c.leftLocked() {
		defer s.tellRest(c)
	}
	return len(c.plain)
}

// channelReady is Ready on an open socket.
func (s *socket) channelReady(mask spi.Events) spi.Events {
	c := s.channel
	e := spi.EventConnect
	if mask&^(spi.EventWrite|spi.EventConnect) != 0 {
		c.rmu.Lock()
		s.lookLocked(c, mask&spi.EventsEnd != 0) // also after SD_RECEIVE, to know of the end
		if c.noRecv {
			c.consumedLocked(len(c.plain))
		}
		if len(c.plain) > 0 {
			e |= spi.EventRead
		}
		if c.ended {
			e |= spi.EventClose
		}
		if c.broken != nil {
			e |= spi.EventReset
		}
		left := c.leftLocked()
		c.rmu.Unlock()
		if left {
			s.tellRest(c)
		}
	}
	c.wmu.Lock()
	lost, noSend := c.lost, c.noSend
	c.wmu.Unlock()
	if lost != nil {
		e |= spi.EventReset
	} else if mask&spi.EventWrite != 0 && !noSend && !c.dead.Load() {
		switch c.wire.flush() {
		case nil:
			e |= spi.EventWrite
		case errWouldBlock:
			s.seeToIt(c)
		default:
			e |= spi.EventReset
		}
	}
	return e
}

// channelSend is Send on an open socket.
func (s *socket) channelSend(m *spi.Message) (int, error) {
	c := s.channel
	c.wmu.Lock()
	defer c.wmu.Unlock()
	switch {
	case c.noSend:
		return 0, wsa.WSAESHUTDOWN
	case c.lost != nil:
		return 0, c.lost
	case c.dead.Load():
		c.rmu.Lock()
		defer c.rmu.Unlock()
		return 0, c.broken
	case m.Flags&wsa.MSG_OOB != 0:
		return 0, wsa.WSAEOPNOTSUPP
	}
	if len(m.Bufs) == 1 {
		return s.sendLocked(c, m.Bufs[0])
	}
	total, size := 0, m.Len()
	if size == 0 {
		return 0, nil
	}
	b := buffers.Get().(*buffer)
	defer buffers.Put(b)
	for total < size {
		k := m.Gather(b.bytes[:chunk], total)
		n, err := s.sendLocked(c, b.bytes[:k])
		total += n
		if err != nil || n < k {
			if total > 0 {
				return total, nil
			}
			return 0, err
		}
	}
	return total, nil
}

// sendLocked sends from p, as much as the socket below takes and at most one
// buffer more.
func (s *socket) sendLocked(c *channel, p []byte) (int, error) {
	total := 0
	for {
		switch err := c.wire.flush(); err {
		case nil:
		case errWouldBlock:
			s.seeToIt(c)
			if total > 0 || len(p) == 0 {
				return total, nil
			}
			return 0, wsa.WSAEWOULDBLOCK
		default:
			c.lost = connError(err)
			if total > 0 {
				return total, nil
			}
			return 0, c.lost
		}
		if len(p) == 0 {
			return total, nil
		}
		// What is more than a record goes out in one call below. Until a
		// connection has carried some data, its records may be short.
		c.wire.setDirect(len(p) <= shortRecord || len(p) <= fullRecord && c.carried > boost)
		n, err := c.session.Write(p[:min(len(p), chunk)])
		c.carried += n
		total += n
		p = p[n:]
		if err != nil {
			c.lost = connError(err)
			if total > 0 {
				return total, nil
			}
			return 0, c.lost
		}
	}
}

// flushDelay is how long what is pending waits for the program's next call,
// which would send it, before somebody else sees to it.
const flushDelay = 2 * time.Millisecond

// seeToIt has what is pending go out, whatever the program does.
func (s *socket) seeToIt(c *channel) {
	c.fmu.Lock()
	defer c.fmu.Unlock()
	if c.flushing || !s.hold() {
		return
	}
	c.flushing = true
	s.flushSoon(c, c.wire.progress())
}

// flushSoon looks again a little later. As long as the program itself makes
// progress, it is left to it.
func (s *socket) flushSoon(c *channel, progress int) {
	time.AfterFunc(flushDelay, func() {
		defer s.unexpected()
		c.fmu.Lock()
		switch now := c.wire.progress(); {
		case !c.wire.pending():
			c.flushing = false
			c.fmu.Unlock()
			s.release()
		case now != progress:
			s.flushSoon(c, now)
			c.fmu.Unlock()
		default:
			c.fmu.Unlock()
			layer.Go(s.log(), "sending", s.panicked, func() { s.routineFlush(c) })
		}
	})
}

// unexpected survives a panic of the socket below in a timer.
func (s *socket) unexpected() {
	if v := recover(); v != nil {
		s.log().Error("layer panicked", "doing", "sending", "panic", v)
		s.panicked()
	}
}

// routineFlush sends what is pending.
func (s *socket) routineFlush(c *channel) {
	defer s.release()
	p := &patience{watched: s.Socket}
	s.mu.Lock()
	if s.closing { // then that sends it
		s.mu.Unlock()
		return
	}
	s.patience = p
	s.mu.Unlock()
	for {
		_ = p.wait(spi.EventWrite, func() bool { return c.wire.flush() != errWouldBlock })
		c.fmu.Lock()
		if !c.wire.pending() || p.why() != nil {
			c.flushing = false
			c.fmu.Unlock()
			break
		}
		c.fmu.Unlock()
	}
	s.watchers.notify(spi.EventWrite)
}

// breakOff ends an open connection for a reason.
func (s *socket) breakOff(err error) {
	c := s.channel
	c.rmu.Lock()
	if c.broken == nil {
		c.broken = err
		c.dead.Store(true)
	}
	c.rmu.Unlock()
	c.wmu.Lock()
	if c.lost == nil {
		c.lost = err
	}
	c.wmu.Unlock()
	c.wire.fail(err)
	s.watchers.notify(spi.EventReset)
}

// Shutdown ends a direction: for sending, the protocol says so to the peer
// after what was sent.
func (s *socket) Shutdown(how int32) error {
	if how < wsa.SD_RECEIVE || how > wsa.SD_BOTH {
		return wsa.WSAEINVAL
	}
	switch s.phase.Load() {
	case through, listening:
		return s.Socket.Shutdown(how)
	case open:
	default:
		return wsa.WSAENOTCONN
	}
	c := s.channel
	if how != wsa.SD_RECEIVE {
		c.wmu.Lock()
		s.finishLocked(c)
		c.wmu.Unlock()
	}
	if how != wsa.SD_SEND {
		c.rmu.Lock()
		c.noRecv = true
		c.consumedLocked(len(c.plain))
		c.rmu.Unlock()
	}
	return nil
}

// finishLocked sends the end of what is sent. The caller holds wmu.
func (s *socket) finishLocked(c *channel) {
	if c.noSend {
		return
	}
	c.noSend = true
	if c.lost != nil {
		return
	}
	if err := c.session.CloseWrite(); err != nil {
		c.lost = connError(err)
		return
	}
	if c.wire.flush() == errWouldBlock {
		s.seeToIt(c)
	}
}
