// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"time"

	"winsock/message"
	"winsock/object"
	"winsock/wsa"
)

// An HWND is the handle of a window, see package message.
type HWND = message.HWND

// A MSG is a message that was posted to a window or a thread.
type MSG = message.Msg

// A MessageThread owns windows and a queue of messages. It stands for the
// thread that Windows would know by itself; see package message.
type MessageThread = message.Thread

// NewMessageThread makes a thread without windows. It must be closed.
//
// Errors: WSA_NOT_ENOUGH_MEMORY when there are too many handles.
func NewMessageThread() (*MessageThread, error) { return message.NewThread() }

// PostMessage puts a message at the end of the queue of a window's thread
// ("PostMessageW function").
//
// Errors: ERROR_INVALID_WINDOW_HANDLE, ERROR_NOT_ENOUGH_QUOTA.
func PostMessage(hwnd HWND, msg uint32, wParam, lParam uintptr) error {
	return message.Post(hwnd, msg, wParam, lParam)
}

// MsgWaitForMultipleObjects waits on a thread until one or all of up to 63
// objects are signalled, or a message of one of the kinds in wake has come,
// which are message.QS_ constants ("MsgWaitForMultipleObjects function").
// timeout is in milliseconds, or WSA_INFINITE. The result is WSA_WAIT_EVENT_0
// plus the index of the object, or plus their number for a message, or
// WSA_WAIT_TIMEOUT. It needs no WSAStartup.
//
// Errors, with WSA_WAIT_FAILED: WSA_INVALID_PARAMETER for more than 63
// handles, and for one that is named twice in a wait for all;
// WSA_INVALID_HANDLE for one that cannot be waited for, or is closed
// meanwhile; ERROR_INVALID_THREAD_ID when the thread is closed.
func MsgWaitForMultipleObjects(t *MessageThread, handles []HANDLE, waitAll bool, timeout, wake uint32) (uint32, error) {
	if len(handles) >= wsa.WSA_MAXIMUM_WAIT_EVENTS {
		return wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER
	}
	var room [wsa.WSA_MAXIMUM_WAIT_EVENTS]object.Waitable
	list := room[:0]
	defer func() {
		for _, o := range list {
			o.Release()
		}
	}()
	for _, h := range handles {
		o := object.Acquire(h)
		w, ok := waitable(o)
		if !ok {
			release(o)
			return wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_HANDLE
		}
		list = append(list, w)
	}
	d := time.Duration(-1)
	if timeout != wsa.WSA_INFINITE {
		d = time.Duration(timeout) * time.Millisecond
	}
	var flags uint32
	if waitAll {
		flags = message.MWMO_WAITALL
	}
	i, err := t.Wait(list, flags, d, wake, nil)
	switch {
	case err != nil:
		return wsa.WSA_WAIT_FAILED, err
	case i == object.TimedOut:
		return uint32(wsa.WSA_WAIT_TIMEOUT), nil
	}
	return wsa.WSA_WAIT_EVENT_0 + uint32(i), nil
}

// WSAMakeSelectReply packs the lParam of a message of WSAAsyncSelect, as
// WSAMAKESELECTREPLY does.
func WSAMakeSelectReply(event int32, code wsa.Errno) uintptr { return makeLong(uint32(event), code) }

// WSAGetSelectEvent returns which network event a message of WSAAsyncSelect
// tells of, as WSAGETSELECTEVENT does.
func WSAGetSelectEvent(lParam uintptr) int32 { return int32(lParam & 0xffff) }

// WSAGetSelectError returns the error code of a message of WSAAsyncSelect, as
// WSAGETSELECTERROR does.
func WSAGetSelectError(lParam uintptr) wsa.Errno { return wsa.Errno(lParam >> 16 & 0xffff) }

// WSAMakeAsyncReply packs the lParam of a message of the WSAAsyncGet
// functions, as WSAMAKEASYNCREPLY does. A length that has no room is 0xffff.
func WSAMakeAsyncReply(buflen int, code wsa.Errno) uintptr {
	return makeLong(uint32(min(max(buflen, 0), 0xffff)), code)
}

// WSAGetAsyncBufLen returns the size, in bytes, that a message of the
// WSAAsyncGet functions tells of, as WSAGETASYNCBUFLEN does.
func WSAGetAsyncBufLen(lParam uintptr) int { return int(lParam & 0xffff) }

// WSAGetAsyncError returns the error code of a message of the WSAAsyncGet
// functions, as WSAGETASYNCERROR does.
func WSAGetAsyncError(lParam uintptr) wsa.Errno { return wsa.Errno(lParam >> 16 & 0xffff) }

func makeLong(low uint32, high wsa.Errno) uintptr { return uintptr(low&0xffff | uint32(high)<<16) }
