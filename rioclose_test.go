// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"winsock/wsa"
)

// A waitLimit ends a loop of a test that waits for something.
type waitLimit time.Time

func deadline() waitLimit { return waitLimit(time.Now().Add(soon)) }

func (d waitLimit) check(t testing.TB, what string) {
	t.Helper()
	if time.Now().After(time.Time(d)) {
		t.Fatalf("%s: still waiting", what)
	}
}

// TestRIOLimits: a request counts until its result is taken, and the limits
// of the request queues share the completion queue's room.
func TestRIOLimits(t *testing.T) {
	b := kernelRIO(t)
	x, y := b.pair(wsa.SOCK_DGRAM)
	cq := newTestCQ(t, 6, nil)
	rq := newTestRQ(t, x, 2, 2, cq, 0)
	m := newRIOMemory(t, 8)
	send := func() error { return RIOSend(rq, m.at(0, 8), 1, 0, 0) }
	must(t, send())
	must(t, send())
	wantErr(t, "a third send", send(), wsa.WSAENOBUFS)
	results(t, cq, 2)
	must(t, send())

	wantErr(t, "limits 0", RIOResizeRequestQueue(rq, 0, 0), wsa.WSAEINVAL)
	wantErr(t, "more than fits", RIOResizeRequestQueue(rq, 2, 5), wsa.WSAENOBUFS)
	wantErr(t, "more than fits, the other way", RIOResizeRequestQueue(rq, 5, 2), wsa.WSAENOBUFS)
	wantErr(t, "fewer than are outstanding", RIOResizeRequestQueue(rq, 2, 0), wsa.WSAETOOMANYREFS)
	must(t, RIOResizeRequestQueue(rq, 1, 5))
	for range 4 {
		must(t, send())
	}
	wantErr(t, "a sixth send", send(), wsa.WSAENOBUFS)

	wantErr(t, "size 0", RIOResizeCompletionQueue(cq, 0), wsa.WSAEINVAL)
	wantErr(t, "too large", RIOResizeCompletionQueue(cq, wsa.RIO_MAX_CQ_SIZE+1), wsa.WSAEINVAL)
	wantErr(t, "less than is promised", RIOResizeCompletionQueue(cq, 5), wsa.WSAETOOMANYREFS)
	_, err := RIOCreateRequestQueue(y, 1, 1, 0, 1, cq, cq, 0)
	wantErr(t, "no room", err, wsa.WSAENOBUFS)
	must(t, RIOResizeCompletionQueue(cq, 7))
	newTestRQ(t, y, 1, 0, cq, 0)
	if n := len(results(t, cq, 5)); n != 5 {
		t.Errorf("%d results are left after the change of sizes", n)
	}
	must(t, RIOResizeRequestQueue(rq, 1, 1))
	must(t, RIOResizeCompletionQueue(cq, 3))
}

// TestRIOTwoCompletionQueues: each direction can have its own.
func TestRIOTwoCompletionQueues(t *testing.T) {
	b := kernelRIO(t)
	x, _ := b.pair(wsa.SOCK_STREAM)
	receives, sends := newTestCQ(t, 2, nil), newTestCQ(t, 3, nil)
	rq, err := RIOCreateRequestQueue(x, 2, 1, 3, 1, receives, sends, 8)
	must(t, err)
	wantErr(t, "more receives", RIOResizeRequestQueue(rq, 3, 3), wsa.WSAENOBUFS)
	wantErr(t, "more sends", RIOResizeRequestQueue(rq, 1, 4), wsa.WSAENOBUFS)
	m := newRIOMemory(t, 8)
	must(t, RIOReceive(rq, m.at(0, 8), 1, 0, 1))
	must(t, RIOSend(rq, m.at(0, 8), 1, 0, 2))
	wantNoResult(t, "nothing received", receives)
	wantResult(t, "send", results(t, sends, 1)[0], RIORESULT{0, 8, 8, 2})
	must(t, CloseSocket(x))
	wantResult(t, "receive", results(t, receives, 1)[0], RIORESULT{int32(wsa.WSA_OPERATION_ABORTED), 0, 8, 1})
}

