// SPDX-License-Identifier: Apache-2.0

package object

import (
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/wsa"
)

const (
	forever = -1
	long    = time.Minute // for what must happen
	short   = 5 * time.Millisecond
)

func event(t testing.TB, auto bool) *Event {
	t.Helper()
	e, err := NewEvent(auto)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func wantWait(t *testing.T, what string, objects []Waitable, all bool, timeout time.Duration, want int) {
	t.Helper()
	if got, err := Wait(objects, all, timeout, nil); got != want || err != nil {
		t.Errorf("%s: got %d, %v; want %d", what, got, err, want)
	}
}

// waiting reports how many blocks are in the queue of s.
func waiting(s *Signal) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for b := s.first; b != nil; b = b.next {
		n++
	}
	return n
}

// untilWaiting returns when n waiters are in the queue of s.
func untilWaiting(t *testing.T, s *Signal, n int) {
	t.Helper()
	for end := time.Now().Add(long); waiting(s) != n; time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			t.Errorf("%d waiters, want %d", waiting(s), n)
			return
		}
	}
}

func TestManualReset(t *testing.T) {
	e := event(t, false)
	wantWait(t, "new event", []Waitable{e}, false, 0, TimedOut)
	e.Set()
	for range 3 {
		wantWait(t, "signalled", []Waitable{e}, false, 0, 0)
	}
	e.Reset()
	wantWait(t, "reset", []Waitable{e}, false, short, TimedOut)
}

func TestAutoReset(t *testing.T) {
	e := event(t, true)
	e.Set()
	e.Set()
	wantWait(t, "signalled", []Waitable{e}, false, 0, 0)
	wantWait(t, "taken", []Waitable{e}, false, 0, TimedOut)
}

// TestAutoResetEndsOneWait: each Set ends exactly one of the waits.
func TestAutoResetEndsOneWait(t *testing.T) {
	const n = 16
	e := event(t, true)
	ended := make(chan int, n)
	for range n {
		go func() {
			i, _ := Wait([]Waitable{e}, false, forever, nil)
			ended <- i
		}()
	}
	untilWaiting(t, &e.Signal, n)
	for i := range n {
		e.Set()
		select {
		case <-ended:
		case <-time.After(long):
			t.Fatal("Set ended no wait")
		}
		untilWaiting(t, &e.Signal, n-1-i)
		select {
		case <-ended:
			t.Fatal("Set ended two waits")
		default:
		}
	}
	if e.Signalled() {
		t.Error("the event is still signalled")
	}
}

func TestManualResetEndsAllWaits(t *testing.T) {
	const n = 16
	e := event(t, false)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() { wantWait(t, "wait", []Waitable{e}, false, long, 0) })
	}
	untilWaiting(t, &e.Signal, n)
	e.Set()
	wg.Wait()
}

// TestLowestIndex follows "WSAWaitForMultipleEvents function": the lowest of
// the signalled events is the answer, and only it is reset.
func TestLowestIndex(t *testing.T) {
	a, b, c := event(t, true), event(t, true), event(t, true)
	list := []Waitable{a, b, c}
	c.Set()
	b.Set()
	wantWait(t, "two signalled", list, false, 0, 1)
	wantWait(t, "one left", list, false, 0, 2)
	wantWait(t, "none left", list, false, 0, TimedOut)
}

// TestLowestIndexOfConcurrent: of two events set one after the other during
// the wait's beginning, the second is never the answer while the first,
// which stands before it, is signalled.
func TestLowestIndexOfConcurrent(t *testing.T) {
	a, b := event(t, false), event(t, false)
	for range 2000 {
		a.Reset()
		b.Reset()
		go func() { a.Set(); b.Set() }()
		if i, err := Wait([]Waitable{a, b}, false, long, nil); i != 0 || err != nil {
			t.Fatalf("got %d, %v", i, err)
		}
		wantWait(t, "second", []Waitable{b}, false, long, 0)
	}
}

// TestAllOrNothing: a wait for all takes nothing before it can take all.
func TestAllOrNothing(t *testing.T) {
	a, b, m := event(t, true), event(t, true), event(t, false)
	all := []Waitable{a, m, b}
	a.Set()
	m.Set()
	wantWait(t, "one missing", all, true, short, TimedOut)
	if !a.Signalled() {
		t.Fatal("the failed wait took an event")
	}
	done := make(chan int)
	go func() { i, _ := Wait(all, true, long, nil); done <- i }()
	untilWaiting(t, &b.Signal, 1)
	wantWait(t, "another takes the first", []Waitable{a}, false, 0, 0)
	b.Set()
	untilWaiting(t, &b.Signal, 1) // it must still wait
	a.Set()
	if i := <-done; i != 0 {
		t.Errorf("got %d", i)
	}
	if a.Signalled() || b.Signalled() || !m.Signalled() {
		t.Errorf("after the wait: auto %v, auto %v, manual %v; want only the last signalled",
			a.Signalled(), b.Signalled(), m.Signalled())
	}
}

// TestDuplicates: an object may be named twice in a wait for any, not in one
// for all ("WaitForMultipleObjects function").
func TestDuplicates(t *testing.T) {
	a, b := event(t, true), event(t, true)
	list := []Waitable{a, b, a}
	if _, err := Wait(list, true, 0, nil); err != wsa.WSA_INVALID_PARAMETER {
		t.Errorf("wait for all: %v", err)
	}
	wantWait(t, "wait for any", list, false, short, TimedOut)
	go func() { untilWaiting(t, &a.Signal, 2); a.Set() }()
	wantWait(t, "signalled", list, false, long, 0)
	wantWait(t, "taken once", list, false, 0, TimedOut)
	if _, err := Wait(nil, false, 0, nil); err != wsa.WSA_INVALID_PARAMETER {
		t.Errorf("no object: %v", err)
	}
}

