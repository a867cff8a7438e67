// SPDX-License-Identifier: Apache-2.0

package bucket

import (
	"math"
	"testing"
	"time"

	"winsock/provider/mem"
)

// fake is a clock that is steered.
type fake struct{ *mem.FakeClock }

type fakeTimer struct {
	clock fake
	timer mem.Timer
	f     func()
}

func (c fake) AfterFunc(d time.Duration, f func()) Timer {
	return &fakeTimer{c, c.FakeClock.AfterFunc(d, f), f}
}

func (t *fakeTimer) Stop() bool { return t.timer.Stop() }
func (t *fakeTimer) Reset(d time.Duration) bool {
	was := t.timer.Stop()
	t.timer = t.clock.FakeClock.AfterFunc(d, t.f)
	return was
}

func newFake() fake { return fake{mem.NewFakeClock(time.Unix(1000, 0))} }

// hungry takes pieces of a size whenever there are tokens, and counts.
type hungry struct {
	m     *Member
	piece int
	whole bool
	took  int
	most  int // at one time
}

func (h *hungry) eat() {
	now := 0
	for {
		n := h.m.Reserve(h.piece, h.whole)
		if n == 0 {
			break
		}
		now += n
	}
	h.took += now
	h.most = max(h.most, now)
}

func join(b *Bucket, weight, piece int, whole bool) *hungry {
	h := &hungry{piece: piece, whole: whole}
	h.m = b.Join(weight, 0, h.eat)
	return h
}

// TestRateIsExact: over time exactly the rate flows, and never more than the
// burst at once, at any rate and for any size of pieces.
func TestRateIsExact(t *testing.T) {
	for _, rate := range []uint64{64e3, 999_999, 10e6, 1e9, 7_777_777_777} {
		for _, piece := range []int{1, 1000, 1 << 20} {
			if piece < int(rate/8/5000) {
				continue // takes too long
			}
			c := newFake()
			cfg := Bytes(rate, 0)
			cfg.Clock = c
			b := New(cfg)
			burst := int(b.burst)
			h := join(b, 1, piece, false)
			h.eat()
			if h.took != burst {
				t.Errorf("%d bit/s: a full bucket gave %d, want its burst %d", rate, h.took, burst)
			}
			const seconds = 4
			c.Advance(seconds * time.Second)
			h.eat()
			want := float64(burst) + float64(rate)/8*seconds
			if off := math.Abs(float64(h.took) - want); off > float64(b.quantum)+1 {
				t.Errorf("%d bit/s in pieces of %d: %d bytes in %d s, want %.0f", rate, piece, h.took, seconds, want)
			}
			if h.most > burst {
				t.Errorf("%d bit/s: %d at once, more than the burst %d", rate, h.most, burst)
			}
		}
	}
}

// TestWholeIsLent: what cannot be divided goes when there is anything, and
// the rate stays what it is.
func TestWholeIsLent(t *testing.T) {
	c := newFake()
	cfg := Bytes(64e3, 500)
	cfg.Clock = c
	h := join(New(cfg), 1, 1500, true)
	h.eat()
	c.Advance(300 * time.Second)
	if want := 8000 * 300; h.took < want-1500 || h.took > want+2500 {
		t.Errorf("%d bytes in 300 s at 8000 a second", h.took)
	}
	if h.most > 1500 {
		t.Errorf("%d at once", h.most)
	}
}

// TestWeights: who waits gets a share by his weight, and all get the rate.
func TestWeights(t *testing.T) {
	for _, rate := range []uint64{64e3, 10e6, 1e9} {
		c := newFake()
		cfg := Bytes(rate, 0)
		cfg.Clock = c
		b := New(cfg)
		weights := []int{1, 2, 5, 8}
		var all []*hungry
		for _, w := range weights {
			h := join(b, w, max(700, int(rate/8000)), false)
			all = append(all, h)
			h.eat()
		}
		before := 0
		for _, h := range all {
			before += h.took
			h.took = 0
		}
		c.Advance(50 * time.Second)
		total := 0
		for _, h := range all {
			total += h.took
		}
		if want := float64(rate) / 8 * 50; math.Abs(float64(total)-want) > 0.001*want {
			t.Errorf("%d bit/s: %d bytes, want %.0f", rate, total, want)
		}
		for i, h := range all {
			want := float64(total) * float64(weights[i]) / 16
			if math.Abs(float64(h.took)-want) > 0.02*want+1500 {
				t.Errorf("%d bit/s, weight %d: %d bytes, want %.0f", rate, weights[i], h.took, want)
			}
		}
	}
}

