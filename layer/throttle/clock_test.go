// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"winsock/internal/bucket"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/wsa"
)

// fake is a clock that is steered.
type fake struct{ *mem.FakeClock }

type fakeTimer struct {
	clock fake
	timer mem.Timer
	f     func()
}

func (c fake) AfterFunc(d time.Duration, f func()) bucket.Timer {
	return &fakeTimer{c, c.FakeClock.AfterFunc(d, f), f}
}

func (t *fakeTimer) Stop() bool { return t.timer.Stop() }
func (t *fakeTimer) Reset(d time.Duration) bool {
	was := t.timer.Stop()
	t.timer = t.clock.FakeClock.AfterFunc(d, t.f)
	return was
}

// A world is a network in memory with a steered clock, and throttled sockets
// on it.
type world struct {
	*testing.T
	clock fake
	net   *mem.Network
	base  spi.Provider
}

func newWorld(t *testing.T) *world {
	c := fake{mem.NewFakeClock(time.Date(2024, time.March, 4, 7, 0, 0, 0, time.UTC))} // a Monday
	zone = time.UTC
	n := mem.NewNetwork(mem.Options{Clock: c.FakeClock})
	return &world{T: t, clock: c, net: n, base: n.Provider()}
}

// provider starts the layer.
func (w *world) provider(o spi.Options) spi.Provider {
	w.Helper()
	p, err := start(&spi.StartupParams{Options: o}, w.clock)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { p.Cleanup() })
	return p
}

// open opens a socket, a throttled one if p is not nil.
func (w *world) open(p spi.Provider, socketType int32, process int) spi.Socket {
	w.Helper()
	o := &spi.Opening{AddressFamily: wsa.AF_INET, SocketType: socketType}
	if process != 0 {
		o.Process = &spi.Process{ID: process}
	}
	top := w.base
	if p != nil {
		o.Next = w.base.Socket
		top = p
	}
	s, err := top.Socket(o)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { s.Close() })
	return s
}

// pair connects a socket of the provider to a plain one.
func (w *world) pair(p spi.Provider, socketType int32, process int) (own, peer spi.Socket) {
	w.Helper()
	own = w.open(p, socketType, process)
	name := wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))
	peer = w.open(nil, socketType, 0)
	must := func(err error) {
		w.Helper()
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			w.Fatal(err)
		}
	}
	must(peer.Bind(&name))
	if socketType == wsa.SOCK_DGRAM {
		other := name
		must(own.Bind(&other))
		must(own.GetSockName(&other))
		must(peer.GetSockName(&name))
		must(own.Connect(&name))
		must(peer.Connect(&other))
		return own, peer
	}
	must(peer.Listen(1))
	must(peer.GetSockName(&name))
	must(own.Connect(&name))
	w.clock.Advance(0)
	conn, err := peer.Accept(nil)
	must(err)
	w.Cleanup(func() { conn.Close() })
	return own, conn
}

func sendN(s spi.Socket, n int) (int, error) {
	var m spi.Message
	m.SetBuffer(make([]byte, n))
	return s.Send(&m)
}

func recvN(s spi.Socket, n int) (int, error) {
	var m spi.Message
	m.SetBuffer(make([]byte, n))
	return s.Recv(&m)
}

// A mover calls as often as something moves, and again whenever it is told to.
type mover struct {
	spi.Watcher
	s     spi.Socket
	call  func() (int, error)
	moved int
	calls int
	most  int // at one time
	err   error
	told  bool
}

func move(s spi.Socket, mask spi.Events, call func() (int, error)) *mover {
	m := &mover{s: s, call: call}
	m.Mask = mask
	m.Notify = func(spi.Events) { m.told = true }
	s.Watch(&m.Watcher)
	m.run()
	return m
}

func (m *mover) run() {
	now := 0
	for m.err == nil {
		n, err := m.call()
		if err == wsa.WSAEWOULDBLOCK {
			break
		}
		if m.err = err; err == nil {
			now += n
			m.calls++
			if n == 0 {
				break
			}
		}
	}
	m.moved += now
	m.most = max(m.most, now)
}

// advance moves the clock, from one thing that happens to the next, and lets
// the movers work that were told.
func (w *world) advance(d time.Duration, movers ...*mover) {
	end := w.clock.Now().Add(d)
	for {
		for moved := true; moved; {
			moved = false
			for _, m := range movers {
				if m.told {
					m.told, moved = false, true
					m.run()
				}
			}
		}
		next, ok := w.clock.Next()
		if !ok || w.clock.Now().Add(next).After(end) {
			break
		}
		w.clock.Advance(next)
	}
	w.clock.Advance(end.Sub(w.clock.Now()))
}

// drain has a plain socket take all that comes.
func drain(s spi.Socket) *mover {
	buf := make([]byte, 1<<20)
	return move(s, spi.EventRead, func() (int, error) {
		var m spi.Message
		m.SetBuffer(buf)
		return s.Recv(&m)
	})
}

