// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

const ms = time.Millisecond

// at notes when an event of a socket first holds, after sending the clock on.
func (w *world) at(s *socket, e spi.Events) time.Duration {
	w.Helper()
	for s.Ready(e) == 0 {
		w.step()
	}
	return w.clock.Now().Sub(time.Unix(0, 0))
}

func TestLatency(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Latency: 10 * ms}})
	l := w.listener(w.b, addrB, 5000, 1)
	c := w.stream(w.a)
	w.want("connect over a slow link", c.Connect(sockaddr(addrB, 5000)), wsa.WSAEWOULDBLOCK)
	w.want("difference 63", c.Connect(sockaddr(addrB, 5000)), wsa.WSAEALREADY)
	_, err := trySend(c, []byte("x"), 0)
	w.want("difference 64", err, wsa.WSAENOTCONN)
	var peer wsa.Sockaddr
	w.want("difference 29: getpeername while connecting", c.GetPeerName(&peer), 0)
	if got := w.at(l, spi.EventAccept); got != 10*ms {
		t.Errorf("the request arrived after %v, want 10ms", got)
	}
	s, err := l.Accept(nil)
	w.want("accept", err, 0)
	defer s.Close()
	trySend(s.(*socket), []byte("early"), 0) // must not arrive before the answer
	if got := w.at(c, spi.EventConnect); got != 20*ms {
		t.Errorf("the answer arrived after %v, want 20ms", got)
	}
	w.at(c, spi.EventRead)
	w.expect("data that was sent before the answer arrived", c, "early")
	w.send(c, "late")
	if got := w.at(s.(*socket), spi.EventRead); got != 30*ms {
		t.Errorf("data arrived after %v, want 30ms", got)
	}
	w.send(c, "last")
	c.Shutdown(wsa.SD_SEND)
	if s.Ready(spi.EventClose) != 0 {
		t.Error("the end arrived before its time")
	}
	w.clock.Advance(10 * ms)
	w.expect("data before the end", s.(*socket), "latelast")
	if s.Ready(spi.EventClose) == 0 {
		t.Error("the end did not arrive in time")
	}
}

func TestRefusedAfterARoundTrip(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Latency: 10 * ms}})
	c := w.stream(w.a)
	w.want("connect", c.Connect(sockaddr(addrB, 5000)), wsa.WSAEWOULDBLOCK)
	w.want("connect result meanwhile", c.ConnectResult(), wsa.WSAEWOULDBLOCK)
	if got := w.at(c, spi.EventConnectFail); got != 20*ms {
		t.Errorf("the refusal arrived after %v, want 20ms", got)
	}
	w.want("connect result", c.ConnectResult(), wsa.WSAECONNREFUSED)
}

func TestConnectTimeout(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Down: true}})
	w.listener(w.b, addrB, 5000, 1)
	c := w.stream(w.a)
	w.want("connect", c.Connect(sockaddr(addrB, 5000)), wsa.WSAEWOULDBLOCK)
	if got := w.at(c, spi.EventConnectFail); got != defaultConnectTimeout {
		t.Errorf("connect failed after %v, want %v", got, defaultConnectTimeout)
	}
	w.want("connect function: nobody answers", c.ConnectResult(), wsa.WSAETIMEDOUT)
	w.net.SetLink(Link{})
	w.want("difference 66: connect again", c.Connect(sockaddr(addrB, 5000)), 0)
}

func TestConnectSurvivesLoss(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Down: true}, ConnectTimeout: time.Minute})
	w.listener(w.b, addrB, 5000, 1)
	c := w.stream(w.a)
	c.Connect(sockaddr(addrB, 5000))
	w.clock.Advance(1500 * ms)
	w.net.SetLink(Link{})
	if got := w.at(c, spi.EventConnect|spi.EventConnectFail); got != 3*time.Second {
		t.Errorf("the request was repeated with success after %v, want 3s (one second, then two)", got)
	}
	w.want("connect result", c.ConnectResult(), 0)
}

