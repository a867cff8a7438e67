// SPDX-License-Identifier: Apache-2.0

package message_test

import (
	"fmt"

	"winsock/message"
)

// A message loop, with a window that ends it.
func Example() {
	t, err := message.NewThread()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer t.Close()
	const wmHello = message.WM_USER
	hwnd, err := t.CreateWindow(func(hwnd message.HWND, msg uint32, wParam, lParam uintptr) uintptr {
		switch msg {
		case wmHello:
			fmt.Println("hello", wParam)
			return 0
		case message.WM_DESTROY:
			t.PostQuit(7)
			return 0
		}
		return message.DefWindowProc(hwnd, msg, wParam, lParam)
	}, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { // any goroutine may post
		_ = message.Post(hwnd, wmHello, 1, 0)
		_ = message.Post(hwnd, message.WM_CLOSE, 0, 0)
	}()
	var m message.Msg
	for {
		more, err := t.Get(&m, 0, 0, 0)
		if err != nil || !more {
			break
		}
		t.Dispatch(&m)
	}
	fmt.Println("quit", m.WParam)
	// Output:
	// hello 1
	// quit 7
}
