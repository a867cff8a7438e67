// SPDX-License-Identifier: Apache-2.0

package message

import (
	"slices"
	"sync/atomic"
	"testing"

	"winsock/wsa"
)

// sending sends from a goroutine and returns where the answer comes.
func sending(from *Thread, hwnd HWND, msg uint32) <-chan error {
	ended := make(chan error, 1)
	go func() {
		got, err := Send(from, hwnd, msg, 20, 3)
		if err == nil && got != 23 {
			err = wsa.WSAEINVAL
		}
		ended <- err
	}()
	return ended
}

func sum(_ HWND, _ uint32, wParam, lParam uintptr) uintptr { return wParam + lParam }

// arrived waits until n messages have been sent to the thread.
func arrived(t testing.TB, th *Thread, n int) {
	t.Helper()
	for {
		th.mu.Lock()
		got := len(th.sent)
		th.mu.Unlock()
		if got >= n {
			return
		}
		if i, err := th.Wait(nil, 0, soon, QS_SENDMESSAGE, nil); err != nil || i != 0 {
			t.Fatalf("waiting for a sent message: %d, %v", i, err)
		}
	}
}

func TestSendWithinThread(t *testing.T) {
	th := newThread(t)
	hwnd := newWindow(t, th, silent(sum))
	must(t, Post(hwnd, WM_USER+1, 0, 0))
	got, err := Send(th, hwnd, WM_USER, 20, 3)
	must(t, err)
	if got != 23 {
		t.Errorf("SendMessage function: got %d", got)
	}
}

// TestSendToOther follows "SendMessageW function" and "PeekMessageW
// function": sent messages are answered before posted ones are retrieved.
func TestSendToOther(t *testing.T) {
	th := newThread(t)
	var got []uint32
	hwnd := newWindow(t, th, silent(func(_ HWND, msg uint32, w, l uintptr) uintptr {
		got = append(got, msg)
		return w + l
	}))
	must(t, Post(hwnd, WM_USER+1, 0, 0))
	ended := sending(nil, hwnd, WM_USER)
	arrived(t, th, 1)
	if peek(t, th, 0, 0, 0, PM_QS_POSTMESSAGE) != WM_USER+1 || got != nil {
		t.Errorf("PM_QS_POSTMESSAGE: the procedure got %#x", got)
	}
	var m Msg
	_, err := th.Get(&m, 0, 0, 0)
	must(t, err)
	if !slices.Equal(got, []uint32{WM_USER}) {
		t.Errorf("before a posted message was retrieved, the procedure got %#x", got)
	}
	must(t, done(t, ended))

	ended = sending(nil, hwnd, WM_USER+2) // answered while Get waits
	go func() {
		if err := done(t, ended); err != nil {
			t.Error(err)
		}
		th.PostQuit(0)
	}()
	if more, err := th.Get(&m, 0, 0, 0); err != nil || more {
		t.Errorf("GetMessage function: %v, %v with %+v", more, err, m)
	}
}

// TestSendEachOther: who waits for an answer answers others.
func TestSendEachOther(t *testing.T) {
	threads := [2]*Thread{newThread(t), newThread(t)}
	var windows [2]HWND
	for i := range 2 {
		windows[i] = newWindow(t, threads[i], silent(func(_ HWND, _ uint32, w, l uintptr) uintptr {
			if l == 0 {
				return w
			}
			got, err := Send(threads[i], windows[1-i], WM_USER, w+1, l-1) // there and back again
			if err != nil {
				t.Error(err)
			}
			return got
		}))
	}
	ended := make(chan uintptr)
	go func() {
		got, err := Send(threads[0], windows[1], WM_USER, 0, 20)
		if err != nil {
			t.Error(err)
		}
		ended <- got
	}()
	go func() {
		if got := done(t, ended); got != 20 {
			t.Errorf("got %d, want 20", got)
		}
		threads[1].PostQuit(0)
	}()
	var m Msg
	if more, err := threads[1].Get(&m, 0, 0, 0); more || err != nil {
		t.Errorf("GetMessage function: %v, %v with %+v", more, err, m)
	}
}

// TestSendUnanswered: nobody waits for a window that is gone.
func TestSendUnanswered(t *testing.T) {
	th := newThread(t)
	a, b := newWindow(t, th, silent(sum)), newWindow(t, th, silent(sum))
	toA, toB := sending(nil, a, WM_USER), sending(nil, b, WM_USER)
	arrived(t, th, 2)
	must(t, th.DestroyWindow(a))
	wantErr(t, "a destroyed window", done(t, toA), wsa.ERROR_INVALID_WINDOW_HANDLE)
	peek(t, th, 0, 0, 0, PM_NOREMOVE)
	wantErr(t, "another window", done(t, toB), 0)
	toB = sending(nil, b, WM_USER)
	arrived(t, th, 1)
	th.Close()
	wantErr(t, "a closed thread", done(t, toB), wsa.ERROR_INVALID_WINDOW_HANDLE)
}