// TestRIOCloseSocket: closing the socket ends its requests, deferred ones
// included, and its request queue.
func TestRIOCloseSocket(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		for name, socketType := range rioTypes {
			x, y := b.pair(socketType)
			cq := newTestCQ(b, 4, nil)
			rq := newTestRQ(b, x, 4, 0, cq, 6)
			m := newRIOMemory(b, 8)
			for i := range uint64(4) {
				must(b, RIOReceive(rq, m.at(0, 8), 1, wsa.RIO_MSG_DEFER*uint32(i/2), i))
			}
			must(b, CloseSocket(x))
			wantErr(b, name+": RIOReceive", RIOReceive(rq, m.at(0, 8), 1, 0, 0), wsa.WSAEINVAL)
			wantErr(b, name+": RIOResizeRequestQueue", RIOResizeRequestQueue(rq, 1, 1), wsa.WSAEINVAL)
			_, err := RIOCreateRequestQueue(y, 1, 1, 0, 1, cq, cq, 0)
			wantErr(b, name+": the results are still there", err, wsa.WSAENOBUFS)
			for i, r := range results(b, cq, 4) {
				wantResult(b, name, r, RIORESULT{int32(wsa.WSA_OPERATION_ABORTED), 0, 6, uint64(i)})
			}
			wantNoResult(b, name, cq)
			newTestRQ(b, y, 4, 0, cq, 0) // the room is free again
			must(b, CloseSocket(y))
		}
	})
}

// TestRIOCleanup: WSACleanup closes sockets as closesocket does.
func TestRIOCleanup(t *testing.T) {
	_, err := WSAStartup(Version22)
	must(t, err)
	s, err := rioSocketOf(wsa.AF_INET, wsa.SOCK_DGRAM)
	must(t, err)
	addr := loopback(wsa.AF_INET, 0)
	must(t, Bind(s, &addr))
	cq := newTestCQ(t, 4, nil)
	rq := newTestRQ(t, s, 1, 1, cq, 0)
	m := newRIOMemory(t, 8)
	must(t, RIOReceive(rq, m.at(0, 8), 1, 0, 1))
	must(t, WSACleanup())
	wantResult(t, "receive", results(t, cq, 1)[0], RIORESULT{int32(wsa.WSA_OPERATION_ABORTED), 0, 0, 1})
}

// TestRIOCloseCompletionQueue follows "LPFN_RIOCLOSECOMPLETIONQUEUE callback
// function": results are dropped, and nothing is harmed.
func TestRIOCloseCompletionQueue(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, y := b.pair(wsa.SOCK_STREAM)
		cq := newTestCQ(b, 4, nil)
		rq := newTestRQ(b, x, 2, 2, cq, 0)
		m := newRIOMemory(b, 8)
		must(b, RIOReceive(rq, m.at(0, 4), 1, 0, 1))
		must(b, RIOReceive(rq, m.at(4, 4), 1, 0, 2))
		must(b, RIOSend(rq, m.put(0, "sent"), 1, 0, 3))
		wantErr(b, "CloseHandle of a completion queue", CloseHandle(HANDLE(cq)), wsa.WSA_INVALID_HANDLE)
		RIOCloseCompletionQueue(cq)
		RIOCloseCompletionQueue(cq) // is ignored
		buf := make([]byte, 4)
		_, err := Recv(y, buf, wsa.MSG_WAITALL)
		must(b, err)
		if string(buf) != "sent" {
			b.Errorf("received %q", buf)
		}
		wantErr(b, "RIOSend", RIOSend(rq, m.at(0, 4), 1, 0, 4), wsa.WSAEINVAL)
		wantErr(b, "RIOReceive", RIOReceive(rq, m.at(0, 4), 1, 0, 5), wsa.WSAEINVAL)
		wantErr(b, "RIOResizeRequestQueue", RIOResizeRequestQueue(rq, 1, 1), wsa.WSAEINVAL)
		b.send(y, "more") // ends a receive, whose result nobody gets
		must(b, CloseSocket(x))
	})
}

// TestRIODeregisterInUse: requests under way keep their memory.
func TestRIODeregisterInUse(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, y := b.pair(wsa.SOCK_STREAM)
		cq := newTestCQ(b, 4, nil)
		rq := newTestRQ(b, y, 2, 2, cq, 0)
		m := newRIOMemory(b, 8)
		must(b, RIOReceive(rq, m.at(0, 8), 1, 0, 1))
		RIODeregisterBuffer(m.id)
		wantErr(b, "a receive into it", RIOReceive(rq, m.at(0, 8), 1, 0, 2), wsa.WSAEFAULT)
		b.send(x, "received")
		r := results(b, cq, 1)[0]
		if r.Status != 0 || r.BytesTransferred == 0 || string(m.bytes[:r.BytesTransferred]) != "received"[:r.BytesTransferred] {
			b.Errorf("the result is %+v, the memory %q", r, m.bytes)
		}
	})
}

