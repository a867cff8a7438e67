// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

var readyChecks = []check{
	{"readiness is exact", "spi.Socket.Ready: the level of each event agrees, after every step, with what the calls answer", stream, 0, readinessExact},
	{"readiness of datagrams is exact", "spi.Socket.Ready: EventRead is set as long as a datagram waits", datagram, 0, readinessDatagram},
	{"no lost wake-up", "package spi: register, try again, wait loses no event", either, 0, noLostWakeUp},
	{"several watchers", "spi.Socket.Watch: every watcher is told", either, 0, severalWatchers},
	{"unwatch is final", "spi.Socket.Unwatch: when it returns, Notify is not running and will not be called", either, 0, unwatchIsFinal},
}

// readinessExact takes random steps and compares the events with a model of
// the connection: how much is under way, and who has finished.
func readinessExact(e *env) {
	steps := 300
	if short() {
		steps = 60
	}
	seed := rand.Uint64()
	e.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		a, b := e.pair()
		ends := [2]*sock{a, b}
		var waiting [2]int // bytes that ends[i] can receive
		var finished [2]bool
		for range steps {
			i := r.IntN(2)
			s := ends[i]
			switch op := r.IntN(100); {
			case op < 45 && !finished[i] && waiting[1-i] < 3<<10:
				n := 1 + r.IntN(500)
				s.send(make([]byte, n))
				waiting[1-i] += n
			case op < 98:
				buf := make([]byte, 1+r.IntN(700))
				if waiting[i] == 0 {
					n, err := s.tryRecv(buf, 0)
					if finished[1-i] {
						s.end("nothing but the end")
					} else if n != 0 || err != wsa.WSAEWOULDBLOCK {
						e.Fatalf("recv with nothing under way: %d, %v", n, err)
					}
					break
				}
				n, err := s.recv(buf)
				if n == 0 || err != nil {
					e.Fatalf("recv with %d bytes under way: %d, %v", waiting[i], n, err)
				}
				waiting[i] -= n
			case e.info.ServiceFlags1&wsa.XP1_GRACEFUL_CLOSE != 0:
				e.want("shutdown", s.Shutdown(wsa.SD_SEND), 0)
				finished[i] = true
			}
			for j, s := range ends {
				want := spi.EventConnect
				if waiting[j] > 0 {
					want |= spi.EventRead
				}
				if finished[1-j] {
					want |= spi.EventClose
				}
				if !finished[j] {
					want |= spi.EventWrite
				}
				mask := spi.EventRead | spi.EventWrite | spi.EventClose | spi.EventReset | spi.EventAccept | spi.EventConnectFail
				s.becomes("the model", mask, want&mask)
			}
		}
	}
}

func readinessDatagram(e *env) {
	a, b := e.pair()
	for n := range 5 {
		for range n {
			a.send([]byte("datagram"))
		}
		for range n {
			b.becomes("a datagram waits", spi.EventRead, spi.EventRead)
			b.expect("each datagram", "datagram")
		}
		b.becomes("none waits", spi.EventRead, 0)
		_, err := b.tryRecv(make([]byte, 1), 0)
		e.want("recv", err, wsa.WSAEWOULDBLOCK)
	}
}

// noLostWakeUp passes a token to and fro. Each side goes on only when its
// watcher tells it to, so that one lost notification stops everything.
func noLostWakeUp(e *env) {
	rounds := 3000
	if short() {
		rounds = 500
	}
	a, b := e.pair()
	failed := make(chan string, 2)
	var at atomic.Int64
	side := func(s *sock, first bool, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := newWaiter(spi.EventRead)
		always := r.IntN(2) == 0
		if always {
			s.Watch(&w.Watcher)
			defer s.Unwatch(&w.Watcher)
		}
		var buf [1]byte
		pass := func() bool {
			n, err := s.trySend([]byte{1}, 0)
			if n != 1 {
				failed <- "send: " + errorName(err)
			}
			return n == 1
		}
		for range rounds {
			if first && !pass() {
				return
			}
			if r.IntN(3) == 0 {
				runtime.Gosched()
			}
			if !always {
				s.Watch(&w.Watcher)
			}
			for {
				if r.IntN(4) == 0 {
					runtime.Gosched()
				}
				n, err := s.tryRecv(buf[:], 0)
				if n == 1 {
					break
				}
				if err != wsa.WSAEWOULDBLOCK {
					failed <- "recv: " + errorName(err)
					return
				}
				if !w.wait() {
					failed <- "no notification came"
					return
				}
			}
			at.Add(1)
			if !always {
				s.Unwatch(&w.Watcher)
			}
			if !first && !pass() {
				return
			}
		}
		failed <- ""
	}
	seed := rand.Uint64()
	go side(a, true, seed)
	go side(b, false, seed+1)
	for range 2 {
		if why := <-failed; why != "" {
			e.Fatalf("after %d passes (seed %d): %s; what holds is %v and %v", at.Load(), seed, why, a.Ready(spi.EventAll), b.Ready(spi.EventAll))
		}
	}
}

func severalWatchers(e *env) {
	a, b := e.pair()
	var watchers [4]*waiter
	for i := range watchers {
		watchers[i] = newWaiter(spi.EventRead)
		b.Watch(&watchers[i].Watcher)
		defer b.Unwatch(&watchers[i].Watcher)
	}
	a.send([]byte("all of you"))
	for i, w := range watchers {
		if !w.wait() {
			e.Errorf("watcher %d was not told", i)
		}
	}
	b.expect("after the notification", "all of you")
}

func unwatchIsFinal(e *env) {
	a, b := e.pair()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() { // keeps notifications coming
		defer close(stopped)
		buf := make([]byte, 64)
		for {
			select {
			case <-stop:
				return
			default:
			}
			a.trySend([]byte("x"), 0)
			b.tryRecv(buf, 0)
			runtime.Gosched()
		}
	}()
	var calls, late atomic.Int64 // a call may come when the test is over, and tell it nothing
	for range 200 {
		var gone atomic.Bool
		w := spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {
			calls.Add(1)
			if gone.Load() {
				late.Add(1)
			}
		}}
		b.Watch(&w)
		runtime.Gosched()
		b.Unwatch(&w)
		gone.Store(true)
	}
	close(stop)
	<-stopped
	time.Sleep(10 * time.Millisecond) // lets a late call be seen
	if n := late.Load(); n > 0 {
		e.Errorf("Notify was called %d times after Unwatch had returned", n)
	}
	e.Logf("%d notifications", calls.Load())
}
