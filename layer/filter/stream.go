// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"sync"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/wsa"
)

// A stream decides at Connect, Listen and Accept. Its data goes past it.
type stream struct {
	socket

	accepting sync.Mutex // protects held; taken before the locks of the pivot
	held      *waiting
}

var _ spi.Foreseer = (*stream)(nil)

// DataPath lets the data go past the layer. While another socket may come to
// stand below, it does not, or sends would go to the old one. A socket of
// another process is the exception: what it stands on is asked for, and no
// data is sent by calls.
func (s *stream) DataPath() spi.Socket {
	if s.fixed() {
		return s.HandlePreserving.DataPath()
	}
	if s.opening.Base == nil && s.rules().set.Chains(s.protocol) {
		return s
	}
	return s.pivot.expose()
}

// fixed reports whether the socket is connected, so that what is below stays.
func (s *stream) fixed() bool {
	if s.pivot.isSettled() {
		return true
	}
	if s.pivot.ConnectResult() == nil {
		s.pivot.settle()
		return true
	}
	return false
}

// busy reports whether a Connect can only be refused.
func (s *stream) busy() bool {
	return s.fixed() || s.pivot.ConnectResult() == wsa.WSAEWOULDBLOCK
}

// Connect is decided by rules for out.
func (s *stream) Connect(name *wsa.Sockaddr) error {
	if s.foreign(name) {
		return s.pivot.Connect(name)
	}
	own := *name
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if s.busy() {
		return s.pivot.Connect(&own)
	}
	p := s.plan(s.rules().set, &own, true)
	if p.Action == rules.Deny {
		return p.Errno.Err()
	}
	if err := s.divert(&p); err != nil {
		return err
	}
	err := s.pivot.Connect(&p.name)
	if err == nil || err == wsa.WSAEWOULDBLOCK {
		s.connectedTo(&p, &own)
	}
	return err
}

// Foresee tells where the data will go, and opens what it has to go through.
func (s *stream) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.foreign(name) {
		return s.DataPath()
	}
	own := *name
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if s.busy() {
		return s.DataPath()
	}
	p := s.plan(s.rules().set, &own, false)
	if p.Action != rules.Deny {
		if data, ok := s.foresee(&p); ok {
			return data
		}
	}
	return s.DataPath()
}

// Listen is decided by rules for listen. A listening socket stays what it is.
func (s *stream) Listen(backlog int32) error {
	if set := s.rules().set; set.Concerns(rules.Listen) {
		var name wsa.Sockaddr
		if err := s.pivot.GetSockName(&name); err == nil {
			if v := s.judge(set, rules.Listen, nil, &name, true); v.Action != rules.Allow {
				return v.Errno.Err()
			}
		} // else it will be refused
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if !s.busy() { // a failed connect may have left layers
		if err := s.divert(&plan{}); err != nil {
			return err
		}
	}
	err := s.pivot.Listen(backlog)
	if err == nil {
		s.pivot.settle()
	}
	return err
}

// A waiting is a connection that was taken to be judged before somebody
// accepts it, or the error that stands for one.
type waiting struct {
	conn spi.Socket
	peer wsa.Sockaddr
	err  error
}

// Accept is decided by rules for in. A connection that is denied is reset,
// and the next one taken.
func (s *stream) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	s.accepting.Lock()
	defer s.accepting.Unlock()
	next := s.held
	if s.held = nil; next == nil {
		next = s.nextLocked()
	}
	if next.err == nil && peer != nil {
		*peer = next.peer
	}
	return next.conn, next.err
}

// nextLocked takes connections until one is allowed.
func (s *stream) nextLocked() *waiting {
	for {
		next := new(waiting)
		if next.conn, next.err = s.HandlePreserving.Accept(&next.peer); next.err != nil {
			return next
		}
		accepted := next.conn.(*stream)
		accepted.pivot.settle()
		set := s.rules().set
		if !set.Concerns(rules.In) {
			return next
		}
		var own wsa.Sockaddr
		if set.UsesLocal() {
			_ = accepted.GetSockName(&own) // a connection that is gone has no name, and matches no list
		}
		if v := s.judge(set, rules.In, &next.peer, &own, true); v.Action == rules.Allow {
			return next
		}
		accepted.Abort()
		_ = next.conn.Close()
	}
}

// Ready does not count a connection that will be denied. A program would go
// to accept it, and wait there for as long as whoever is denied likes.
func (s *stream) Ready(mask spi.Events) spi.Events {
	e := s.pivot.Ready(mask)
	if mask&spi.EventAccept == 0 {
		return e
	}
	s.accepting.Lock()
	defer s.accepting.Unlock()
	if s.held == nil && e&spi.EventAccept != 0 && s.rules().set.Concerns(rules.In) {
		if next := s.nextLocked(); next.err != wsa.WSAEWOULDBLOCK {
			s.held = next
		} else {
			e &^= spi.EventAccept
		}
	}
	if s.held != nil {
		e |= spi.EventAccept
	}
	return e
}

// Close resets the connection that nobody has accepted.
func (s *stream) Close() error {
	defer s.drop()
	return s.HandlePreserving.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *stream) Abandon() {
	defer s.drop()
	s.HandlePreserving.Abandon()
}

func (s *stream) drop() {
	s.accepting.Lock()
	defer s.accepting.Unlock()
	if held := s.held; held != nil && held.err == nil {
		s.held = nil
		held.conn.(*stream).Abort()
		_ = held.conn.Close()
	}
}
