// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"slices"
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// A changes is a socket's part in SIO_ADDRESS_LIST_CHANGE and
// SIO_ROUTING_INTERFACE_CHANGE: the calls that pend, and what non-blocking
// calls have asked to be told of by network events. But for the atomics, it is
// protected by the lock of the socket's async.
//
// Its watcher is on the socket only while something is waited for. As it runs
// under the provider's locks, it starts a goroutine that asks the provider.
type changes struct {
	async   *async
	watcher spi.Watcher
	looking atomic.Bool   // a goroutine is about to look
	untold  atomic.Uint32 // of changeEvents: happened, and neither recorded nor answered

	watched spi.Socket       // where the watcher is, nil if it is on none
	calls   requestQueue     // overlapped calls and those that wait
	armed   []*changeAwaited // of non-blocking calls
}

// changeEvents are the network events of the two control codes.
const changeEvents = wsa.FD_ADDRESS_LIST_CHANGE | wsa.FD_ROUTING_INTERFACE_CHANGE

// A changeAwaited is what one call asks for.
type changeAwaited struct {
	code     uint32
	in       []byte
	token    [spi.SizeofChangeToken]byte
	happened bool // and the call was not ended, or the network event not told, yet
}

func (w *changeAwaited) event() int32 {
	if w.code == wsa.SIO_ADDRESS_LIST_CHANGE {
		return wsa.FD_ADDRESS_LIST_CHANGE
	}
	return wsa.FD_ROUTING_INTERFACE_CHANGE
}

// awaitChange is WSAIoctl with one of the two codes.
func (s *socket) awaitChange(code uint32, in []byte, overlapped *Overlapped, completion *Completion) (int, error) {
	async, err := s.overlaps(overlapped, completion)
	if err != nil {
		return 0, err
	}
	w := &changeAwaited{code: code, in: bytes.Clone(in)}
	switch {
	case async:
		return 0, s.startChange(w, overlapped, completion)
	case overlapped == nil && s.nonblocking.Load():
		return 0, s.armChange(w)
	}
	r := newRequest(tryChange, nil)
	end := &syncEnd{ended: make(chan struct{})}
	r.ofExtras().sync = end
	if err := s.ofAsync().pendChange(r, w); err != wsa.WSA_IO_PENDING {
		return 0, err
	}
	<-end.ended
	if end.err == wsa.WSA_OPERATION_ABORTED && s.Closing() {
		return 0, wsa.WSAEINTR
	}
	return 0, end.err
}

func (s *socket) startChange(w *changeAwaited, overlapped *Overlapped, completion *Completion) error {
	r := newRequest(tryChange, overlapped)
	r.ofExtras().completion = completion
	return s.ofAsync().pendChange(r, w)
}

// pendChange asks the provider for the first time, which then knows what the
// call has seen. An error ends the call at once, but for a code that the
// provider does not know (difference 94).
func (a *async) pendChange(r *request, w *changeAwaited) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.beginLocked(r); err != nil {
		a.dropLocked(r)
		return err
	}
	if a.closed {
		_, err := a.refuseLocked(r, wsa.WSAENOTSOCK)
		return err
	}
	r.mark()
	c := a.ofChangesLocked()
	c.watchLocked()
	defer c.settleLocked()
	r.ofExtras().more = w
	if !a.attempt(r) {
		c.calls.push(r)
		return wsa.WSA_IO_PENDING
	}
	err := r.err
	switch {
	case err == nil:
		a.completeLocked(r, atOnce)
		return nil
	case err == wsa.WSAEOPNOTSUPP && !r.waitedFor():
		a.completeLocked(r, later)
		return wsa.WSA_IO_PENDING
	}
	_, err = a.refuseLocked(r, err)
	return err
}

func tryChange(r *request, s *socket) bool {
	r.err = changeOf(r).ask(s)
	return r.err != wsa.WSAEWOULDBLOCK
}

func changeOf(r *request) *changeAwaited { return r.extras.more.(*changeAwaited) }

func (w *changeAwaited) ask(s *socket) error {
	_, err := s.path.Load().top.Ioctl(w.code, w.in, w.token[:])
	return err
}

// armChange is a call that must not wait. It succeeds if what an earlier one
// asked for has happened and was not told by a network event; otherwise it
// asks anew.
func (s *socket) armChange(w *changeAwaited) error {
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return wsa.WSAENOTSOCK
	}
	c := a.ofChangesLocked()
	c.lookArmedLocked()
	c.forgetToldLocked()
	defer c.settleLocked()
	if i := slices.IndexFunc(c.armed, func(o *changeAwaited) bool { return o.code == w.code && bytes.Equal(o.in, w.in) }); i >= 0 {
		if !c.armed[i].happened {
			return wsa.WSAEWOULDBLOCK
		}
		c.armed = slices.Delete(c.armed, i, i+1)
		if !slices.ContainsFunc(c.armed, func(o *changeAwaited) bool { return o.happened && o.code == w.code }) {
			c.untold.And(^uint32(w.event()))
		}
		return nil
	}
	c.watchLocked()
	err := w.ask(s)
	if err == wsa.WSAEWOULDBLOCK {
		c.armed = append(c.armed, w)
		if r := s.selection.recorder.Load(); r != nil {
			r.enable(w.event())
		}
	}
	return err
}

