// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"testing"
	"time"

	"winsock/wsa"
)

func newTestPort(t testing.TB, concurrency uint32) HANDLE {
	t.Helper()
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, concurrency)
	must(t, err)
	t.Cleanup(func() { CloseHandle(port) })
	return port
}

func associate(t testing.TB, s SOCKET, port HANDLE, key uintptr) {
	t.Helper()
	_, err := CreateIoCompletionPort(HANDLE(s), port, key, 0)
	must(t, err)
}

// TestPortEcho: an operation that pends ends at the port, and one that ends
// at once is told there too (difference 118).
func TestPortEcho(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	port := newTestPort(t, 0)
	associate(t, server, port, 7)
	var recv, send Overlapped
	buf := make([]byte, 64)
	for range 100 {
		_, err := WSARecv(server, [][]byte{buf}, nil, &recv, nil)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
		_, err = Send(client, []byte("hello"), 0)
		must(t, err)
		n, key, ov, err := GetQueuedCompletionStatus(port, 10_000)
		if n != 5 || key != 7 || ov != &recv || err != nil || string(buf[:n]) != "hello" {
			t.Fatalf("packet: %d bytes, key %d, %p, %v", n, key, ov, err)
		}
		sent, err := WSASend(server, [][]byte{buf[:n]}, 0, &send, nil)
		if sent != 5 || err != nil {
			t.Fatalf("WSASend: %d, %v", sent, err)
		}
		n, key, ov, err = GetQueuedCompletionStatus(port, 10_000)
		if n != 5 || key != 7 || ov != &send || err != nil {
			t.Fatalf("packet: %d bytes, key %d, %p, %v", n, key, ov, err)
		}
		got := make([]byte, 64)
		k, err := Recv(client, got, 0)
		must(t, err)
		if !bytes.Equal(got[:k], []byte("hello")) {
			t.Fatalf("echo is %q", got[:k])
		}
	}
	_, _, ov, err := GetQueuedCompletionStatus(port, 0)
	if err != wsa.WSA_WAIT_TIMEOUT || ov != nil {
		t.Errorf("one packet too many: %v, %v", ov, err)
	}
}

// TestPendingInOrder follows difference 127.
func TestPendingInOrder(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	var ov [3]Overlapped
	var bufs [3][4]byte
	for i := range ov {
		_, err := WSARecv(server, [][]byte{bufs[i][:]}, nil, &ov[i], nil)
		wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
	}
	_, err := Send(client, []byte("aaaabbbbcc"), 0)
	must(t, err)
	for i, want := range []string{"aaaa", "bbbb", "cc"} {
		n, _, err := WSAGetOverlappedResult(server, &ov[i], true)
		must(t, err)
		if string(bufs[i][:n]) != want {
			t.Errorf("receive %d got %q, want %q", i, bufs[i][:n], want)
		}
	}
}

// TestCompletionRoutine follows difference 124: a routine runs in an
// alertable wait of its thread only.
func TestCompletionRoutine(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	thread, err := NewThread()
	must(t, err)
	defer thread.Close()
	var ov Overlapped
	ran := 0
	buf := make([]byte, 8)
	c := &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, o *Overlapped, flags uint32) {
		ran++
		if err != 0 || n != 3 || o != &ov {
			t.Errorf("routine: %v, %d bytes, %p", err, n, o)
		}
	}}
	_, err = WSARecv(server, [][]byte{buf}, nil, &ov, c)
	wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
	if thread.SleepEx(1) {
		t.Error("a call was run though nothing has happened")
	}
	_, err = Send(client, []byte("abc"), 0)
	must(t, err)
	end := time.Now().Add(time.Minute)
	for !ov.Done() && time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
	if ran != 0 {
		t.Error("the routine ran outside of an alertable wait")
	}
	if !thread.SleepEx(10_000) || ran != 1 {
		t.Errorf("the routine ran %d times", ran)
	}
}

// TestCloseAborts follows difference 128.
func TestCloseAborts(t *testing.T) {
	started(t)
	_, server := connected(t, wsa.AF_INET)
	port := newTestPort(t, 0)
	associate(t, server, port, 1)
	var ov Overlapped
	_, err := WSARecv(server, [][]byte{make([]byte, 8)}, nil, &ov, nil)
	wantErr(t, "WSARecv", err, wsa.WSA_IO_PENDING)
	must(t, CloseSocket(server))
	n, key, got, err := GetQueuedCompletionStatus(port, 10_000)
	if n != 0 || key != 1 || got != &ov || err != wsa.WSA_OPERATION_ABORTED {
		t.Errorf("packet: %d bytes, key %d, %p, %v", n, key, got, err)
	}
}

// TestClosedPort: who waits at a port that is closed gets
// ERROR_ABANDONED_WAIT_0 ("GetQueuedCompletionStatus function").
func TestClosedPort(t *testing.T) {
	started(t)
	port, err := CreateIoCompletionPort(INVALID_HANDLE_VALUE, 0, 0, 0)
	must(t, err)
	done := make(chan error, 3)
	for range 3 {
		go func() { _, _, _, err := GetQueuedCompletionStatus(port, wsa.WSA_INFINITE); done <- err }()
	}
	time.Sleep(10 * time.Millisecond) // most likely they wait by now
	must(t, CloseHandle(port))
	for range 3 {
		select {
		case err := <-done:
			if err != wsa.ERROR_ABANDONED_WAIT_0 && err != wsa.WSA_INVALID_HANDLE {
				t.Errorf("got %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("still waiting")
		}
	}
}
