// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/binary"
	"slices"
	"time"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// An attempt is a connect that is held back, so that the peer knows nothing of
// it, or that has failed here.
type attempt struct {
	name    wsa.Sockaddr
	timer   bucket.Timer
	failure error  // nil while it is held back
	pending uint32 // what SO_ERROR tells of it
}

// An accepted connection is held back until it is due.
type accepted struct {
	spi.Socket
	peer wsa.Sockaddr
	due  time.Time
}

// maxPending bounds what is held back by a listening socket. Further
// connections wait below.
const maxPending = 128

// opening reports whether toxics are about connecting, or something is held
// back.
func (s *stream) opening() bool { return s.place.state.Load().connects || s.held.Load() }

// openingLocked decides how late a connection is, and whether it will be none.
func (s *stream) openingLocked() (wait time.Duration, err error) {
	for _, t := range s.place.toxics() {
		if kinds[t.Type].where != inConnect || !s.up.chances().hits(t) {
			continue
		}
		switch t.Type {
		case "slow_open":
			wait += t.milliseconds("delay")
		case "connect_timeout":
			return wait + t.milliseconds("timeout"), wsa.WSAETIMEDOUT
		}
	}
	return wait, nil
}

// Connect begins to connect, now or later, or only seems to.
func (s *stream) Connect(name *wsa.Sockaddr) error {
	s.mu.Lock()
	defer s.unlock()
	if s.attempt != nil && s.attempt.failure == nil {
		return wsa.WSAEALREADY
	}
	if result := s.resultBelow(); result == nil || result == wsa.WSAEWOULDBLOCK || !layer.IsPeer(name, s.family) || s.listens() {
		return s.Socket.Connect(name) // for its error
	}
	state := s.place.state.Load()
	s.attempt = nil
	s.held.Store(false)
	s.id, s.open = 0, false
	s.up.chance, s.down.chance = nil, nil
	if !state.enabled {
		return wsa.WSAECONNREFUSED
	}
	s.numberLocked()
	if state.connects {
		if wait, err := s.openingLocked(); wait > 0 || err != nil {
			a := &attempt{name: *name}
			s.attempt = a
			s.held.Store(true)
			s.place.log.note("# c%d connect held back for %v", s.id, wait)
			a.timer = s.after(wait, func() { s.routineConnect(a, err) })
			return wsa.WSAEWOULDBLOCK
		}
	}
	return s.connectLocked(name)
}

// listens reports whether the socket below waits for connections.
func (s *stream) listens() bool {
	var value [4]byte
	n, err := s.Socket.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, value[:])
	return err == nil && n > 0 && value != [4]byte{}
}

func (s *stream) connectLocked(name *wsa.Sockaddr) error {
	err := s.Socket.Connect(name)
	if err == nil {
		_ = s.resultBelow() // which counts it
	}
	if (err == nil || err == wsa.WSAEWOULDBLOCK) && s.place.state.Load().streams {
		s.linkLocked()
		s.runLocked()
	}
	return err
}

// routineConnect goes on with an attempt that was held back. The clock calls
// it.
func (s *stream) routineConnect(a *attempt, failure error) {
	s.mu.Lock()
	defer s.unlock()
	if s.attempt != a || s.closing {
		return
	}
	if failure == nil {
		s.linkLocked()
		s.attempt = nil
		s.held.Store(false)
		err := s.connectLocked(&a.name)
		switch err {
		case nil:
			s.events |= spi.EventConnect | spi.EventWrite
			return
		case wsa.WSAEWOULDBLOCK:
			return
		}
		failure = err
	}
	s.failLocked(a, failure)
}

// failLocked ends an attempt without a connection.
func (s *stream) failLocked(a *attempt, failure error) {
	a.failure, a.pending = failure, uint32(wsa.ErrnoOf(failure))
	s.attempt = a
	s.held.Store(true)
	s.events |= spi.EventConnectFail
}

// stopConnectingLocked ends what is held back.
func (s *stream) stopConnectingLocked() {
	if a := s.attempt; a != nil && a.failure == nil {
		a.timer.Stop()
	}
	for _, c := range s.pending {
		drop(c.Socket)
	}
	s.pending = nil
}

