// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"time"

	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// connectStreamLocked begins a connection, and ends it if the links take no
// time ("connect function").
func (s *socket) connectStreamLocked(name *wsa.Sockaddr, w *wakes) error {
	if err := s.checkName(name); err != nil {
		return err
	}
	if err := s.st.BeginConnect(); err != nil {
		return err
	}
	if err := s.aimLocked(name); err != nil {
		s.st.CancelConnect()
		return err
	}
	s.attempt++
	s.in, s.out, s.answer = nil, nil, nil
	s.net.traceLocked("connect", s.local, s.peer, 0)
	if s.family != wsa.AF_UNIX && s.host.routeLocked(s.peer.Addr()) == nil {
		s.breakLocked(wsa.WSAENETUNREACH, w)
		return wsa.WSAENETUNREACH
	}
	if s.directLocked() {
		server := s.knockLocked(w)
		if server == nil {
			s.breakLocked(wsa.WSAECONNREFUSED, w)
			return wsa.WSAECONNREFUSED
		}
		s.establishedLocked(w)
		return nil
	}
	id := s.attempt
	s.net.laterLocked(s.net.clock.Now().Add(s.net.options.ConnectTimeout), func(w *wakes) {
		if s.attempt == id && s.st.Has(sockstate.Connecting) {
			if answer := s.answer; answer != nil {
				s.net.resetLaterLocked(answer, s, w)
			}
			s.breakLocked(wsa.WSAETIMEDOUT, w)
		}
	})
	s.requestLocked(id, 0)
	return wsa.WSAEWOULDBLOCK
}

// aimLocked sets the addresses of both ends: WSAEADDRNOTAVAIL for a
// destination that nobody can be connected to.
func (s *socket) aimLocked(name *wsa.Sockaddr) error {
	if s.family == wsa.AF_UNIX {
		if name.Family() != s.family {
			return wsa.WSAEAFNOSUPPORT
		}
		s.peerPath = name.UnixPath()
		return s.bindForLocked(s.local.Addr())
	}
	to, err := s.parseName(name)
	if err != nil {
		return err
	}
	a := to.Addr()
	if to.Port() == 0 || a.IsUnspecified() || a.IsMulticast() || a == broadcast {
		return wsa.WSAEADDRNOTAVAIL
	}
	source, ok := s.host.sourceFor(a)
	if !ok {
		return wsa.WSAENETUNREACH
	}
	if err := s.bindForLocked(source); err != nil {
		return err
	}
	s.aimFromLocked(source)
	s.peer = to
	return nil
}

// requestLocked sends the connection request, or sends it again.
func (s *socket) requestLocked(id, try int) {
	n := s.net
	l := s.linkLocked()
	if n.lostLocked(&l) {
		n.traceLocked("lost", s.local, s.peer, 0)
		s.requestAgainLocked(id, try)
		return
	}
	_, at := n.travelLocked(s.pair(), &l, 0)
	n.laterLocked(at, func(w *wakes) {
		if s.attempt != id || !s.st.Has(sockstate.Connecting) {
			return
		}
		server := s.knockLocked(w)
		if server != nil {
			s.answer = server
			server.out.launch(&segment{opens: true})
			return
		}
		back := pair{s.peer.Addr(), s.local.Addr()}
		l := n.linkLocked(back)
		if n.lostLocked(&l) {
			s.requestAgainLocked(id, try)
			return
		}
		_, at := n.travelLocked(back, &l, 0)
		n.laterLocked(at, func(w *wakes) {
			if s.attempt == id {
				s.breakLocked(wsa.WSAECONNREFUSED, w)
			}
		})
	})
}

// requestAgainLocked repeats a request that was not answered, after one
// second, then two, four and so on.
func (s *socket) requestAgainLocked(id, try int) {
	s.net.laterLocked(s.net.clock.Now().Add(time.Second<<min(try, 6)), func(*wakes) {
		if s.attempt == id && s.st.Has(sockstate.Connecting) {
			s.requestLocked(id, try+1)
		}
	})
}

// knockLocked is the arrival of the request: it makes the server's socket
// and puts it in the listener's queue. It returns nil when nobody listens or
// the queue is full, which is a refusal.
func (s *socket) knockLocked(w *wakes) *socket {
	n := s.net
	var l *socket
	if s.family == wsa.AF_UNIX {
		l = n.local[s.peerPath]
		if l != nil && (l.datagram || !l.st.Has(sockstate.Listening)) {
			l = nil
		}
	} else if target := s.host.routeLocked(s.peer.Addr()); target != nil {
		l = target.findLocked(false, s.peer, func(o *socket) int {
			if !o.st.Has(sockstate.Listening) {
				return -1
			}
			return 0
		})
	}
	if l == nil || len(l.queue) >= l.backlog || l.opts.Bool(pauseAcceptRule) {
		n.traceLocked("refuse", s.local, s.peer, 0)
		return nil
	}
	c := newSocket(l.host, l.family, l.sockType)
	c.inheritLocked(l)
	c.local, c.peer = s.peer, s.local
	c.path, c.peerPath = s.peerPath, s.path
	c.st.InitAccepted(n.clock.Now())
	n.openedLocked()
	c.in = &pipe{src: s, dst: c}
	c.out = &pipe{src: c, dst: s}
	s.in, s.out = c.out, c.in
	l.queue = append(l.queue, c)
	w.add(l, spi.EventAccept)
	return c
}

// establishedLocked is the arrival of the answer.
func (s *socket) establishedLocked(w *wakes) {
	if !s.closed && s.st.EndConnect(0, s.net.clock.Now()) {
		s.answer = nil
		w.add(s, spi.EventConnect|spi.EventWrite)
	}
}
