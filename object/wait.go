// SPDX-License-Identifier: Apache-2.0

package object

import (
	"cmp"
	"slices"
	"time"

	"winsock/wsa"
)

// Wait waits until one of the objects is signalled, or with all, until they
// are all signalled at the same moment. It returns the index of the object
// that satisfied the wait (the lowest if there are several, 0 with all),
// TimedOut when the time is over before, or Alerted. A timeout of 0 only
// looks; a negative one means forever.
//
// What satisfies a wait is reset if it resets itself. A wait for all takes
// nothing until it can take everything.
//
// alert, when not nil, is one more Signal that ends the wait, and comes
// after all objects: it counts only if the wait would have to go on. It is
// how a wait becomes alertable.
//
// The caller has acquired the objects. Any number is allowed but zero.
//
// Errors: WSA_INVALID_PARAMETER without objects, and for an object that is
// named twice in a wait for all; WSA_INVALID_HANDLE when the handle of one
// is closed meanwhile.
func Wait(objects []Waitable, all bool, timeout time.Duration, alert *Signal) (int, error) {
	var outcome int
	switch {
	case len(objects) == 0:
		return 0, wsa.WSA_INVALID_PARAMETER
	case len(objects) == 1:
		if objects[0].signal().take() {
			return 0, nil
		}
		outcome = waitAny(objects, timeout, alert)
	case all:
		var err error
		if outcome, err = waitAll(objects, timeout, alert); err != nil {
			return 0, err
		}
	default:
		outcome = waitAny(objects, timeout, alert)
	}
	if outcome == abandoned {
		return 0, wsa.WSA_INVALID_HANDLE
	}
	return outcome, nil
}

// take satisfies a wait for s alone, if that needs no waiting.
func (s *Signal) take() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.set || s.abandoned {
		return false
	}
	s.takeLocked()
	return true
}

// waitAny enters the queues one by one, in the order of the objects, and
// stops at the first that decides the wait.
func waitAny(objects []Waitable, timeout time.Duration, alert *Signal) int {
	w := newWaiter(len(objects) + 1)
	defer w.free()
	for i, o := range objects {
		if w.join(o.signal(), &w.blocks[i], int32(i)); w.decided() {
			break
		}
	}
	if alert != nil && !w.decided() {
		w.join(alert, &w.blocks[len(objects)], Alerted)
	}
	if !w.decided() {
		w.pause(timeout)
	}
	w.leave()
	return int(w.outcome.Load())
}

// waitAll looks at the objects together whenever one of them is signalled.
func waitAll(objects []Waitable, timeout time.Duration, alert *Signal) (int, error) {
	w := newWaiter(len(objects) + 1)
	defer w.free()
	for _, o := range objects {
		w.order = append(w.order, o.signal())
	}
	slices.SortFunc(w.order, func(a, b *Signal) int { return cmp.Compare(a.rank(), b.rank()) })
	for i := range w.order[1:] {
		if w.order[i] == w.order[i+1] {
			return 0, wsa.WSA_INVALID_PARAMETER
		}
	}
	w.takeAll(true)
	if alert != nil && !w.decided() {
		w.join(alert, &w.blocks[len(objects)], Alerted)
	}
	var end time.Time
	if timeout > 0 {
		end = time.Now().Add(timeout)
	}
	for !w.decided() {
		left := timeout
		if timeout > 0 {
			left = max(0, time.Until(end))
		}
		if w.pause(left); !w.decided() {
			w.takeAll(false)
		}
	}
	w.leave()
	return int(w.outcome.Load()), nil
}

// takeAll decides the wait if all objects are signalled. With join, it enters
// their queues otherwise.
func (w *waiter) takeAll(join bool) {
	ready, gone := true, false
	for _, s := range w.order {
		s.mu.Lock()
		ready = ready && s.set
		gone = gone || s.abandoned
	}
	switch {
	case gone:
		w.settle(abandoned)
	case ready && w.settle(0):
		for _, s := range w.order {
			s.takeLocked()
		}
	case join && !ready:
		for i, s := range w.order {
			w.blocks[i].w, w.blocks[i].all = w, true
			s.linkLocked(&w.blocks[i])
		}
	}
	for _, s := range w.order {
		s.mu.Unlock()
	}
}
