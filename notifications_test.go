// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"unsafe"

	"winsock/wsa"
)

const (
	levelOnce = wsa.SOCK_NOTIFY_TRIGGER_LEVEL | wsa.SOCK_NOTIFY_TRIGGER_ONESHOT
	levelMany = wsa.SOCK_NOTIFY_TRIGGER_LEVEL | wsa.SOCK_NOTIFY_TRIGGER_PERSISTENT
	edgeOnce  = wsa.SOCK_NOTIFY_TRIGGER_EDGE | wsa.SOCK_NOTIFY_TRIGGER_ONESHOT
	edgeMany  = wsa.SOCK_NOTIFY_TRIGGER_EDGE | wsa.SOCK_NOTIFY_TRIGGER_PERSISTENT
)

// notify does one operation on a registration.
func (b *bed) notify(port HANDLE, s SOCKET, operation uint8, filter uint16, trigger uint8) wsa.Errno {
	b.Helper()
	r := []SockNotifyRegistration{{Socket: s, CompletionKey: 42, EventFilter: filter, Operation: operation, TriggerFlags: trigger}}
	n, err := ProcessSocketNotifications(port, r, 0, nil)
	if n != 0 || err != nil {
		b.Fatalf("ProcessSocketNotifications: %d, %v", n, err)
	}
	return r[0].RegistrationResult
}

func (b *bed) enable(port HANDLE, s SOCKET, filter uint16, trigger uint8) {
	b.Helper()
	if e := b.notify(port, s, wsa.SOCK_NOTIFY_OP_ENABLE, filter, trigger); e != 0 {
		b.Fatalf("enable: %v", e)
	}
}

// told takes the next notification, which must come soon.
func (b *bed) told(port HANDLE, want uint32) {
	b.Helper()
	var e [2]OverlappedEntry
	n, err := ProcessSocketNotifications(port, nil, uint32(soon.Milliseconds()), e[:])
	if n != 1 || err != nil {
		b.Fatalf("%d packets, %v; want events %#x", n, err, want)
	}
	if got := SocketNotificationRetrieveEvents(&e[0]); got != want || e[0].Key != 42 {
		b.Fatalf("events %#x, key %d; want %#x", got, e[0].Key, want)
	}
}

// quiet checks that there is no notification.
func (b *bed) quiet(port HANDLE, when string) {
	b.Helper()
	var e [1]OverlappedEntry
	if n, err := ProcessSocketNotifications(port, nil, 0, e[:]); err != wsa.WSA_WAIT_TIMEOUT {
		b.Fatalf("%s: %d packets, events %#x, %v", when, n, e[0].Transferred, err)
	}
}

// settled waits until a registration that tells of everything has told of the
// events, so that what is to be quiet has had its chance.
func (b *bed) settled(s SOCKET, want uint32) {
	b.Helper()
	port := newTestPort(b, 0)
	b.enable(port, s, wsa.SOCK_NOTIFY_REGISTER_EVENTS_ALL, levelMany)
	var have uint32
	for have&want != want {
		var e [1]OverlappedEntry
		if _, err := ProcessSocketNotifications(port, nil, uint32(soon.Milliseconds()), e[:]); err != nil {
			b.Fatal(err)
		}
		have = e[0].Transferred
	}
	b.notify(port, s, wsa.SOCK_NOTIFY_OP_REMOVE, 0, 0)
}

// TestNotifyLevel: level-triggered notifications come while the condition
// holds; a one-shot one has to be enabled again ("SOCK_NOTIFY_REGISTRATION
// structure").
func TestNotifyLevel(t *testing.T) {
	const in, out, hangup = wsa.SOCK_NOTIFY_EVENT_IN, wsa.SOCK_NOTIFY_EVENT_OUT, wsa.SOCK_NOTIFY_EVENT_HANGUP
	onEveryChain(t, func(b *bed) {
		client, server := b.connected()
		port := newTestPort(b, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, levelMany)
		b.quiet(port, "before data")
		b.send(client, "abc")
		b.told(port, in)
		b.told(port, in) // it still holds
		b.recv(server, 8, 0)
		b.quiet(port, "after the data was received")
		b.send(client, "def")
		b.told(port, in)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENTS_ALL, levelOnce)
		b.told(port, in|out)
		b.quiet(port, "a one-shot registration")
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_OUT, levelOnce)
		b.told(port, out)
		b.recv(server, 8, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_HANGUP, levelOnce)
		b.quiet(port, "while connected")
		must(b, CloseSocket(client))
		b.told(port, hangup)
		b.quiet(port, "a one-shot registration")
	})
}

// TestNotifyEdge: edge-triggered notifications come when a condition begins to
// hold while the registration is enabled.
func TestNotifyEdge(t *testing.T) {
	const in = wsa.SOCK_NOTIFY_EVENT_IN
	onEveryChain(t, func(b *bed) {
		client, server := b.connected()
		b.send(client, "early")
		b.settled(server, in)
		port := newTestPort(b, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, edgeMany)
		b.quiet(port, "what was there before")
		b.recv(server, 8, 0)
		for range 3 {
			b.send(client, "late")
			b.told(port, in)
			b.quiet(port, "the condition has not changed")
			b.recv(server, 8, 0)
		}
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, edgeOnce)
		b.send(client, "once")
		b.told(port, in)
		b.recv(server, 8, 0)
		b.send(client, "twice")
		b.recv(server, 8, 0)
		b.quiet(port, "a one-shot registration")
	})
}

