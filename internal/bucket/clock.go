// SPDX-License-Identifier: Apache-2.0

package bucket

import "time"

// A Clock is where buckets take their time from.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, not before d has passed.
	AfterFunc(d time.Duration, f func()) Timer
}

// A Timer is a call that a [Clock] still has to make.
type Timer interface {
	// Stop prevents the call.
	Stop() bool
	// Reset has the call made, again if it was made before, after d.
	Reset(d time.Duration) bool
}

// Real is the clock on the wall.
var Real Clock = realClock{}

type realClock struct{}

func (realClock) Now() time.Time                            { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
