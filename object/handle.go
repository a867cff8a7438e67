// SPDX-License-Identifier: Apache-2.0

package object

import (
	"sync"
	"sync/atomic"

	"winsock/wsa"
)

// A Handle names an object. The zero Handle names nothing.
type Handle uintptr

// A handle is generation (10 bits), slot (20 bits), and two zero bits. The
// generation is never 0, so that the small numbers that programs confuse
// with handles, file descriptors above all, name nothing.
const (
	slotBits       = 20
	generationBits = 10
	chunkBits      = 10

	maxSlots       = 1 << slotBits
	maxGeneration  = 1<<generationBits - 1
	slotsPerChunk  = 1 << chunkBits
	quarantineSize = 64 // free slots kept back, so that a slot is not reused at once
)

func makeHandle(slot, generation uint32) Handle {
	return Handle(generation<<(slotBits+2) | slot<<2)
}

func (h Handle) slot() uint32 { return uint32(h) >> 2 & (maxSlots - 1) }

// An Object is what a handle names. Types become objects by embedding a
// Header and giving it a Destroy method.
type Object interface {
	header() *Header

	// Destroy is called once, when the handle is closed and the last use
	// has ended.
	Destroy()
}

// A Header counts the uses of an object. It is embedded in the object.
type Header struct {
	self      Object
	handle    uint32       // a Handle
	uses      atomic.Int32 // uses under way, plus one for the open handle; below zero from the end on
	closing   atomic.Bool  // set before the handle's own use is given back
	withdrawn atomic.Bool  // the handle names nothing any more
}

// ended is what the uses of a destroyed object begin at. Late calls of Acquire
// count a use and give it back before they see that they come too late.
const ended = -1 << 30

func (h *Header) header() *Header { return h }

// Handle returns the object's handle.
func (h *Header) Handle() Handle { return Handle(h.handle) }

// Closing reports whether the handle has been closed. Uses that began before
// may still be under way.
func (h *Header) Closing() bool { return h.closing.Load() }

// Withdrawn reports whether the handle names nothing any more.
func (h *Header) Withdrawn() bool { return h.withdrawn.Load() }

// Uses returns the number of uses under way, the open handle's own included.
func (h *Header) Uses() int { return int(h.uses.Load()) }

// Hold begins a use for somebody who knows the object already, and ends it
// with Release. It reports false when the handle has been closed.
func (h *Header) Hold() bool {
	h.uses.Add(1)
	if h.closing.Load() {
		h.Release()
		return false
	}
	return true
}

// Release ends a use that Acquire began.
func (h *Header) Release() {
	if h.uses.Add(-1) == 0 && h.uses.CompareAndSwap(0, ended) {
		h.self.Destroy()
	}
}

// Alone reports whether the caller's use is the only one left of an object
// that is closing.
func (h *Header) Alone() bool { return h.closing.Load() && h.uses.Load() == 1 }

type chunk [slotsPerChunk]atomic.Pointer[Header]

// The table is read without a lock: two loads that never change for a live
// handle, and a check of the handle itself.
var table struct {
	chunks [maxSlots / slotsPerChunk]atomic.Pointer[chunk]

	mu          sync.Mutex // protects what follows
	generations []uint16   // of the slots in use so far
	free        []uint32   // ring of free slots, oldest first
	freeHead    int
	open        int
}

// Open gives o a handle. o must be new. WSAEMFILE means that the handle
// space is full.
func Open(o Object) (Handle, error) {
	table.mu.Lock()
	defer table.mu.Unlock()
	slot, ok := takeSlotLocked()
	if !ok {
		return 0, wsa.WSAEMFILE
	}
	table.open++
	h := o.header()
	h.self = o
	h.handle = uint32(makeHandle(slot, uint32(table.generations[slot])))
	h.uses.Store(1)
	c := &table.chunks[slot>>chunkBits]
	if c.Load() == nil {
		c.Store(new(chunk))
	}
	c.Load()[slot&(slotsPerChunk-1)].Store(h)
	return h.Handle(), nil
}

// takeSlotLocked returns a slot with its generation advanced. Free slots are
// reused in the order in which they became free, and only once the
// quarantine is full, so that stale handles are found out for long.
func takeSlotLocked() (uint32, bool) {
	waiting := len(table.free) - table.freeHead
	if waiting <= quarantineSize && len(table.generations) < maxSlots {
		if len(table.generations) == 0 {
			table.generations = append(table.generations, 0) // slot 0 stays unused
		}
		table.generations = append(table.generations, 1)
		return uint32(len(table.generations) - 1), true
	}
	if waiting == 0 {
		return 0, false
	}
	slot := table.free[table.freeHead]
	table.freeHead++
	if table.freeHead > len(table.free)/2 {
		table.free = append(table.free[:0], table.free[table.freeHead:]...)
		table.freeHead = 0
	}
	g := table.generations[slot] + 1
	if g > maxGeneration {
		g = 1
	}
	table.generations[slot] = g
	return slot, true
}

// Acquire begins a use of the object that h names; the caller ends it with
// Release. It returns nil for a handle that was never given out or is
// closed.
func Acquire(h Handle) Object {
	slot := h.slot()
	c := table.chunks[slot>>chunkBits].Load()
	if c == nil {
		return nil
	}
	hdr := c[slot&(slotsPerChunk-1)].Load()
	if hdr == nil || hdr.Handle() != h {
		return nil
	}
	hdr.uses.Add(1)
	if hdr.closing.Load() {
		hdr.Release()
		return nil
	}
	return hdr.self
}

// Peek returns the object that h names without beginning a use, nil if it names
// none. The object may be closed and destroyed at any time, and be so already;
// whoever peeks has another way to tell.
func Peek(h Handle) Object {
	c := table.chunks[h.slot()>>chunkBits].Load()
	if c == nil {
		return nil
	}
	hdr := c[h.slot()&(slotsPerChunk-1)].Load()
	if hdr == nil || Handle(hdr.handle) != h {
		return nil
	}
	return hdr.self
}

// Close ends the handle of o and gives its use back. It reports false if
// somebody else closed it before.
func Close(o Object) bool {
	h := o.header()
	if !h.closing.CompareAndSwap(false, true) {
		return false
	}
	Withdraw(o)
	h.Release()
	return true
}

// Withdraw makes the handle of o name nothing, for an object that lives on
// for those who know it until Close. It reports false if that was done before.
func Withdraw(o Object) bool {
	h := o.header()
	if !h.withdrawn.CompareAndSwap(false, true) {
		return false
	}
	slot := h.Handle().slot()
	table.mu.Lock()
	defer table.mu.Unlock()
	table.chunks[slot>>chunkBits].Load()[slot&(slotsPerChunk-1)].Store(nil)
	table.free = append(table.free, slot)
	table.open--
	return true
}

// Count returns the number of open handles.
func Count() int {
	table.mu.Lock()
	defer table.mu.Unlock()
	return table.open
}

// All returns the objects that have an open handle, each acquired for the
// caller, who releases them.
func All() []Object {
	table.mu.Lock()
	n := len(table.generations)
	table.mu.Unlock()
	var all []Object
	for slot := range uint32(n) {
		c := table.chunks[slot>>chunkBits].Load()
		if c == nil {
			continue
		}
		if hdr := c[slot&(slotsPerChunk-1)].Load(); hdr != nil {
			if o := Acquire(hdr.Handle()); o != nil {
				all = append(all, o)
			}
		}
	}
	return all
}
