// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"time"
)

// lead is which of the goroutines that wait at completion ports, whatever
// their port, drives the poller. The others follow: they are parked until
// there is a packet for them, or nobody leads.
//
// A leader that goes off to work with its packet mostly comes back before
// another goroutine could be woken, and the poller is left alone for so long.
// A leader that stays away longer, by the measure of its port, calls a
// follower. If it stays away against all expectation, the poller's background
// goroutine takes over after a millisecond.
//
// Measured (BenchmarkTwoWorkers): with handlers that keep a worker for 200
// microseconds, calling a follower serves two connections 1.9 times as fast as
// leaving the poller alone. To call one each time would cost what short
// handlers save: 1.2 to 1.6 times as long with eight connections.
var lead leadership

type leadership struct {
	mu        sync.Mutex // protects what follows; no other lock is taken under it
	taken     bool
	followers *portWaiter // the last to come is the first to be called
}

// take makes the caller the leader if there is none.
func (l *leadership) take() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken {
		return false
	}
	l.taken = true
	return true
}

// leave is called by a goroutine that goes away from its port. It gives up the
// lead if it has it. If it stays away for long and nobody leads, a follower is
// called; whoever comes first then takes the lead.
func (l *leadership) leave(leads, long bool) {
	if !leads && !long {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if leads {
		l.taken = false
	}
	if w := l.followers; w != nil && long && !l.taken {
		l.removeLocked(w)
		w.called = true
		w.wake()
	}
}

// follow makes w a follower. It reports false if nobody leads.
func (l *leadership) follow(w *portWaiter) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.taken {
		return false
	}
	if w.after = l.followers; w.after != nil {
		w.after.before = w
	}
	l.followers = w
	return true
}

// unfollow is called for w when it waits no more.
func (l *leadership) unfollow(w *portWaiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !w.called {
		l.removeLocked(w)
	}
	w.called = false
}

func (l *leadership) removeLocked(w *portWaiter) {
	if w.before != nil {
		w.before.after = w.after
	} else {
		l.followers = w.after
	}
	if w.after != nil {
		w.after.before = w.before
	}
	w.before, w.after = nil, nil
}

// A portWaiter is a goroutine parked at a port. It is pooled.
type portWaiter struct {
	woken chan struct{} // holds a token for each of the two reasons to wake it
	timer *time.Timer   // made when first needed

	next  *portWaiter // behind it at the port
	letGo bool        // the port has woken it, and it is off its list

	before, after *portWaiter // on the list of followers
	called        bool        // it was woken because nobody leads, and is off that list
}

var portWaiters = sync.Pool{New: func() any { return &portWaiter{woken: make(chan struct{}, 2)} }}

func (w *portWaiter) wake() { w.woken <- struct{}{} }

// pause waits until w is woken, or the time is over; a negative one means
// never.
func (w *portWaiter) pause(timeout time.Duration) {
	if timeout < 0 {
		<-w.woken
		return
	}
	if w.timer == nil {
		w.timer = time.NewTimer(timeout)
	} else {
		w.timer.Reset(timeout)
	}
	select {
	case <-w.woken:
	case <-w.timer.C:
	}
	w.timer.Stop()
}

// settle takes what tokens are left of a waiter that is off both lists.
func (w *portWaiter) settle() {
	for {
		select {
		case <-w.woken:
		default:
			return
		}
	}
}

// An absence is the measure of how long goroutines are away from a port with
// their packets. By Little's law that is the time that all of them are away,
// divided by how many come back; nobody has to know who is who.
//
// On one processor it is the time for a packet. Nobody else could do the work
// faster there that a goroutine has with many of them; only one that waits for
// something makes the processor free.
type absence struct {
	since time.Duration // since begun, when the number last changed
	sum   time.Duration // of all who were away, since the last came back
	taken int           // packets since then

	// All of that ever, with less weight on what is longer ago.
	total, parts float64
}

// longAbsence is about what it costs to wake a goroutine and get it to look.
const longAbsence = 50 * time.Microsecond

var begun = time.Now()

// count is called before the number of goroutines away changes.
func (a *absence) count(number int) {
	now := time.Since(begun)
	a.sum += time.Duration(number) * (now - a.since)
	a.since = now
}

// went is called when one goes away with so many packets.
func (a *absence) went(packets int) { a.taken += packets }

// ended is called when one has come back.
func (a *absence) ended() {
	parts := 1
	if oneProcessor {
		parts = max(1, a.taken)
	}
	a.total += float64(a.sum) - a.total/8
	a.parts += float64(parts) - a.parts/8
	a.sum, a.taken = 0, 0
}

// long reports whether the next absence is expected to be long.
func (a *absence) long() bool { return a.total > a.parts*float64(longAbsence) }