func TestLossIsDelayOnStreams(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(t, Options{Seed: seed})
		a, b := w.pair()
		w.net.SetLink(Link{Latency: 5 * ms, Jitter: 3 * ms, Loss: 0.3, Duplicate: 0.2, Reorder: 0.2})
		want := strings.Repeat(fmt.Sprintf("seed %d ", seed), 5000)
		got, left := "", want
		for got != want {
			if n, err := trySend(a, []byte(left), 0); err == nil {
				left = left[n:]
			}
			if left == "" {
				a.Shutdown(wsa.SD_SEND)
			}
			text, err := tryRecv(b, 1000, 0)
			if err == wsa.WSAEWOULDBLOCK {
				w.step()
			} else if err != nil || text == "" {
				t.Fatalf("recv after %d bytes: %q, %v", len(got), text, err)
			}
			got += text
			if !strings.HasPrefix(want, got) {
				t.Fatalf("streams are reliable: byte %d of the stream is wrong", len(got)-len(text))
			}
		}
		w.at(b, spi.EventClose)
	}
}

func TestGiveUp(t *testing.T) {
	w := newWorld(t, Options{GiveUp: 10 * time.Second})
	a, b := w.pair()
	w.net.SetLink(Link{Down: true})
	w.send(a, "into the void")
	if got := w.at(a, spi.EventReset); got < 10*time.Second || got > 80*time.Second {
		t.Errorf("the connection was given up after %v", got)
	}
	_, err := tryRecv(a, 1, 0)
	w.want("send function: the peer does not answer", err, wsa.WSAETIMEDOUT)
	_, err = tryRecv(b, 1, 0)
	w.want("the other end", err, wsa.WSAECONNRESET)
}

func TestBandwidth(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.set(a, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 1<<20)
	w.net.SetLink(Link{Bandwidth: 100_000})
	w.send(a, strings.Repeat("x", 200_000))
	for n := 0; n < 200_000; {
		w.at(b, spi.EventRead)
		text, _ := tryRecv(b, 1<<20, 0)
		n += len(text)
		if limit := int(w.clock.Now().Sub(time.Unix(0, 0))) / 10_000; n > limit+1 {
			t.Fatalf("%d bytes arrived when the bandwidth allows %d", n, limit)
		}
	}
	if got := w.clock.Now().Sub(time.Unix(0, 0)); got < 1999*ms || got > 2001*ms {
		t.Errorf("200000 bytes at 100000 a second took %v", got)
	}
}

func TestDatagramsWaitForBandwidth(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Bandwidth: 1000}})
	w.bind(w.datagram(w.b), addrB, 4000)
	s := w.datagram(w.a)
	w.set(s, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 1000)
	for range 2 {
		_, err := sendTo(s, make([]byte, 500), sockaddr(addrB, 4000))
		w.want("sendto within SO_SNDBUF", err, 0)
	}
	_, err := sendTo(s, make([]byte, 500), sockaddr(addrB, 4000))
	w.want("sendto beyond SO_SNDBUF", err, wsa.WSAEWOULDBLOCK)
	if s.Ready(spi.EventWrite) != 0 {
		t.Error("EventWrite is set although send would not take a datagram")
	}
	if got := w.at(s, spi.EventWrite); got != 500*ms {
		t.Errorf("there was room after %v, want 500ms", got)
	}
}

func TestLinksHaveDirections(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.net.SetLinkBetween(addrA, addrB, Link{Latency: 70 * ms})
	w.send(b, "quick")
	w.expect("the other direction has no delay", a, "quick")
	w.send(a, "slow")
	if got := w.at(b, spi.EventRead); got != 70*ms {
		t.Errorf("the delayed direction took %v, want 70ms", got)
	}
	w.net.ClearLinks()
	tryRecv(b, 10, 0)
	w.send(a, "now")
	w.expect("after ClearLinks", b, "now")
}

