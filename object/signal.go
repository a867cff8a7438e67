// SPDX-License-Identifier: Apache-2.0

package object

import (
	"sync"
	"sync/atomic"
)

// A Waitable is an object that can be waited for. Types become waitable by
// embedding a Header and a Signal: an event is little more than the two,
// and a thread, a completion port, or the socket that an overlapped call
// without an event signals, each add one to what they are.
type Waitable interface {
	Object

	// Release ends a use that Acquire began.
	Release()

	signal() *Signal
}

// A Signal is the signalled state of an object, with those who wait for it.
// The zero value is not signalled and resets by hand. It may be used without
// a handle, such as for the queue that an alertable wait looks at.
//
// The lock of a Signal is taken after every other lock but that of the
// handle table, and nothing is taken under it. A wait for all of several
// objects takes the locks of their Signals together, in the order of their
// ranks; nobody else takes more than one.
type Signal struct {
	ranked atomic.Uint64 // see rank

	mu          sync.Mutex // protects what follows
	set         bool
	auto        bool   // one wait that it satisfies resets it
	abandoned   bool   // the handle is closed: waits fail
	first, last *block // those who wait, the longest first
}

func (s *Signal) signal() *Signal { return s }

// ranks counts the ranks given out.
var ranks atomic.Uint64

// rank returns the place of s in the order of locks.
func (s *Signal) rank() uint64 {
	if r := s.ranked.Load(); r != 0 {
		return r
	}
	s.ranked.CompareAndSwap(0, ranks.Add(1))
	return s.ranked.Load()
}

// SetAuto makes s reset itself whenever it has satisfied a wait. It is
// called before s is known to others.
func (s *Signal) SetAuto() { s.auto = true }

// Set signals the object. Every wait that it can satisfy ends; if it resets
// itself, only the oldest does, and if there is none, the next one.
//
// A wait for all of several objects is woken to look for itself, so that a
// wait for any of them, which is handed the signal, comes before it.
func (s *Signal) Set() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set {
		return
	}
	for b := s.first; b != nil; b = b.next {
		if b.all {
			b.w.wake()
			continue
		}
		if !b.w.settle(b.outcome) {
			continue // satisfied by another object; it is about to leave
		}
		b.w.wake()
		if s.auto {
			return
		}
	}
	s.set = true
}

// Reset takes the signal back.
func (s *Signal) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = false
}

// Signalled reports whether a wait would be satisfied now.
func (s *Signal) Signalled() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

// Abandon ends all waits with WSA_INVALID_HANDLE, those to come included. It
// is called when the object's handle has been closed.
func (s *Signal) Abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = true
	for b := s.first; b != nil; b = b.next {
		if b.w.settle(abandoned) {
			b.w.wake()
		}
	}
}

// takeLocked satisfies a wait.
func (s *Signal) takeLocked() {
	if s.auto {
		s.set = false
	}
}

func (s *Signal) linkLocked(b *block) {
	b.sig = s
	b.prev, b.next = s.last, nil
	if s.last != nil {
		s.last.next = b
	} else {
		s.first = b
	}
	s.last = b
}

func (s *Signal) unlinkLocked(b *block) {
	if b.prev != nil {
		b.prev.next = b.next
	} else {
		s.first = b.next
	}
	if b.next != nil {
		b.next.prev = b.prev
	} else {
		s.last = b.prev
	}
	*b = block{}
}
