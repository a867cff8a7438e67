// SPDX-License-Identifier: Apache-2.0

package message

import (
	"testing"
	"time"

	"winsock/object"
	"winsock/wsa"
)

// TestWaitNews follows the remarks of "MsgWaitForMultipleObjects function" on
// messages that were seen.
func TestWaitNews(t *testing.T) {
	th := newThread(t)
	hwnd := newWindow(t, th, nil)
	wait := func(what string, flags, wake uint32, want int) {
		t.Helper()
		got, err := th.Wait(nil, flags, 0, wake, nil)
		must(t, err)
		if got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	const message, none = 0, object.TimedOut
	wait("an empty queue", 0, QS_ALLINPUT, none)
	wait("an empty queue", MWMO_INPUTAVAILABLE, QS_ALLINPUT, none)
	must(t, Post(hwnd, WM_USER, 0, 0))
	must(t, Post(hwnd, WM_USER+1, 0, 0))
	wait("another kind", 0, QS_SENDMESSAGE|QS_KEY, none)
	wait("a message", 0, QS_POSTMESSAGE, message)
	wait("waiting is no look at the queue", 0, QS_ALLINPUT, message)
	peek(t, th, 0, WM_USER+5, WM_USER+6, PM_REMOVE)
	wait("PeekMessage has seen the messages", 0, QS_ALLINPUT, none)
	wait("QS_ALLPOSTMESSAGE asks for a look without filter", 0, QS_ALLPOSTMESSAGE, message)
	wait("MWMO_INPUTAVAILABLE", MWMO_INPUTAVAILABLE, QS_ALLINPUT, message)
	peek(t, th, 0, 0, 0, PM_REMOVE)
	wait("a look without filter", 0, QS_ALLPOSTMESSAGE|QS_ALLINPUT, none)
	must(t, Post(hwnd, WM_USER, 0, 0))
	wait("another message", 0, QS_ALLINPUT, message)
	peek(t, th, 0, 0, 0, PM_REMOVE)
	peek(t, th, 0, 0, 0, PM_REMOVE)
	wait("MWMO_INPUTAVAILABLE, an empty queue", MWMO_INPUTAVAILABLE, QS_ALLINPUT, none)
	th.PostQuit(0)
	wait("WM_QUIT", 0, QS_POSTMESSAGE, message)
	peek(t, th, 0, 0, 0, PM_NOREMOVE)
	wait("WM_QUIT was seen", 0, QS_POSTMESSAGE, none)
	wait("WM_QUIT is there", MWMO_INPUTAVAILABLE, QS_POSTMESSAGE, message)
}

// TestWaitObjects follows "MsgWaitForMultipleObjectsEx function".
func TestWaitObjects(t *testing.T) {
	th := newThread(t)
	event := func() *object.Event {
		e, err := object.NewEvent(false)
		must(t, err)
		t.Cleanup(func() { e.Close() })
		return e
	}
	a, b := event(), event()
	defer a.Close()
	defer b.Close()
	both := []object.Waitable{a, b}
	var alert object.Signal
	wait := func(what string, flags uint32, want int) {
		t.Helper()
		got, err := th.Wait(both, flags, 0, QS_ALLINPUT, &alert)
		must(t, err)
		if got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	wait("nothing", 0, object.TimedOut)
	b.Set()
	wait("an object", 0, 1)
	wait("all, and one is", MWMO_WAITALL, object.TimedOut)
	a.Set()
	wait("all, and there is no message", MWMO_WAITALL, object.TimedOut)
	must(t, th.Post(WM_USER, 0, 0))
	wait("an object comes before a message", 0, 0)
	wait("all and a message", MWMO_WAITALL, 0)
	a.Reset()
	b.Reset()
	wait("a message", 0, len(both))
	wait("all, and no object is", MWMO_WAITALL, object.TimedOut)
	peek(t, th, 0, 0, 0, PM_REMOVE)
	alert.Set()
	wait("not alertable", 0, object.TimedOut)
	wait("alertable", MWMO_ALERTABLE, object.Alerted)

	_, err := th.Wait([]object.Waitable{a, a}, MWMO_WAITALL, 0, QS_ALLINPUT, nil)
	wantErr(t, "twice the same object", err, wsa.WSA_INVALID_PARAMETER)
	a.Close()
	_, err = th.Wait(both, 0, -1, QS_ALLINPUT, nil)
	wantErr(t, "a closed object", err, wsa.WSA_INVALID_HANDLE)
}

// TestWaitWakes: what ends a wait that is under way.
func TestWaitWakes(t *testing.T) {
	for _, c := range []struct {
		what  string
		wake  func(*Thread, *object.Event)
		want  int
		error wsa.Errno
	}{
		{"an object", func(_ *Thread, e *object.Event) { e.Set() }, 0, 0},
		{"a message", func(th *Thread, _ *object.Event) { _ = th.Post(WM_USER, 0, 0) }, 1, 0},
		{"WM_QUIT", func(th *Thread, _ *object.Event) { th.PostQuit(0) }, 1, 0},
		{"the end of the thread", func(th *Thread, _ *object.Event) { th.Close() }, 0, wsa.ERROR_INVALID_THREAD_ID},
	} {
		t.Run(c.what, func(t *testing.T) {
			th := newThread(t)
			e, err := object.NewEvent(false)
			must(t, err)
			defer e.Close()
			go c.wake(th, e)
			begun := time.Now()
			got, err := th.Wait([]object.Waitable{e}, 0, soon, QS_ALLINPUT, nil)
			wantErr(t, "MsgWaitForMultipleObjects function", err, c.error)
			if err == nil && got != c.want {
				t.Errorf("got %d after %v, want %d", got, time.Since(begun), c.want)
			}
		})
	}
	th := newThread(t)
	var m Msg
	go th.Close()
	_, err := th.Get(&m, 0, 0, 0)
	wantErr(t, "GetMessage function, closed meanwhile", err, wsa.ERROR_INVALID_THREAD_ID)
}
