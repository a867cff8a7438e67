// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// rioSignalled looks whether an event is.
func rioSignalled(t testing.TB, event HANDLE) bool {
	t.Helper()
	i, err := WSAWaitForMultipleEvents([]HANDLE{event}, true, 0, false)
	must(t, err)
	return i == wsa.WSA_WAIT_EVENT_0
}

func awaitSignal(t testing.TB, what string, event HANDLE) {
	t.Helper()
	i, err := WSAWaitForMultipleEvents([]HANDLE{event}, true, 10_000, false)
	must(t, err)
	if i != wsa.WSA_WAIT_EVENT_0 {
		t.Fatalf("%s: the event is not signalled", what)
	}
}

// TestRIONotifyPolled: there is nothing to tell by.
func TestRIONotifyPolled(t *testing.T) {
	started(t)
	wantErr(t, "RIONotify of a polled queue", RIONotify(newTestCQ(t, 1, nil)), wsa.WSAEINVAL)
}

// TestRIONotify follows "LPFN_RIONOTIFY callback function".
func TestRIONotify(t *testing.T) {
	for _, reset := range []bool{false, true} {
		b := kernelRIO(t)
		event, err := WSACreateEvent()
		must(t, err)
		defer WSACloseEvent(event)
		cq := newTestCQ(t, 16, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event, NotifyReset: reset})
		x, y := b.pair(wsa.SOCK_STREAM)
		rq := newTestRQ(t, y, 8, 8, cq, 0)
		m := newRIOMemory(t, 64)

		must(t, WSASetEvent(event))
		must(t, RIONotify(cq))
		if rioSignalled(t, event) == reset {
			t.Errorf("NotifyReset %v: RIONotify left the event signalled: %v", reset, !reset)
		}
		wantErr(t, "RIONotify again", RIONotify(cq), wsa.WSAEALREADY)
		must(t, WSAResetEvent(event))

		// Results of requests with RIO_MSG_DONT_NOTIFY are none.
		must(t, RIOSend(rq, m.put(0, "quiet"), 1, wsa.RIO_MSG_DONT_NOTIFY, 1))
		wantErr(t, "RIONotify after a quiet result", RIONotify(cq), wsa.WSAEALREADY)
		if rioSignalled(t, event) {
			t.Error("a result with RIO_MSG_DONT_NOTIFY was told of")
		}
		must(t, RIOReceive(rq, m.at(8, 8), 1, 0, 2))
		b.send(x, "loud")
		awaitSignal(t, "a result", event)
		if got := results(t, cq, 2); got[0].RequestContext != 1 || got[1].RequestContext != 2 {
			t.Errorf("results %+v", got)
		}

		// It is told once.
		must(t, WSAResetEvent(event))
		must(t, RIOSend(rq, m.at(0, 4), 1, 0, 3))
		if rioSignalled(t, event) {
			t.Error("a result was told of that nobody asked for")
		}

		// What is there is told of at once, and again.
		for range 2 {
			must(t, WSAResetEvent(event))
			must(t, RIONotify(cq))
			awaitSignal(t, "a result that is there", event)
		}
		results(t, cq, 1)

		// Only quiet results: the queue counts as empty.
		must(t, WSAResetEvent(event))
		must(t, RIOSend(rq, m.at(0, 4), 1, wsa.RIO_MSG_DONT_NOTIFY, 4))
		must(t, RIONotify(cq))
		if rioSignalled(t, event) {
			t.Error("RIONotify told of a result with RIO_MSG_DONT_NOTIFY")
		}
		results(t, cq, 1)
		must(t, RIOSend(rq, m.at(0, 4), 1, 0, 5))
		awaitSignal(t, "the next result", event)
	}
}

// TestRIONotifyAfterPolling: a program that polls, and then waits, is told
// though it drove the poller itself a moment before.
func TestRIONotifyAfterPolling(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		cq := newTestCQ(b, 4, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event, NotifyReset: true})
		x, y := b.pair(wsa.SOCK_STREAM)
		rq := newTestRQ(b, y, 1, 0, cq, 0)
		m := newRIOMemory(b, 8)
		for range 20 {
			must(b, RIOReceive(rq, m.at(0, 8), 1, 0, 0))
			wantNoResult(b, "nothing sent", cq)
			must(b, RIONotify(cq))
			b.send(x, "x")
			awaitSignal(b, "after polling", event)
			results(b, cq, 1)
		}
	})
}

// TestRIONotifyOutlivesItsEvent: the program may close the event or the port
// first.
func TestRIONotifyOutlivesItsEvent(t *testing.T) {
	b := kernelRIO(t)
	event, err := WSACreateEvent()
	must(t, err)
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0)
	must(t, err)
	x, y := b.pair(wsa.SOCK_DGRAM)
	m := newRIOMemory(t, 8)
	byEvent := newTestCQ(t, 4, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event})
	byPort := newTestCQ(t, 4, &RIONotification{Type: wsa.RIO_IOCP_COMPLETION, Port: port, Overlapped: new(Overlapped)})
	must(t, WSACloseEvent(event))
	must(t, CloseHandle(port))
	for s, cq := range map[SOCKET]RIO_CQ{x: byEvent, y: byPort} {
		rq := newTestRQ(t, s, 0, 1, cq, 0)
		must(t, RIONotify(cq))
		must(t, RIOSend(rq, m.put(0, "x"), 1, 0, 1))
		wantResult(t, "send", results(t, cq, 1)[0], RIORESULT{0, 1, 0, 1})
	}
}
