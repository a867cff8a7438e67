// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// WSAEventSelect has an event object signalled when one of the network
// events in mask happens on a socket ("WSAEventSelect function"). The socket
// becomes non-blocking, whatever the mask, and can be made blocking again
// after a call with mask 0, which cancels the selection and ignores event.
// Each call replaces the one before; connections that the socket accepts
// inherit it.
//
// What has happened is recorded for [WSAEnumNetworkEvents] and not recorded
// again until it has been re-enabled by the function that deals with it:
//
//   - FD_READ, FD_OOB: by a receive, without and with MSG_OOB;
//   - FD_ACCEPT: by an accept that did not defer the connection;
//   - FD_WRITE: by a send that answered WSAEWOULDBLOCK;
//   - FD_ADDRESS_LIST_CHANGE, FD_ROUTING_INTERFACE_CHANGE: by WSAIoctl with
//     SIO_ADDRESS_LIST_CHANGE or SIO_ROUTING_INTERFACE_CHANGE, before which
//     they do not happen either;
//   - FD_CONNECT, FD_CLOSE: not at all.
//
// If the condition still holds after a receive or accept, it is recorded
// again at once. FD_WRITE happens first when the socket is connected or
// accepted, and on a datagram socket at once. What held before the selection
// is recorded by it. A graceful end of the connection is FD_CLOSE with error
// 0, also while data is unread; a reset is FD_CLOSE with WSAECONNABORTED.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for unknown bits in mask
// and for an event that is none.
func WSAEventSelect(h SOCKET, event HANDLE, mask int32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPEventSelect", &err)
	if mask&^wsa.FD_ALL_EVENTS != 0 {
		return wsa.WSAEINVAL
	}
	if mask == 0 {
		s.selection.of(s).choose(h, 0, nil)
		return nil
	}
	e, err := useEvent(event)
	if err != nil {
		return wsa.WSAEINVAL
	}
	defer e.Release()
	s.selection.of(s).choose(h, mask, eventSink{e})
	return nil
}

// WSAEnumNetworkEvents stores in events what has happened on a socket since
// the last call, takes that off the record, and resets an event object, if
// event is not 0, in the same moment ("WSAEnumNetworkEvents function"). In
// events.ErrorCode only the places of events that are reported are written.
//
// Errors, which leave all as it is: WSANOTINITIALISED, WSAENOTSOCK,
// WSAEFAULT for nil, WSAEINVAL for an event that is none.
func WSAEnumNetworkEvents(h SOCKET, event HANDLE, events *wsa.NetworkEvents) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPEnumNetworkEvents", &err)
	if events == nil {
		return wsa.WSAEFAULT
	}
	var reset *object.Event
	if event != wsa.WSA_INVALID_EVENT {
		if reset, err = useEvent(event); err != nil {
			return wsa.WSAEINVAL
		}
		defer reset.Release()
	}
	if r := s.selection.recorder.Load(); r != nil {
		r.enumerate(events, reset)
		return nil
	}
	events.NetworkEvents = 0
	if reset != nil {
		reset.Reset()
	}
	return nil
}