func pour(s spi.Socket, piece int) *mover {
	data := make([]byte, piece)
	return move(s, spi.EventWrite, func() (int, error) {
		var m spi.Message
		m.SetBuffer(data)
		return s.Send(&m)
	})
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
			own, peer := w.pair(w.provider(o), wsa.SOCK_STREAM, 0)
			from, to := own, peer
			if what == "down" {
				from, to = peer, own
			}
			sending, receiving := pour(from, 60000), drain(to)
			limited := sending
			if what == "down" {
				limited = receiving
			}
			w.advance(time.Second, sending, receiving)
			limited.moved, limited.most = 0, 0
			w.advance(4*time.Second, sending, receiving)
			if !near(limited.moved, 4*rate.bytes, 0.005) {
				t.Errorf("%s=%s: %d bytes in 4 s, want %.0f", what, rate.text, limited.moved, 4*rate.bytes)
			}
			if most := max(0.05*rate.bytes, 128) + 1; float64(limited.most) > most {
				t.Errorf("%s=%s: %d bytes at once, want %.0f at most", what, rate.text, limited.most, most)
			}
		}
	}
}

// TestPackets: datagrams are counted, and go whole.
func TestPackets(t *testing.T) {
	w := newWorld(t)
	own, peer := w.pair(w.provider(spi.Options{"packets-up": "50", "up": "1gbit"}), wsa.SOCK_DGRAM, 0)
	sending, receiving := pour(own, 1200), drain(peer)
	w.advance(10*time.Second, sending, receiving)
	if sending.calls < 500 || sending.calls > 505 || sending.moved != 1200*sending.calls || receiving.moved != sending.moved {
		t.Errorf("%d datagrams, %d bytes, %d received; want 500 of 1200", sending.calls, sending.moved, receiving.moved)
	}
	own, peer = w.pair(w.provider(spi.Options{"down": "64kbit", "burst": "500"}), wsa.SOCK_DGRAM, 0)
	receiving = drain(own)
	for range 100 {
		if _, err := sendN(peer, 1000); err != nil {
			t.Fatal(err)
		}
		w.advance(250*time.Millisecond, receiving)
	}
	if receiving.calls != 100 || receiving.moved != 100_000 {
		t.Errorf("%d datagrams, %d bytes below the rate; want all 100", receiving.calls, receiving.moved)
	}
}