func drop(c spi.Socket) {
	if l, ok := spi.As[spi.Lingerer](c); ok {
		l.Abort()
	}
	_ = c.Close() // nobody has seen it
}

// ConnectResult tells how the last Connect ended.
func (s *stream) ConnectResult() error {
	if s.held.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a := s.attempt; a != nil && a.failure != nil {
			return a.failure
		} else if a != nil {
			return wsa.WSAEWOULDBLOCK
		}
	}
	return s.resultBelow()
}

// GetSockOpt adds the failure of a connect to SO_ERROR.
func (s *stream) GetSockOpt(level, name int32, value []byte) (int, error) {
	n, err := s.Socket.GetSockOpt(level, name, value)
	if level != wsa.SOL_SOCKET || name != wsa.SO_ERROR || err != nil || n < 4 || !s.held.Load() {
		return n, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attempt; a != nil && a.pending != 0 {
		binary.LittleEndian.PutUint32(value, a.pending)
	}
	return n, nil
}

// SetSockOpt sets an option. SO_ERROR is how a caller says that it was told of
// a failure.
func (s *stream) SetSockOpt(level, name int32, value []byte) error {
	err := s.Socket.SetSockOpt(level, name, value)
	if err != nil || level != wsa.SOL_SOCKET || name != wsa.SO_ERROR || len(value) < 4 || !s.held.Load() {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attempt; a != nil && a.pending != 0 {
		a.pending = binary.LittleEndian.Uint32(value)
	}
	return nil
}

// Accept returns the next connection that is not held back.
func (s *stream) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if !s.opening() {
		c, err := s.HandlePreserving.Accept(peer)
		if err == nil {
			c.(*stream).accept()
		}
		return c, err
	}
	s.mu.Lock()
	defer s.unlock()
	if err := s.fetchConnectionsLocked(); err != nil && len(s.pending) == 0 {
		return nil, err
	}
	i := s.firstLocked()
	if i < 0 {
		return nil, wsa.WSAEWOULDBLOCK
	}
	c := s.pending[i]
	s.pending = slices.Delete(s.pending, i, i+1)
	s.held.Store(len(s.pending) > 0)
	if peer != nil {
		*peer = c.peer
	}
	c.Socket.(*stream).accept()
	return c.Socket, nil
}

// accept begins an accepted connection.
func (s *stream) accept() {
	s.mu.Lock()
	defer s.unlock()
	s.numberLocked()
	s.beginLocked()
	if s.place.state.Load().streams {
		s.runLocked()
	}
}

// fetchConnectionsLocked takes connections from the socket below and decides
// about them, and says why there are no more: nil if there is no room for them.
func (s *stream) fetchConnectionsLocked() error {
	for len(s.pending) < maxPending {
		var peer wsa.Sockaddr
		c, err := s.HandlePreserving.Accept(&peer)
		if err != nil {
			return err
		}
		own := c.(*stream)
		own.mu.Lock()
		own.numberLocked()
		var wait time.Duration
		var failure error = wsa.WSAECONNREFUSED
		if s.place.state.Load().enabled {
			wait, failure = own.openingLocked()
		}
		own.mu.Unlock()
		if failure != nil {
			drop(c)
			continue
		}
		s.held.Store(true)
		s.pending = append(s.pending, &accepted{c, peer, s.place.clock.Now().Add(wait)})
	}
	return nil
}

// firstLocked returns which connection is due, -1 for none, and has the
// watchers told when one is.
func (s *stream) firstLocked() int {
	now := s.place.clock.Now()
	first := -1
	var soon time.Time
	for i, c := range s.pending {
		switch {
		case c.due.After(now):
			if soon.IsZero() || c.due.Before(soon) {
				soon = c.due
			}
		case first < 0 || c.due.Before(s.pending[first].due):
			first = i
		}
	}
	if first < 0 && !soon.IsZero() {
		if d := soon.Sub(now); s.timer == nil {
			s.timer = s.place.clock.AfterFunc(d, s.routineDue)
		} else {
			s.timer.Reset(d)
		}
	}
	return first
}

// routineDue tells that a connection is due. The clock calls it.
func (s *stream) routineDue() { s.watchers.Notify(spi.EventAccept) }
