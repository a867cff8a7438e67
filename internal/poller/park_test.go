// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"runtime"
	"testing"
	"time"

	"winsock/internal/sys"
)

// oneProcessor has the pollers of a test park their drivers.
func oneProcessor(t *testing.T) {
	before := runtime.GOMAXPROCS(1)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestOneProcessor: a poller whose drivers park does all that others do.
func TestOneProcessor(t *testing.T) {
	oneProcessor(t)
	for name, test := range map[string]func(*testing.T){
		"background":     TestBackground,
		"wake":           TestWake,
		"late event":     TestLateEvent,
		"concurrent":     TestConcurrent,
		"wake when told": TestWakeFromNotification,
		"no allocation":  TestPollDoesNotAllocate,
	} {
		t.Run(name, test)
	}
}

// TestParkedTimeout: a parked wait is over in time, and its time is not that of
// the next one.
func TestParkedTimeout(t *testing.T) {
	oneProcessor(t)
	var p Poller
	fd, d, told := counter(t)
	add(t, &p, fd, d)
	if _, err := p.Poll(0); err != nil { // that there is room to write
		t.Fatal(err)
	}
	const short = 20 * time.Millisecond
	for range 3 {
		begun := time.Now()
		if n, err := p.Poll(short); n != 0 || err != nil {
			t.Fatalf("without an event: %d, %v", n, err)
		}
		if took := time.Since(begun); took < short {
			t.Fatalf("%v were over after %v", short, took)
		}
	}
	if !p.park.timed {
		t.Fatal("the driver did not park: the test tests nothing")
	}
	if n, err := p.Poll(1); n != 0 || err != nil { // over before it begins
		t.Errorf("a nanosecond without an event: %d, %v", n, err)
	}
	sys.EventFdAdd(fd)
	if _, err := p.Poll(1); err != nil {
		t.Errorf("a nanosecond with an event: %v", err)
	}
	expectTold(t, "the target", told, sys.POLLIN)
	time.AfterFunc(2*short, func() { sys.EventFdAdd(fd) })
	if n, err := p.Poll(-1); n != 1 || err != nil {
		t.Errorf("without end: %d, %v", n, err)
	}
	p.Remove(fd, d)
	expectClosed(t, &p)
}

// TestParkedTogether: one driver parks, the others wait in epoll_wait, and each
// call of Wake ends one.
func TestParkedTogether(t *testing.T) {
	oneProcessor(t)
	var p Poller
	const drivers = 3
	done := make(chan error, drivers)
	for range drivers {
		go func() { _, err := p.Poll(-1); done <- err }()
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		waiting := p.waiting
		p.mu.Unlock()
		if waiting == drivers {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d drivers wait, want %d", waiting, drivers)
		}
	}
	for range drivers {
		p.Wake()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Poll: %v", err)
			}
		case <-time.After(patience):
			t.Fatal("Wake ended nobody's wait")
		}
	}
	expectClosed(t, &p)
}

// TestParkedWaitDoesNotAllocate: a wait is no operation's cost.
func TestParkedWaitDoesNotAllocate(t *testing.T) {
	oneProcessor(t)
	var p Poller
	fd, d, _ := counter(t)
	add(t, &p, fd, d)
	if n := testing.AllocsPerRun(20, func() { p.Poll(time.Millisecond) }); n != 0 {
		t.Errorf("a wait allocates %v times", n)
	}
	p.Remove(fd, d)
	expectClosed(t, &p)
}
