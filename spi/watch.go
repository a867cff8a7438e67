// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// A Watcher is told when events of a socket may have begun to hold. It is a
// hint: whoever is woken tries again.
type Watcher struct {
	// Mask is what the watcher wants to hear of. It must not change while
	// the watcher is on a socket.
	Mask Events

	// Notify is called with the events that may hold, from any goroutine.
	// It must be quick, must not block, and must neither call Watch or
	// Unwatch nor hold a lock that a caller of those holds.
	Notify func(Events)

	// Steady says that Notify is known not to panic: it is called without a
	// guard.
	Steady bool

	list       *WatchList
	prev, next *Watcher
}

// A WatchList is the set of watchers on one socket, for providers to embed.
// Its zero value is empty and ready for use.
type WatchList struct {
	mu    sync.Mutex // held while Notify runs, which is what makes Remove final
	first *Watcher
}

// Add puts w on the list.
func (l *WatchList) Add(w *Watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.list != nil {
		panic("spi: watcher is already on a socket")
	}
	w.list, w.prev, w.next = l, nil, l.first
	if l.first != nil {
		l.first.prev = w
	}
	l.first = w
}

// Remove takes w off the list; it does nothing if w is not on it. When it
// returns, w.Notify is not running and will not be called.
func (l *WatchList) Remove(w *Watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.list != l {
		return
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		l.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	}
	w.list, w.prev, w.next = nil, nil, nil
}

// Notify tells the watchers whose mask has one of the events, or any
// watcher when one of EventsEnd is among them. It reports whether anybody
// watches.
func (l *WatchList) Notify(events Events) bool {
	l.mu.Lock()
	first := l.first
	for w := first; w != nil; {
		if !w.Steady {
			w = w.tell(events)
			continue
		}
		if events&(w.Mask|EventsEnd) != 0 {
			w.Notify(events)
		}
		w = w.next
	}
	l.mu.Unlock()
	return first != nil
}

// tell calls Notify of w and of those behind it up to a steady one, and
// survives it: on the goroutine that tells of events, others depend. It returns
// the one to go on with.
func (w *Watcher) tell(events Events) (rest *Watcher) {
	defer func() {
		if w == nil {
			return // nobody has panicked
		}
		rest = w.next
		slog.Error("spi: a watcher panicked", "events", events, "panic", recover(), "stack", string(debug.Stack()))
		if f := noticeLost.Load(); f != nil {
			go (*f)()
		}
	}()
	for ; w != nil && !w.Steady; w = w.next {
		if events&(w.Mask|EventsEnd) != 0 {
			w.Notify(events)
		}
	}
	rest, w = w, nil
	return rest
}

var noticeLost atomic.Pointer[func()]

// OnNoticeLost has f called, on a goroutine of its own, whenever the Notify
// of a watcher has panicked. Somebody may then wait for what it should have
// told, and nobody knows who.
func OnNoticeLost(f func()) { noticeLost.Store(&f) }

// Empty reports whether nobody watches.
func (l *WatchList) Empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first == nil
}
