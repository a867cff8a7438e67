// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"winsock/internal/poller"
	"winsock/wsa"
)

// TestPortTimeout follows difference 119.
func TestPortTimeout(t *testing.T) {
	_, _, _, err := GetQueuedCompletionStatus(4, 0)
	wantErr(t, "before WSAStartup", err, wsa.WSANOTINITIALISED)
	started(t)
	port := newTestPort(t, 0)
	for _, ms := range []uint32{0, 1, 20} {
		begun := time.Now()
		n, key, ov, err := GetQueuedCompletionStatus(port, ms)
		if n != 0 || key != 0 || ov != nil || err != wsa.WSA_WAIT_TIMEOUT {
			t.Errorf("after %d ms: %d bytes, key %d, %p, %v", ms, n, key, ov, name(err))
		}
		if took := time.Since(begun); took < time.Duration(ms)*time.Millisecond {
			t.Errorf("%d ms were over after %v", ms, took)
		}
	}
	_, _, _, err = GetQueuedCompletionStatus(4, 0)
	wantErr(t, "no port", err, wsa.WSA_INVALID_HANDLE)
	_, err = GetQueuedCompletionStatusEx(port, nil, 0, false)
	wantErr(t, "no room", err, wsa.WSA_INVALID_PARAMETER)
	wantErr(t, "a packet for no port", PostQueuedCompletionStatus(4, 0, 0, nil), wsa.WSA_INVALID_HANDLE)
}

// TestPostedPackets follows "PostQueuedCompletionStatus function": packets
// come as they were posted, those of each goroutine in their order.
func TestPostedPackets(t *testing.T) {
	started(t)
	const goroutines, each = 4, 2000
	port := newTestPort(t, 1)
	ovs := make([]Overlapped, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := range each {
				if err := PostQueuedCompletionStatus(port, uint32(i), uintptr(g), &ovs[g]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var next [goroutines]uint32
	entries := make([]OverlappedEntry, 7)
	for total := 0; total < goroutines*each; {
		n, err := GetQueuedCompletionStatusEx(port, entries, uint32(soon.Milliseconds()), false)
		must(t, err)
		for _, e := range entries[:n] {
			if e.Overlapped != &ovs[e.Key] || e.Transferred != next[e.Key] || e.Err() != nil {
				t.Fatalf("goroutine %d: packet %d, want %d", e.Key, e.Transferred, next[e.Key])
			}
			next[e.Key]++
		}
		total += n
	}
	wg.Wait()
	if _, _, _, err := GetQueuedCompletionStatus(port, 0); err != wsa.WSA_WAIT_TIMEOUT {
		t.Errorf("one packet too many: %v", err)
	}
}

// TestPortConcurrency follows "CreateIoCompletionPort function": no more than
// the concurrency value of goroutines have packets at once, as long as they
// come back.
func TestPortConcurrency(t *testing.T) {
	started(t)
	for _, limit := range []int{1, 2, 3} {
		const workers, packets = 6, 300
		port := newTestPort(t, uint32(limit))
		setStall(t, port, time.Hour) // all come back
		var working, most, handled atomic.Int32
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for {
					_, _, _, err := GetQueuedCompletionStatus(port, wsa.WSA_INFINITE)
					if err != nil {
						return // the port is closed
					}
					n := working.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(10 * time.Microsecond) // has others run
					working.Add(-1)
					handled.Add(1)
				}
			})
		}
		awaitWaiters(t, port, workers)
		for range packets {
			must(t, PostQueuedCompletionStatus(port, 0, 1, nil))
		}
		for end := time.Now().Add(soon); handled.Load() < packets && time.Now().Before(end); time.Sleep(time.Millisecond) {
		}
		if handled.Load() != packets || int(most.Load()) > limit || limit > 1 && most.Load() < 2 {
			t.Errorf("%d of %d packets; %d goroutines were at work, %d are allowed", handled.Load(), packets, most.Load(), limit)
		}
		must(t, CloseHandle(port))
		wg.Wait()
	}
}

