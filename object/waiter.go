// SPDX-License-Identifier: Apache-2.0

package object

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Outcomes of a wait other than the index of the object that satisfied it.
const (
	pending   = -1 - iota // it goes on
	TimedOut              // the time was over
	Alerted               // the alert was signalled
	abandoned             // the handle of one of the objects was closed
)

// A waiter is a goroutine in a wait. It is pooled.
//
// Whoever changes outcome from pending has decided the wait, and nobody else
// can: that is how one signal is handed to exactly one waiter, and why the
// lowest index wins among those that were signalled before.
type waiter struct {
	outcome atomic.Int32
	woken   chan struct{} // holds one token; a second one would say nothing new
	timer   *time.Timer   // made when first needed
	blocks  []block       // one for each object; does not move while one is linked
	order   []*Signal     // the objects in the order of their ranks, in a wait for all
}

// A block is a waiter's place in the queue of one object.
type block struct {
	w          *waiter
	sig        *Signal // nil while it is in no queue
	outcome    int32   // of the wait, if this object decides it
	all        bool    // the waiter wants all of its objects
	prev, next *block
}

// hugeWait is the number of objects from which on a waiter is not pooled.
const hugeWait = 4096

var waiters = sync.Pool{New: func() any {
	return &waiter{woken: make(chan struct{}, 1)}
}}

// newWaiter returns a waiter with room for n blocks.
func newWaiter(n int) *waiter {
	w := waiters.Get().(*waiter)
	w.outcome.Store(pending)
	w.blocks = slices.Grow(w.blocks[:0], n)[:n]
	return w
}

// free gives w back. It must have left all queues.
func (w *waiter) free() {
	select { // a token of this wait must not end the next one
	case <-w.woken:
	default:
	}
	if cap(w.blocks) > hugeWait {
		return
	}
	clear(w.order)
	w.order = w.order[:0]
	waiters.Put(w)
}

// settle decides the wait, and reports whether it did.
func (w *waiter) settle(outcome int32) bool {
	return w.outcome.CompareAndSwap(pending, outcome)
}

func (w *waiter) decided() bool { return w.outcome.Load() != pending }

func (w *waiter) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// join enters the queue of s, unless s decides the wait here and now.
func (w *waiter) join(s *Signal, b *block, outcome int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.abandoned:
		w.settle(abandoned)
	case s.set:
		if w.settle(outcome) {
			s.takeLocked()
		}
	default:
		b.w, b.outcome, b.all = w, outcome, false
		s.linkLocked(b)
	}
}

// leave takes w out of all queues.
func (w *waiter) leave() {
	for i := range w.blocks {
		b := &w.blocks[i]
		if s := b.sig; s != nil {
			s.mu.Lock()
			s.unlinkLocked(b)
			s.mu.Unlock()
		}
	}
}

// pause waits until w is woken or the time d is over, which decides the
// wait. A negative d means never.
func (w *waiter) pause(d time.Duration) {
	if d < 0 {
		<-w.woken
		return
	}
	if d == 0 {
		w.settle(TimedOut)
		return
	}
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	defer w.timer.Stop()
	select {
	case <-w.woken:
	case <-w.timer.C:
		w.settle(TimedOut)
	}
}
