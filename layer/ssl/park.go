// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// Park parks below where that is the same as waiting for this socket. Whoever
// waits for the end of a connect is parked here.
func (s *socket) Park(d spi.Direction, try func() bool) (bool, error) {
	switch s.phase.Load() {
	case open:
		if d == spi.Receiving {
			return s.channel.park.park(&s.PassThrough, try)
		}
	case connecting, shaking:
		if d == spi.Sending {
			return s.parkConnect(try)
		}
		return false, nil
	case through:
		s.mu.Lock()
		stays := !s.secured && !s.server
		s.mu.Unlock()
		if !stays {
			return false, nil
		}
	default:
		return false, nil
	}
	return s.PassThrough.Park(d, try)
}

// SetParkDeadline sets the time at which Park gives up. While the layer has
// the socket below to itself, it is kept for later.
func (s *socket) SetParkDeadline(d spi.Direction, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadlines[d] = t
	switch c := s.channel; {
	case c == nil && (s.is(connecting) || s.is(shaking)):
		s.berth.wake()
	case s.is(listening):
	case c != nil && d == spi.Receiving:
		c.park.setDeadline(&s.PassThrough, t)
	default:
		s.PassThrough.SetParkDeadline(d, t)
	}
}

// Unpark ends the parking.
func (s *socket) Unpark() {
	s.mu.Lock()
	s.unparked = true
	s.berth.wake()
	s.mu.Unlock()
	s.PassThrough.Unpark()
}

// A berth is where the goroutine waits that has called a blocking connect.
type berth struct {
	woken chan struct{} // holds one token: look again
}

var berths = sync.Pool{New: func() any { return &berth{make(chan struct{}, 1)} }}

// wake makes the one who waits look again, if there is one.
func (b *berth) wake() {
	if b == nil {
		return
	}
	select {
	case b.woken <- struct{}{}:
	default:
	}
}

// pause waits until b is woken, or the time is reached, zero for never.
func (b *berth) pause(until time.Time) {
	if until.IsZero() {
		<-b.woken
		return
	}
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-b.woken:
	case <-timer.C:
	}
}

// parkConnect waits for the end of a connect, which the goroutine that makes
// it tells of. A watcher would have the poller look at each step of the
// handshake.
func (s *socket) parkConnect(try func() bool) (bool, error) {
	b := berths.Get().(*berth)
	s.mu.Lock()
	if s.berth != nil {
		s.mu.Unlock()
		berths.Put(b)
		return false, nil
	}
	s.berth = b
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.berth = nil
		s.mu.Unlock()
		select { // a token of this wait must not end the next one
		case <-b.woken:
		default:
		}
		berths.Put(b)
	}()
	for {
		s.mu.Lock()
		under, unparked, until := s.is(connecting) || s.is(shaking), s.unparked, s.deadlines[spi.Sending]
		s.mu.Unlock()
		switch {
		case unparked:
			return true, wsa.WSAEINTR
		case !until.IsZero() && !time.Now().Before(until):
			return true, wsa.WSAETIMEDOUT
		case try():
			return true, nil
		case !under:
			return false, nil
		}
		b.pause(until)
	}
}

// A parking is the receivers that park on the socket below, which can be
// woken by its own deadline only.
type parking struct {
	count   atomic.Int32
	wanting atomic.Bool // a receive has found nothing since the last kick

	mu       sync.Mutex // protects what follows, and keeps the deadline below in step
	kicked   bool       // the deadline below is not the program's
	deadline time.Time
}

func (p *parking) kick(below spi.Parker) {
	if p.count.Load() == 0 || !p.wanting.Swap(false) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kicked = true
	below.SetParkDeadline(spi.Receiving, layer.Past)
}

// park is Park for receiving.
func (p *parking) park(below spi.Parker, try func() bool) (bool, error) {
	p.count.Add(1)
	defer p.count.Add(-1)
	for {
		parked, err := below.Park(spi.Receiving, try)
		if err != wsa.WSAETIMEDOUT || !p.restore(below) {
			return parked, err
		}
	}
}

// restore sets the program's deadline again, and reports false if that has
// passed. The program may have set it anew itself, since whoever was kicked
// came back.
func (p *parking) restore(below spi.Parker) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kicked {
		p.kicked = false
		below.SetParkDeadline(spi.Receiving, p.deadline)
		return true
	}
	return p.deadline.IsZero() || time.Now().Before(p.deadline)
}

func (p *parking) setDeadline(below spi.Parker, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.deadline, p.kicked = t, false
	below.SetParkDeadline(spi.Receiving, t)
}