// changes returns the socket's part in changes, nil if there is none.
func (a *async) changes() *changes {
	if x := a.seldom.Load(); x != nil {
		return x.changes.Load()
	}
	return nil
}

func (a *async) ofChangesLocked() *changes {
	c := a.changes()
	if c == nil {
		c = &changes{async: a}
		c.watcher.Mask = spi.EventsChange
		c.watcher.Notify = c.notify
		a.ofSeldomLocked().changes.Store(c)
	}
	return c
}

// notify has the provider asked. It is how the provider tells that there may
// be an answer.
func (c *changes) notify(spi.Events) {
	if c != nil && c.looking.CompareAndSwap(false, true) {
		go c.routineLook()
	}
}

// routineLook looks once. What happens from then on starts another one.
func (c *changes) routineLook() {
	a := c.async
	if !a.sock.Hold() {
		return // closed, and with it all that was pending
	}
	defer a.sock.Release()
	c.looking.Store(false)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	if c.watched != nil && c.watched != a.sock.path.Load().top { // the chain has failed
		c.rewatchLocked()
	}
	c.lookCallsLocked()
	c.lookArmedLocked()
	c.settleLocked()
}

// lookCallsLocked ends the calls whose change has happened, in their order. If
// it comes while they are gone through, those before are asked again.
func (c *changes) lookCallsLocked() {
	for news := true; news; {
		news = false
		c.calls.has(func(r *request) bool {
			if w := changeOf(r); !w.happened && c.async.attempt(r) {
				w.happened, news = true, true
			}
			return false // the next one
		})
	}
	for _, r := range c.calls.take(func(r *request) bool { return changeOf(r).happened }) {
		c.async.completeLocked(r, later)
	}
}

// lookArmedLocked finds out which changes have happened that network events
// are to tell of.
func (c *changes) lookArmedLocked() {
	s := c.async.sock
	news := false
	for _, w := range c.armed {
		err := error(wsa.WSAECONNABORTED) // should the provider fail
		if !w.happened {
			s.guard("WSPIoctl", func() { err = w.ask(s) })
			if err != wsa.WSAEWOULDBLOCK {
				w.happened, news = true, true
				c.untold.Or(uint32(w.event()))
			}
		}
	}
	if r := s.selection.recorder.Load(); r != nil && news {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lookLocked()
	}
}

// forgetToldLocked drops the changes that a network event has told of.
func (c *changes) forgetToldLocked() {
	c.armed = slices.DeleteFunc(c.armed, func(w *changeAwaited) bool {
		return w.happened && c.untold.Load()&uint32(w.event()) == 0
	})
}

// changesLocked records the changes that have happened, if they are selected
// and enabled.
func (r *recorder) changesLocked() int32 {
	a := r.sock.async.Load()
	if a == nil {
		return 0
	}
	c := a.changes()
	if c == nil {
		return 0
	}
	happened := int32(c.untold.Load()) & r.mask &^ r.reported
	c.untold.And(^uint32(happened))
	r.recorded |= happened
	r.reported |= happened
	for _, bit := range [...]int{wsa.FD_ADDRESS_LIST_CHANGE_BIT, wsa.FD_ROUTING_INTERFACE_CHANGE_BIT} {
		if happened&(1<<bit) != 0 {
			r.codes[bit] = 0
		}
	}
	return happened
}

func (c *changes) watchLocked() {
	if c.watched != nil {
		return
	}
	c.watched = c.async.sock.path.Load().top
	c.async.sock.guard("Watch", func() { c.watched.Watch(&c.watcher) })
}

func (c *changes) unwatchLocked() {
	if c.watched != nil {
		c.async.sock.guard("Unwatch", func() { c.watched.Unwatch(&c.watcher) })
		c.watched = nil
	}
}

// rewatchLocked is for a socket that stands on something else now.
func (c *changes) rewatchLocked() {
	if c.watched != nil {
		c.unwatchLocked()
		c.watchLocked()
		c.notify(0)
	}
}

// settleLocked ends the watch when nothing is waited for any more.
func (c *changes) settleLocked() {
	waits := slices.ContainsFunc(c.armed, func(w *changeAwaited) bool { return !w.happened })
	if c.calls.last == nil && !waits {
		c.unwatchLocked()
	}
}

// takeLocked takes calls out that want picks, to be cancelled.
func (c *changes) takeLocked(want func(*request) bool) []*request {
	taken := c.calls.take(want)
	c.settleLocked()
	return taken
}

func (c *changes) closeLocked() {
	c.armed = nil
	c.unwatchLocked()
}
