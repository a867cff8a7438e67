// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// streamPart is what a stream socket has besides.
type streamPart struct {
	in, out   *pipe     // once connected
	queue     []*socket // of a listener: connections to accept
	backlog   int
	attempt   int     // number of the connection attempt under way
	answer    *socket // the server's socket, while the answer is on its way
	lingering bool
	abort     bool // Close resets the connection
}

// maxBacklog is what SOMAXCONN stands for.
const maxBacklog = 200

// Listen is WSPListen. To listen again changes the backlog.
func (s *socket) Listen(backlog int32) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckListen(); err != nil {
		return err
	}
	switch {
	case backlog == wsa.SOMAXCONN:
		s.backlog = maxBacklog
	default:
		s.backlog = int(min(max(backlog, 1), 65535))
	}
	s.st.SetListening()
	return nil
}

// Accept is WSPAccept.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckAccept(); err != nil {
		return nil, err
	}
	if len(s.queue) == 0 {
		return nil, wsa.WSAEWOULDBLOCK
	}
	c := s.queue[0]
	s.queue[0] = nil
	s.queue = s.queue[1:]
	c.inheritLocked(s)
	if peer != nil {
		c.putName(peer, c.peer, c.peerPath)
	}
	s.net.traceLocked("accept", c.peer, c.local, 0)
	return c, nil
}

func (s *socket) inheritLocked(l *socket) {
	s.opts.Inherit(&l.opts)
	s.sndbuf, s.rcvbuf = l.sndbuf, l.rcvbuf
}

func (s *socket) sendStream(m *spi.Message) (int, error) {
	if err := s.st.CheckSend(false); err != nil {
		return 0, err
	}
	want := m.Len()
	var w wakes
	s.net.mu.Lock()
	if err := s.st.CheckSend(false); err != nil {
		s.net.mu.Unlock()
		return 0, err
	}
	n := 0
	if m.Flags&wsa.MSG_OOB == 0 {
		n = s.out.send(m, 0, want, false, &w)
	} else if want > 0 {
		// Only the last byte is urgent; it must not be sent without the
		// others.
		if want > 1 {
			n = s.out.send(m, 0, want-1, false, &w)
		}
		if n == want-1 {
			n += s.out.send(m, n, 1, true, &w)
		}
	}
	s.net.mu.Unlock()
	w.fire()
	if n == 0 && want > 0 {
		return 0, wsa.WSAEWOULDBLOCK
	}
	return n, nil
}

func (s *socket) recvStream(m *spi.Message) (int, error) {
	if err := s.st.CheckRecv(); err != nil {
		return 0, err
	}
	oob, peek := m.Flags&wsa.MSG_OOB != 0, m.Flags&wsa.MSG_PEEK != 0
	if oob && s.opts.Bool(oobInlineRule) {
		return 0, wsa.WSAEINVAL
	}
	m.Flags = 0
	if m.Name != nil {
		*m.Name = wsa.Sockaddr{}
	}
	m.Control = m.Control[:0]
	var w wakes
	s.net.mu.Lock()
	if err := s.st.CheckRecv(); err != nil {
		s.net.mu.Unlock()
		return 0, err
	}
	var n, have int
	if oob {
		have = len(s.in.oob)
		n = s.in.receiveUrgent(m, peek, &w)
	} else {
		have = s.in.readable()
		n = s.in.receive(m, peek, &w)
	}
	ended := s.in.ended
	s.net.mu.Unlock()
	w.fire()
	if have == 0 && !ended {
		return 0, wsa.WSAEWOULDBLOCK
	}
	return n, nil
}

func (s *socket) readyStreamLocked() (e spi.Events) {
	f := s.st.Flags()
	if f&sockstate.Listening != 0 && len(s.queue) > 0 {
		return spi.EventAccept
	}
	if f&(sockstate.Connected|sockstate.Broken) != sockstate.Connected {
		return 0
	}
	if f&sockstate.RecvShut == 0 {
		if s.in.readable() > 0 {
			e |= spi.EventRead
		}
		if len(s.in.oob) > 0 {
			e |= spi.EventOOB
		}
	}
	if f&sockstate.SendShut == 0 && s.out.room() > 0 {
		e |= spi.EventWrite
	}
	return e
}

// closeStreamLocked ends what the socket has under way. A connection ends
// gracefully, unless SO_LINGER asks for a reset, or data is left unread,
// which the sender must not believe received.
func (s *socket) closeStreamLocked(w *wakes) {
	for _, c := range s.queue {
		c.abort = true
		c.closeLocked(w)
	}
	s.queue = nil
	f := s.st.Flags()
	switch {
	case f&sockstate.Connecting != 0:
		s.attempt++
		if s.answer != nil {
			s.net.resetLaterLocked(s.answer, s, w)
			s.answer = nil
		}
		if s.in != nil {
			s.in.dstGone = true
		}
	case f&(sockstate.Connected|sockstate.Broken) == sockstate.Connected:
		s.in.dstGone = true
		l := s.opts.Linger()
		if s.abort || l.OnOff != 0 && l.Linger == 0 || s.in.readable() > 0 || len(s.in.oob) > 0 {
			s.in.drop()
			s.out.drop()
			s.net.resetLaterLocked(s.out.dst, s, w)
			return
		}
		s.in.drop()
		s.out.end(w)
	}
}

// Linger ends the sending direction and answers WSAEWOULDBLOCK until all has
// arrived.
func (s *socket) Linger() error {
	var w wakes
	s.net.mu.Lock()
	defer func() {
		s.net.mu.Unlock()
		w.fire()
	}()
	f := s.st.Flags()
	switch {
	case s.datagram, f&sockstate.Connected == 0, f&sockstate.Broken != 0:
		return nil // nothing will be acknowledged any more
	}
	s.lingering = true
	if f&sockstate.SendShut == 0 {
		s.st.Shutdown(wsa.SD_SEND)
		s.out.end(&w)
	}
	if !s.out.ended {
		return wsa.WSAEWOULDBLOCK
	}
	return nil
}

// Abort makes Close reset the connection.
func (s *socket) Abort() {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	s.abort = true
}

// breakLocked ends the socket's connection or attempt with an error.
func (s *socket) breakLocked(code wsa.Errno, w *wakes) {
	if s.closed {
		return
	}
	attempt := code
	if code == wsa.WSAECONNRESET {
		attempt = wsa.WSAECONNREFUSED
	}
	if s.st.EndConnect(attempt, s.net.clock.Now()) {
		s.attempt++
		s.answer = nil
		w.add(s, spi.EventConnectFail)
		return
	}
	if s.st.Break(code) {
		s.in.drop()
		s.out.drop()
		w.add(s, spi.EventReset)
	}
}

// resetLaterLocked sends a reset from one socket to another: it arrives at
// once on a perfect link, and is repeated until it does on a lossy one.
func (n *Network) resetLaterLocked(victim, from *socket, w *wakes) {
	n.traceLocked("reset", from.local, from.peer, 0)
	l := from.linkLocked()
	if l.perfect() {
		victim.breakLocked(wsa.WSAECONNRESET, w)
		return
	}
	if n.lostLocked(&l) {
		n.laterLocked(n.clock.Now().Add(shortestRetransmit), func(w *wakes) {
			if !victim.closed {
				n.resetLaterLocked(victim, from, w)
			}
		})
		return
	}
	_, at := n.travelLocked(from.pair(), &l, 0)
	n.laterLocked(at, func(w *wakes) { victim.breakLocked(wsa.WSAECONNRESET, w) })
}