// TestScopes: who shares a bucket shares its rate.
func TestScopes(t *testing.T) {
	for scope, want := range map[string]float64{"socket": 4, "process": 2, "run": 1} {
		w := newWorld(t)
		o := spi.Options{"up": "1mbit", "scope": scope}
		providers := []spi.Provider{w.provider(o), w.provider(o)} // as for two entries of the catalog
		var movers []*mover
		for i := range 4 {
			own, peer := w.pair(providers[i%2], wsa.SOCK_STREAM, 100+i/2)
			movers = append(movers, pour(own, 5000), drain(peer))
		}
		w.advance(time.Second, movers...)
		for _, m := range movers {
			m.moved = 0
		}
		w.advance(10*time.Second, movers...)
		total := 0
		for i := 0; i < len(movers); i += 2 {
			total += movers[i].moved
			if !near(movers[i].moved, 125e4*want/4, 0.03) {
				t.Errorf("scope=%s: a socket sent %d bytes, want a fair share", scope, movers[i].moved)
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
	heavy := w.provider(spi.Options{"up": "8mbit", "scope": "run", "weight": "9"})
	light := w.provider(spi.Options{"up": "8mbit", "scope": "run", "weight": "1"})
	a, ap := w.pair(heavy, wsa.SOCK_STREAM, 0)
	b, bp := w.pair(light, wsa.SOCK_STREAM, 0)
	movers := []*mover{pour(a, 5000), drain(ap), pour(b, 5000), drain(bp)}
	w.advance(10*time.Second, movers...)
	if !near(movers[0].moved, 9e6, 0.03) || !near(movers[2].moved, 1e6, 0.1) {
		t.Errorf("%d and %d bytes in 10 s at 1 MB/s, weights 9 and 1", movers[0].moved, movers[2].moved)
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
		p := w.provider(spi.Options{"quota-down": "10000", "quota-end": end, "scope": "run"})
		own, peer := w.pair(p, wsa.SOCK_STREAM, 0)
		other, _ := w.pair(p, wsa.SOCK_STREAM, 0)
		bystander := move(other, spi.EventRead, func() (int, error) { return recvN(other, 1) })
		pour(peer, 3000)
		receiving := drain(own)
		w.advance(time.Second, receiving)
		if receiving.moved != 10000 || receiving.err != want.err {
			t.Errorf("quota-end=%s: %d bytes, %v; want 10000, %v", end, receiving.moved, receiving.err, want.err)
		}
		if !bystander.told {
			t.Errorf("quota-end=%s: who shares the quota was not told", end)
		}
		const mask = spi.EventRead | spi.EventClose | spi.EventReset
		for _, s := range []spi.Socket{own, other} {
			if got := s.Ready(mask); got != want.events {
				t.Errorf("quota-end=%s: ready for %v, want %v", end, got, want.events)
			}
			if _, err := recvN(s, 10); err != want.err {
				t.Errorf("quota-end=%s: recv: %v, want %v", end, err, want.err)
			}
		}
		if _, err := sendN(own, 10); (err == nil) != (end == "" || end == "WSAECONNABORTED") {
			t.Errorf("quota-end=%s: send: %v", end, err)
		}
		if end == "reset" {
			own.Close()
			w.clock.Advance(time.Second)
			if _, err := recvN(peer, 10); err != wsa.WSAECONNRESET {
				t.Errorf("the peer of a reset: %v", err)
			}
		}
	}
}

// TestQuotaOfTheRun: closing a socket does not give its process a new quota.
func TestQuotaOfTheRun(t *testing.T) {
	w := newWorld(t)
	p := w.provider(spi.Options{"quota-up": "1500", "scope": "process"})
	total := 0
	for range 4 {
		s, _ := w.pair(p, wsa.SOCK_STREAM, 7)
		n, _ := sendN(s, 1000)
		total += n
		s.Close()
	}
	if total != 1500 {
		t.Errorf("%d bytes were sent, want 1500", total)
	}
	if s, _ := w.pair(p, wsa.SOCK_STREAM, 8); s != nil {
		if n, err := sendN(s, 1000); n != 1000 || err != nil {
			t.Errorf("another process: %d, %v", n, err)
		}
	}
	p.Cleanup()
	groups.mu.Lock()
	for key, g := range groups.byKey {
		if g.uses == 0 {
			t.Errorf("a group %v is left", key)
		}
	}
	groups.mu.Unlock()
	enter(p.(*provider).key) // for the cleanup of the test
}

// TestEndAfterData: the end of a stream is not told before its data.
func TestEndAfterData(t *testing.T) {
	w := newWorld(t)
	own, peer := w.pair(w.provider(spi.Options{"down": "8kbit", "burst": "100"}), wsa.SOCK_STREAM, 0)
	if _, err := sendN(peer, 1000); err != nil {
		t.Fatal(err)
	}
	peer.Shutdown(wsa.SD_SEND)
	w.clock.Advance(time.Second)
	receiving := drain(own)
	const mask = spi.EventRead | spi.EventClose
	if got := own.Ready(mask); receiving.moved != 100 || got != 0 {
		t.Errorf("after %d bytes the socket is ready for %v", receiving.moved, got)
	}
	if _, err := recvN(own, 10); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("recv: %v", err)
	}
	w.advance(500*time.Millisecond, receiving)
	if receiving.moved < 550 || receiving.moved > 650 {
		t.Errorf("%d bytes after half a second, want 600", receiving.moved)
	}
	w.advance(time.Second, receiving)
	if receiving.moved != 1000 || receiving.calls == 0 || own.Ready(mask) != spi.EventClose {
		t.Errorf("%d bytes in the end, ready for %v", receiving.moved, own.Ready(mask))
	}
	if n, err := recvN(own, 10); n != 0 || err != nil {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// TestSchedule: the rate is that of the time of the day.
func TestSchedule(t *testing.T) {
	w := newWorld(t) // Monday, 07:00
	own, peer := w.pair(w.provider(spi.Options{"up": "8kbit",
		"schedule": "mon-fri 08:00-18:00 up=800bit; 23:30-00:30 up=80kbit"}), wsa.SOCK_STREAM, 0)
	movers := []*mover{pour(own, 5000), drain(peer)}
	for _, part := range []struct {
		until string
		rate  float64 // bytes per second
	}{
		{"2024-03-04T08:00:00Z", 1e3}, {"2024-03-04T18:00:00Z", 100}, {"2024-03-04T23:30:00Z", 1e3},
		{"2024-03-05T00:30:00Z", 10e3}, {"2024-03-05T08:00:00Z", 1e3}, {"2024-03-05T09:00:00Z", 100},
	} {
		until, _ := time.Parse(time.RFC3339, part.until)
		d := until.Sub(w.clock.Now())
		movers[0].moved = 0
		w.advance(d, movers...)
		if want := part.rate * d.Seconds(); !near(movers[0].moved, want, 0.001) {
			t.Errorf("until %s: %d bytes, want %.0f", part.until, movers[0].moved, want)
		}
	}
}

// TestOneTimer: however many sockets share a bucket, it has one timer.
func TestOneTimer(t *testing.T) {
	w := newWorld(t)
	p := w.provider(spi.Options{"up": "8kbit", "scope": "run"})
	for range 50 {
		own, _ := w.pair(p, wsa.SOCK_STREAM, 0)
		pour(own, 100)
	}
	if n := w.clock.Timers(); n != 1 {
		t.Errorf("%d timers", n)
	}
}
