// SPDX-License-Identifier: Apache-2.0

package bed

import (
	"time"

	"winsock/internal/bucket"
	"winsock/provider/mem"
)

// A Clock is one that stands still until it is told to move, for networks in
// memory and for buckets.
type Clock struct{ *mem.FakeClock }

// NewClock returns a clock that shows start.
func NewClock(start time.Time) Clock { return Clock{mem.NewFakeClock(start)} }

// AfterFunc calls f when the clock reaches the time.
func (c Clock) AfterFunc(d time.Duration, f func()) bucket.Timer {
	return &timer{c, c.FakeClock.AfterFunc(d, f), f}
}

type timer struct {
	clock Clock
	timer mem.Timer
	f     func()
}

func (t *timer) Stop() bool { return t.timer.Stop() }

func (t *timer) Reset(d time.Duration) bool {
	was := t.timer.Stop()
	t.timer = t.clock.FakeClock.AfterFunc(d, t.f)
	return was
}
