// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"maps"
	"math"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/bed"
	"winsock/wsa"
)

// newWorld is a network whose clock is in UTC.
func newWorld(t *testing.T) *bed.World {
	zone = time.UTC
	return bed.New(t)
}

func near(got int, want float64, part float64) bool {
	return math.Abs(float64(got)-want) <= want*part
}

// TestRates: what moves is the rate, by the clock, up and down, and never more
// than the burst at once.
func TestRates(t *testing.T) {
	for _, rate := range []struct {
		text  string
		bytes float64
	}{{"64kbit", 8000}, {"1mbit", 125e3}, {"1gbit", 125e6}} {
		for what, o := range map[string]spi.Options{"up": {"up": rate.text}, "down": {"down": rate.text}} {
			w := newWorld(t)
			own, peer := w.Pair(w.Provider(start, o), wsa.SOCK_STREAM, 0)
			from, to := own, peer
			if what == "down" {
				from, to = peer, own
			}
			sending, receiving := bed.Pour(from, 60000), bed.Drain(to)
			limited := sending
			if what == "down" {
				limited = receiving
			}
			w.Advance(time.Second, sending, receiving)
			limited.Moved, limited.Most = 0, 0
			w.Advance(4*time.Second, sending, receiving)
			if !near(limited.Moved, 4*rate.bytes, 0.005) {
				t.Errorf("%s=%s: %d bytes in 4 s, want %.0f", what, rate.text, limited.Moved, 4*rate.bytes)
			}
			if most := max(0.05*rate.bytes, 128) + 1; float64(limited.Most) > most {
				t.Errorf("%s=%s: %d bytes at once, want %.0f at most", what, rate.text, limited.Most, most)
			}
		}
	}
}

// TestPackets: datagrams are counted, and go whole.
func TestPackets(t *testing.T) {
	w := newWorld(t)
	own, peer := w.Pair(w.Provider(start, spi.Options{"packets-up": "50", "up": "1gbit"}), wsa.SOCK_DGRAM, 0)
	sending, receiving := bed.Pour(own, 1200), bed.Drain(peer)
	w.Advance(10*time.Second, sending, receiving)
	if sending.Calls < 500 || sending.Calls > 505 || sending.Moved != 1200*sending.Calls || receiving.Moved != sending.Moved {
		t.Errorf("%d datagrams, %d bytes, %d received; want 500 of 1200", sending.Calls, sending.Moved, receiving.Moved)
	}
	own, peer = w.Pair(w.Provider(start, spi.Options{"down": "64kbit", "burst": "500"}), wsa.SOCK_DGRAM, 0)
	receiving = bed.Drain(own)
	for range 100 {
		if _, err := bed.Send(peer, string(make([]byte, 1000))); err != nil {
			t.Fatal(err)
		}
		w.Advance(250*time.Millisecond, receiving)
	}
	if receiving.Calls != 100 || receiving.Moved != 100_000 {
		t.Errorf("%d datagrams, %d bytes below the rate; want all 100", receiving.Calls, receiving.Moved)
	}
}

// TestScopes: who shares a bucket shares its rate.
func TestScopes(t *testing.T) {
	for scope, want := range map[string]float64{"socket": 4, "process": 2, "run": 1} {
		w := newWorld(t)
		o := spi.Options{"up": "1mbit", "scope": scope}
		providers := []spi.Provider{w.Provider(start, o), w.Provider(start, o)} // as for two entries of the catalog
		var movers []*bed.Mover
		for i := range 4 {
			own, peer := w.Pair(providers[i%2], wsa.SOCK_STREAM, 100+i/2)
			movers = append(movers, bed.Pour(own, 5000), bed.Drain(peer))
		}
		w.Advance(time.Second, movers...)
		for _, m := range movers {
			m.Moved = 0
		}
		w.Advance(10*time.Second, movers...)
		total := 0
		for i := 0; i < len(movers); i += 2 {
			total += movers[i].Moved
			if !near(movers[i].Moved, 125e4*want/4, 0.03) {
				t.Errorf("scope=%s: a socket sent %d bytes, want a fair share", scope, movers[i].Moved)
			}
		}
		if !near(total, want*125e4, 0.01) {
			t.Errorf("scope=%s: %d bytes in 10 s, want %.0f", scope, total, want*125e4)
		}
	}
}

// TestWeights: sockets that wait get shares by weight.
func TestWeights(t *testing.T) {
	w := newWorld(t)
	heavy := w.Provider(start, spi.Options{"up": "8mbit", "scope": "run", "weight": "9"})
	light := w.Provider(start, spi.Options{"up": "8mbit", "scope": "run", "weight": "1"})
	a, ap := w.Pair(heavy, wsa.SOCK_STREAM, 0)
	b, bp := w.Pair(light, wsa.SOCK_STREAM, 0)
	movers := []*bed.Mover{bed.Pour(a, 5000), bed.Drain(ap), bed.Pour(b, 5000), bed.Drain(bp)}
	w.Advance(10*time.Second, movers...)
	if !near(movers[0].Moved, 9e6, 0.03) || !near(movers[2].Moved, 1e6, 0.1) {
		t.Errorf("%d and %d bytes in 10 s at 1 MB/s, weights 9 and 1", movers[0].Moved, movers[2].Moved)
	}
}

