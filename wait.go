// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// This file is where a blocking call waits. There are two ways. A socket
// that can park the calling goroutine itself (spi.Parker: those of the
// kernel, through the runtime's poller) does so, which costs as much as a
// blocking call of package net. For any other one, a waiter is put on the
// socket and the goroutine waits on its channel.

// A waiter is a goroutine that waits on a socket. It is pooled.
type waiter struct {
	spi.Watcher
	woken      chan struct{} // holds one token; a second one would say nothing new
	timer      *time.Timer   // made when first needed
	prev, next *waiter       // on half.waiters
}

var waiters = sync.Pool{New: func() any {
	w := &waiter{woken: make(chan struct{}, 1)}
	w.Notify = func(spi.Events) { w.wake() }
	return w
}}

func (w *waiter) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// pause waits until w is woken or the time is reached, which it reports as
// false. The zero time means never.
func (w *waiter) pause(until time.Time) bool {
	if until.IsZero() {
		<-w.woken
		return true
	}
	d := time.Until(until)
	if d <= 0 {
		return false
	}
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	defer w.timer.Stop()
	select {
	case <-w.woken:
		return true
	case <-w.timer.C:
		return false
	}
}

// await calls try until it returns true, and waits in between for one of the
// events. parkable says that try does nothing but what the data path's own
// readiness decides.
//
// Errors: WSAETIMEDOUT when the direction's time-out or deadline has passed,
// WSAEINTR when the socket is closed meanwhile.
func (s *socket) await(d spi.Direction, events spi.Events, parkable bool, try func() bool) error {
	p := s.path.Load()
	if parker := p.parker(); parkable && parker != nil {
		if h := s.halves.Load(); h != nil {
			h[d].setParkDeadline(parker, d)
		}
		parked, err := parker.Park(d, try)
		if parked {
			return err
		}
	}
	return s.awaitWatching(p.top, s.half(d), events, try)
}

func (s *socket) awaitWatching(top spi.Socket, h *half, events spi.Events, try func() bool) error {
	w := waiters.Get().(*waiter)
	w.Mask = events
	h.add(w)
	unwatched := false
	defer func() {
		h.remove(w)
		if !unwatched {
			return // the provider has failed and may have kept w
		}
		select { // a token of this wait must not end the next one
		case <-w.woken:
		default:
		}
		waiters.Put(w)
	}()
	top.Watch(&w.Watcher)
	defer func() {
		top.Unwatch(&w.Watcher)
		unwatched = true
	}()
	begun := time.Now()
	for {
		if s.Closing() {
			return wsa.WSAEINTR
		}
		if t := h.deadline.Load(); t != 0 && time.Now().UnixNano() >= t {
			return wsa.WSAETIMEDOUT
		}
		if try() {
			return nil
		}
		if !w.pause(h.until(begun)) {
			return wsa.WSAETIMEDOUT
		}
	}
}

// half returns what is kept for a direction, making it when first needed.
func (s *socket) half(d spi.Direction) *half {
	h := s.halves.Load()
	if h == nil {
		s.halves.CompareAndSwap(nil, new([2]half))
		h = s.halves.Load()
	}
	return &h[d]
}

// timeout returns the direction's time-out, 0 if it has none.
func (s *socket) timeout(d spi.Direction) time.Duration {
	if h := s.halves.Load(); h != nil {
		return time.Duration(h[d].timeout.Load())
	}
	return 0
}

// takeTimeouts gives the socket the time-outs of another one.
func (s *socket) takeTimeouts(from *socket) {
	for _, d := range []spi.Direction{spi.Receiving, spi.Sending} {
		if t := from.timeout(d); t != s.timeout(d) {
			s.half(d).timeout.Store(int64(t))
		}
	}
}

// hasDeadline reports whether the direction has a deadline.
func (s *socket) hasDeadline(d spi.Direction) bool {
	h := s.halves.Load()
	return h != nil && h[d].deadline.Load() != 0
}

// wake makes every waiter of the direction look again.
func (s *socket) wake(d spi.Direction) {
	if h := s.halves.Load(); h != nil {
		h[d].wake()
	}
}

// wakeAll makes every waiter look again.
func (s *socket) wakeAll() {
	s.wake(spi.Receiving)
	s.wake(spi.Sending)
}

// until returns when a call that began at the given time must give up.
func (h *half) until(begun time.Time) (t time.Time) {
	if ns := h.timeout.Load(); ns != 0 {
		t = begun.Add(time.Duration(ns))
	}
	if ns := h.deadline.Load(); ns != 0 {
		if deadline := time.Unix(0, ns); t.IsZero() || deadline.Before(t) {
			t = deadline
		}
	}
	return t
}

// setParkDeadline tells the parker when to give up, if that has to be told.
// Without time-outs it is one load.
func (h *half) setParkDeadline(p spi.Parker, d spi.Direction) {
	if h.timeout.Load() == 0 {
		if h.timed.Load() && h.timed.CompareAndSwap(true, false) {
			p.SetParkDeadline(d, h.until(time.Time{}))
		}
		return
	}
	h.timed.Store(true)
	p.SetParkDeadline(d, h.until(time.Now()))
}

// wake makes every waiter of the direction look again.
func (h *half) wake() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := h.waiters; w != nil; w = w.next {
		w.wake()
	}
}

func (h *half) add(w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.prev, w.next = nil, h.waiters
	if w.next != nil {
		w.next.prev = w
	}
	h.waiters = w
}

func (h *half) remove(w *waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		h.waiters = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.prev, w.next = nil, nil
}

// SetDeadline sets the time at which blocking calls of a direction give up
// with WSAETIMEDOUT, those under way included; the zero time means never. It
// is for Go programs (net.Conn has deadlines, Winsock has time-outs), and
// the earlier of the two counts.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK.
func SetDeadline(h SOCKET, d spi.Direction, t time.Time) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("SetDeadline", &err)
	half := s.half(d)
	if t.IsZero() {
		half.deadline.Store(0)
	} else {
		half.deadline.Store(max(1, t.UnixNano()))
	}
	if p := s.path.Load().parker(); p != nil {
		p.SetParkDeadline(d, half.until(time.Now()))
		half.timed.Store(half.timeout.Load() != 0)
	}
	half.wake()
	return nil
}