func TestShorterLatencyDoesNotOvertake(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.net.SetLink(Link{Latency: 50 * ms})
	w.send(a, "first ")
	w.net.SetLink(Link{})
	w.send(a, "second")
	if b.Ready(spi.EventRead) != 0 {
		t.Fatal("streams are ordered: later data overtook earlier")
	}
	w.at(b, spi.EventRead)
	w.expect("streams are ordered", b, "first second")
}

// Chance has the frequencies that the link asks for.
func TestDatagramFaults(t *testing.T) {
	const n = 4000
	for _, c := range []struct {
		name string
		link Link
		lost float64 // of all
		more float64 // received twice
		late float64 // overtaken
	}{
		{"loss", Link{Loss: 0.25}, 0.25, 0, 0},
		{"duplicate", Link{Duplicate: 0.25}, 0, 0.25, 0},
		{"reorder", Link{Latency: ms, Reorder: 0.25, ReorderDelay: ms / 2}, 0, 0, 0.25},
		{"jitter", Link{Latency: ms, Jitter: 10 * ms}, 0, 0, 0},
	} {
		w := newWorld(t, Options{Seed: 7, Link: c.link})
		r := w.bind(w.datagram(w.b), addrB, 4000)
		s := w.datagram(w.a)
		counts := make([]int, n)
		late, last := 0, -1
		receive := func() {
			for {
				text, err := tryRecv(r, 10, 0)
				if err != nil {
					return
				}
				var i int
				fmt.Sscan(text, &i)
				if counts[i]++; i < last {
					late++
				}
				last = max(last, i)
			}
		}
		for i := range n {
			sendTo(s, fmt.Append(nil, i), sockaddr(addrB, 4000))
			w.clock.Advance(ms / 5)
			receive()
		}
		w.clock.Advance(time.Second)
		receive()
		lost, more := 0, 0
		for _, k := range counts {
			switch k {
			case 0:
				lost++
			case 2:
				more++
			}
		}
		for what, v := range map[string][2]float64{"lost": {float64(lost), c.lost}, "duplicated": {float64(more), c.more}, "late": {float64(late), c.late}} {
			if got := v[0] / n; got < v[1]-0.04 || got > v[1]+0.04 {
				t.Errorf("%s: %.3f of the datagrams were %s, want about %.2f", c.name, got, what, v[1])
			}
		}
	}
}

// play makes random calls on a faulty network and returns what happened.
func play(t *testing.T, seed uint64) []string {
	var log []string
	w := newWorld(t, Options{
		Seed:  seed,
		Link:  Link{Latency: 3 * ms, Jitter: 5 * ms, Loss: 0.1, Duplicate: 0.1, Reorder: 0.1, Bandwidth: 1 << 20},
		Trace: func(r Record) { log = append(log, fmt.Sprint(r)) },
	})
	r := rand.New(rand.NewPCG(42, 42)) // the calls are the same for every seed
	w.listener(w.b, addrB, 5000, 3)
	hearer := w.bind(w.datagram(w.b), addrB, 4000)
	streams := []*socket{}
	d := w.datagram(w.a)
	for range 3000 {
		switch r.IntN(8) {
		case 0:
			if len(streams) < 5 {
				c := w.stream(w.a)
				c.Connect(sockaddr(addrB, 5000))
				streams = append(streams, c)
			}
		case 1, 2:
			if len(streams) > 0 {
				n, err := trySend(streams[r.IntN(len(streams))], make([]byte, r.IntN(5000)), 0)
				log = append(log, fmt.Sprint("send ", n, err))
			}
		case 3:
			sendTo(d, make([]byte, r.IntN(100)), sockaddr(addrB, 4000))
		case 4:
			text, err := tryRecv(hearer, 100, 0)
			log = append(log, fmt.Sprint("recv ", len(text), err))
		case 5:
			if len(streams) > 0 && r.IntN(10) == 0 {
				i := r.IntN(len(streams))
				streams[i].Close()
				streams = slices.Delete(streams, i, i+1)
			}
		default:
			w.clock.Advance(time.Duration(r.IntN(int(4 * ms))))
		}
		for _, s := range streams {
			log = append(log, s.Ready(spi.EventAll).String())
		}
	}
	return log
}