// TestPriorities: while a socket of a higher priority waits, others get
// nothing, and all when it does not.
func TestPriorities(t *testing.T) {
	w := newWorld(t)
	o := func(priority string) spi.Options {
		return spi.Options{"up": "8mbit", "scope": "run", "priority": priority, "burst": "10000"}
	}
	urgent, other := w.Provider(start, o("5")), w.Provider(start, o("0"))
	a, ap := w.Pair(urgent, wsa.SOCK_STREAM, 0)
	b, bp := w.Pair(other, wsa.SOCK_STREAM, 0)
	low, lowPeer := bed.Pour(b, 5000), bed.Drain(bp)
	w.Advance(time.Second, low, lowPeer)
	if !near(low.Moved, 1e6, 0.02) {
		t.Errorf("alone, a socket of priority 0 sent %d bytes in a second at 1 MB/s", low.Moved)
	}
	high, highPeer := bed.Pour(a, 5000), bed.Drain(ap)
	w.Advance(time.Second, low, lowPeer, high, highPeer)
	before := low.Moved
	high.Moved = 0
	w.Advance(4*time.Second, low, lowPeer, high, highPeer)
	if got := low.Moved - before; !near(high.Moved, 4e6, 0.02) || got > 40_000 {
		t.Errorf("in 4 s at 1 MB/s, priority 5 sent %d bytes and priority 0 %d", high.Moved, got)
	}
	high.Err = wsa.WSAECONNABORTED // it wants no more
	before = low.Moved
	w.Advance(2*time.Second, low, lowPeer)
	if got := low.Moved - before; !near(got, 2e6, 0.02) {
		t.Errorf("afterwards, priority 0 sent %d bytes in 2 s", got)
	}
}

// TestBursts: so much goes at once, of bytes and of packets, and the rate
// from then on.
func TestBursts(t *testing.T) {
	w := newWorld(t)
	own, peer := w.Pair(w.Provider(start, spi.Options{"up": "80kbit", "burst": "30000"}), wsa.SOCK_STREAM, 0)
	sending, receiving := bed.Pour(own, 5000), bed.Drain(peer)
	if sending.Moved != 30000 {
		t.Errorf("%d bytes went at once, want the burst of 30000", sending.Moved)
	}
	w.Advance(10*time.Second, sending, receiving)
	if !near(sending.Moved, 130_000, 0.01) {
		t.Errorf("%d bytes in 10 s at 10 kB/s after the burst, want 130000", sending.Moved)
	}
	own, peer = w.Pair(w.Provider(start, spi.Options{"packets-up": "5", "burst-packets": "20"}), wsa.SOCK_DGRAM, 0)
	sending, receiving = bed.Pour(own, 100), bed.Drain(peer)
	if sending.Calls != 20 {
		t.Errorf("%d datagrams went at once, want the burst of 20", sending.Calls)
	}
	w.Advance(10*time.Second, sending, receiving)
	if sending.Calls < 69 || sending.Calls > 71 {
		t.Errorf("%d datagrams in 10 s at 5 a second after the burst, want 70", sending.Calls)
	}
}

// TestQuota: exactly the quota passes, everybody who shares it hears of the
// end, and it ends as it should.
func TestQuota(t *testing.T) {
	for end, want := range map[string]struct {
		err    error
		events spi.Events
	}{
		"WSAECONNABORTED": {wsa.WSAECONNABORTED, spi.EventReset},
		"":                {wsa.WSAENOBUFS, spi.EventReset},
		"close":           {nil, spi.EventClose},
		"reset":           {wsa.WSAECONNRESET, spi.EventReset},
	} {
		w := newWorld(t)
		p := w.Provider(start, spi.Options{"quota-down": "10000", "quota-end": end, "scope": "run"})
		own, peer := w.Pair(p, wsa.SOCK_STREAM, 0)
		other, _ := w.Pair(p, wsa.SOCK_STREAM, 0)
		bystander := bed.Move(other, spi.EventRead, func() (int, error) {
			got, err := bed.Recv(other, 1)
			return len(got), err
		})
		bed.Pour(peer, 3000)
		receiving := bed.Drain(own)
		w.Advance(time.Second, receiving)
		if receiving.Moved != 10000 || receiving.Err != want.err {
			t.Errorf("quota-end=%s: %d bytes, %v; want 10000, %v", end, receiving.Moved, receiving.Err, want.err)
		}
		if !bystander.Told {
			t.Errorf("quota-end=%s: who shares the quota was not told", end)
		}
		const mask = spi.EventRead | spi.EventClose | spi.EventReset
		for _, s := range []spi.Socket{own, other} {
			if got := s.Ready(mask); got != want.events {
				t.Errorf("quota-end=%s: ready for %v, want %v", end, got, want.events)
			}
			if _, err := bed.Recv(s, 10); err != want.err {
				t.Errorf("quota-end=%s: recv: %v, want %v", end, err, want.err)
			}
		}
		if _, err := bed.Send(own, string(make([]byte, 10))); (err == nil) != (end == "" || end == "WSAECONNABORTED") {
			t.Errorf("quota-end=%s: send: %v", end, err)
		}
		if end == "reset" {
			own.Close()
			w.Clock.Advance(time.Second)
			if _, err := bed.Recv(peer, 10); err != wsa.WSAECONNRESET {
				t.Errorf("the peer of a reset: %v", err)
			}
		}
	}
}