// TestRIOExactlyOnce: whenever a socket is closed, and from wherever its
// queues are used, each request has one result.
func TestRIOExactlyOnce(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		for round := range 40 {
			socketType := int32(wsa.SOCK_STREAM + round%2)
			x, y := b.pair(socketType)
			exactlyOnce(b, x, y, time.Duration(rand.IntN(500))*time.Microsecond)
		}
	})
}

// exactlyOnce uses a request queue from two goroutines while others dequeue
// and send, and closes its socket after a while.
func exactlyOnce(b *bed, x, y SOCKET, after time.Duration) {
	const most = 2000
	cq := newTestCQ(b, 32, nil)
	rq := newTestRQ(b, x, 16, 16, cq, 0)
	m := newRIOMemory(b, 64)
	began := [2][]bool{make([]bool, most), make([]bool, most)}
	var users sync.WaitGroup
	for d := range 2 {
		users.Go(func() {
			for i := range most {
				var err error
				if d == 0 {
					err = RIOReceive(rq, m.at(0, 32), 1, uint32(i%2)*wsa.RIO_MSG_DEFER, uint64(i))
				} else {
					err = RIOSend(rq, m.at(32, 32), 1, uint32(i%3%2)*wsa.RIO_MSG_DEFER, uint64(most+i))
				}
				switch err {
				case nil:
					began[d][i] = true
				case wsa.WSAENOBUFS: // until results are taken
				case wsa.WSAEINVAL:
					return
				default:
					b.Errorf("request: %v", err)
				}
			}
		})
	}
	users.Go(func() {
		for range 50 {
			if _, err := Send(y, []byte("abc"), 0); err != nil {
				return
			}
		}
	})
	users.Go(func() {
		time.Sleep(after) // any moment will do
		if err := CloseSocket(x); err != nil {
			b.Errorf("closesocket: %v", err)
		}
	})
	finished := make(chan struct{})
	go func() {
		users.Wait()
		close(finished)
	}()
	ended := [2][]int{make([]int, most), make([]int, most)}
	var got [8]RIORESULT
	for closed := false; ; {
		n := RIODequeueCompletion(cq, got[:])
		for _, r := range got[:n] {
			ended[r.RequestContext/most][r.RequestContext%most]++
		}
		if n == 0 && closed {
			break
		}
		select {
		case <-finished:
			closed = true
		default:
			runtime.Gosched()
		}
	}
	must(b, CloseSocket(y))
	for d := range 2 {
		for i := range most {
			if want := map[bool]int{true: 1}[began[d][i]]; ended[d][i] != want {
				b.Fatalf("direction %d, request %d: %d results, want %d", d, i, ended[d][i], want)
			}
		}
	}
	if err := RIOResizeCompletionQueue(cq, 1); err != nil {
		b.Fatalf("the closed socket keeps room in the completion queue: %v", err)
	}
}

// TestRIOFailingProvider: a provider that panics fails its own requests.
func TestRIOFailingProvider(t *testing.T) {
	started(t)
	c, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, "faulty")
	must(t, err)
	b := &bed{T: t, open: func(int32, int32) (SOCKET, error) { return c.Socket(wsa.WSA_FLAG_REGISTERED_IO) }}
	faultyPanics.Store("")
	_, y := b.pair(wsa.SOCK_STREAM)
	cq := newTestCQ(t, 4, nil)
	rq := newTestRQ(t, y, 2, 2, cq, 0)
	m := newRIOMemory(t, 8)
	faultyPanics.Store("Watch")
	t.Cleanup(func() { faultyPanics.Store("") })
	must(t, RIOReceive(rq, m.at(0, 8), 1, 0, 1))
	wantResult(t, "receive", results(t, cq, 1)[0], RIORESULT{int32(wsa.WSAECONNABORTED), 0, 0, 1})
	must(t, RIOSend(rq, m.at(0, 8), 1, 0, 2))
	wantResult(t, "send", results(t, cq, 1)[0], RIORESULT{int32(wsa.WSAECONNABORTED), 0, 0, 2})
}
