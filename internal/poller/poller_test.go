// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"winsock/internal/sys"
)

const patience = time.Minute

func TestMain(m *testing.M) {
	r, w, _ := os.Pipe() // has the runtime open its own poller
	r.SetReadDeadline(time.Now())
	r.Close()
	w.Close()
	goroutines := runtime.NumGoroutine()
	code := m.Run()
	for end := time.Now().Add(patience); code == 0 && runtime.NumGoroutine() > goroutines; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			println("leak: goroutines are left")
			code = 1
		}
	}
	os.Exit(code)
}

// A recorder is a target that keeps what it is told.
type recorder struct {
	told chan uint32
}

func (r *recorder) NotifyReady(bits uint32) {
	select {
	case r.told <- bits:
	default:
	}
}

// counter returns an event counter with a registration that is not added.
func counter(t testing.TB) (int, *Desc, chan uint32) {
	t.Helper()
	fd, e := sys.EventFd()
	if e != 0 {
		t.Fatal(e)
	}
	t.Cleanup(func() { sys.Close(fd) })
	r := &recorder{told: make(chan uint32, 16)}
	return fd, &Desc{Target: r}, r.told
}

func add(t testing.TB, p *Poller, fd int, d *Desc) {
	t.Helper()
	if err := p.Add(fd, d); err != nil {
		t.Fatalf("Add: %v", err)
	}
}

func expectTold(t *testing.T, what string, told chan uint32, bit uint32) {
	t.Helper()
	end := time.After(patience)
	for {
		select {
		case bits := <-told:
			if bits&bit != 0 {
				return
			}
		case <-end:
			t.Fatalf("%s: the target was not told of %#x", what, bit)
		}
	}
}

// expectClosed waits until the poller has given everything back.
func expectClosed(t *testing.T, p *Poller) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		p.mu.Lock()
		open := p.open || p.routine != nil
		p.mu.Unlock()
		if !open {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the poller still holds descriptors though nothing is registered")
		}
	}
}

// Nobody drives: the background goroutine tells the target.
func TestBackground(t *testing.T) {
	var p Poller
	fd, d, told := counter(t)
	add(t, &p, fd, d)
	for range 3 {
		sys.EventFdAdd(fd)
		expectTold(t, "background", told, sys.POLLIN)
		sys.EventFdTake(fd)
	}
	p.Remove(fd, d)
	p.Remove(fd, d) // once more does nothing
	expectClosed(t, &p)
}

// What holds already when a descriptor is added is told.
func TestAddTellsAtOnce(t *testing.T) {
	var p Poller
	fd, d, told := counter(t)
	sys.EventFdAdd(fd)
	add(t, &p, fd, d)
	expectTold(t, "Add", told, sys.POLLIN)
	p.Remove(fd, d)
	expectClosed(t, &p)
}

// The caller of Poll runs the notification itself.
func TestPollDrives(t *testing.T) {
	var p Poller
	if n, err := p.Poll(0); n != 0 || err != nil {
		t.Fatalf("Poll of nothing: %d, %v", n, err)
	}
	p.mu.Lock()
	driven := p.driven
	p.driven, p.drivers = true, p.drivers+1 // keep the background goroutine away
	p.mu.Unlock()
	if !driven {
		t.Error("a poller that was driven a moment ago does not know it")
	}
	fd, d, told := counter(t)
	add(t, &p, fd, d)
	sys.EventFdAdd(fd)
	n, err := p.Poll(patience)
	if n != 1 || err != nil {
		t.Fatalf("Poll: %d, %v; want 1 event", n, err)
	}
	select {
	case <-told:
	default:
		t.Error("Poll returned without having told the target")
	}
	p.Remove(fd, d)
	p.leave()
	expectClosed(t, &p)
}

// When the last driver has gone for good, the background takes over.
func TestHandBack(t *testing.T) {
	var p Poller
	fd, d, told := counter(t)
	add(t, &p, fd, d)
	for range 20 {
		if _, err := p.Poll(0); err != nil {
			t.Fatal(err)
		}
	}
	expectTold(t, "first event", told, sys.POLLOUT)
	for len(told) > 0 {
		<-told
	}
	sys.EventFdAdd(fd)
	expectTold(t, "after the driver has left", told, sys.POLLIN)
	p.Remove(fd, d)
	expectClosed(t, &p)
}

func TestWake(t *testing.T) {
	var p Poller
	p.Wake() // before anybody drives: the next Poll does not wait
	if n, err := p.Poll(patience); n != 0 || err != nil {
		t.Fatalf("Poll after Wake: %d, %v", n, err)
	}
	done := make(chan error)
	go func() {
		_, err := p.Poll(-1)
		done <- err
	}()
	for end := time.Now().Add(patience); ; runtime.Gosched() {
		p.mu.Lock()
		waits := p.drivers > 0
		p.mu.Unlock()
		if waits {
			break
		}
		if time.Now().After(end) {
			t.Fatal("Poll does not begin")
		}
	}
	p.Wake()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Poll: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Wake did not end Poll")
	}
	expectClosed(t, &p)
}

