// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"runtime"
	"slices"
	"testing"

	"winsock/wsa"
)

// TestUserAPC follows "QueueUserAPC function": calls run in their order, what
// a call queues runs in the same wait, and one that waits alertably itself
// has the rest run in its own wait.
func TestUserAPC(t *testing.T) {
	started(t)
	thread, err := NewThread()
	must(t, err)
	defer thread.Close()
	var ran []int
	call := func(i int) func() { return func() { ran = append(ran, i) } }
	must(t, thread.QueueUserAPC(call(1)))
	must(t, thread.QueueUserAPC(func() {
		ran = append(ran, 2)
		must(t, thread.QueueUserAPC(call(6)))
		if !thread.SleepEx(0) {
			t.Error("nothing ran in the inner wait")
		}
		ran = append(ran, 7)
	}))
	for i := range 3 {
		must(t, thread.QueueUserAPC(call(i+3)))
	}
	if !thread.SleepEx(10_000) {
		t.Error("nothing ran")
	}
	if want := []int{1, 2, 3, 4, 5, 6, 7}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	if thread.SleepEx(0) || thread.SleepEx(1) {
		t.Error("something is left")
	}
	wantErr(t, "QueueUserAPC of nothing", thread.QueueUserAPC(nil), wsa.WSA_INVALID_PARAMETER)
}

// TestThreadWait: a thread waits for objects and calls alike.
func TestThreadWait(t *testing.T) {
	started(t)
	thread, err := NewThread()
	must(t, err)
	defer thread.Close()
	event := newEvent(t)
	_, err = thread.Wait([]HANDLE{event}, false, 0)
	wantErr(t, "nothing", err, wsa.WSA_WAIT_TIMEOUT)
	ran := make(chan struct{})
	go thread.QueueUserAPC(func() { close(ran) })
	i, err := thread.Wait([]HANDLE{event}, false, soon)
	if i != wsa.WSA_WAIT_IO_COMPLETION || err != nil {
		t.Errorf("a call: %d, %v", i, err)
	}
	done(t, ran)
	go WSASetEvent(event)
	if i, err = thread.Wait([]HANDLE{event}, false, soon); i != 0 || err != nil {
		t.Errorf("an event: %d, %v", i, err)
	}
	_, err = thread.Wait([]HANDLE{4}, false, soon)
	wantErr(t, "no object", err, wsa.WSA_INVALID_HANDLE)
}

// TestAlertablePort follows "GetQueuedCompletionStatusEx function":
// fAlertable.
func TestAlertablePort(t *testing.T) {
	started(t)
	port := newTestPort(t, 0)
	onThread(t, func(thread *Thread) {
		entries := make([]OverlappedEntry, 1)
		ran := 0
		get := func(timeout uint32) (int, error) {
			return GetQueuedCompletionStatusEx(port, entries, timeout, true)
		}
		thread.QueueUserAPC(func() { ran++ })
		if n, err := get(10_000); n != 0 || err != wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION) || ran != 1 {
			t.Errorf("a call that is queued: %d, %v, ran %d", n, err, ran)
		}
		go thread.QueueUserAPC(func() { ran++ })
		if n, err := get(10_000); n != 0 || err != wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION) || ran != 2 {
			t.Errorf("a call that comes: %d, %v, ran %d", n, err, ran)
		}
		go PostQueuedCompletionStatus(port, 1, 2, nil)
		if n, err := get(10_000); n != 1 || err != nil || entries[0].Key != 2 {
			t.Errorf("a packet: %d, %v", n, err)
		}
		if n, err := get(1); n != 0 || err != wsa.WSA_WAIT_TIMEOUT {
			t.Errorf("nothing: %d, %v", n, err)
		}
	})
}

// TestManyObjects follows "WSAWaitForMultipleEvents function": 64 objects and
// no more; WaitForEvents takes any number.
func TestManyObjects(t *testing.T) {
	started(t)
	var events []HANDLE
	for range 200 {
		events = append(events, newEvent(t))
	}
	_, err := WSAWaitForMultipleEvents(events[:65], false, 0, true)
	wantErr(t, "65 objects", err, wsa.WSA_INVALID_PARAMETER)
	must(t, WSASetEvent(events[63]))
	must(t, WSASetEvent(events[199]))
	if i, err := WSAWaitForMultipleEvents(events[:64], false, 0, true); i != 63 || err != nil {
		t.Errorf("64 objects: %d, %v", i, err)
	}
	must(t, WSAResetEvent(events[63]))
	if i, err := WaitForEvents(events, false, soon); i != 199 || err != nil {
		t.Errorf("200 objects: %d, %v", i, err)
	}
	for _, e := range events {
		must(t, WSASetEvent(e))
	}
	if i, err := WaitForEvents(events, true, soon); i != 0 || err != nil {
		t.Errorf("all of 200 objects: %d, %v", i, err)
	}
}

// TestRoutineOfWhatIsDone: who sees in its structure that an operation has
// ended finds its routine in an alertable wait that does not wait, and the
// routine finds the end in the structure.
func TestRoutineOfWhatIsDone(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	thread, err := NewThread()
	must(t, err)
	defer thread.Close()
	var ov Overlapped
	done := false
	completion := &Completion{Thread: thread, Routine: func(wsa.Errno, uint32, *Overlapped, uint32) { done = ov.Done() }}
	buf := [][]byte{make([]byte, 1)}
	for range 3000 {
		_, err := WSARecv(server, buf, nil, &ov, completion)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
		_, err = Send(client, buf[0], 0)
		must(t, err)
		for !ov.Done() {
			runtime.Gosched()
		}
		if !thread.SleepEx(0) {
			t.Fatal("the routine is not there yet")
		}
		if !done {
			t.Fatal("the routine runs before the end is told")
		}
		done = false
	}
}
