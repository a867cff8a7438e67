// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestFakeClockRunsInOrder(t *testing.T) {
	c := NewFakeClock(time.Unix(100, 0))
	var log []string
	note := func(name string) func() {
		return func() { log = append(log, fmt.Sprintf("%s@%v", name, c.Now().Sub(time.Unix(100, 0)))) }
	}
	c.AfterFunc(3*time.Second, note("c"))
	c.AfterFunc(time.Second, func() {
		note("a")()
		c.AfterFunc(time.Second, note("b")) // made on the way, due on the way
	})
	stopped := c.AfterFunc(2*time.Second, note("stopped"))
	c.AfterFunc(3*time.Second, note("d")) // the time of c, made later
	c.AfterFunc(-time.Second, note("now"))
	c.AfterFunc(time.Hour, note("never"))
	if !stopped.Stop() || stopped.Stop() {
		t.Error("Stop reports whether the call was still to come")
	}
	if d, ok := c.Next(); d != 0 || !ok {
		t.Errorf("Next: %v, %v", d, ok)
	}
	c.Advance(5 * time.Second)
	want := []string{"now@0s", "a@1s", "b@2s", "c@3s", "d@3s"}
	if !slices.Equal(log, want) {
		t.Errorf("Advance ran %v, want %v", log, want)
	}
	if got := c.Now().Sub(time.Unix(100, 0)); got != 5*time.Second {
		t.Errorf("the clock shows %v after Advance(5s)", got)
	}
	if c.Timers() != 1 {
		t.Errorf("%d timers are left, want 1", c.Timers())
	}
}

func TestRealClock(t *testing.T) {
	done := make(chan struct{})
	RealClock{}.AfterFunc(time.Microsecond, func() { close(done) })
	<-done
	if !(RealClock{}).AfterFunc(time.Hour, func() { t.Error("a stopped timer fired") }).Stop() {
		t.Error("Stop of a timer of an hour: false")
	}
}
