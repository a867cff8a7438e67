// SPDX-License-Identifier: Apache-2.0

package message

// Messages. Those from WM_USER on are a program's own.
const (
	WM_NULL      = 0x0000
	WM_CREATE    = 0x0001
	WM_DESTROY   = 0x0002
	WM_CLOSE     = 0x0010
	WM_QUIT      = 0x0012
	WM_NCCREATE  = 0x0081
	WM_NCDESTROY = 0x0082
	WM_USER      = 0x0400
	WM_APP       = 0x8000
)

// Windows that are none: HWND_BROADCAST is every top-level window, of which
// there are none; HWND_THREAD, as a filter, chooses messages that were posted
// to the thread itself.
const (
	HWND_BROADCAST = HWND(0xffff)
	HWND_THREAD    = ^HWND(0)
)

// Flags of Peek. Without one of PM_QS_, all kinds of messages are processed.
const (
	PM_NOREMOVE       = 0x0000
	PM_REMOVE         = 0x0001
	PM_NOYIELD        = 0x0002
	PM_QS_POSTMESSAGE = (QS_POSTMESSAGE | QS_HOTKEY | QS_TIMER) << 16
	PM_QS_SENDMESSAGE = QS_SENDMESSAGE << 16
)

// Kinds of messages that Wait waits for. Only posted and sent ones exist.
const (
	QS_KEY            = 0x0001
	QS_MOUSEMOVE      = 0x0002
	QS_MOUSEBUTTON    = 0x0004
	QS_POSTMESSAGE    = 0x0008
	QS_TIMER          = 0x0010
	QS_PAINT          = 0x0020
	QS_SENDMESSAGE    = 0x0040
	QS_HOTKEY         = 0x0080
	QS_ALLPOSTMESSAGE = 0x0100
	QS_RAWINPUT       = 0x0400

	QS_MOUSE     = QS_MOUSEMOVE | QS_MOUSEBUTTON
	QS_INPUT     = QS_MOUSE | QS_KEY | QS_RAWINPUT
	QS_ALLEVENTS = QS_INPUT | QS_POSTMESSAGE | QS_TIMER | QS_PAINT | QS_HOTKEY
	QS_ALLINPUT  = QS_ALLEVENTS | QS_SENDMESSAGE
)

// Flags of Wait.
const (
	MWMO_WAITALL        = 0x0001 // all of the objects and a message
	MWMO_ALERTABLE      = 0x0002
	MWMO_INPUTAVAILABLE = 0x0004 // a message that was seen before counts too
)
