// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock/spi"
)

// This file is what select and WSAPoll have in common: looking at several
// sockets, of whatever providers, and waiting for the first that is ready.
// They look first; only who has to wait puts a watcher on each socket, looks
// again, and from then on only at the sockets that were heard of.

// A pollSet is one call of select or WSAPoll. It is pooled with its entries.
type pollSet struct {
	waiter   // what the caller pauses on
	all      []*pollEntry
	entries  []*pollEntry          // those of all that are in use
	byHandle map[SOCKET]*pollEntry // of a large set
}

// A pollEntry is a socket in a pollSet.
type pollEntry struct {
	waiter // on the socket and its provider; its channel is the set's

	handle SOCKET
	sock   *socket    // in use for as long as the call; nil in place of a bad one
	want   spi.Events // what the caller asks for
	have   spi.Events // what of it holds
	closed bool       // closesocket came meanwhile

	sets  uint8       // for select: those that the socket is in
	path  *path       // where the watcher is, nil if it is on none
	lost  bool        // it cannot be taken off, as the provider fails in doing so
	heard atomic.Bool // Notify was called since the last look
}

// Above smallSet entries are found by a map, and above hugeSet they are not
// kept for the next call.
const (
	smallSet = 64
	hugeSet  = 4096
)

var pollSets = sync.Pool{New: func() any {
	return &pollSet{waiter: waiter{woken: make(chan struct{}, 1)}}
}}

func newPollSet() *pollSet { return pollSets.Get().(*pollSet) }

// add appends an entry for a socket that the caller has begun to use, or for
// none.
func (p *pollSet) add(h SOCKET, s *socket) *pollEntry {
	n := len(p.entries)
	if n == len(p.all) {
		e := &pollEntry{waiter: waiter{woken: p.woken}}
		e.Notify = func(spi.Events) {
			e.heard.Store(true)
			e.wake()
		}
		p.all = append(p.all, e)
	}
	p.entries = p.all[:n+1]
	e := p.entries[n]
	e.handle, e.sock = h, s
	return e
}

// find returns the entry of a handle, nil if there is none. It is for a set
// without duplicates.
func (p *pollSet) find(h SOCKET) *pollEntry {
	if len(p.entries) < smallSet {
		for _, e := range p.entries {
			if e.handle == h {
				return e
			}
		}
		return nil
	}
	if p.byHandle == nil {
		p.byHandle = make(map[SOCKET]*pollEntry)
	}
	for _, e := range p.entries[len(p.byHandle):] {
		p.byHandle[e.handle] = e
	}
	return p.byHandle[h]
}

// free ends the use of the sockets and gives p back.
func (p *pollSet) free() {
	lost := false
	for _, e := range p.entries {
		e.unwatch()
		lost = lost || e.lost
		if e.sock != nil {
			e.sock.Release()
		}
		e.handle, e.sock = 0, nil
		e.want, e.have, e.closed, e.sets = 0, 0, false, 0
	}
	p.entries = nil
	clear(p.byHandle)
	select { // a token of this call must not end the next one
	case <-p.woken:
	default:
	}
	if len(p.all) <= hugeSet && !lost {
		pollSets.Put(p)
	}
}

// wait looks at the sockets until one of them is ready or closed, or the
// time is over. A negative timeout means forever.
func (p *pollSet) wait(timeout time.Duration) {
	if p.look() || timeout == 0 {
		return
	}
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout)
	}
	for _, e := range p.entries {
		e.watch()
	}
	t := knownThread()
	if t != nil { // the wait is alertable (difference 104)
		defer t.wakeBy(p.wake)()
	}
	for !p.look() {
		if t != nil && t.runCalls() {
			continue
		}
		if !p.pause(until) {
			return
		}
	}
}

// look reports whether one of the sockets is ready or closed.
func (p *pollSet) look() (ready bool) {
	for _, e := range p.entries {
		if e.sock == nil {
			continue
		}
		if e.closed = e.sock.Closing(); e.closed {
			ready = true
			continue
		}
		if e.news() {
			e.have = e.sock.readiness(e.want)
			ready = ready || e.have != 0
		}
	}
	return ready
}

// news reports whether the socket is worth a look. A deferred connection
// does not come from its provider, and so is not heard of, but as easily seen.
func (e *pollEntry) news() bool {
	if e.path == nil || e.lost {
		return true
	}
	if e.path != e.sock.path.Load() {
		if e.unfollow(); e.lost {
			return true
		}
		e.follow()
	}
	return e.heard.Load() && e.heard.Swap(false) || e.sock.deferred.any()
}

// watch puts the entry on its socket.
func (e *pollEntry) watch() {
	if e.sock != nil {
		e.Mask = e.want | spi.EventsEnd
		e.sock.half(spi.Receiving).add(&e.waiter)
		e.follow()
	}
}

// follow puts the watcher where the calls on the socket go now. Whoever
// changes that, because the provider has failed or the socket has become
// another connection, wakes those who wait.
func (e *pollEntry) follow() {
	e.path = e.sock.path.Load()
	e.heard.Store(true) // for the look that follows
	e.sock.guard("Watch", func() { e.path.top.Watch(&e.Watcher) })
}

// unfollow takes the watcher off. It is left behind, and the entry cannot be
// used again, if the provider fails in doing so.
func (e *pollEntry) unfollow() {
	if !e.sock.guard("Unwatch", func() { e.path.top.Unwatch(&e.Watcher) }) {
		e.lost = true
	}
}

// unwatch takes the entry off its socket.
func (e *pollEntry) unwatch() {
	if e.path == nil {
		return
	}
	if !e.lost {
		e.unfollow()
	}
	e.sock.half(spi.Receiving).remove(&e.waiter)
	e.path = nil
}

// readiness tells which of the events hold, be it in the provider or here.
// Of a connect that failed, nothing else is told.
func (s *socket) readiness(want spi.Events) (have spi.Events) {
	s.guard("Ready", func() {
		if s.connecting.Load() {
			s.connectProgress()
		}
		have = s.path.Load().top.Ready(want | spi.EventConnectFail)
	})
	if s.deferred.any() {
		have |= spi.EventAccept
	}
	if have&spi.EventConnectFail != 0 {
		have = spi.EventConnectFail
	}
	return have & want
}

// guard runs a call into the provider that is not the whole of a Winsock
// call: if the provider panics, its socket is cut off, the call goes on, and
// the result is false.
func (s *socket) guard(call string, f func()) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			s.fail(call, v)
		}
	}()
	f()
	return true
}
