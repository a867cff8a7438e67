// SPDX-License-Identifier: Apache-2.0

package message

import (
	"time"

	"winsock/object"
	"winsock/wsa"
)

// started is when the clock of Msg.Time began.
var started = time.Now()

func now() uint32 { return uint32(time.Since(started) / time.Millisecond) }

// Post puts a message at the end of the queue of a window's thread
// ("PostMessageW function"). It never waits, and any goroutine may call it.
//
// Errors: ERROR_INVALID_WINDOW_HANDLE, also for 0, as it cannot know the
// thread of its caller: see [Thread.Post]; ERROR_NOT_ENOUGH_QUOTA when the
// queue holds MaxPosted messages.
func Post(hwnd HWND, msg uint32, wParam, lParam uintptr) error {
	if hwnd == HWND_BROADCAST {
		return nil
	}
	w, err := find(hwnd)
	if err != nil {
		return err
	}
	defer w.Release()
	return w.thread.post(w, Msg{Hwnd: hwnd, Message: msg, WParam: wParam, LParam: lParam})
}

// PostThread posts a message to a thread itself ("PostThreadMessageW
// function"). Any goroutine may call it.
//
// Errors: ERROR_INVALID_THREAD_ID; ERROR_NOT_ENOUGH_QUOTA.
func PostThread(id, msg uint32, wParam, lParam uintptr) error {
	o := object.Acquire(HWND(id))
	t, ok := o.(*Thread)
	if ok {
		defer t.Release()
		return t.Post(msg, wParam, lParam)
	}
	if o != nil {
		o.(interface{ Release() }).Release()
	}
	return wsa.ERROR_INVALID_THREAD_ID
}

// Post is PostThread to t, or what PostMessage does on that thread without a
// window. Any goroutine may call it.
//
// Errors: those of [PostThread].
func (t *Thread) Post(msg uint32, wParam, lParam uintptr) error {
	return t.post(nil, Msg{Message: msg, WParam: wParam, LParam: lParam})
}

func (t *Thread) post(w *window, m Msg) error {
	m.Time = now()
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case w != nil && w.destroyed:
		return wsa.ERROR_INVALID_WINDOW_HANDLE
	case t.closed:
		return wsa.ERROR_INVALID_THREAD_ID
	case t.posted.n >= MaxPosted:
		return wsa.ERROR_NOT_ENOUGH_QUOTA
	}
	t.posted.push(m)
	t.arrivedLocked(QS_POSTMESSAGE | QS_ALLPOSTMESSAGE)
	return nil
}

// PostQuit asks the thread to end ("PostQuitMessage function"): once it has
// retrieved all else that was posted, it retrieves WM_QUIT, with code as
// wParam. Any goroutine may call it.
func (t *Thread) PostQuit(code int32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quit, t.code = true, uintptr(uint32(code))
	t.arrivedLocked(QS_POSTMESSAGE | QS_ALLPOSTMESSAGE)
}

// WhenRoom calls retry once, on a goroutine of its own, when the queue of the
// window's thread has room for messages again: now, if it has room or is
// gone, or when half of it has been retrieved. It is for those who were
// answered ERROR_NOT_ENOUGH_QUOTA and must not lose the message. One retry is
// kept for each key.
func WhenRoom(hwnd HWND, key any, retry func()) {
	w, err := find(hwnd)
	if err != nil {
		go retry()
		return
	}
	defer w.Release()
	t := w.thread
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed || w.destroyed || t.posted.n < MaxPosted {
		go retry()
		return
	}
	if t.stalled == nil {
		t.stalled = make(map[any]func())
	}
	t.stalled[key] = retry
}

// roomLocked is called when messages have left the queue.
func (t *Thread) roomLocked() {
	if t.stalled == nil || t.posted.n > MaxPosted/2 {
		return
	}
	for _, retry := range t.stalled {
		go retry()
	}
	t.stalled = nil
}
