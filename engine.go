// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/internal/poller"
	"winsock/spi"
	"winsock/wsa"
)

// The engine finishes overlapped operations. A provider tells of readiness
// by a watcher, from inside its own locks, where no operation may be tried;
// so the watcher only puts the socket on the ready list. The list is worked
// off by whoever drives the poller, as soon as it has told everybody:
//
//   - a goroutine that waits at a completion port and drives the poller
//     itself, which is the fast way: the operation is done and its packet
//     returned by the goroutine that wanted it;
//   - the poller's background goroutine, while nobody drives;
//   - a goroutine of the engine's own, for what providers without a
//     descriptor tell from elsewhere.
var engine struct {
	ready   atomic.Pointer[async] // sockets with something to do, the last one first
	running atomic.Bool           // the engine's own goroutine is about to look
}

func init() { poller.Default.AfterBackground = func() { drainReady(nil, nil) } }

// notify is how the watcher tells of events. It puts the socket on the ready
// list, unless it is there.
func (a *async) notify(events spi.Events) {
	if a.events.Or(uint32(events)|onReadyList)&onReadyList != 0 {
		return
	}
	for {
		head := engine.ready.Load()
		a.nextReady = head
		if engine.ready.CompareAndSwap(head, a) {
			break
		}
	}
	if !poller.Default.Dispatching() && engine.running.CompareAndSwap(false, true) {
		go routineDrain()
	}
}

func routineDrain() {
	engine.running.Store(false)
	drainReady(nil, nil)
}

// drainReady does what the sockets on the ready list have to do, in the order in
// which they came. The packets of a port are put into entries, as long as there
// is room, and the result is how many.
func drainReady(port *completionPort, entries []OverlappedEntry) int {
	var t turn
	taker := taker{port: port, entries: entries}
	for {
		t.rest = reversed(engine.ready.Swap(nil))
		if t.rest == nil {
			return taker.filled
		}
		for t.unfinished() {
			t.do(&taker)
		}
	}
}

// A turn takes sockets off a list, several at a time. What those of the kernel
// have received is taken first, one system call after the other, and told then.
// For after each call, the code that follows has to come into the processor's
// cache anew: so the much that it takes to tell comes once for all of them.
type turn struct {
	rest    *async // of the list
	running *async // has its provider at work, and its lock held, if that panics

	chances [16]chance
	length  int // of chances
	told    int // chances that endEarly was called for, if it was to be
	run     int // chances that run was called for, if it was to be
}

// A taker is what the leader of a port takes of its packets without the way
// through the port. It is not a part of the turn for the compiler to see that
// entries do not escape.
type taker struct {
	port    *completionPort // nil for who is not a leader
	entries []OverlappedEntry
	filled  int // of entries
}

// take puts the end of an operation that succeeded into the leader's entries.
// It reports false if the port is to be told: no packet overtakes one that went
// through the port before it.
func (t *taker) take(a *async, r *request) bool {
	if a.port != t.port || t.filled == len(t.entries) || t.port.behind.Load() {
		return false
	}
	e := &t.entries[t.filled]
	e.Key, e.Overlapped, e.Internal, e.Transferred = a.key, r.overlapped, uint64(wsa.STATUS_SUCCESS), uint32(r.n)
	t.filled++
	return true
}

// full has all further packets go through the port: one did, and they are not to
// overtake it.
func (t *taker) full() { t.entries = t.entries[:t.filled] }

// A chance is what one socket has in a turn.
type chance struct {
	a      *async
	events spi.Events
	early  bool // a receive was tried, and its lock is held
}

// do goes on until nothing is left, or until a provider panics, which is caught
// here once for all of them.
func (t *turn) do(taker *taker) {
	defer func() {
		if a := t.running; a != nil {
			t.running = nil
			a.panicked(recover())
		}
	}()
	for t.unfinished() {
		for t.rest != nil && t.length < len(t.chances) {
			a := t.rest
			t.rest, a.nextReady = a.nextReady, nil
			events := spi.Events(a.events.Swap(0) &^ onReadyList)
			t.running = a
			r, from := a.beginEarly(events)
			if r != nil {
				r.n, r.err = from.Recv(&r.msg)
			}
			t.chances[t.length] = chance{a, events, r != nil}
			t.length++
		}
		for t.told < t.length {
			p := &t.chances[t.told]
			t.told++
			if p.early {
				t.running = p.a
				p.a.endEarly(taker)
			}
		}
		for t.run < t.length { // no lock is held any more, so that one may be waited for
			p := &t.chances[t.run]
			t.run++
			if !p.early {
				t.running = p.a
				p.a.run(p.events, taker)
			}
		}
		t.length, t.told, t.run = 0, 0, 0
	}
	t.running = nil
}

func (t *turn) unfinished() bool { return t.rest != nil || t.run < t.length }

func reversed(list *async) (first *async) {
	for list != nil {
		list, list.nextReady, first = list.nextReady, first, list
	}
	return first
}
