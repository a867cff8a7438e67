// SPDX-License-Identifier: Apache-2.0

package message

import (
	"testing"
	"time"

	"winsock/object"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// soon is the most that anything which must happen may take.
const soon = time.Minute

// newThread makes a thread that is closed with the test. The first one checks
// that no handle is left then.
func newThread(t testing.TB) *Thread {
	t.Helper()
	before := object.Count()
	th, err := NewThread()
	must(t, err)
	t.Cleanup(func() {
		th.Close()
		if n := object.Count(); before == 0 && n != 0 {
			t.Errorf("%d handles are left", n)
		}
	})
	return th
}

func newWindow(t testing.TB, th *Thread, proc Proc) HWND {
	t.Helper()
	hwnd, err := th.CreateWindow(proc, 0)
	must(t, err)
	return hwnd
}

// silent creates without fuss and hands the rest to proc.
func silent(proc Proc) Proc {
	return func(hwnd HWND, msg uint32, wParam, lParam uintptr) uintptr {
		if msg < WM_USER {
			return DefWindowProc(hwnd, msg, wParam, lParam)
		}
		return proc(hwnd, msg, wParam, lParam)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, what string, err error, want wsa.Errno) {
	t.Helper()
	if err != want.Err() {
		t.Errorf("%s: got %v, want %v", what, err, want.Name())
	}
}

// peek retrieves a message; 0 if there is none.
func peek(t testing.TB, th *Thread, hwnd HWND, first, last, flags uint32) uint32 {
	t.Helper()
	var m Msg
	found, err := th.Peek(&m, hwnd, first, last, flags)
	must(t, err)
	if !found {
		return 0
	}
	return m.Message
}

// done waits for the end of what a goroutine does.
func done[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(soon):
		t.Fatal("still waiting")
	}
	return v
}