func TestSameSeedSameNetwork(t *testing.T) {
	first, second, other := play(t, 1), play(t, 1), play(t, 2)
	if !slices.Equal(first, second) {
		for i := range first {
			if i >= len(second) || first[i] != second[i] {
				t.Fatalf("two runs with one seed differ at step %d of %d: %s", i, len(first), first[i])
			}
		}
		t.Fatalf("two runs with one seed have %d and %d steps", len(first), len(second))
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same network")
	}
	if len(first) < 3000 {
		t.Errorf("only %d steps were logged", len(first))
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Latency: time.Hour, Loss: 0.5}})
	l := w.listener(w.b, addrB, 5000, 1)
	c := w.stream(w.a)
	c.Connect(sockaddr(addrB, 5000))
	d := w.datagram(w.a)
	sendTo(d, []byte("x"), sockaddr(addrB, 1))
	if w.clock.Timers() != 1 {
		t.Errorf("%d timers for the delayed traffic of a network, want 1", w.clock.Timers())
	}
	for _, s := range []*socket{l, c, d} {
		s.Close()
	}
	if n := w.clock.Timers(); n != 0 || w.net.Sockets() != 0 {
		t.Errorf("%d timers and %d sockets are left after everything was closed", n, w.net.Sockets())
	}
	if len(w.a.ports)+len(w.b.ports)+len(w.net.local) != 0 {
		t.Error("names are left after everything was closed")
	}
}

func TestLinger(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.net.SetLink(Link{Latency: 10 * ms})
	w.send(a, "x")
	w.want("Linger with data under way", a.Linger(), wsa.WSAEWOULDBLOCK)
	var told spi.Events
	watcher := &spi.Watcher{Notify: func(e spi.Events) { told |= e }}
	a.Watch(watcher)
	w.clock.Advance(10 * ms)
	a.Unwatch(watcher)
	if told == 0 {
		t.Error("who lingers was not told that all has arrived")
	}
	w.want("Linger after all has arrived", a.Linger(), 0)
	w.expect("the data", b, "x")
}

func TestResetWhileConnecting(t *testing.T) {
	w := newWorld(t, Options{Link: Link{Latency: 10 * ms}})
	l := w.listener(w.b, addrB, 5000, 1)
	c := w.stream(w.a)
	c.Connect(sockaddr(addrB, 5000))
	w.at(l, spi.EventAccept)
	l.Close() // with the answer on its way
	w.at(c, spi.EventConnectFail|spi.EventReset)
	for _, closed := range []bool{false, true} {
		w.listener(w.b, addrB, 5001, 2)
		x := w.stream(w.a)
		x.Connect(sockaddr(addrB, 5001))
		w.clock.Advance(5 * ms)
		if closed {
			w.clock.Advance(7 * ms)
		}
		x.Close()
		w.clock.Advance(time.Minute)
		w.b.ports[port{false, 5001}][0].Close()
	}
	c.Close()
}

func TestLingerHasNothingToWaitFor(t *testing.T) {
	w := newWorld(t, Options{})
	d := w.datagram(w.a)
	w.want("connect", d.Connect(sockaddr(addrB, 9)), 0)
	w.want("Linger of a datagram socket", d.Linger(), 0)
	w.want("Linger of a new stream", w.stream(w.a).Linger(), 0)
	a, b := w.pair()
	b.Abort()
	b.Close()
	w.want("Linger after a reset", a.Linger(), 0)
}