// TestAbsentees: members that asked and do not come for their tokens cost the
// others nothing.
func TestAbsentees(t *testing.T) {
	for _, burst := range []uint64{0, 1, 100, 4000} {
		c := newFake()
		cfg := Bytes(1e6, burst)
		cfg.Clock = c
		b := New(cfg)
		h := join(b, 1, 100, false)
		h.eat()
		for range 50 {
			m := b.Join(3, 0, func() {})
			m.Ready()
			defer m.Leave()
		}
		h.took = 0
		for range 1000 { // who looks without taking, time and again
			m := b.Join(1, 0, func() {})
			m.Ready()
			c.Advance(10 * time.Millisecond)
			m.Leave()
		}
		if want := 125000.0 * 10; float64(h.took) < 0.97*want {
			t.Errorf("burst %d: %d bytes, want %.0f", burst, h.took, want)
		}
	}
}

// TestReturn: what was not used flows again, exactly.
func TestReturn(t *testing.T) {
	c := newFake()
	cfg := Bytes(999_983, 10000)
	cfg.Clock = c
	b := New(cfg)
	m := b.Join(1, 0, func() {})
	for i := range 10000 {
		n := m.Reserve(1+i%9, false)
		m.Return(n)
	}
	if n := m.Reserve(20000, false); n != 10000 {
		t.Errorf("after giving back all, %d are there, want 10000", n)
	}
}

// TestPlan: rates change at their time, for who waits as well.
func TestPlan(t *testing.T) {
	c := newFake()
	begin := c.Now()
	cfg := Bytes(0, 0)
	cfg.Clock = c
	cfg.Plan = func(now time.Time) (uint64, time.Time) {
		switch d := now.Sub(begin); {
		case d < 10*time.Second:
			return 80, begin.Add(10 * time.Second)
		case d < 20*time.Second:
			return 8e6, begin.Add(20 * time.Second)
		}
		return Unlimited, time.Time{}
	}
	b := New(cfg)
	told := false
	m := b.Join(1, 0, func() { told = true })
	h := join(b, 1, 1000, false)
	h.eat()
	h.took = 0
	c.Advance(10*time.Second - time.Nanosecond)
	if h.took > 100 {
		t.Errorf("%d bytes in 10 s at 10 a second", h.took)
	}
	c.Advance(time.Nanosecond)
	h.took = 0
	c.Advance(10*time.Second - time.Nanosecond)
	if want := 10e6; math.Abs(float64(h.took)-want) > 0.001*want {
		t.Errorf("%d bytes in 10 s at 1 MB/s", h.took)
	}
	for m.Reserve(1<<20, false) > 0 {
	}
	h.m.notify = func() {}
	c.Advance(time.Nanosecond)
	if !told || m.Reserve(1<<30, false) != 1<<30 {
		t.Errorf("unlimited: told %t", told)
	}
}

func TestSetRateWakes(t *testing.T) {
	c := newFake()
	cfg := Bytes(8, 1000)
	cfg.Clock = c
	b := New(cfg)
	told := 0
	m := b.Join(1, 0, func() { told++ })
	m.Reserve(1000, false)
	if m.Ready() {
		t.Fatal("an empty bucket is ready")
	}
	b.SetRate(8e6)
	c.Advance(time.Millisecond)
	if told != 1 || m.Reserve(2000, false) == 0 {
		t.Errorf("told %d times that there is more", told)
	}
	m.Ready()
	b.SetRate(Unlimited)
	c.Advance(0)
	if told != 2 {
		t.Errorf("told %d times that there is no limit any more", told)
	}
	m.Leave()
	if n := c.Timers(); n > 1 {
		t.Errorf("%d timers", n)
	}
}

func TestAllocs(t *testing.T) {
	b := New(Bytes(1e12, 0))
	m := b.Join(1, 0, func() {})
	if n := testing.AllocsPerRun(1000, func() { m.Return(m.Reserve(10, false)); m.Ready() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReserve(b *testing.B) {
	m := New(Bytes(1e15, 0)).Join(1, 0, func() {})
	for b.Loop() {
		m.Reserve(1, false)
	}
}
