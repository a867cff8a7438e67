// SPDX-License-Identifier: Apache-2.0

package message

import (
	"slices"
	"testing"

	"winsock/wsa"
)

// TestLife follows "CreateWindowExW function" and "DestroyWindow function".
func TestLife(t *testing.T) {
	var got []uint32
	refuse := map[uint32]uintptr{}
	record := func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
		got = append(got, msg)
		if msg <= WM_CREATE && lParam != 42 {
			t.Errorf("message %#x has lParam %d", msg, lParam)
		}
		if answer, ok := refuse[msg]; ok {
			return answer
		}
		return DefWindowProc(hwnd, msg, wParam, lParam)
	}
	for _, c := range []struct {
		what   string
		refuse map[uint32]uintptr
		want   []uint32
		err    wsa.Errno
	}{
		{"a life", nil, []uint32{WM_NCCREATE, WM_CREATE, WM_DESTROY, WM_NCDESTROY}, 0},
		{"WM_NCCREATE is answered with 0", map[uint32]uintptr{WM_NCCREATE: 0}, []uint32{WM_NCCREATE, WM_NCDESTROY}, wsa.WSA_OPERATION_ABORTED},
		{"WM_CREATE is answered with -1", map[uint32]uintptr{WM_CREATE: ^uintptr(0)},
			[]uint32{WM_NCCREATE, WM_CREATE, WM_DESTROY, WM_NCDESTROY}, wsa.WSA_OPERATION_ABORTED},
	} {
		t.Run(c.what, func(t *testing.T) {
			th := newThread(t)
			got, refuse = nil, c.refuse
			hwnd, err := th.CreateWindow(record, 42)
			wantErr(t, "CreateWindowExW function", err, c.err)
			if err == nil {
				must(t, th.DestroyWindow(hwnd))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("the procedure got %#x, want %#x", got, c.want)
			}
		})
	}
}

// TestDestroyDrops: messages of a destroyed window are gone, others stay.
func TestDestroyDrops(t *testing.T) {
	th := newThread(t)
	a, b := newWindow(t, th, nil), newWindow(t, th, nil)
	for i := range uint32(5) {
		must(t, Post(a, WM_USER+i, 0, 0))
		must(t, Post(b, WM_USER+100+i, 0, 0))
	}
	var m Msg
	_, err := th.Get(&m, a, 0, 0)
	must(t, err)
	must(t, th.DestroyWindow(a))
	if got := th.Dispatch(&m); got != 0 {
		t.Errorf("DispatchMessage function: a window that is gone answered %d", got)
	}
	for i := range uint32(5) {
		if got := peek(t, th, 0, 0, 0, PM_REMOVE); got != WM_USER+100+i {
			t.Errorf("message %d is %#x", i, got)
		}
	}
	if got := peek(t, th, 0, 0, 0, PM_REMOVE); got != 0 {
		t.Errorf("got %#x of a destroyed window", got)
	}
}

// TestDestroyInProcedure: a window may destroy itself, in any message.
func TestDestroyInProcedure(t *testing.T) {
	th := newThread(t)
	count := 0
	var err error
	hwnd := newWindow(t, th, func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
		if msg == WM_DESTROY {
			count++
			err = th.DestroyWindow(hwnd) // once more
		}
		return DefWindowProc(hwnd, msg, wParam, lParam)
	})
	must(t, Post(hwnd, WM_CLOSE, 0, 0))
	must(t, Post(hwnd, WM_USER, 0, 0))
	var m Msg
	_, gerr := th.Get(&m, 0, 0, 0)
	must(t, gerr)
	th.Dispatch(&m)
	wantErr(t, "DestroyWindow function, in WM_DESTROY", err, wsa.ERROR_INVALID_WINDOW_HANDLE)
	if count != 1 || IsWindow(hwnd) || peek(t, th, 0, 0, 0, PM_REMOVE) != 0 {
		t.Errorf("WM_CLOSE: WM_DESTROY came %d times, and the window lives: %v", count, IsWindow(hwnd))
	}

	_, cerr := th.CreateWindow(func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
		if msg == WM_CREATE {
			must(t, th.DestroyWindow(hwnd))
		}
		return DefWindowProc(hwnd, msg, wParam, lParam)
	}, 0)
	wantErr(t, "CreateWindowExW function, destroyed in WM_CREATE", cerr, wsa.WSA_OPERATION_ABORTED)
}

// TestCloseIsSilent: the end of a thread is the end of its windows.
func TestCloseIsSilent(t *testing.T) {
	th := newThread(t)
	created := false
	hwnd := newWindow(t, th, func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
		if created {
			t.Errorf("message %#x", msg)
		}
		return DefWindowProc(hwnd, msg, wParam, lParam)
	})
	created = true
	th.Close()
	if IsWindow(hwnd) {
		t.Error("the window lives on")
	}
}
