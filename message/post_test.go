// SPDX-License-Identifier: Apache-2.0

package message

import (
	"testing"

	"winsock/object"
	"winsock/wsa"
)

func TestPostOrder(t *testing.T) {
	th := newThread(t)
	a, b := newWindow(t, th, nil), newWindow(t, th, nil)
	posted := []Msg{
		{Hwnd: a, Message: WM_USER, WParam: 1, LParam: 2},
		{Hwnd: b, Message: WM_USER + 5, WParam: 3},
		{Message: WM_USER + 1, LParam: 4},
		{Hwnd: a, Message: WM_USER + 2, WParam: ^uintptr(0)},
	}
	for _, m := range posted {
		if m.Hwnd == 0 {
			must(t, PostThread(th.ID(), m.Message, m.WParam, m.LParam))
		} else {
			must(t, Post(m.Hwnd, m.Message, m.WParam, m.LParam))
		}
	}
	var last uint32
	for i, want := range posted {
		var got Msg
		more, err := th.Get(&got, 0, 0, 0)
		must(t, err)
		if got.Time < last {
			t.Errorf("message %d: its time is %d after %d", i, got.Time, last)
		}
		last, got.Time = got.Time, 0
		if got != want || !more {
			t.Errorf("GetMessage function: message %d is %+v, %v; want %+v", i, got, more, want)
		}
	}
	if got := peek(t, th, 0, 0, 0, PM_REMOVE); got != 0 {
		t.Errorf("PeekMessage function: got %#x from an empty queue", got)
	}
}

// TestFilter: what each filter chooses from the same queue.
func TestFilter(t *testing.T) {
	th := newThread(t)
	a, b := newWindow(t, th, nil), newWindow(t, th, nil)
	must(t, Post(a, 0x500, 0, 0))
	must(t, Post(b, 0x501, 0, 0))
	must(t, th.Post(0x502, 0, 0))
	must(t, Post(b, 0x503, 0, 0))
	for _, c := range []struct {
		what        string
		hwnd        HWND
		first, last uint32
		flags, want uint32
	}{
		{"all", 0, 0, 0, PM_NOREMOVE, 0x500},
		{"a window", b, 0, 0, PM_NOREMOVE, 0x501},
		{"the thread", HWND_THREAD, 0, 0, PM_NOREMOVE, 0x502},
		{"a range", 0, 0x502, 0x600, PM_NOREMOVE, 0x502},
		{"one number", 0, 0x503, 0x503, PM_NOREMOVE, 0x503},
		{"a window and a range", b, 0x502, 0x600, PM_NOREMOVE, 0x503},
		{"a range without a message", a, 0x501, 0x600, PM_NOREMOVE, 0},
		{"a range turned round", 0, 0x600, 0x500, PM_NOREMOVE, 0},
		{"an open range", 0, 0x501, ^uint32(0), PM_NOREMOVE, 0x501},
		{"sent messages only", 0, 0, 0, PM_QS_SENDMESSAGE, 0},
		{"posted messages only", 0, 0, 0, PM_QS_POSTMESSAGE, 0x500},
		{"from the middle", 0, 0x502, 0x502, PM_REMOVE, 0x502},
		{"gone", 0, 0x502, 0x502, PM_REMOVE, 0},
		{"a window, removing", b, 0, 0, PM_REMOVE, 0x501},
		{"the next of the window", b, 0, 0, PM_REMOVE, 0x503},
		{"the rest", 0, 0, 0, PM_REMOVE, 0x500},
		{"nothing", 0, 0, 0, PM_REMOVE, 0},
	} {
		if got := peek(t, th, c.hwnd, c.first, c.last, c.flags); got != c.want {
			t.Errorf("PeekMessage function, %s: got %#x, want %#x", c.what, got, c.want)
		}
	}
}