// TestNotifyAccept: a listener is readable when it has a connection.
func TestNotifyAccept(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		b.enable(port, l, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, edgeMany)
		for range 2 {
			b.connecting(&addr)
			b.told(port, wsa.SOCK_NOTIFY_EVENT_IN)
			b.accept(l)
		}
		b.quiet(port, "after all were accepted")
	})
}

// TestNotifyOperations: disable keeps the registration but tells nothing,
// remove tells of itself once and of nothing after that; closesocket removes
// without telling ("ProcessSocketNotifications function", "Winsock socket
// state notifications").
func TestNotifyOperations(t *testing.T) {
	const in, remove = wsa.SOCK_NOTIFY_EVENT_IN, wsa.SOCK_NOTIFY_EVENT_REMOVE
	onEveryChain(t, func(b *bed) {
		client, server := b.connected()
		port := newTestPort(b, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, levelMany)
		if e := b.notify(port, server, wsa.SOCK_NOTIFY_OP_DISABLE, 0, 0); e != 0 {
			b.Errorf("disable: %v", e)
		}
		b.send(client, "abc")
		b.recv(server, 1, wsa.MSG_PEEK)
		b.quiet(port, "disabled")
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, levelOnce)
		b.told(port, in)
		if e := b.notify(port, server, wsa.SOCK_NOTIFY_OP_REMOVE, 0, 0); e != 0 {
			b.Errorf("remove: %v", e)
		}
		b.told(port, remove)
		b.quiet(port, "removed")
		// An event that is queued and the removal are one packet.
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, levelMany)
		b.notify(port, server, wsa.SOCK_NOTIFY_OP_REMOVE, 0, 0)
		b.told(port, in|remove)
		b.recv(server, 8, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN, levelMany)
		must(b, CloseSocket(server))
		b.quiet(port, "closed")
	})
}

// TestNotifyErrors: each registration has its result, and bad arguments of the
// call change nothing.
func TestNotifyErrors(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		s, _ := b.bound(wsa.SOCK_DGRAM)
		port, other := newTestPort(b, 0), newTestPort(b, 0)
		const enable, in = wsa.SOCK_NOTIFY_OP_ENABLE, wsa.SOCK_NOTIFY_REGISTER_EVENT_IN
		for _, c := range []struct {
			name      string
			port      HANDLE
			s         SOCKET
			operation uint8
			filter    uint16
			trigger   uint8
			want      wsa.Errno
		}{
			{"nothing to do", port, INVALID_SOCKET, wsa.SOCK_NOTIFY_OP_NONE, 0, 0, 0},
			{"no socket", port, INVALID_SOCKET, enable, in, levelOnce, wsa.WSAENOTSOCK},
			{"no trigger", port, s, enable, in, 0, wsa.WSAEINVAL},
			{"level and edge", port, s, enable, in, levelOnce | edgeOnce, wsa.WSAEINVAL},
			{"once and persistent", port, s, enable, in, levelOnce | levelMany, wsa.WSAEINVAL},
			{"only level", port, s, enable, in, wsa.SOCK_NOTIFY_TRIGGER_LEVEL, wsa.WSAEINVAL},
			{"unknown filter", port, s, enable, 8, levelOnce, wsa.WSAEINVAL},
			{"two operations", port, s, enable | wsa.SOCK_NOTIFY_OP_REMOVE, in, levelOnce, wsa.WSAEINVAL},
			{"disable what is not", port, s, wsa.SOCK_NOTIFY_OP_DISABLE, 0, 0, wsa.ERROR_NOT_FOUND},
			{"remove what is not", port, s, wsa.SOCK_NOTIFY_OP_REMOVE, 0, 0, wsa.ERROR_NOT_FOUND},
			{"enable", port, s, enable, in, levelOnce, 0},
			{"enable with another port", other, s, enable, in, levelOnce, wsa.WSAEINVAL},
			{"remove", port, s, wsa.SOCK_NOTIFY_OP_REMOVE, 0, 0, 0},
			{"enable with another port after that", other, s, enable, in, levelOnce, 0},
		} {
			if got := b.notify(c.port, c.s, c.operation, c.filter, c.trigger); got != c.want {
				b.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
		r := []SockNotifyRegistration{{Socket: b.socket(wsa.SOCK_STREAM), Operation: enable, TriggerFlags: levelOnce, RegistrationResult: 77}}
		_, err := ProcessSocketNotifications(port, r, 1, nil)
		wantErr(b, "time-out without entries", err, wsa.WSAEINVAL)
		_, err = ProcessSocketNotifications(HANDLE(s), r, 0, nil)
		wantErr(b, "no port", err, wsa.WSA_INVALID_HANDLE)
		if r[0].RegistrationResult != 77 {
			b.Error("a call that failed has registered")
		}
	})
}

// TestNotifyReset: a reset is an error whatever the filter.
func TestNotifyReset(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		client, server := b.connected()
		port := newTestPort(b, 0)
		b.enable(port, server, wsa.SOCK_NOTIFY_REGISTER_EVENT_NONE, levelOnce)
		b.reset(client)
		b.told(port, wsa.SOCK_NOTIFY_EVENT_ERR)
	})
}

// TestNotifyLayout: the structure has the memory of the C one.
func TestNotifyLayout(t *testing.T) {
	var r SockNotifyRegistration
	if unsafe.Sizeof(r) != 24 || unsafe.Offsetof(r.EventFilter) != 16 || unsafe.Offsetof(r.RegistrationResult) != 20 {
		t.Errorf("size %d, offsets %d and %d", unsafe.Sizeof(r), unsafe.Offsetof(r.EventFilter), unsafe.Offsetof(r.RegistrationResult))
	}
}
