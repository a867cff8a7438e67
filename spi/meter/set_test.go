// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// through is a layer's socket: its calls take time of their own, and that of
// the socket below.
type through struct {
	spi.Socket
	own time.Duration
}

func (s *through) Bind(name *wsa.Sockaddr) error {
	(&fake{took: s.own}).call("")
	return s.Socket.Bind(name)
}

func (s *through) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	conn, err := s.Socket.Accept(peer)
	return &through{conn, s.own}, err
}

// A past is a layer's socket that leaves the data to the one below.
type past struct{ through }

func (s *past) DataPath() spi.Socket { return s.Socket }

// find returns what was counted for a layer.
func find(t *testing.T, set *Set, place int, name string) Layer {
	t.Helper()
	for _, l := range set.Snapshot() {
		if l.Place == place && l.Name == name {
			return l
		}
	}
	t.Fatalf("nothing was counted for %s at %d", name, place)
	return Layer{}
}

const short = 2 * time.Millisecond

// TestOwnTime: what a layer takes is not what those below it take, in a chain
// with a layer in between, and for accepted sockets.
func TestOwnTime(t *testing.T) {
	var set Set
	conn := &fake{took: 3 * short}
	base := set.Observe(1, "kernel", &fake{took: 3 * short, conn: conn})
	between := set.Observe(1, "tls", &through{base, 2 * short})
	top := set.Observe(0, "trace", &through{between, short})
	// Another opening without the one in between.
	direct := set.Observe(0, "trace", &through{set.Observe(1, "kernel", &fake{took: 3 * short}), short})

	top.Bind(nil)
	accepted, _ := top.Accept(nil)
	accepted.Bind(nil)
	direct.Bind(nil)
	for _, want := range []struct {
		place    int
		name     string
		min      time.Duration // of its own; the sum is at least that of those below as well
		calls    int64
		sum, max time.Duration
	}{
		{0, "trace", 3 * short, 4, 12*short + 3*short, 0},
		{1, "tls", 4 * short, 3, 0, 0},
		{1, "kernel", 12 * short, 4, 12 * short, 0},
	} {
		l := find(t, &set, want.place, want.name)
		if l.Own < want.min {
			t.Errorf("%s took %v of its own, want at least %v", want.name, l.Own, want.min)
		}
		sum := l.Sum()
		if sum.Time < want.sum || sum.Calls-l.Groups[Open].Calls != want.calls {
			t.Errorf("%s took %v in %d calls, want at least %v in %d", want.name, sum.Time, sum.Calls, want.sum, want.calls)
		}
		if want.name != "kernel" && l.Own > sum.Time-3*3*short {
			t.Errorf("%s took %v of its own of %v: what is below it was not taken off", want.name, l.Own, sum.Time)
		}
	}
	var order []string
	for _, l := range set.Snapshot() {
		order = append(order, l.Name)
	}
	if len(order) != 3 || order[0] != "trace" || order[1] != "tls" || order[2] != "kernel" {
		t.Errorf("layers %q, want those in between above what they stand on", order)
	}
}

// TestOwnTimeOfALayerThatIsNotThere: data that goes past a layer is counted
// below it, and does not make its own time less.
func TestOwnTimeOfALayerThatIsNotThere(t *testing.T) {
	var set Set
	base := set.Observe(1, "kernel", &fake{took: 5 * short, n: 1})
	top := set.Observe(0, "trace", &past{through{base, short}})
	data := spi.DataPathOf(top)
	if data != base {
		t.Fatalf("the data goes to %v, want the metered socket at the bottom", data)
	}
	data.Send(&spi.Message{})
	if l := find(t, &set, 0, "trace"); l.Own != 0 || l.Groups[Send].Calls != 0 || l.Sent != 0 {
		t.Errorf("the layer has %+v of data that goes past it", l)
	}
	top.Bind(nil)
	if l := find(t, &set, 0, "trace"); l.Own < short {
		t.Errorf("the layer's own time is %v, want at least %v", l.Own, short)
	}
	if l := find(t, &set, 1, "kernel"); l.Sent != 1 || l.Own < 10*short {
		t.Errorf("the base has %+v", l)
	}
}

// TestLateOpening: a layer opens below itself when it is connected, and the
// first attempt fails.
func TestLateOpening(t *testing.T) {
	var set Set
	trace, redirect := &through{own: short}, &through{own: short}
	redirect.Socket = set.Observe(2, "kernel", &fake{took: 3 * short})
	second := set.Observe(1, "redirect", redirect)
	trace.Socket = second
	top := set.Observe(0, "trace", trace)
	top.Bind(nil)
	failed := set.Observe(2, "kernel", &fake{})
	failed.Close()
	redirect.Socket = set.Observe(2, "socks", &through{set.Observe(2, "kernel", &fake{took: 3 * short}), short})
	top.Bind(nil)
	for name, want := range map[string]struct {
		place int
		min   time.Duration
		below time.Duration
	}{
		"trace":    {0, 2 * short, 2*3*short + 3*short},
		"redirect": {1, 2 * short, 2*3*short + short},
		"socks":    {2, short, 3 * short},
	} {
		l := find(t, &set, want.place, name)
		// What is below is timed from a little outside of it.
		if sum := l.Sum().Time; l.Own < min(want.min*9/10, sum-want.below) || l.Own > sum-want.below {
			t.Errorf("%s took %v of its own of %v, want at least %v and %v less than all", name, l.Own, sum, want.min, want.below)
		}
	}
}

// TestLateBase: what stands in for the base provider asks it for a socket when
// the chain is complete already.
func TestLateBase(t *testing.T) {
	var set Set
	base := &through{own: short}
	middle := set.Observe(1, "base", base)
	top := set.Observe(0, "trace", &through{middle, short})
	base.Socket = set.Observe(1, "kernel", &fake{took: 3 * short})
	top.Bind(nil)
	for _, name := range []string{"trace", "base"} {
		place := 1
		if name == "trace" {
			place = 0
		}
		l := find(t, &set, place, name)
		if sum := l.Sum().Time; l.Own > sum-3*short {
			t.Errorf("%s took %v of its own of %v: what is below it was not taken off", name, l.Own, sum)
		}
	}
	// The time of the base provider is not the layer's once more.
	trace, stand := find(t, &set, 0, "trace"), find(t, &set, 1, "base")
	if sum := trace.Sum().Time; trace.Own < sum-stand.Sum().Time-short {
		t.Errorf("trace took %v of its own of %v, of which %v were below", trace.Own, sum, stand.Sum().Time)
	}
}

// TestWaitingIsBounded: openings that fail above leave nothing behind.
func TestWaitingIsBounded(t *testing.T) {
	var set Set
	for i := range 2 * maxWaiting {
		s := set.Observe(1, "kernel", &fake{})
		if i%2 == 0 {
			s.Close()
		}
	}
	if len(set.chains[0].waiting) > maxWaiting {
		t.Errorf("%d sockets wait for what is to stand on them", len(set.chains[0].waiting))
	}
	set.Observe(0, "trace", &through{})
	if len(set.chains[0].waiting) != 0 {
		t.Errorf("%d sockets still wait", len(set.chains[0].waiting))
	}
	if l := find(t, &set, 1, "kernel"); l.Total != 2*maxWaiting || l.Open != maxWaiting {
		t.Errorf("%d of %d sockets are open", l.Open, l.Total)
	}
}
