// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"testing"

	"winsock/wsa"
)

// TestPortRules checks the rules of completion ports and their sockets.
func TestPortRules(t *testing.T) { runAsyncRules(t, portRules) }

var portRules = []asyncRule{
	{"difference 118", "success at once", func(b *asyncBed) {
		c, s, port := b.ported(7)
		var send, recv Overlapped
		n, err := WSASend(s, [][]byte{[]byte("da"), []byte("ta")}, 0, &send, nil)
		if n != 4 || err != nil || !send.Done() {
			b.Fatalf("WSASend: %d, %v, done %v", n, name(err), send.Done())
		}
		b.packet(port, 4, 7, &send, 0)
		b.send(c, "data")
		b.arrived(s, 4)
		flags := uint32(0)
		n, err = WSARecv(s, [][]byte{make([]byte, 8)}, &flags, &recv, nil)
		if n != 4 || err != nil || flags != 0 {
			b.Fatalf("WSARecv: %d, %v, flags %#x", n, name(err), flags)
		}
		b.packet(port, 4, 7, &recv, 0)
		b.noPacket(port)
	}},
	{"difference 120, SetFileCompletionNotificationModes function", "skip on success", func(b *asyncBed) {
		c, s, port := b.ported(7)
		must(b, SetFileCompletionNotificationModes(s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
		var ov Overlapped
		n, err := WSASend(s, [][]byte{[]byte("data")}, 0, &ov, nil)
		if n != 4 || err != nil {
			b.Fatalf("WSASend: %d, %v", n, name(err))
		}
		b.noPacket(port)
		b.pendingRecv(s, make([]byte, 4), &ov, nil)
		b.send(c, "data")
		b.packet(port, 4, 7, &ov, 0) // what pends is told in any case
		b.pendingRecv(s, make([]byte, 4), &ov, nil)
		must(b, CancelIoEx(s, &ov))
		b.packet(port, 0, 7, &ov, wsa.WSA_OPERATION_ABORTED)
		wantErr(b, "an unknown mode", SetFileCompletionNotificationModes(s, 4), wsa.WSA_INVALID_PARAMETER)
		wantErr(b, "no socket", SetFileCompletionNotificationModes(INVALID_SOCKET, 1), wsa.WSA_INVALID_HANDLE)
	}},
	{"SetFileCompletionNotificationModes function", "skip the handle", func(b *asyncBed) {
		c, s, port := b.ported(7)
		must(b, SetFileCompletionNotificationModes(s, FILE_SKIP_SET_EVENT_ON_HANDLE))
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 4), &ov, nil)
		b.send(c, "data")
		b.packet(port, 4, 7, &ov, 0)
		if b.signalled(HANDLE(s)) {
			b.Error("the socket is signalled")
		}
		ov.Event = b.event() // an event is another matter
		b.pendingRecv(s, make([]byte, 4), &ov, nil)
		b.send(c, "data")
		b.packet(port, 4, 7, &ov, 0)
		b.await(ov.Event)
	}},
	{"CreateIoCompletionPort function", "association", func(b *asyncBed) {
		_, s, port := b.ported(7)
		check := func(what string, file, existing HANDLE, want wsa.Errno) {
			b.Helper()
			h, err := CreateIoCompletionPort(file, existing, 0, 0)
			wantErr(b, what, err, want)
			if err != nil && h != 0 {
				b.Errorf("%s: handle %#x", what, h)
			}
		}
		other := b.socket(wsa.SOCK_STREAM)
		check("twice with the port", HANDLE(s), port, wsa.WSA_INVALID_PARAMETER)
		check("with a second port", HANDLE(s), b.port(), wsa.WSA_INVALID_PARAMETER)
		check("with a new port", HANDLE(s), 0, wsa.WSA_INVALID_PARAMETER)
		check("no socket with a port", INVALID_HANDLE_VALUE, port, wsa.WSA_INVALID_PARAMETER)
		check("a handle that is none", 4, port, wsa.WSA_INVALID_HANDLE)
		check("an event for a socket", b.event(), port, wsa.WSA_INVALID_HANDLE)
		check("an event for a port", HANDLE(other), b.event(), wsa.WSA_INVALID_HANDLE)
		h, err := CreateIoCompletionPort(HANDLE(other), 0, 11, 0)
		must(b, err)
		defer CloseHandle(h)
		var ov Overlapped
		_, err = WSARecv(other, [][]byte{make([]byte, 1)}, nil, &ov, nil)
		wantErr(b, "WSARecv", err, wsa.WSAENOTCONN)
		b.noPacket(h)
	}},
	{"difference 123", "completion routine", func(b *asyncBed) {
		_, s, port := b.ported(7)
		var ov Overlapped
		c := &Completion{Routine: func(wsa.Errno, uint32, *Overlapped, uint32) { b.Error("the routine runs") }}
		_, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &ov, c)
		wantErr(b, "WSARecv with a routine", err, wsa.WSAEINVAL)
		_, err = WSASend(s, [][]byte{make([]byte, 4)}, 0, &ov, c)
		wantErr(b, "WSASend with a routine", err, wsa.WSAEINVAL)
		b.noPacket(port)
	}},
	{"difference 122", "calls that never queue", func(b *asyncBed) {
		l, addr := b.listening()
		s, port := b.socket(wsa.SOCK_STREAM), b.port()
		associate(b, s, port, 1)
		must(b, Connect(s, &addr))
		c := b.accept(l)
		b.send(s, "data")
		b.send(c, "data")
		if got := b.recv(s, 4, 0); got != "data" {
			b.Errorf("received %q", got)
		}
		must(b, WSASendDisconnect(s, nil))
		must(b, Shutdown(s, wsa.SD_BOTH))
		b.noPacket(port)
	}},
	{"difference 92", "overlapped ioctl", func(b *asyncBed) {
		_, s, port := b.ported(3)
		var ov Overlapped
		on := []byte{1, 0, 0, 0}
		_, err := WSAIoctl(s, wsa.FIONBIO, on, nil, &ov, nil)
		must(b, err)
		b.packet(port, 0, 3, &ov, 0)
		thread := b.thread()
		plain := b.socket(wsa.SOCK_STREAM)
		ran := 0
		_, err = WSAIoctl(plain, wsa.FIONBIO, on, nil, &ov, &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, o *Overlapped, _ uint32) {
			if ran++; err != 0 || n != 0 || o != &ov {
				b.Errorf("routine: %v, %d, %p", err, n, o)
			}
		}})
		must(b, err)
		if !thread.SleepEx(0) || ran != 1 {
			b.Errorf("the routine ran %d times", ran)
		}
	}},
	{"difference 94", "unknown ioctl", func(b *asyncBed) {
		_, s, port := b.ported(3)
		const unknown = 0xdeadbeef
		_, err := WSAIoctl(s, unknown, nil, nil, nil, nil)
		wantErr(b, "synchronous", err, wsa.WSAEOPNOTSUPP)
		var ov Overlapped
		_, err = WSAIoctl(s, unknown, nil, nil, &ov, nil)
		wantErr(b, "overlapped", err, wsa.WSA_IO_PENDING)
		b.packet(port, 0, 3, &ov, wsa.ERROR_NOT_SUPPORTED)
		thread := b.thread()
		plain := b.socket(wsa.SOCK_STREAM)
		var got wsa.Errno
		_, err = WSAIoctl(plain, unknown, nil, nil, &ov, &Completion{Thread: thread, Routine: func(err wsa.Errno, _ uint32, _ *Overlapped, _ uint32) { got = err }})
		wantErr(b, "with a routine", err, wsa.WSA_IO_PENDING)
		if !thread.SleepEx(0) || got != wsa.WSAEOPNOTSUPP {
			b.Errorf("the routine got %v", got.Name())
		}
	}},
	{"GetQueuedCompletionStatus function", "several ports", func(b *asyncBed) {
		const pairs, rounds = 3, 30
		var wg sync.WaitGroup
		for i := range pairs {
			c, s, port := b.ported(uintptr(i))
			wg.Go(func() {
				var ov Overlapped
				p := make([]byte, 8)
				for range rounds {
					if _, err := WSARecv(s, [][]byte{p}, nil, &ov, nil); err != nil && err != wsa.WSA_IO_PENDING {
						b.Error(err)
						return
					}
					if _, err := Send(c, []byte("data"), 0); err != nil {
						b.Error(err)
						return
					}
					n, key, o, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
					if n != 4 || key != uintptr(i) || o != &ov || err != nil {
						b.Errorf("port %d: %d bytes, key %d, %v", i, n, key, name(err))
						return
					}
				}
			})
		}
		wg.Wait()
	}},
}
