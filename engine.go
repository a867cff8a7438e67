// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/internal/poller"
	"winsock/spi"
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
			list = runReady(list)
		}
	}
}

// runReady runs the sockets of a list, and returns nil; or the rest of the
// list when a provider has panicked, which is caught here once for all of them.
func runReady(list *async) (rest *async) {
	var a *async
	defer func() {
		if v := recover(); v != nil {
			a.panicked(v)
		}
	}()
	for rest = list; rest != nil; {
		a = rest
		rest, a.nextReady = a.nextReady, nil
		a.run(spi.Events(a.events.Swap(0) &^ onReadyList))
	}
	return nil
}

func reversed(list *async) (first *async) {
	for list != nil {
		list, list.nextReady, first = list.nextReady, first, list
	}
	return first
}
