// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/message"
	"winsock/spi"
	"winsock/wsa"
)

// WSAAsyncSelect has a message posted to a window when one of the network
// events in mask happens on a socket ("WSAAsyncSelect function"): one message
// for each event, with the socket as wParam, and the event and its error code
// in lParam, see [WSAGetSelectEvent] and [WSAGetSelectError]. The socket
// becomes non-blocking, whatever the mask, and can be made blocking again
// after a call with mask 0, which cancels the selection and ignores hwnd and
// msg. Each call replaces the one before and that of [WSAEventSelect], and
// the other way round; connections that the socket accepts inherit it.
//
// Each call tells anew of everything that holds. After that, an event is not
// posted again until it has been re-enabled, by the same functions as for
// [WSAEventSelect]. FD_WRITE comes after FD_CONNECT, and FD_CLOSE after all
// else. Messages that are in the queue stay there when the selection is
// changed or the socket is closed; when the window is destroyed, they are
// dropped and nothing more is posted. While the queue is full, messages wait.
//
// FD_CLOSE follows the documentation, and so is not the same as the event:
// a graceful end is told once all data has been received, with error 0, and a
// reset at once, with WSAECONNRESET.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for unknown bits in mask
// and for a window that does not exist.
func WSAAsyncSelect(h SOCKET, hwnd HWND, msg uint32, mask int32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPAsyncSelect", &err)
	if mask&^wsa.FD_ALL_EVENTS != 0 {
		return wsa.WSAEINVAL
	}
	if mask == 0 {
		s.selection.of(s).choose(h, 0, nil)
		return nil
	}
	if !message.IsWindow(hwnd) {
		return wsa.WSAEINVAL
	}
	s.selection.of(s).choose(h, mask, messageSink{hwnd, msg})
	return nil
}

// A messageSink is a window: each event is a message to it, which is all that
// remains of the event.
type messageSink struct {
	hwnd HWND
	msg  uint32
}

func (messageSink) messages() bool { return true }

func postsMessages(to sink) bool { return to != nil && to.messages() }

// messageOrder is the order of the messages on what happened at once.
var messageOrder = [wsa.FD_MAX_EVENTS]int{
	wsa.FD_CONNECT_BIT, wsa.FD_ACCEPT_BIT, wsa.FD_WRITE_BIT, wsa.FD_OOB_BIT, wsa.FD_READ_BIT,
	wsa.FD_QOS_BIT, wsa.FD_GROUP_QOS_BIT, wsa.FD_ROUTING_INTERFACE_CHANGE_BIT, wsa.FD_ADDRESS_LIST_CHANGE_BIT,
	wsa.FD_CLOSE_BIT,
}

func (m messageSink) happened(s SOCKET, events int32, codes *[wsa.FD_MAX_EVENTS]wsa.Errno) (told int32) {
	for _, bit := range messageOrder {
		event := int32(1) << bit
		if events&event == 0 {
			continue
		}
		err := message.Post(m.hwnd, m.msg, uintptr(s), WSAMakeSelectReply(event, codes[bit]))
		if err == wsa.ERROR_NOT_ENOUGH_QUOTA {
			message.WhenRoom(m.hwnd, s, func() { tellAgain(s) })
			return told
		}
		told |= event // if the window is gone, nobody wants to know
	}
	return told
}

// tellAgain tells what has been recorded of a socket and not delivered.
func tellAgain(h SOCKET) {
	s, err := use(h)
	if err != nil {
		return
	}
	defer s.done("WSPAsyncSelect", &err)
	if r := s.selection.recorder.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.tellLocked(r.recorded & r.mask)
	}
}

// forgetLocked makes everything possible again that a new selection is to be
// told of, but for what is on record and will be told for that. FD_CLOSE is
// found out again, as its rules are not the same for messages.
func (r *recorder) forgetLocked() {
	r.recorded &^= wsa.FD_CLOSE
	kept := r.recorded
	if r.sock.selection.passive.Load() || r.sock.connectionless() {
		kept |= wsa.FD_CONNECT // it never happens
	}
	r.reported &= kept
}

// closeMessageLocked reports whether the end of a connection is to be told,
// and gives it its error code. What holds it up is unread data; the receive
// that takes the last of it looks again.
func (r *recorder) closeMessageLocked(have spi.Events) bool {
	if have&spi.EventReset == 0 {
		return r.sock.readiness(spi.EventRead)&spi.EventRead == 0
	}
	if _, failed := r.sock.path.Load().top.(aborted); !failed {
		r.codes[wsa.FD_CLOSE_BIT] = wsa.WSAECONNRESET
	}
	return true
}
