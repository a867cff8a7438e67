// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/internal/poller"
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

func init() { poller.Default.AfterBackground = drainReady }

// schedule puts a socket on the ready list.
func (a *async) schedule() {
	if !a.queued.CompareAndSwap(false, true) {
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
	drainReady()
}

// drainReady does what the sockets on the ready list have to do, in the order in
// which they came.
func drainReady() {
	for {
		list := reversed(engine.ready.Swap(nil))
		if list == nil {
			return
		}
		for list != nil {
			a := list
			list, a.nextReady = a.nextReady, nil
			a.queued.Store(false)
			a.run()
		}
	}
}

func reversed(list *async) (first *async) {
	for list != nil {
		list, list.nextReady, first = list.nextReady, first, list
	}
	return first
}