// TestQuit follows "PostQuitMessage function" and the remarks on WM_QUIT of
// "GetMessage function".
func TestQuit(t *testing.T) {
	th := newThread(t)
	hwnd := newWindow(t, th, nil)
	th.PostQuit(-7)
	must(t, Post(hwnd, WM_USER, 0, 0))
	if got := peek(t, th, 0, 0, 0, PM_REMOVE); got != WM_USER {
		t.Errorf("WM_QUIT comes last: got %#x first", got)
	}
	if got := peek(t, th, hwnd, WM_USER, WM_USER, PM_NOREMOVE); got != WM_QUIT {
		t.Errorf("no filter leaves WM_QUIT out: got %#x", got)
	}
	var m Msg
	more, err := th.Get(&m, 0, WM_USER, WM_USER)
	must(t, err)
	if more || m.Message != WM_QUIT || int32(m.WParam) != -7 || m.Hwnd != 0 {
		t.Errorf("GetMessage function: %v with %+v, want false with WM_QUIT", more, m)
	}
	if got := peek(t, th, 0, 0, 0, PM_REMOVE); got != 0 {
		t.Errorf("WM_QUIT comes once: got %#x", got)
	}
	must(t, PostThread(th.ID(), WM_QUIT, 0, 0))
	if got := peek(t, th, 0, WM_USER, WM_USER, PM_REMOVE); got != WM_QUIT {
		t.Errorf("no range leaves a posted WM_QUIT out: got %#x", got)
	}
}

func TestErrors(t *testing.T) {
	th, other := newThread(t), newThread(t)
	foreign := newWindow(t, other, nil)
	event, err := object.NewEvent(false)
	must(t, err)
	defer event.Close()
	gone := newWindow(t, th, nil)
	must(t, th.DestroyWindow(gone))
	closed := newThread(t)
	lost := newWindow(t, closed, nil)
	closed.Close()

	var m Msg
	get := func(th *Thread, hwnd HWND) error {
		_, err := th.Get(&m, hwnd, 0, 0)
		return err
	}
	send := func(hwnd HWND) error {
		_, err := Send(nil, hwnd, WM_USER, 0, 0)
		return err
	}
	create := func(th *Thread) error {
		_, err := th.CreateWindow(nil, 0)
		return err
	}
	_, nothing := th.Get(nil, 0, 0, 0)
	_, wait := closed.Wait(nil, 0, 0, QS_ALLINPUT, nil)
	for _, c := range []struct {
		what string
		got  error
		want wsa.Errno
	}{
		{"PostMessage function, no window", Post(0, WM_USER, 0, 0), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"PostMessage function, an event", Post(event.Handle(), WM_USER, 0, 0), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"PostMessage function, a thread", Post(th.Handle(), WM_USER, 0, 0), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"PostMessage function, a destroyed window", Post(gone, WM_USER, 0, 0), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"PostMessage function, a window of a closed thread", Post(lost, WM_USER, 0, 0), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"PostMessage function, HWND_BROADCAST", Post(HWND_BROADCAST, WM_USER, 0, 0), 0},
		{"PostThreadMessage function, 0", PostThread(0, WM_USER, 0, 0), wsa.ERROR_INVALID_THREAD_ID},
		{"PostThreadMessage function, a window", PostThread(uint32(foreign), WM_USER, 0, 0), wsa.ERROR_INVALID_THREAD_ID},
		{"PostThreadMessage function, a closed thread", PostThread(closed.ID(), WM_USER, 0, 0), wsa.ERROR_INVALID_THREAD_ID},
		{"SendMessage function, a destroyed window", send(gone), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"SendMessage function, a window of a closed thread", send(lost), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"SendMessage function, HWND_BROADCAST", send(HWND_BROADCAST), 0},
		{"GetMessage function, a destroyed window", get(th, gone), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"GetMessage function, another thread's window", get(th, foreign), wsa.ERROR_WINDOW_OF_OTHER_THREAD},
		{"GetMessage function, a closed thread", get(closed, 0), wsa.ERROR_INVALID_THREAD_ID},
		{"GetMessage function, nil", nothing, wsa.ERROR_NOACCESS},
		{"MsgWaitForMultipleObjects function, a closed thread", wait, wsa.ERROR_INVALID_THREAD_ID},
		{"CreateWindow function, a closed thread", create(closed), wsa.ERROR_INVALID_THREAD_ID},
		{"DestroyWindow function, twice", th.DestroyWindow(gone), wsa.ERROR_INVALID_WINDOW_HANDLE},
		{"DestroyWindow function, another thread's window", th.DestroyWindow(foreign), wsa.ERROR_ACCESS_DENIED},
	} {
		wantErr(t, c.what, c.got, c.want)
	}
	if IsWindow(gone) || IsWindow(lost) || IsWindow(th.Handle()) || !IsWindow(foreign) {
		t.Error("IsWindow function: it does not know windows")
	}
	if id, err := ThreadID(foreign); id != other.ID() || err != nil {
		t.Errorf("GetWindowThreadProcessId function: %d, %v, want %d", id, err, other.ID())
	}
	_, err = ThreadID(gone)
	wantErr(t, "GetWindowThreadProcessId function, a destroyed window", err, wsa.ERROR_INVALID_WINDOW_HANDLE)
	if closed.Close() {
		t.Error("a closed thread is closed again")
	}
}