// TestPortBlockedWorker: a goroutine that does not come back costs the others
// a moment only, even if it is the only one that may be at work.
func TestPortBlockedWorker(t *testing.T) {
	started(t)
	port := newTestPort(t, 1)
	blocked := make(chan struct{})
	handled := make(chan uintptr)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				_, key, _, err := GetQueuedCompletionStatus(port, wsa.WSA_INFINITE)
				if err != nil {
					return
				}
				if handled <- key; key == 1 {
					<-blocked
				}
			}
		})
	}
	awaitWaiters(t, port, 2)
	for key := range uintptr(5) {
		must(t, PostQueuedCompletionStatus(port, 0, key+1, nil))
		if got := done(t, handled); got != key+1 {
			t.Fatalf("packet %d comes, want %d", got, key+1)
		}
	}
	close(blocked)
	must(t, CloseHandle(port))
	wg.Wait()
}

// TestPortWaitsOfAllKinds: goroutines that look only, those that time out now
// and then, and those that wait for ever share what comes; nobody and nothing
// is forgotten.
func TestPortWaitsOfAllKinds(t *testing.T) {
	started(t)
	port := newTestPort(t, 4)
	const packets = 3000
	var handled atomic.Int32
	var wg sync.WaitGroup
	for _, timeout := range []uint32{0, 1, 2, 2, wsa.WSA_INFINITE, wsa.WSA_INFINITE} {
		wg.Go(func() {
			for handled.Load() < packets {
				_, _, _, err := GetQueuedCompletionStatus(port, timeout)
				switch err {
				case nil:
					handled.Add(1)
				case wsa.WSA_WAIT_TIMEOUT:
				case wsa.ERROR_ABANDONED_WAIT_0, wsa.WSA_INVALID_HANDLE:
					return
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range packets {
		must(t, PostQueuedCompletionStatus(port, 0, 1, nil))
		if i%64 == 0 {
			time.Sleep(time.Millisecond) // they run out of packets
		}
	}
	for end := time.Now().Add(soon); handled.Load() < packets && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if n := handled.Load(); n != packets {
		t.Errorf("%d packets came of %d", n, packets)
	}
	must(t, CloseHandle(port))
	wg.Wait()
}

// TestPortLooksAtThePoller: packets that keep coming do not keep away what has
// become ready. That the poller's background goroutine took the event shows
// nothing, and is why there are several tries.
func TestPortLooksAtThePoller(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	port := newTestPort(t, 1)
	associate(t, server, port, 2)
	buf := []byte{0}
	var ov Overlapped
	for range 50 {
		_, err := WSARecv(server, [][]byte{buf}, nil, &ov, nil)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
		_, _, _, err = GetQueuedCompletionStatus(port, 0) // from now on, the caller drives the poller
		wantErr(t, "without a packet", err, wsa.WSA_WAIT_TIMEOUT)
		_, err = Send(client, buf, 0)
		must(t, err)
		came := 0
		for taken := 1; came == 0; taken++ {
			must(t, PostQueuedCompletionStatus(port, 0, 1, nil))
			_, key, _, err := GetQueuedCompletionStatus(port, wsa.WSA_INFINITE)
			must(t, err)
			if key == 2 {
				came = taken
			}
		}
		for err == nil { // the packet posted last may be left
			_, _, _, err = GetQueuedCompletionStatus(port, 0)
		}
		if came <= 2*minCredit {
			return
		}
	}
	t.Errorf("the socket's packet never came among the first %d", 2*minCredit)
}

// TestLeaderOvertakesNobody: what the leader of a port finishes itself does not
// come before a packet that was posted while it was at it. Where the poller's
// background goroutine takes the event, the leader has nothing, which is why
// there are several tries.
func TestLeaderOvertakesNobody(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	port := newTestPort(t, 1)
	associate(t, server, port, 2)
	p, err := usePort(port)
	must(t, err)
	defer p.Release()
	drains := func(yes bool) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.draining = yes
	}
	var ov Overlapped
	buf := []byte{0}
	direct := 0
	for try := range 50 {
		_, err := WSARecv(server, [][]byte{buf}, nil, &ov, nil)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
		_, _, _, err = GetQueuedCompletionStatus(port, 0) // from now on, the caller drives the poller
		wantErr(t, "without a packet", err, wsa.WSA_WAIT_TIMEOUT)
		for !lead.take() {
			time.Sleep(time.Millisecond)
		}
		drains(true)
		posted := try%2 == 0
		if posted {
			must(t, PostQueuedCompletionStatus(port, 0, 1, nil))
		}
		_, err = Send(client, buf, 0)
		must(t, err)
		var entries [2]OverlappedEntry
		n := 0
		for end := time.Now().Add(10 * time.Second); !ov.Done() && time.Now().Before(end); {
			_, err := poller.Default.Poll(time.Millisecond)
			must(t, err)
			n += drainReady(p, entries[n:])
		}
		drains(false)
		p.behind.Store(false) // as the next drain does
		lead.leave(true, false)
		if posted && n > 0 {
			t.Fatal("the socket's packet overtakes the one posted before")
		}
		direct += n
		var keys []uintptr
		for _, e := range entries[:n] {
			keys = append(keys, e.Key)
		}
		for {
			_, key, _, err := GetQueuedCompletionStatus(port, 0)
			if err != nil {
				break
			}
			keys = append(keys, key)
		}
		want := []uintptr{2}
		if posted {
			want = []uintptr{1, 2}
		}
		if !slices.Equal(keys, want) {
			t.Fatalf("the packets' keys are %v, not %v", keys, want)
		}
	}
	if direct == 0 {
		t.Error("the leader never took a packet itself")
	}
}

// TestAbsenceOnOneProcessor: many packets at a time do not make an absence
// long there, a handler that takes its time does.
func TestAbsenceOnOneProcessor(t *testing.T) {
	defer func(before bool) { oneProcessor = before }(oneProcessor)
	for _, c := range []struct {
		one     bool
		packets int
		away    time.Duration
		long    bool
	}{
		{true, 50, 2 * longAbsence, false},
		{true, 1, 2 * longAbsence, true},
		{false, 50, 2 * longAbsence, true},
		{false, 1, longAbsence / 2, false},
		{true, 0, longAbsence / 2, false},
	} {
		oneProcessor = c.one
		var a absence
		for range 3 {
			a.went(c.packets)
			a.sum = c.away
			a.ended()
		}
		if a.long() != c.long {
			t.Errorf("%+v: long is %v", c, a.long())
		}
	}
}

// TestPacketsOutliveSockets: packets of a socket that is closed are still
// there; a port that is closed takes no more.
func TestPacketsOutliveSockets(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	port, err := CreateIoCompletionPort(HANDLE(server), 0, 5, 0)
	must(t, err)
	var recv, send Overlapped
	_, err = WSARecv(server, [][]byte{make([]byte, 4)}, nil, &recv, nil)
	wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
	_, err = WSASend(server, [][]byte{make([]byte, 4)}, 0, &send, nil)
	must(t, err)
	must(t, CloseSocket(server))
	for i, want := range []*Overlapped{&send, &recv} {
		_, key, ov, err := GetQueuedCompletionStatus(port, 0)
		if ov != want || key != 5 || (err != nil) != (i == 1) {
			t.Errorf("packet %d: %p, key %d, %v", i, ov, key, err)
		}
	}
	associate(t, client, port, 6)
	must(t, CloseHandle(port))
	_, err = WSARecv(client, [][]byte{make([]byte, 4)}, nil, &recv, nil) // the four bytes
	if err != nil && err != wsa.WSA_IO_PENDING {
		t.Errorf("WSARecv when the port is closed: %v", name(err))
	}
	n, _, err := WSAGetOverlappedResult(client, &recv, true)
	if n != 4 || err != nil {
		t.Errorf("its result: %d, %v", n, name(err))
	}
	wantErr(t, "CloseHandle again", CloseHandle(port), wsa.WSA_INVALID_HANDLE)
}

// setStall sets how long a port waits for goroutines that do not come back.
func setStall(t testing.TB, port HANDLE, d time.Duration) {
	t.Helper()
	p, err := usePort(port)
	must(t, err)
	defer p.Release()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stall = d
}

// awaitWaiters waits until so many goroutines wait at a port.
func awaitWaiters(t testing.TB, port HANDLE, n int) {
	t.Helper()
	p, err := usePort(port)
	must(t, err)
	defer p.Release()
	for end := time.Now().Add(soon); ; time.Sleep(100 * time.Microsecond) {
		p.mu.Lock()
		have := 0
		if p.leading {
			have++
		}
		for w := p.parked; w != nil; w = w.next {
			have++
		}
		p.mu.Unlock()
		if have == n {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d goroutines wait, want %d", have, n)
		}
	}
}
