// SPDX-License-Identifier: Apache-2.0

package message

import (
	"sync"

	"winsock/object"
	"winsock/wsa"
)

// A Thread owns windows and a queue of messages. See the package comment for
// who may call what. Its handle is also its identifier, for [PostThread].
type Thread struct {
	object.Header

	// input is signalled while there is something that the thread waits
	// for. Only the thread waits for it.
	input input
	alone [1]object.Waitable // &input

	mu      sync.Mutex // protects what follows
	posted  queue
	sent    []*sent // not yet taken up, the oldest first
	fresh   uint32  // QS_ of what came since the thread last looked
	wake    uint32  // QS_ of what signals input
	quit    bool    // PostQuit was called: WM_QUIT comes after all else
	code    uintptr // the argument of PostQuit
	windows map[*window]struct{}
	stalled map[any]func() // see WhenRoom
	closed  bool
}

// An input is a Signal that can be waited for together with objects.
type input struct {
	object.Header
	object.Signal
}

// Destroy is never called, as an input has no handle.
func (*input) Destroy() {}

// NewThread makes a thread without windows and messages. It must be closed.
//
// Errors: WSA_NOT_ENOUGH_MEMORY when there are too many handles.
func NewThread() (*Thread, error) {
	t := &Thread{windows: make(map[*window]struct{})}
	t.alone[0] = &t.input
	if _, err := object.Open(t); err != nil {
		return nil, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	return t, nil
}

// ID returns the thread's identifier, which is not 0.
func (t *Thread) ID() uint32 { return uint32(t.Handle()) }

// Close is the end of the thread: its windows are gone, without being told,
// and its messages are dropped. Who waits for the answer to a message that
// was sent to one of them gets ERROR_INVALID_WINDOW_HANDLE. Close reports
// false if the thread was closed before.
func (t *Thread) Close() bool {
	if !object.Close(t) {
		return false
	}
	t.mu.Lock()
	t.closed = true
	windows, sent := t.windows, t.sent
	t.windows, t.sent, t.posted = nil, nil, queue{}
	for w := range windows {
		w.destroyed = true
	}
	t.roomLocked()
	t.input.Set()
	t.mu.Unlock()
	for _, s := range sent {
		s.refuse()
	}
	for w := range windows {
		object.Close(w)
	}
	return true
}

// Destroy is called by the last user. A thread holds nothing but memory.
func (t *Thread) Destroy() {}

// arrivedLocked says that messages of these kinds have come.
func (t *Thread) arrivedLocked(kinds uint32) {
	t.fresh |= kinds
	if t.fresh&t.wake != 0 {
		t.input.Set()
	}
}

// arm makes input tell of messages of these kinds: those that came since the
// thread last looked and those to come, and with old, those that came before.
// It reports false if the thread is closed.
func (t *Thread) arm(kinds uint32, old bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake = kinds
	there := t.fresh
	if old && (t.posted.n > 0 || t.quit) {
		there |= QS_POSTMESSAGE | QS_ALLPOSTMESSAGE
	}
	if there&kinds != 0 || t.closed {
		t.input.Set()
	} else {
		t.input.Reset()
	}
	return !t.closed
}