// TestLimit: "A message queue can contain at most 10,000 messages."
func TestLimit(t *testing.T) {
	th := newThread(t)
	a, b := newWindow(t, th, nil), newWindow(t, th, nil)
	for range MaxPosted / 2 {
		must(t, Post(a, WM_USER, 0, 0))
		must(t, th.Post(WM_USER+1, 0, 0))
	}
	wantErr(t, "PostMessage function, a full queue", Post(b, WM_USER, 0, 0), wsa.ERROR_NOT_ENOUGH_QUOTA)
	wantErr(t, "PostThreadMessage function, a full queue", th.Post(WM_USER, 0, 0), wsa.ERROR_NOT_ENOUGH_QUOTA)
	retried := make(chan string, 10)
	WhenRoom(b, "key", func() { t.Error("a retry that was replaced") })
	WhenRoom(b, "key", func() { retried <- "retried" })
	for range MaxPosted/2 - 1 {
		peek(t, th, 0, 0, 0, PM_REMOVE)
	}
	select {
	case <-retried:
		t.Error("retried before half of the queue was retrieved")
	default:
	}
	peek(t, th, 0, 0, 0, PM_REMOVE)
	done(t, retried)
	WhenRoom(b, "key", func() { retried <- "at once" })
	done(t, retried)
	must(t, Post(b, WM_USER, 0, 0))

	for Post(a, WM_USER, 0, 0) == nil {
	}
	WhenRoom(b, "key", func() { retried <- "when the other window is gone" })
	must(t, th.DestroyWindow(a))
	done(t, retried)
	for Post(b, WM_USER, 0, 0) == nil {
	}
	WhenRoom(b, "key", func() { retried <- "when the thread is gone" })
	th.Close()
	done(t, retried)
	WhenRoom(b, "key", func() { retried <- "without a window" })
	done(t, retried)
}

// TestPostCosts: nothing is allocated for a message.
func TestPostCosts(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	th := newThread(t)
	hwnd := newWindow(t, th, nil)
	var m Msg
	if n := testing.AllocsPerRun(1000, func() {
		must(t, Post(hwnd, WM_USER, 1, 2))
		if _, err := th.Get(&m, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
		th.Dispatch(&m)
	}); n != 0 {
		t.Errorf("a message costs %v allocations", n)
	}
}

// TestWaitCosts: nothing is allocated for a wait.
func TestWaitCosts(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	th := newThread(t)
	must(t, th.Post(WM_USER, 0, 0))
	if n := testing.AllocsPerRun(1000, func() {
		if i, err := th.Wait(nil, 0, -1, QS_POSTMESSAGE, nil); i != 0 || err != nil {
			t.Fatal(i, err)
		}
	}); n != 0 {
		t.Errorf("a wait costs %v allocations", n)
	}
}

func BenchmarkPostGet(b *testing.B) {
	th := newThread(b)
	hwnd := newWindow(b, th, nil)
	var m Msg
	for b.Loop() {
		_ = Post(hwnd, WM_USER, 1, 2)
		_, _ = th.Get(&m, 0, 0, 0)
		th.Dispatch(&m)
	}
}