// An event that the kernel reports for a registration which is gone does not
// reach the next one in its place.
func TestLateEvent(t *testing.T) {
	var p Poller
	first, d1, told1 := counter(t)
	second, d2, told2 := counter(t)
	add(t, &p, first, d1)
	late := d1.id
	p.Remove(first, d1)
	add(t, &p, second, d2)
	if d2.id.index != late.index {
		t.Fatalf("the place %d was not used again but %d: the test tests nothing", late.index, d2.id.index)
	}
	if d2.id.generation == late.generation {
		t.Error("two registrations in one place have the same generation")
	}
	for len(told1) > 0 {
		<-told1
	}
	sys.EventFdAdd(second)
	expectTold(t, "the second", told2, sys.POLLIN)
	if len(told1) != 0 {
		t.Error("the first was told of the second's event")
	}
	p.Remove(second, d2)
	expectClosed(t, &p)
}

// Adding, removing and driving from many goroutines leaves nothing behind.
func TestConcurrent(t *testing.T) {
	var p Poller
	var wg sync.WaitGroup
	for range 4 {
		fd, d, told := counter(t)
		wg.Go(func() {
			for range 200 {
				if p.Add(fd, d) != nil {
					t.Error("Add failed")
					return
				}
				sys.EventFdAdd(fd)
				select {
				case <-told:
				case <-time.After(patience):
					t.Error("an event was lost")
				}
				p.Remove(fd, d)
			}
		})
		wg.Go(func() {
			for range 50 {
				p.Poll(time.Millisecond)
			}
		})
	}
	wg.Wait()
	expectClosed(t, &p)
}

func TestPollDoesNotAllocate(t *testing.T) {
	var p Poller
	fd, d, _ := counter(t)
	add(t, &p, fd, d)
	if n := testing.AllocsPerRun(100, func() {
		sys.EventFdAdd(fd)
		p.Poll(0)
	}); n != 0 {
		t.Errorf("Poll allocates %v times", n)
	}
	p.Remove(fd, d)
	expectClosed(t, &p)
}

// A target that calls Wake while it is told costs the driver nothing: the
// call of Poll that told it returns, and the next one waits again.
func TestWakeFromNotification(t *testing.T) {
	var p Poller
	fd, e := sys.EventFd()
	if e != 0 {
		t.Fatal(e)
	}
	defer sys.Close(fd)
	d := &Desc{Target: waker{&p}}
	if _, err := p.Poll(0); err != nil { // from now on it is driven, for a while
		t.Fatal(err)
	}
	p.mu.Lock()
	p.driven, p.drivers = true, p.drivers+1
	p.mu.Unlock()
	add(t, &p, fd, d)
	sys.EventFdAdd(fd)
	if n, err := p.Poll(patience); n != 1 || err != nil {
		t.Fatalf("Poll: %d, %v", n, err)
	}
	p.mu.Lock()
	if p.woken {
		t.Error("Wake was kept for the next call of Poll")
	}
	p.mu.Unlock()
	if sys.Poll(p.wakefd, sys.POLLIN) != 0 {
		t.Error("Wake went by way of the kernel")
	}
	p.Remove(fd, d)
	p.leave()
	expectClosed(t, &p)
}

type waker struct{ p *Poller }

func (w waker) NotifyReady(uint32) { w.p.Wake() }

// POLLOUT of a descriptor that has it on request is told once it was asked for,
// at once if it holds, and not any more when that was withdrawn.
func TestRequest(t *testing.T) {
	var p Poller
	fd, d, told := counter(t) // which can always be written to
	d.OutOnRequest = true
	add(t, &p, fd, d)
	sys.EventFdAdd(fd)
	if bits := <-told; bits&sys.POLLOUT != 0 {
		t.Errorf("told of %#x without a request", bits)
	}
	p.Withdraw(fd, d) // of nothing
	p.Request(fd, d)
	expectTold(t, "a request", told, sys.POLLOUT)
	p.Withdraw(fd, d)
	for range 2 { // the first may have been under way
		sys.EventFdTake(fd)
		sys.EventFdAdd(fd)
	}
	for bits := uint32(0); bits&sys.POLLIN == 0 || bits&sys.POLLOUT != 0; {
		select {
		case bits = <-told:
		case <-time.After(patience):
			t.Fatal("after the withdrawal, nothing is told of but POLLOUT")
		}
		sys.EventFdTake(fd)
		sys.EventFdAdd(fd)
	}
	p.Remove(fd, d)
	p.Request(fd, d) // is kept for Add
	add(t, &p, fd, d)
	expectTold(t, "a request before Add", told, sys.POLLOUT)
	p.Remove(fd, d)
	expectClosed(t, &p)
}
