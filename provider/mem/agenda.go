// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"container/heap"
	"time"

	"winsock/spi"
)

// An agenda is what a network still has to do later: a heap of actions and
// one timer for the first of them. The network's lock protects it.
type agenda struct {
	actions actions
	seq     uint64
	timer   Timer
	at      time.Time // when the timer fires, while it is not nil
}

// An action runs with the network locked. What it wakes it adds to w.
type action struct {
	at  time.Time
	seq uint64 // actions of one time keep their order
	do  func(w *wakes)
}

// laterLocked puts do on the agenda.
func (n *Network) laterLocked(at time.Time, do func(w *wakes)) {
	a := &n.agenda
	a.seq++
	heap.Push(&a.actions, action{at, a.seq, do})
	n.armLocked()
}

// armLocked makes the timer fire for the first action.
func (n *Network) armLocked() {
	a := &n.agenda
	if len(a.actions) == 0 {
		return
	}
	first := a.actions[0].at
	if a.timer != nil {
		if !first.Before(a.at) {
			return
		}
		a.timer.Stop()
	}
	a.at = first
	a.timer = n.clock.AfterFunc(first.Sub(n.clock.Now()), n.routineAgenda)
}

// routineAgenda does what is due. The clock calls it.
func (n *Network) routineAgenda() {
	var w wakes
	n.mu.Lock()
	a := &n.agenda
	a.timer = nil
	now := n.clock.Now()
	for len(a.actions) > 0 && !a.actions[0].at.After(now) {
		heap.Pop(&a.actions).(action).do(&w)
	}
	if a.timer == nil { // an action may have armed it
		n.armLocked()
	}
	n.mu.Unlock()
	w.fire()
}

// clearLocked drops everything.
func (a *agenda) clearLocked() {
	if a.timer != nil {
		a.timer.Stop()
		a.timer = nil
	}
	a.actions = nil
}

type actions []action

func (h actions) Len() int { return len(h) }
func (h actions) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}
func (h actions) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *actions) Push(x any)   { *h = append(*h, x.(action)) }
func (h *actions) Pop() any {
	old := *h
	a := old[len(old)-1]
	old[len(old)-1] = action{}
	*h = old[:len(old)-1]
	return a
}

// wakes are the sockets whose watchers are to be told once the network's
// lock is released. The usual few of them need no memory of their own.
type wakes struct {
	list  [4]wake
	count int
	more  []wake
}

type wake struct {
	socket *socket
	events spi.Events
}

func (w *wakes) add(s *socket, e spi.Events) {
	for i := range w.count {
		if w.list[i].socket == s {
			w.list[i].events |= e
			return
		}
	}
	if w.count < len(w.list) {
		w.list[w.count] = wake{s, e}
		w.count++
		return
	}
	w.more = append(w.more, wake{s, e})
}

// fire tells the watchers. The network must not be locked.
func (w *wakes) fire() {
	for i := range w.count {
		w.list[i].socket.watch.Notify(w.list[i].events)
	}
	for _, m := range w.more {
		m.socket.watch.Notify(m.events)
	}
}
