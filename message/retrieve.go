// SPDX-License-Identifier: Apache-2.0

package message

import (
	"winsock/object"
	"winsock/wsa"
)

// A filter chooses among posted messages.
type filter struct {
	hwnd        HWND   // 0: of all windows and of the thread
	first, last uint32 // both 0: of all numbers
}

func (f filter) everything() bool { return f == filter{} }

// admits reports whether the filter chooses m. The range is no obstacle to
// WM_QUIT.
func (f filter) admits(m *Msg) bool {
	switch f.hwnd {
	case 0:
	case HWND_THREAD:
		if m.Hwnd != 0 {
			return false
		}
	default:
		if m.Hwnd != f.hwnd {
			return false
		}
	}
	return f.first == 0 && f.last == 0 || f.first <= m.Message && m.Message <= f.last || m.Message == WM_QUIT
}

// Get waits for a posted message that the filter chooses and retrieves it
// ("GetMessageW function"). hwnd is a window of the thread, 0 for all of them
// and the thread itself, or HWND_THREAD; first and last are a range of
// messages, 0 and 0 for all. Meanwhile the thread answers messages that are
// sent to its windows. Get reports false for WM_QUIT, which no range leaves
// out.
//
// Errors: ERROR_INVALID_WINDOW_HANDLE; ERROR_WINDOW_OF_OTHER_THREAD;
// ERROR_INVALID_THREAD_ID when the thread is closed, also meanwhile;
// ERROR_NOACCESS for nil.
func (t *Thread) Get(m *Msg, hwnd HWND, first, last uint32) (bool, error) {
	for {
		found, err := t.Peek(m, hwnd, first, last, PM_REMOVE)
		if err != nil {
			return false, err
		}
		if found {
			return m.Message != WM_QUIT, nil
		}
		t.arm(QS_POSTMESSAGE|QS_SENDMESSAGE, false)
		if _, err := object.Wait(t.alone[:], false, -1, nil); err != nil {
			return false, err
		}
	}
}

// Peek is Get without waiting ("PeekMessageW function"): it reports whether
// there was a message. flags say whether it is taken from the queue, and
// which kinds of messages are processed at all.
//
// Errors: those of [Thread.Get].
func (t *Thread) Peek(m *Msg, hwnd HWND, first, last uint32, flags uint32) (bool, error) {
	if m == nil {
		return false, wsa.ERROR_NOACCESS
	}
	kinds := flags >> 16
	if kinds == 0 {
		kinds = QS_ALLINPUT
	}
	if kinds&QS_SENDMESSAGE != 0 {
		t.answerSent()
	}
	f := filter{hwnd, first, last}
	if err := t.check(f); err != nil {
		return false, err
	}
	if kinds&QS_POSTMESSAGE == 0 {
		return false, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seenLocked(f)
	return t.takeLocked(m, f, flags&PM_REMOVE != 0), nil
}

// check finds what is wrong with the thread or the filter's window.
func (t *Thread) check(f filter) error {
	if t.Closing() {
		return wsa.ERROR_INVALID_THREAD_ID
	}
	if f.hwnd == 0 || f.hwnd == HWND_THREAD {
		return nil
	}
	w, err := find(f.hwnd)
	if err != nil {
		return err
	}
	defer w.Release()
	if w.thread != t {
		return wsa.ERROR_WINDOW_OF_OTHER_THREAD
	}
	return nil
}

// seenLocked makes the posted messages old ones for Wait. Looking at some of
// them is enough, but QS_ALLPOSTMESSAGE asks for a look at all.
func (t *Thread) seenLocked(f filter) {
	t.fresh &^= QS_POSTMESSAGE
	if f.everything() {
		t.fresh &^= QS_ALLPOSTMESSAGE
	}
}

// takeLocked finds the oldest message that the filter chooses. WM_QUIT that
// PostQuit asked for comes when there is none.
func (t *Thread) takeLocked(m *Msg, f filter, remove bool) bool {
	for i := range t.posted.n {
		if !f.admits(t.posted.at(i)) {
			continue
		}
		*m = *t.posted.at(i)
		if remove {
			t.posted.remove(i)
			t.roomLocked()
		}
		return true
	}
	if !t.quit {
		return false
	}
	t.quit = !remove
	*m = Msg{Message: WM_QUIT, WParam: t.code, Time: now()}
	return true
}

// Dispatch calls the procedure of the message's window and returns what it
// answers ("DispatchMessageW function"). Messages to the thread itself, and
// to windows that are gone or another thread's, are answered with 0.
func (t *Thread) Dispatch(m *Msg) uintptr {
	w, err := find(m.Hwnd)
	if err != nil {
		return 0
	}
	defer w.Release()
	if w.thread != t {
		return 0
	}
	return w.call(m.Message, m.WParam, m.LParam)
}