// TestQuotaOfTheRun: closing a socket does not give its process a new quota.
func TestQuotaOfTheRun(t *testing.T) {
	w := newWorld(t)
	before := idleGroups() // of chains of other tests
	p := w.Provider(start, spi.Options{"quota-up": "1500", "scope": "process"})
	total := 0
	for range 4 {
		s, _ := w.Pair(p, wsa.SOCK_STREAM, 7)
		n, _ := bed.Send(s, string(make([]byte, 1000)))
		total += n
		s.Close()
	}
	if total != 1500 {
		t.Errorf("%d bytes were sent, want 1500", total)
	}
	if s, _ := w.Pair(p, wsa.SOCK_STREAM, 8); s != nil {
		if n, err := bed.Send(s, string(make([]byte, 1000))); n != 1000 || err != nil {
			t.Errorf("another process: %d, %v", n, err)
		}
	}
	p.Cleanup()
	if now := idleGroups(); !maps.Equal(now, before) {
		t.Errorf("groups are left: %v, before %v", now, before)
	}
	enter(p.(*provider).key) // for the cleanup of the test
}

// idleGroups returns the groups that no socket uses.
func idleGroups() map[groupKey]bool {
	groups.mu.Lock()
	defer groups.mu.Unlock()
	idle := make(map[groupKey]bool)
	for key, g := range groups.byKey {
		if g.uses == 0 {
			idle[key] = true
		}
	}
	return idle
}

// TestEndAfterData: the end of a stream is not told before its data.
func TestEndAfterData(t *testing.T) {
	w := newWorld(t)
	own, peer := w.Pair(w.Provider(start, spi.Options{"down": "8kbit", "burst": "100"}), wsa.SOCK_STREAM, 0)
	if _, err := bed.Send(peer, string(make([]byte, 1000))); err != nil {
		t.Fatal(err)
	}
	peer.Shutdown(wsa.SD_SEND)
	w.Clock.Advance(time.Second)
	receiving := bed.Drain(own)
	const mask = spi.EventRead | spi.EventClose
	if got := own.Ready(mask); receiving.Moved != 100 || got != 0 {
		t.Errorf("after %d bytes the socket is ready for %v", receiving.Moved, got)
	}
	if _, err := bed.Recv(own, 10); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("recv: %v", err)
	}
	w.Advance(500*time.Millisecond, receiving)
	if receiving.Moved < 550 || receiving.Moved > 650 {
		t.Errorf("%d bytes after half a second, want 600", receiving.Moved)
	}
	w.Advance(time.Second, receiving)
	if receiving.Moved != 1000 || receiving.Calls == 0 || own.Ready(mask) != spi.EventClose {
		t.Errorf("%d bytes in the end, ready for %v", receiving.Moved, own.Ready(mask))
	}
	if n, err := bed.Recv(own, 10); n != "" || err != nil {
		t.Errorf("at the end: %q, %v", n, err)
	}
}

// TestSchedule: the rate is that of the time of the day.
func TestSchedule(t *testing.T) {
	w := newWorld(t) // Monday, 07:00
	own, peer := w.Pair(w.Provider(start, spi.Options{"up": "8kbit",
		"schedule": "mon-fri 08:00-18:00 up=800bit; 23:30-00:30 up=80kbit"}), wsa.SOCK_STREAM, 0)
	movers := []*bed.Mover{bed.Pour(own, 5000), bed.Drain(peer)}
	for _, part := range []struct {
		until string
		rate  float64 // bytes per second
	}{
		{"2024-03-04T08:00:00Z", 1e3}, {"2024-03-04T18:00:00Z", 100}, {"2024-03-04T23:30:00Z", 1e3},
		{"2024-03-05T00:30:00Z", 10e3}, {"2024-03-05T08:00:00Z", 1e3}, {"2024-03-05T09:00:00Z", 100},
	} {
		until, _ := time.Parse(time.RFC3339, part.until)
		d := until.Sub(w.Clock.Now())
		movers[0].Moved = 0
		w.Advance(d, movers...)
		if want := part.rate * d.Seconds(); !near(movers[0].Moved, want, 0.001) {
			t.Errorf("until %s: %d bytes, want %.0f", part.until, movers[0].Moved, want)
		}
	}
}

// TestOneTimer: however many sockets share a bucket, it has one timer.
func TestOneTimer(t *testing.T) {
	w := newWorld(t)
	p := w.Provider(start, spi.Options{"up": "8kbit", "scope": "run"})
	for range 50 {
		own, _ := w.Pair(p, wsa.SOCK_STREAM, 0)
		bed.Pour(own, 100)
	}
	if n := w.Clock.Timers(); n != 1 {
		t.Errorf("%d timers", n)
	}
}
