// SPDX-License-Identifier: Apache-2.0

package message

import (
	"winsock/object"
	"winsock/wsa"
)

// An HWND is the handle of a window, of the same space as all others.
type HWND = object.Handle

// A Proc is a window procedure. It is called on the goroutine of the window's
// thread. What it does not know, it hands to [DefWindowProc].
type Proc func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr

// A window is what an HWND names.
type window struct {
	object.Header

	thread    *Thread
	proc      Proc
	ending    bool // being destroyed; of the thread's goroutine
	destroyed bool // gone; protected by thread.mu
}

// Destroy is called by the last user. A window holds nothing but memory.
func (*window) Destroy() {}

// find acquires a window.
//
// Errors: ERROR_INVALID_WINDOW_HANDLE.
func find(hwnd HWND) (*window, error) {
	o := object.Acquire(hwnd)
	if w, ok := o.(*window); ok {
		return w, nil
	}
	if o != nil {
		o.(interface{ Release() }).Release()
	}
	return nil, wsa.ERROR_INVALID_WINDOW_HANDLE
}

// IsWindow reports whether hwnd names a window ("IsWindow function").
func IsWindow(hwnd HWND) bool {
	w, err := find(hwnd)
	if err != nil {
		return false
	}
	w.Release()
	return true
}

// ThreadID returns the identifier of a window's thread
// ("GetWindowThreadProcessId function").
//
// Errors: ERROR_INVALID_WINDOW_HANDLE.
func ThreadID(hwnd HWND) (uint32, error) {
	w, err := find(hwnd)
	if err != nil {
		return 0, err
	}
	defer w.Release()
	return w.thread.ID(), nil
}

// call calls the window procedure.
func (w *window) call(msg uint32, wParam, lParam uintptr) uintptr {
	return w.proc(w.Handle(), msg, wParam, lParam)
}

// CreateWindow creates a message-only window that belongs to the thread
// ("RegisterClassExW function", "CreateWindowExW function"). Its procedure,
// that of nil being [DefWindowProc], first gets WM_NCCREATE, which it must
// answer with other than 0, and WM_CREATE, which it must not answer with -1;
// both have param as their lParam.
//
// Errors: WSA_NOT_ENOUGH_MEMORY when there are too many handles;
// WSA_OPERATION_ABORTED when the procedure refused; ERROR_INVALID_THREAD_ID
// when the thread is closed.
func (t *Thread) CreateWindow(proc Proc, param uintptr) (HWND, error) {
	if proc == nil {
		proc = DefWindowProc
	}
	w := &window{thread: t, proc: proc}
	if _, err := object.Open(w); err != nil {
		return 0, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	if !t.adopt(w) {
		object.Close(w)
		return 0, wsa.ERROR_INVALID_THREAD_ID
	}
	if w.call(WM_NCCREATE, 0, param) == 0 {
		w.end(WM_NCDESTROY)
		return 0, wsa.WSA_OPERATION_ABORTED
	}
	if w.call(WM_CREATE, 0, param) == ^uintptr(0) {
		w.end(WM_DESTROY, WM_NCDESTROY)
	}
	if w.ending { // or the procedure has destroyed it
		return 0, wsa.WSA_OPERATION_ABORTED
	}
	return w.Handle(), nil
}

func (t *Thread) adopt(w *window) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.windows[w] = struct{}{}
	return true
}

// DestroyWindow destroys a window of the thread ("DestroyWindow function").
// Its procedure gets WM_DESTROY and WM_NCDESTROY. Messages that were posted
// to it are dropped.
//
// Errors: ERROR_INVALID_WINDOW_HANDLE; ERROR_ACCESS_DENIED for a window of
// another thread.
func (t *Thread) DestroyWindow(hwnd HWND) error {
	w, err := find(hwnd)
	if err != nil {
		return err
	}
	defer w.Release()
	switch {
	case w.thread != t:
		return wsa.ERROR_ACCESS_DENIED
	case w.ending:
		return wsa.ERROR_INVALID_WINDOW_HANDLE
	}
	w.end(WM_DESTROY, WM_NCDESTROY)
	return nil
}

// end tells the window procedure these messages and makes an end of the
// window.
func (w *window) end(last ...uint32) {
	if w.ending {
		return
	}
	w.ending = true
	for _, msg := range last {
		w.call(msg, 0, 0)
	}
	for _, s := range w.thread.disown(w) {
		s.refuse()
	}
	object.Close(w)
}

// disown takes the window and its messages from the thread. It returns those
// that were sent to it and will not be answered.
func (t *Thread) disown(w *window) (unanswered []*sent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w.destroyed = true
	delete(t.windows, w)
	t.posted.drop(w.Handle())
	t.roomLocked()
	kept := t.sent[:0]
	for _, s := range t.sent {
		if s.window == w {
			unanswered = append(unanswered, s)
		} else {
			kept = append(kept, s)
		}
	}
	clear(t.sent[len(kept):])
	t.sent = kept
	return unanswered
}

// DefWindowProc does what a window does by default ("DefWindowProcW
// function"): WM_NCCREATE lets the window be created, WM_CLOSE destroys it,
// and everything else is answered with 0.
func DefWindowProc(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
	switch msg {
	case WM_NCCREATE:
		return 1
	case WM_CLOSE:
		if w, err := find(hwnd); err == nil {
			w.end(WM_DESTROY, WM_NCDESTROY)
			w.Release()
		}
	}
	return 0
}
