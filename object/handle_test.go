// SPDX-License-Identifier: Apache-2.0

package object

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"winsock/wsa"
)

// A thing is the least object.
type thing struct {
	Header
	ended atomic.Int32
}

func (x *thing) Destroy() { x.ended.Add(1) }

func open(t *testing.T) *thing {
	t.Helper()
	x := new(thing)
	if _, err := Open(x); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(x) })
	return x
}

// acquired is Acquire for a test that looks at once.
func acquired(h Handle) bool {
	o := Acquire(h)
	if o == nil {
		return false
	}
	o.header().Release()
	return true
}

func TestHandleForm(t *testing.T) {
	for range 100 {
		h := open(t).Handle()
		if h%4 != 0 || h == 0 || uint64(h)>>32 != 0 {
			t.Fatalf("handle %#x is not a multiple of four with 32 significant bits", h)
		}
	}
}

// TestForeignNumbers: what programs confuse with handles names nothing.
func TestForeignNumbers(t *testing.T) {
	real := open(t).Handle()
	numbers := []Handle{0, 1, 2, 3, 4, ^Handle(0), real | 1, real | 2, real | 3, real + 1<<32}
	for fd := range Handle(4096) {
		numbers = append(numbers, fd)
	}
	for _, h := range numbers {
		if acquired(h) {
			t.Errorf("%#x names an object", h)
		}
	}
	if !acquired(real) {
		t.Error("the handle itself names nothing")
	}
}

func TestStaleHandle(t *testing.T) {
	x := open(t)
	h := x.Handle()
	if !Close(x) {
		t.Fatal("the first Close reports that somebody else was first")
	}
	if Close(x) {
		t.Error("the second Close reports success")
	}
	if n := x.ended.Load(); n != 1 {
		t.Errorf("destroyed %d times", n)
	}
	for range 10 * quarantineSize {
		y := new(thing)
		g, err := Open(y)
		if err != nil {
			t.Fatal(err)
		}
		if g == h {
			t.Fatal("a closed handle is given out again")
		}
		if acquired(h) {
			t.Fatal("a closed handle names another object")
		}
		Close(y)
	}
}

// TestQuarantine: a slot stays unused until others have been closed after it.
func TestQuarantine(t *testing.T) {
	x := open(t)
	slot := x.Handle().slot()
	Close(x)
	for i := range quarantineSize {
		y := new(thing)
		h, err := Open(y)
		if err != nil {
			t.Fatal(err)
		}
		if h.slot() == slot {
			t.Fatalf("the slot is used again after %d others", i)
		}
		Close(y)
	}
}

// TestGenerations: a slot's handles come back only after all generations.
func TestGenerations(t *testing.T) {
	seen := map[Handle]int{}  // the turn of its slot in which a handle was seen last
	turns := map[uint32]int{} // of each slot
	for turn := range 2 * maxGeneration {
		y := new(thing)
		h, err := Open(y)
		if err != nil {
			t.Fatal(err)
		}
		Close(y)
		turns[h.slot()]++
		now := turns[h.slot()]
		if last, ok := seen[h]; ok && now-last < maxGeneration {
			t.Fatalf("turn %d: handle %#x came back after %d uses of its slot", turn, h, now-last)
		}
		seen[h] = now
	}
}

// TestLastUseDestroys: an object lives as long as a use of it.
func TestLastUseDestroys(t *testing.T) {
	x := open(t)
	o := Acquire(x.Handle())
	if o == nil {
		t.Fatal("not found")
	}
	Close(x)
	if !x.Closing() || !x.Alone() {
		t.Errorf("closing %v, alone %v; want both", x.Closing(), x.Alone())
	}
	if x.ended.Load() != 0 {
		t.Error("destroyed in use")
	}
	o.header().Release()
	if x.ended.Load() != 1 {
		t.Error("not destroyed by the last use")
	}
}

func TestAll(t *testing.T) {
	before := Count()
	a, b := open(t), open(t)
	if n := Count(); n != before+2 {
		t.Errorf("%d handles are open, want %d", n, before+2)
	}
	all := All()
	for _, o := range all {
		defer o.header().Release()
	}
	if !slices.Contains(all, Object(a)) || !slices.Contains(all, Object(b)) {
		t.Error("All misses an open object")
	}
}

// TestFull: WSAEMFILE when no slot is left, and none but the oldest free one
// when the table can no longer grow.
func TestFull(t *testing.T) {
	open(t) // slot 0 has been left out
	table.mu.Lock()
	generations, free, head := table.generations, slices.Clone(table.free), table.freeHead
	table.generations = make([]uint16, maxSlots-1)
	copy(table.generations, generations)
	table.free, table.freeHead = nil, 0
	table.mu.Unlock()
	t.Cleanup(func() {
		table.mu.Lock()
		defer table.mu.Unlock()
		table.generations, table.free, table.freeHead = generations, free, head
	})

	last := new(thing)
	h, err := Open(last)
	if err != nil {
		t.Fatalf("the last slot: %v", err)
	}
	if h.slot() != maxSlots-1 || !acquired(h) {
		t.Errorf("the last slot's handle %#x is not found", h)
	}
	if _, err := Open(new(thing)); err != wsa.WSAEMFILE {
		t.Errorf("a full table: got %v, want WSAEMFILE", err)
	}
	Close(last)
	again := new(thing)
	g, err := Open(again)
	if err != nil || g.slot() != h.slot() || g == h {
		t.Errorf("the slot that became free: handle %#x after %#x, %v", g, h, err)
	}
	Close(again)
}

// TestConcurrency opens, finds and closes from many goroutines. Each object
// must be destroyed once, and never be found under another's handle.
func TestConcurrency(t *testing.T) {
	const workers, rounds = 8, 2000
	before := Count()
	var current [workers]atomic.Uintptr
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				x := new(thing)
				h, err := Open(x)
				if err != nil {
					t.Error(err)
					return
				}
				current[w].Store(uintptr(h))
				g := Handle(current[(w+i)%workers].Load())
				if o := Acquire(g); o != nil {
					if o.header().Handle() != g {
						t.Errorf("%#x found %#x", g, o.header().Handle())
					}
					if o.(*thing).ended.Load() != 0 {
						t.Error("found a destroyed object")
					}
					if i%3 == 0 {
						Close(o) // the owner's Close then reports false
					}
					o.header().Release()
				}
				Close(x)
				if acquired(h) {
					t.Error("found after Close")
				}
			}
		})
	}
	wg.Wait()
	if n := Count(); n != before {
		t.Errorf("%d handles are open, want %d", n, before)
	}
}
