// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// A RIONotification says how a completion queue tells that it has results
// ("RIO_NOTIFICATION_COMPLETION structure").
type RIONotification struct {
	Type uint32 // RIO_EVENT_COMPLETION or RIO_IOCP_COMPLETION

	Event       HANDLE // signalled
	NotifyReset bool   // RIONotify resets the event

	Port       HANDLE      // gets a packet
	Key        uintptr     // of the packet
	Overlapped *Overlapped // of the packet; not nil, and left alone
}

// A rioNotification is a RIONotification with its objects. It has neither of
// them for a queue that is only polled.
type rioNotification struct {
	event *object.Event
	reset bool

	port   *completionPort
	packet packet
}

func (n *rioNotification) open(from *RIONotification) (err error) {
	if from == nil {
		return nil
	}
	switch from.Type {
	case wsa.RIO_EVENT_COMPLETION:
		n.reset = from.NotifyReset
		n.event, err = useEvent(from.Event)
	case wsa.RIO_IOCP_COMPLETION:
		if from.Overlapped == nil {
			return wsa.WSAEINVAL
		}
		n.packet = packet{key: from.Key, overlapped: from.Overlapped}
		n.port, err = usePort(from.Port)
	default:
		return wsa.WSAEINVAL
	}
	if err != nil {
		return wsa.WSAEINVAL
	}
	return nil
}

func (n *rioNotification) close() {
	if n.event != nil {
		n.event.Release()
	}
	if n.port != nil {
		n.port.Release()
	}
}

func (n *rioNotification) tell() {
	if n.event != nil {
		n.event.Set()
	} else {
		n.port.post(n.packet.key, n.packet.overlapped, 0, wsa.STATUS_SUCCESS, nil)
	}
}

// RIONotify asks to be told once, as the completion queue's notification
// says, when the queue has a result of a request without
// RIO_MSG_DONT_NOTIFY ("LPFN_RIONOTIFY callback function"). That is at once
// if it has one already.
//
// Errors: WSAEINVAL for an unknown queue and for one without a notification;
// WSAEALREADY while what was asked for before has not been told.
func RIONotify(cq RIO_CQ) error {
	c, err := useCompletionQueue(cq)
	if err != nil {
		return err
	}
	defer c.Release()
	n := &c.notification
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed || n.event == nil && n.port == nil:
		return wsa.WSAEINVAL
	case c.armed:
		return wsa.WSAEALREADY
	}
	if n.reset {
		n.event.Reset()
	}
	if c.loud > 0 {
		n.tell()
	} else {
		c.armed = true
	}
	return nil
}
