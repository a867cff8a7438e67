// SPDX-License-Identifier: Apache-2.0

// Package message holds windows and message queues, as far as Winsock needs
// them: what WSAAsyncSelect and the WSAAsyncGet functions post to, and what a
// program that is written around a message loop runs on.
//
// A goroutine is no thread, and has no identity, so the thread that owns
// windows and a queue is an object: a [Thread]. Its methods are for the one
// goroutine that plays the thread (any goroutine, but one at a time); what
// others do, such as [Post], are functions. Nothing runs on its own: window
// procedures are called on the thread's goroutine, while it retrieves or
// dispatches messages.
//
//	t, err := message.NewThread()
//	hwnd, err := t.CreateWindow(proc, 0)
//	var m message.Msg
//	for {
//		more, err := t.Get(&m, 0, 0, 0)
//		if err != nil || !more {
//			break
//		}
//		t.Dispatch(&m)
//	}
//	t.Close()
//
// All windows are message-only windows, without a place on a screen, without
// parents and children, and without input, painting and timers. The names of
// the constants are those of Windows; the functions follow the pages of the
// functions they are named after (GetMessage, PostMessage and so on).
//
// # Locks
//
// The lock of a Thread is taken under the locks of the packages above, and
// under it only those of object. Window procedures are called without it.
package message
