// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"
	"time"

	"winsock/object"
	"winsock/wsa"
)

// newEvent makes an event that is closed with the test.
func newEvent(t testing.TB) HANDLE {
	t.Helper()
	e, err := WSACreateEvent()
	must(t, err)
	t.Cleanup(func() { WSACloseEvent(e) })
	return e
}

// signalled reports whether an event is.
func signalled(t testing.TB, event HANDLE) bool {
	t.Helper()
	i, err := WSAWaitForMultipleEvents([]HANDLE{event}, false, 0, false)
	must(t, err)
	return i == wsa.WSA_WAIT_EVENT_0
}

// TestEventWithoutStartup follows difference 1.
func TestEventWithoutStartup(t *testing.T) {
	_, err := WSACreateEvent()
	wantErr(t, "WSACreateEvent", err, wsa.WSANOTINITIALISED)
	wantErr(t, "WSACloseEvent", WSACloseEvent(4), wsa.WSANOTINITIALISED)
	wantErr(t, "WSASetEvent", WSASetEvent(4), wsa.WSANOTINITIALISED)
	wantErr(t, "WSAResetEvent", WSAResetEvent(4), wsa.WSANOTINITIALISED)
	i, err := WSAWaitForMultipleEvents([]HANDLE{4}, false, 0, false)
	wantErr(t, "WSAWaitForMultipleEvents", err, wsa.WSANOTINITIALISED)
	if i != wsa.WSA_WAIT_FAILED {
		t.Errorf("WSAWaitForMultipleEvents: got %#x", i)
	}
	_, err = WaitForEvents([]HANDLE{4}, false, 0)
	wantErr(t, "WaitForEvents", err, wsa.WSANOTINITIALISED)
}

func TestEvent(t *testing.T) {
	started(t)
	open := object.Count()
	e := newEvent(t)
	if signalled(t, e) {
		t.Error("WSACreateEvent function: the event is signalled")
	}
	must(t, WSASetEvent(e))
	for range 2 {
		if !signalled(t, e) {
			t.Error("WSACreateEvent function: the event does not stay signalled")
		}
	}
	must(t, WSAResetEvent(e))
	if signalled(t, e) {
		t.Error("WSAResetEvent function: the event is signalled")
	}
	must(t, WSACloseEvent(e))
	s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	for _, bad := range []HANDLE{e, 0, 4, HANDLE(s), HANDLE(INVALID_SOCKET)} {
		wantErr(t, "WSACloseEvent function", WSACloseEvent(bad), wsa.WSA_INVALID_HANDLE)
		wantErr(t, "WSASetEvent function", WSASetEvent(bad), wsa.WSA_INVALID_HANDLE)
		wantErr(t, "WSAResetEvent function", WSAResetEvent(bad), wsa.WSA_INVALID_HANDLE)
	}
	wantErr(t, "closesocket of an event", CloseSocket(SOCKET(newEvent(t))), wsa.WSAENOTSOCK)
	if _, err := Recv(s, nil, 0); err == wsa.WSAENOTSOCK {
		t.Error("WSACloseEvent function: closed a socket")
	}
	must(t, CloseSocket(s))
	if n := object.Count(); n != open+1 {
		t.Errorf("%d handles are left", n-open-1)
	}
}

// TestWaitForMultipleEvents follows "WSAWaitForMultipleEvents function".
func TestWaitForMultipleEvents(t *testing.T) {
	started(t)
	events := make([]HANDLE, 65)
	for i := range events {
		events[i] = newEvent(t)
	}
	set := func(list ...int) {
		t.Helper()
		for _, e := range events {
			must(t, WSAResetEvent(e))
		}
		for _, i := range list {
			must(t, WSASetEvent(events[i]))
		}
	}
	closed := newEvent(t)
	must(t, WSACloseEvent(closed))
	for _, c := range []struct {
		what   string
		set    []int
		events []HANDLE
		all    bool
		want   uint32
		err    wsa.Errno
	}{
		{"none is signalled", nil, events[:64], false, uint32(wsa.WSA_WAIT_TIMEOUT), 0},
		{"the lowest of two", []int{63, 17}, events[:64], false, wsa.WSA_WAIT_EVENT_0 + 17, 0},
		{"the last", []int{63}, events[:64], false, wsa.WSA_WAIT_EVENT_0 + 63, 0},
		{"all but one", []int{0, 1}, events[:3], true, uint32(wsa.WSA_WAIT_TIMEOUT), 0},
		{"all", []int{0, 1, 2}, events[:3], true, wsa.WSA_WAIT_EVENT_0, 0},
		{"no event", nil, nil, false, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER},
		{"no event, all", nil, nil, true, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER},
		{"65 events", []int{0}, events, false, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER},
		{"one event twice", []int{0, 1}, []HANDLE{events[1], events[1]}, false, wsa.WSA_WAIT_EVENT_0, 0},
		{"one event twice, all", []int{0, 1}, []HANDLE{events[0], events[1], events[0]}, true, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_PARAMETER},
		{"a closed event", []int{0}, []HANDLE{events[0], closed}, false, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_HANDLE},
		{"handle 0", nil, []HANDLE{0}, false, wsa.WSA_WAIT_FAILED, wsa.WSA_INVALID_HANDLE},
	} {
		set(c.set...)
		got, err := WSAWaitForMultipleEvents(c.events, c.all, 1, false)
		wantErr(t, c.what, err, c.err)
		if got != c.want {
			t.Errorf("%s: got %#x, want %#x", c.what, got, c.want)
		}
	}

	set(64)
	if i, err := WaitForEvents(events, false, 0); i != 64 || err != nil {
		t.Errorf("WaitForEvents of 65: got %d, %v", i, err)
	}
	set()
	_, err := WaitForEvents(events, true, time.Millisecond)
	wantErr(t, "WaitForEvents", err, wsa.WSA_WAIT_TIMEOUT)

	result := make(chan uint32)
	go func() {
		i, _ := WSAWaitForMultipleEvents(events[:2], false, wsa.WSA_INFINITE, true)
		result <- i
	}()
	must(t, WSASetEvent(events[1]))
	if i := done(t, result); i != wsa.WSA_WAIT_EVENT_0+1 {
		t.Errorf("WSA_INFINITE: got %#x", i)
	}
}

// TestCloseEventEndsWait: closing an event ends waits for it.
func TestCloseEventEndsWait(t *testing.T) {
	started(t)
	for _, all := range []bool{false, true} {
		a, b := newEvent(t), newEvent(t)
		errs := make(chan error)
		go func() {
			_, err := WSAWaitForMultipleEvents([]HANDLE{a, b}, all, wsa.WSA_INFINITE, false)
			errs <- err
		}()
		time.Sleep(time.Millisecond) // most likely it waits by now; the answer is the same if not
		must(t, WSACloseEvent(b))
		wantErr(t, "closed meanwhile", done(t, errs), wsa.WSA_INVALID_HANDLE)
	}
}

func TestWaitAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	started(t)
	events := make([]HANDLE, 64)
	for i := range events {
		events[i] = newEvent(t)
	}
	for _, all := range []bool{false, true} {
		if n := testing.AllocsPerRun(100, func() { WSAWaitForMultipleEvents(events, all, 1, false) }); n > 0 {
			t.Errorf("all=%v: %v allocations", all, n)
		}
	}
}
