// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

var transferChecks = []check{
	{"a large transfer", "send and recv functions: everything arrives once and in order, both ways at once, against a receiver that pauses", stream, 0, transfer},
	{"many senders and receivers", "package spi: every method may be called by several goroutines at once", stream, 0, manySenders},
	{"close during activity", "closesocket function: the other end of a busy connection hears of it", stream, 0, closeDuringActivity},
}

func short() bool { return testing.Short() || raceEnabled }

// A report is what one side of a transfer has to say in the end.
type report struct {
	what string
	sum  uint32
	err  error
}

func transfer(e *env) {
	size := 64 << 20
	if short() {
		size = 6 << 20
	}
	a, b := e.pair()
	reports := make(chan report, 4)
	for i, ends := range [2][2]*sock{{a, b}, {b, a}} {
		go ends[0].pour(size, uint64(i), reports)
		go ends[1].gulp(size, uint64(i), reports)
	}
	sums := map[string]uint32{}
	for range 4 {
		r := <-reports
		if r.err != nil {
			e.Errorf("%s ended with %v", r.what, r.err)
		}
		sums[r.what] = r.sum
	}
	for _, i := range []string{"0", "1"} {
		if sent, got := sums["sending "+i], sums["receiving "+i]; sent != got {
			e.Errorf("transfer %s: the checksum of what was sent is %08x, of what was received %08x", i, sent, got)
		}
	}
}

// pour sends size random bytes in pieces of random size.
func (s *sock) pour(size int, id uint64, reports chan<- report) {
	r := rand.New(rand.NewPCG(id, 7))
	rep := report{what: "sending " + string(rune('0'+id))}
	defer func() { reports <- rep }()
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(r.Uint32())
	}
	w := newWaiter(spi.EventWrite)
	s.Watch(&w.Watcher)
	defer s.Unwatch(&w.Watcher)
	for sent := 0; sent < size; {
		at := r.IntN(len(block) / 2)
		piece := block[at : at+min(size-sent, 1+r.IntN(len(block)/2))]
		n, err := s.trySend(piece, 0)
		rep.sum = crc32.Update(rep.sum, crc32.IEEETable, piece[:n])
		sent += n
		if err == wsa.WSAEWOULDBLOCK {
			if !w.wait() {
				rep.err = errStuck
				return
			}
		} else if err != nil {
			rep.err = err
			return
		}
	}
	rep.err = nil
}

// gulp receives size bytes, and lets the sender run against a full socket
// from time to time.
func (s *sock) gulp(size int, id uint64, reports chan<- report) {
	r := rand.New(rand.NewPCG(id, 8))
	rep := report{what: "receiving " + string(rune('0'+id))}
	defer func() { reports <- rep }()
	buf := make([]byte, 256<<10)
	w := newWaiter(spi.EventRead)
	s.Watch(&w.Watcher)
	defer s.Unwatch(&w.Watcher)
	for got := 0; got < size; {
		if r.IntN(200) == 0 {
			for range 1000 {
				runtime.Gosched()
			}
		}
		n, err := s.tryRecv(buf[:min(size-got, 1+r.IntN(len(buf)))], 0)
		rep.sum = crc32.Update(rep.sum, crc32.IEEETable, buf[:n])
		got += n
		switch {
		case err == wsa.WSAEWOULDBLOCK:
			if !w.wait() {
				rep.err = errStuck
				return
			}
		case err != nil:
			rep.err = err
			return
		case n == 0:
			rep.err = wsa.WSAEDISCON
			return
		}
	}
}

// errStuck stands for a notification that did not come.
const errStuck = wsa.WSA_WAIT_TIMEOUT

func manySenders(e *env) {
	const senders, each = 4, 20000
	a, b := e.pair()
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			piece := make([]byte, 100)
			for j := range piece {
				piece[j] = byte('a' + i)
			}
			w := newWaiter(spi.EventWrite)
			a.Watch(&w.Watcher)
			defer a.Unwatch(&w.Watcher)
			for sent := 0; sent < each; {
				n, err := a.trySend(piece[:min(len(piece), each-sent)], 0)
				sent += n
				if err == wsa.WSAEWOULDBLOCK && w.wait() {
					continue
				}
				if err != nil {
					e.Errorf("send: %v", err)
					return
				}
			}
		})
	}
	var mu sync.Mutex // protects counts
	var counts [256]int
	for range 3 {
		wg.Go(func() {
			buf := make([]byte, 1000)
			w := newWaiter(spi.EventRead)
			b.Watch(&w.Watcher)
			defer b.Unwatch(&w.Watcher)
			for {
				n, err := b.tryRecv(buf, 0)
				mu.Lock()
				for _, c := range buf[:n] {
					counts[c]++
				}
				mu.Unlock()
				if err == wsa.WSAEWOULDBLOCK && w.wait() {
					continue
				}
				if err != nil || n == 0 {
					if err != nil {
						e.Errorf("recv: %v", err)
					}
					return
				}
			}
		})
	}
	e.eventually(func() bool {
		mu.Lock()
		defer mu.Unlock()
		total := 0
		for i := range senders {
			total += counts['a'+i]
		}
		return total == senders*each
	}, func() { e.Errorf("not all bytes arrived") })
	e.want("shutdown", a.Shutdown(wsa.SD_SEND), 0)
	wg.Wait()
	for i := range senders {
		if got := counts['a'+i]; got != each {
			e.Errorf("%d bytes of sender %d arrived, want %d", got, i, each)
		}
	}
}

func closeDuringActivity(e *env) {
	for round := range 6 {
		a, b := e.pair()
		ended := make(chan error, 2)
		busy := func(w *waiter, call func() (int, error)) {
			b.Watch(&w.Watcher)
			defer b.Unwatch(&w.Watcher)
			for {
				n, err := call()
				switch {
				case err == wsa.WSAEWOULDBLOCK:
					if !w.wait() {
						ended <- errStuck
						return
					}
				case err != nil || n == 0:
					ended <- err
					return
				}
			}
		}
		out, in := make([]byte, 8<<10), make([]byte, 8<<10)
		go busy(newWaiter(spi.EventWrite), func() (int, error) { return b.trySend(out, 0) })
		go busy(newWaiter(spi.EventRead), func() (int, error) { return b.tryRecv(in, 0) })
		a.send(make([]byte, 100<<10))
		a.drain(100 << 10)
		if round%2 == 0 {
			a.linger(1, 0)
		}
		a.Close()
		for range 2 {
			e.want("the end of a busy connection", <-ended, 0, wsa.WSAECONNRESET, wsa.WSAECONNABORTED)
		}
	}
}
