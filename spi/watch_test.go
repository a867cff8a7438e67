// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestWatchListTellsByMask(t *testing.T) {
	var l WatchList
	var told [3]Events
	watchers := [3]Watcher{{Mask: EventRead}, {Mask: EventWrite}, {Mask: EventAll}}
	for i := range watchers {
		watchers[i].Notify = func(e Events) { told[i] |= e }
		l.Add(&watchers[i])
	}
	l.Notify(EventRead)
	if told != [3]Events{EventRead, 0, EventRead} {
		t.Errorf("a read told %v", told)
	}
	l.Notify(EventReset) // no further progress: everybody wants to know
	if told != [3]Events{EventRead | EventReset, EventReset, EventRead | EventReset} {
		t.Errorf("a reset told %v", told)
	}
	l.Remove(&watchers[1])
	l.Remove(&watchers[1]) // once more does nothing
	told = [3]Events{}
	l.Notify(EventClose)
	if told != [3]Events{EventClose, 0, EventClose} {
		t.Errorf("after a removal, %v were told", told)
	}
	l.Remove(&watchers[0])
	l.Remove(&watchers[2])
	if !l.Empty() {
		t.Error("the list is not empty")
	}
}

// TestPanickingWatcher: everybody else is told all the same, whether steady or
// guarded.
func TestPanickingWatcher(t *testing.T) {
	var l WatchList
	var told [6]int
	watchers := make([]Watcher, len(told))
	for i := range watchers {
		w := &watchers[i]
		w.Mask, w.Steady = EventRead, i == 1 || i == 4
		w.Notify = func(Events) {
			if told[i]++; i == 2 || i == 3 {
				panic("on purpose")
			}
		}
		l.Add(w)
	}
	for range 2 {
		if !l.Notify(EventRead) {
			t.Error("nobody watches")
		}
	}
	l.Notify(EventWrite) // of which nobody wants to hear
	if told != [6]int{2, 2, 2, 2, 2, 2} {
		t.Errorf("told %v times, want 2 each", told)
	}
}

// TestRemoveIsFinal: when Remove has returned, Notify does not run and will
// not be called.
func TestRemoveIsFinal(t *testing.T) {
	var l WatchList
	var stop atomic.Bool
	var notifier sync.WaitGroup
	notifier.Go(func() {
		for !stop.Load() {
			l.Notify(EventRead)
		}
	})
	for range 2000 {
		var removed atomic.Bool
		w := Watcher{Mask: EventRead}
		w.Notify = func(Events) {
			if removed.Load() {
				t.Error("told after its removal")
			}
		}
		l.Add(&w)
		l.Remove(&w)
		removed.Store(true)
	}
	stop.Store(true)
	notifier.Wait()
}

func TestWatcherOnTwoLists(t *testing.T) {
	var l, other WatchList
	w := Watcher{Notify: func(Events) {}}
	l.Add(&w)
	defer func() {
		if recover() == nil {
			t.Error("a watcher could be put on two sockets")
		}
	}()
	other.Add(&w)
}