// TestCloseEndsWait: what Windows leaves undefined is WSA_INVALID_HANDLE.
func TestCloseEndsWait(t *testing.T) {
	for _, all := range []bool{false, true} {
		a, b := event(t, false), event(t, false)
		done := make(chan error)
		go func() { _, err := Wait([]Waitable{a, b}, all, long, nil); done <- err }()
		untilWaiting(t, &b.Signal, 1)
		b.Close()
		if err := <-done; err != wsa.WSA_INVALID_HANDLE {
			t.Errorf("all=%v: got %v", all, err)
		}
		if _, err := Wait([]Waitable{a, b}, all, long, nil); err != wsa.WSA_INVALID_HANDLE {
			t.Errorf("all=%v, a later wait: got %v", all, err)
		}
		if waiting(&a.Signal)+waiting(&b.Signal) != 0 {
			t.Error("waiters are left behind")
		}
	}
}

// TestAlert follows difference 104: an alert counts only if the wait has to
// go on.
func TestAlert(t *testing.T) {
	for _, all := range []bool{false, true} {
		var alert Signal
		a, b := event(t, false), event(t, false)
		list := []Waitable{a, b}
		wait := func(what string, timeout time.Duration, want int) {
			t.Helper()
			if got, err := Wait(list, all, timeout, &alert); got != want || err != nil {
				t.Errorf("all=%v, %s: got %d, %v; want %d", all, what, got, err, want)
			}
		}
		wait("nothing", short, TimedOut)
		go func() { untilWaiting(t, &alert, 1); alert.Set() }()
		wait("alert while waiting", long, Alerted)
		wait("alert before", 0, Alerted)
		a.Set()
		b.Set()
		wait("objects and alert", 0, 0)
	}
}

// TestNoSignalIsLost hands out signals to waits that also run into their
// time-outs, are for any, for all, and for one. Every signal must be taken
// exactly once.
func TestNoSignalIsLost(t *testing.T) {
	const signals = 3000
	a, b := event(t, true), event(t, true)
	var taken atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	consume := func(list []Waitable, all bool, count int64) {
		for !stop.Load() {
			i, err := Wait(list, all, 20*time.Microsecond, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if i != TimedOut {
				taken.Add(count)
			}
		}
	}
	wg.Go(func() { consume([]Waitable{a, b}, false, 1) })
	wg.Go(func() { consume([]Waitable{b, a}, false, 1) })
	wg.Go(func() { consume([]Waitable{b}, false, 1) })
	wg.Go(func() { consume([]Waitable{b, a}, true, 2) })
	wg.Go(func() { consume([]Waitable{a, b}, true, 2) })
	sent := int64(0)
	give := func(e *Event) {
		e.mu.Lock()
		free := !e.set
		e.mu.Unlock()
		if free { // nobody else sets it
			e.Set()
			sent++
		}
	}
	for sent < signals {
		give(a)
		give(b)
		runtime.Gosched()
	}
	for end := time.Now().Add(long); taken.Load() < sent && time.Now().Before(end); {
		time.Sleep(100 * time.Microsecond)
	}
	stop.Store(true)
	wg.Wait()
	if taken.Load() != sent {
		t.Errorf("%d signals, %d taken", sent, taken.Load())
	}
}

// TestManyObjects: the limit of 64 is not this package's.
func TestManyObjects(t *testing.T) {
	const n = 1000
	list := make([]Waitable, n)
	for i := range list {
		list[i] = event(t, true)
	}
	go func() { untilWaiting(t, list[n-1].signal(), 1); list[n-1].signal().Set() }()
	wantWait(t, "any of many", list, false, long, n-1)
	for _, o := range list {
		o.signal().Set()
	}
	wantWait(t, "all of many", list, true, long, 0)
	wantWait(t, "all were taken", list, false, 0, TimedOut)
}

func TestWaitAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	var list [64]Waitable
	for i := range list {
		list[i] = event(t, false)
	}
	for _, n := range []int{1, 2, 64} {
		for _, all := range []bool{false, true} {
			if got := testing.AllocsPerRun(200, func() { Wait(list[:n], all, time.Microsecond, nil) }); got != 0 {
				t.Errorf("wait for %d, all=%v: %v allocations", n, all, got)
			}
		}
	}
}

// BenchmarkPingPong passes a signal to another goroutine and back.
func BenchmarkPingPong(b *testing.B) {
	ping, pong := event(b, true), event(b, true)
	go func() {
		for range b.N {
			Wait([]Waitable{ping}, false, forever, nil)
			pong.Set()
		}
	}()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		ping.Set()
		Wait([]Waitable{pong}, false, forever, nil)
	}
}

// BenchmarkWaitSignalled takes the last of several signalled events.
func BenchmarkWaitSignalled(b *testing.B) {
	for _, n := range []int{1, 8, 64} {
		list := make([]Waitable, n)
		for i := range list {
			list[i] = event(b, true)
		}
		last := list[n-1].signal()
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for range b.N {
				last.Set()
				Wait(list, false, 0, nil)
			}
		})
	}
}
