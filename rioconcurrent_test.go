// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"winsock/wsa"
)

// TestRIOBesidePort: polling a completion queue and waiting at a completion
// port go on side by side, whoever of the two drives the poller.
func TestRIOBesidePort(t *testing.T) {
	b := kernelRIO(t)
	x, y := b.pair(wsa.SOCK_STREAM)
	cq := newTestCQ(t, 8, nil)
	from, to := newTestRQ(t, x, 1, 1, cq, 1), newTestRQ(t, y, 1, 1, cq, 2)
	m := newRIOMemory(t, 64)

	const packets = 200
	client, server := connected(t, wsa.AF_INET)
	port := newTestPort(t, 0)
	associate(t, server, port, 1)
	atPort := make(chan error, 1)
	go func() {
		var ov Overlapped
		buf := make([]byte, 1)
		for range packets {
			if _, err := WSARecv(server, [][]byte{buf}, nil, &ov, nil); err != nil && err != wsa.WSA_IO_PENDING {
				atPort <- err
				return
			}
			if _, err := Send(client, buf, 0); err != nil {
				atPort <- err
				return
			}
			if _, _, _, err := GetQueuedCompletionStatus(port, 10_000); err != nil {
				atPort <- err
				return
			}
		}
		atPort <- nil
	}()
	for range packets {
		must(t, RIOReceive(to, m.at(0, 8), 1, wsa.RIO_MSG_WAITALL, 1))
		must(t, RIOSend(from, m.at(8, 8), 1, 0, 2))
		for _, r := range results(t, cq, 2) {
			wantResult(t, "beside a port", r, RIORESULT{0, 8, r.SocketContext, 3 - r.SocketContext})
		}
	}
	must(t, done(t, atPort))
}

// TestRIOConcurrentUse: whatever is called at the same time, sizes change and
// queues close, nothing is corrupted. On Windows the program must see to
// that.
func TestRIOConcurrentUse(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		for round := range 10 {
			x, y := b.pair(int32(wsa.SOCK_STREAM + round%2))
			cq := newTestCQ(b, 64, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event, NotifyReset: round%3 == 0})
			other := newTestCQ(b, 64, nil)
			rqs := [2]RIO_RQ{newTestRQ(b, x, 8, 8, cq, 1), 0}
			rqs[1], err = RIOCreateRequestQueue(y, 8, 1, 8, 1, other, cq, 2)
			must(b, err)
			m := newRIOMemory(b, 64)
			calls := []func(i uint32) error{
				func(i uint32) error {
					return RIOReceive(rqs[i%2], m.at(0, 8), 1, i>>1%2*wsa.RIO_MSG_DEFER, 0)
				},
				func(i uint32) error {
					return RIOSend(rqs[i%2], m.at(8, 8), 1, i>>1%4, 0) // DONT_NOTIFY and DEFER
				},
				func(i uint32) error { return RIOSend(rqs[i%2], nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0) },
				func(i uint32) error { return RIOResizeRequestQueue(rqs[i%2], 1+i%16, 1+i/16%16) },
				func(i uint32) error { return RIOResizeCompletionQueue(cq, 1+i%128) },
				func(uint32) error { return RIONotify(cq) },
				func(i uint32) error {
					var got [4]RIORESULT
					for _, q := range [2]RIO_CQ{cq, other} {
						if n := RIODequeueCompletion(q, got[:i%5]); n > i%5 && n != wsa.RIO_CORRUPT_CQ {
							b.Errorf("%d results in room for %d", n, i%5)
						}
					}
					return nil
				},
			}
			allowed := map[error]bool{nil: true, wsa.WSAENOBUFS: true, wsa.WSAETOOMANYREFS: true, wsa.WSAEALREADY: true, wsa.WSAEINVAL: true}
			var users sync.WaitGroup
			for n := range 4 {
				users.Go(func() {
					random := rand.New(rand.NewPCG(uint64(round), uint64(n)))
					for range 300 {
						if err := calls[random.IntN(len(calls))](random.Uint32()); !allowed[err] {
							b.Errorf("a call failed with %v", err)
						}
						runtime.Gosched()
					}
				})
			}
			users.Go(func() { // the queue goes before, between or after the sockets
				for _, end := range [][]func(){
					{func() { CloseSocket(x) }, func() { RIOCloseCompletionQueue(cq) }, func() { CloseSocket(y) }},
					{func() { RIOCloseCompletionQueue(cq) }, func() { CloseSocket(x) }, func() { CloseSocket(y) }},
					{func() { CloseSocket(x) }, func() { CloseSocket(y) }, func() { RIOCloseCompletionQueue(cq) }},
				}[round%3] {
					for range 100 {
						runtime.Gosched()
					}
					end()
				}
			})
			users.Wait()
			var got [64]RIORESULT
			for RIODequeueCompletion(other, got[:]) > 0 {
			}
			if err := RIOResizeCompletionQueue(other, 1); err != nil {
				b.Fatalf("closed sockets keep room in a completion queue: %v", err)
			}
		}
	})
}