// TestSendPanic: a procedure that panics leaves no sender behind.
func TestSendPanic(t *testing.T) {
	th := newThread(t)
	hwnd := newWindow(t, th, silent(func(HWND, uint32, uintptr, uintptr) uintptr { panic("procedure") }))
	ended := make(chan uintptr, 1)
	go func() {
		got, _ := Send(nil, hwnd, WM_USER, 1, 2)
		ended <- got
	}()
	arrived(t, th, 1)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		peek(t, th, 0, 0, 0, PM_REMOVE)
	}()
	if got := done(t, ended); got != 0 {
		t.Errorf("the answer is %d", got)
	}
}

// TestStress: many post and send to several threads. Nothing is lost, and
// what one poster posts to one window stays in order.
func TestStress(t *testing.T) {
	const threads, posters, messages = 3, 4, 2000
	var windows [threads]HWND
	var received, answered atomic.Int64
	all := make([]*Thread, threads)
	for i := range threads {
		all[i] = newThread(t)
		var last [posters]uintptr
		windows[i] = newWindow(t, all[i], silent(func(_ HWND, msg uint32, w, l uintptr) uintptr {
			if msg == WM_USER+1 {
				return w + l
			}
			if last[w]+1 != l {
				t.Errorf("thread %d got message %d of poster %d after %d", i, l, w, last[w])
			}
			last[w] = l
			received.Add(1)
			return 0
		}))
	}
	ends := make(chan struct{}, threads+posters)
	for _, th := range all {
		go func() {
			var m Msg
			for {
				more, err := th.Get(&m, 0, 0, 0)
				if err != nil {
					t.Error(err)
				}
				if !more {
					break
				}
				th.Dispatch(&m)
			}
			ends <- struct{}{}
		}()
	}
	for p := range uintptr(posters) {
		go func() {
			for i := uintptr(1); i <= messages; i++ {
				for k, hwnd := range windows {
					for Post(hwnd, WM_USER, p, i) != nil { // full
						room := make(chan struct{})
						WhenRoom(hwnd, p, func() { close(room) })
						<-room
					}
					if (int(i)+k)%50 == 0 {
						if got, err := Send(nil, hwnd, WM_USER+1, p, i); err != nil || got != p+i {
							t.Errorf("SendMessage function: %d, %v", got, err)
						}
						answered.Add(1)
					}
				}
			}
			ends <- struct{}{}
		}()
	}
	for range posters {
		done(t, ends)
	}
	for _, th := range all {
		th.PostQuit(0)
	}
	for range threads {
		done(t, ends)
	}
	if received.Load() != threads*posters*messages || answered.Load() != threads*posters*messages/50 {
		t.Errorf("%d received, %d answered", received.Load(), answered.Load())
	}
}

// TestStressDestroy: windows come and go while others post and send to them.
func TestStressDestroy(t *testing.T) {
	th := newThread(t)
	var current atomic.Uintptr
	var stop atomic.Bool
	const others = 4
	ends := make(chan struct{}, others)
	for range others {
		go func() {
			for !stop.Load() {
				hwnd := HWND(current.Load())
				if err := Post(hwnd, WM_USER, 0, 0); err != nil && err != wsa.ERROR_INVALID_WINDOW_HANDLE {
					t.Errorf("PostMessage function: %v", err)
				}
				if got, err := Send(nil, hwnd, WM_USER, 1, 2); err == nil && got != 3 || err != nil && err != wsa.ERROR_INVALID_WINDOW_HANDLE {
					t.Errorf("SendMessage function: %d, %v", got, err)
				}
			}
			ends <- struct{}{}
		}()
	}
	var m Msg
	for range 300 {
		hwnd := newWindow(t, th, silent(sum))
		current.Store(uintptr(hwnd))
		for range 10 {
			if found, err := th.Peek(&m, 0, 0, 0, PM_REMOVE); err != nil {
				t.Fatal(err)
			} else if found {
				if m.Hwnd != hwnd {
					t.Fatal("a message to a destroyed window")
				}
				th.Dispatch(&m)
			}
		}
		must(t, th.DestroyWindow(hwnd))
	}
	stop.Store(true)
	th.Close()
	for range others {
		done(t, ends)
	}
}
