// SPDX-License-Identifier: Apache-2.0

package message

import (
	"slices"

	"winsock/object"
	"winsock/wsa"
)

// A sent is a message that was sent to a window of another thread. It is
// signalled when it is answered.
type sent struct {
	object.Header // never opened; a Waitable has one
	object.Signal

	window         *window
	msg            uint32
	wParam, lParam uintptr
	result         uintptr
	err            error
}

// Destroy is never called, as a sent message has no handle.
func (*sent) Destroy() {}

// answer has the window procedure answer the message. The sender goes on
// also if that panics.
func (s *sent) answer() {
	defer s.Set()
	s.result = s.window.call(s.msg, s.wParam, s.lParam)
}

// refuse answers for a window that is gone.
func (s *sent) refuse() {
	s.err = wsa.ERROR_INVALID_WINDOW_HANDLE
	s.Set()
}

// Send has a window procedure called and returns its answer ("SendMessageW
// function"). from is the thread of the calling goroutine, nil if it plays
// none. The procedure of a window of that thread is called at once. One of
// another thread is called when that thread next retrieves messages, before
// any posted one; until then Send waits, and from answers what is sent to its
// own windows.
//
// Errors: ERROR_INVALID_WINDOW_HANDLE, also when the window is gone before it
// has answered.
func Send(from *Thread, hwnd HWND, msg uint32, wParam, lParam uintptr) (uintptr, error) {
	if hwnd == HWND_BROADCAST {
		return 1, nil
	}
	w, err := find(hwnd)
	if err != nil {
		return 0, err
	}
	defer w.Release()
	if w.thread == from {
		return w.call(msg, wParam, lParam), nil
	}
	s := &sent{window: w, msg: msg, wParam: wParam, lParam: lParam}
	if !w.thread.accept(s) {
		return 0, wsa.ERROR_INVALID_WINDOW_HANDLE
	}
	if err := s.await(from); err != nil {
		return 0, err
	}
	return s.result, s.err
}

// await waits for the answer.
func (s *sent) await(from *Thread) error {
	objects := [2]object.Waitable{s}
	for {
		n := 1
		if from != nil && from.arm(QS_SENDMESSAGE, false) {
			objects[1] = &from.input
			n = 2
		}
		i, err := object.Wait(objects[:n], false, -1, nil)
		if i == 0 || err != nil {
			return err
		}
		from.answerSent()
	}
}

// accept takes a sent message in.
func (t *Thread) accept(s *sent) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || s.window.destroyed {
		return false
	}
	t.sent = append(t.sent, s)
	t.arrivedLocked(QS_SENDMESSAGE)
	return true
}

// answerSent answers the messages that were sent to the thread's windows.
func (t *Thread) answerSent() {
	for s := t.nextSent(); s != nil; s = t.nextSent() {
		s.answer()
	}
}

func (t *Thread) nextSent() *sent {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.sent) == 0 {
		t.fresh &^= QS_SENDMESSAGE
		return nil
	}
	s := t.sent[0]
	t.sent = slices.Delete(t.sent, 0, 1)
	return s
}
