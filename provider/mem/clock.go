// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"container/heap"
	"sync"
	"time"
)

// A Clock is where a network takes its time from.
type Clock interface {
	// Now returns the present time.
	Now() time.Time
	// AfterFunc calls f once, not before d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is a call that a [Clock] still has to make.
type Timer interface {
	// Stop prevents the call, and reports whether it was still to come.
	Stop() bool
}

// RealClock is the clock on the wall.
type RealClock struct{}

// Now returns [time.Now].
func (RealClock) Now() time.Time { return time.Now() }

// AfterFunc is [time.AfterFunc].
func (RealClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// A FakeClock stands still until it is told to move. Functions that fall due
// run within Advance, on the caller's goroutine, one after another in the
// order of their times (and of their making, when those are equal).
type FakeClock struct {
	mu     sync.Mutex // protects all fields
	now    time.Time
	seq    uint64
	timers fakeTimers
}

// NewFakeClock returns a clock that shows start.
func NewFakeClock(start time.Time) *FakeClock { return &FakeClock{now: start} }

// Now returns the time that the clock shows.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc calls f when Advance reaches the time.
func (c *FakeClock) AfterFunc(d time.Duration, f func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	t := &fakeTimer{clock: c, at: c.now.Add(max(d, 0)), seq: c.seq, f: f}
	heap.Push(&c.timers, t)
	return t
}

// Advance moves the clock by d and runs what falls due on the way, each at
// its own time, including what is made on the way.
func (c *FakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for len(c.timers) > 0 && !c.timers[0].at.After(end) {
		t := heap.Pop(&c.timers).(*fakeTimer)
		c.showLocked(t.at)
		c.mu.Unlock()
		t.f()
		c.mu.Lock()
	}
	c.showLocked(end)
	c.mu.Unlock()
}

// showLocked moves the hands, never backwards: two callers may be in Advance.
func (c *FakeClock) showLocked(t time.Time) {
	if t.After(c.now) {
		c.now = t
	}
}

// Next returns how long it is until the next function falls due; false when
// there is none.
func (c *FakeClock) Next() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return 0, false
	}
	return c.timers[0].at.Sub(c.now), true
}

// Timers returns how many functions are still to be called.
func (c *FakeClock) Timers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

type fakeTimer struct {
	clock *FakeClock
	at    time.Time
	seq   uint64
	f     func()
	place int // in the heap, -1 outside
}

func (t *fakeTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	if t.place < 0 {
		return false
	}
	heap.Remove(&t.clock.timers, t.place)
	return true
}

// fakeTimers is a heap of timers, the earliest first.
type fakeTimers []*fakeTimer

func (h fakeTimers) Len() int { return len(h) }
func (h fakeTimers) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h fakeTimers) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
func (h *fakeTimers) Push(x any) {
	t := x.(*fakeTimer)
	t.place = len(*h)
	*h = append(*h, t)
}
func (h *fakeTimers) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.place = -1
	return t
}
