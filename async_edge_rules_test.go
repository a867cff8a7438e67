// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"testing"

	"winsock/wsa"
)

// TestOverlappedEdges checks rules where overlapped I/O meets other calls.
func TestOverlappedEdges(t *testing.T) { runAsyncRules(t, edgeRules) }

var edgeRules = []asyncRule{
	{"difference 117: a port and a window at once", "port and window", func(b *asyncBed) {
		c, s, port := b.ported(4)
		m := b.mailbox()
		m.choose(s, wsa.FD_READ|wsa.FD_CLOSE)
		buf := make([]byte, 8)
		var ov Overlapped
		b.pendingRecv(s, buf, &ov, nil)
		b.send(c, "one")
		b.packet(port, 3, 4, &ov, 0)
		m.none("data that a pending receive took")
		b.send(c, "two")
		m.want("data that nothing waits for", s, wsa.FD_READ)
		b.receives(s, buf, &ov)
		b.packet(port, 3, 4, &ov, 0)
		must(b, CloseSocket(c))
		m.want("the end", s, wsa.FD_CLOSE)
		b.receives(s, buf, &ov)
		b.packet(port, 0, 4, &ov, 0)
		b.noPacket(port)
	}},
	{"difference 117: closesocket posts nothing", "closesocket with a window", func(b *asyncBed) {
		_, s, port := b.ported(4)
		m := b.mailbox()
		m.choose(s, wsa.FD_READ|wsa.FD_CLOSE)
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		must(b, CloseSocket(s))
		b.packet(port, 0, 4, &ov, wsa.WSA_OPERATION_ABORTED)
		m.none("closesocket")
	}},
	{"difference 119: a packet of a failure", "failure packet", func(b *asyncBed) {
		c, s, port := b.ported(6)
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		b.reset(c)
		n, key, got, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
		if n != 0 || key != 6 || got != &ov || err != wsa.ERROR_NETNAME_DELETED {
			b.Errorf("packet: %d bytes, key %d, %p, %v", n, key, got, name(err))
		}
		b.noPacket(port)
		var entry [1]OverlappedEntry
		b.failingSend(s, &ov)
		if k, err := GetQueuedCompletionStatusEx(port, entry[:], 0, false); k != 0 || err != wsa.WSA_WAIT_TIMEOUT {
			b.Errorf("an immediate error was queued: %d entries, %v", k, name(err))
		}
	}},
	{"difference 122", "WSARecvDisconnect", func(b *asyncBed) {
		c, s, port := b.ported(1)
		_, err := WSARecvDisconnect(s, nil)
		must(b, err)
		must(b, WSASendDisconnect(s, nil))
		if got := b.recv(c, 8, 0); got != "" {
			b.Errorf("the peer received %q", got)
		}
		b.noPacket(port)
	}},
	{"difference 124: a plain receive runs no routine", "plain receive", func(b *asyncBed) {
		c, s := b.connected()
		other, o := b.connected()
		onThread(b, func(thread *Thread) {
			ran := 0
			var ov Overlapped
			_, err := WSARecv(s, [][]byte{make([]byte, 8)}, nil, &ov,
				&Completion{Routine: func(wsa.Errno, uint32, *Overlapped, uint32) { ran++ }})
			wantErr(b, "WSARecv", err, wsa.WSA_IO_PENDING)
			if _, err := Send(c, []byte("data"), 0); err != nil {
				b.Error(err)
			}
			b.ended(&ov)
			go Send(other, []byte("more"), 0)
			n, err := WSARecv(o, [][]byte{make([]byte, 8)}, nil, nil, nil)
			if n != 4 || err != nil || ran != 0 {
				b.Errorf("a plain WSARecv: %d bytes, %v; the routine ran %d times", n, name(err), ran)
			}
			if !thread.SleepEx(0) || ran != 1 {
				b.Errorf("in an alertable wait, the routine ran %d times", ran)
			}
		})
	}},
	{"difference 130", "CancelIo on the acceptor", func(b *asyncBed) {
		l, addr := b.listening()
		s, port := b.socket(wsa.SOCK_STREAM), b.port()
		associate(b, l, port, 2)
		var ov Overlapped
		b.acceptEx(l, s, 0, &ov)
		must(b, CancelIo(s))
		wantErr(b, "CancelIoEx on the acceptor", CancelIoEx(s, nil), wsa.ERROR_NOT_FOUND)
		b.noPacket(port)
		b.connecting(&addr)
		b.packet(port, 0, 2, &ov, 0)
	}},
	{"difference 134", "a buffer is written when the request ends", func(b *asyncBed) {
		c, s, port := b.ported(3)
		untouched := bytes.Repeat([]byte{0xa5}, 16)
		first, second := bytes.Clone(untouched), bytes.Clone(untouched)
		var ov, later Overlapped
		b.pendingRecv(s, first[:8], &ov, nil)
		b.pendingRecv(s, second, &later, nil)
		if !bytes.Equal(first, untouched) {
			b.Error("the buffer was written before there was data")
		}
		// That this look comes before what the data causes, the race detector
		// sees by a lock of the socket's, and not by way of the network.
		wantErr(b, "CancelIoEx of nothing", CancelIoEx(s, new(Overlapped)), wsa.ERROR_NOT_FOUND)
		b.send(c, "data")
		b.packet(port, 4, 3, &ov, 0)
		if string(first[:4]) != "data" || !bytes.Equal(first[4:], untouched[4:]) {
			b.Errorf("the first buffer is % x", first)
		}
		if later.Done() || !bytes.Equal(second, untouched) {
			b.Errorf("the buffer of a request that pends is % x", second)
		}
		must(b, CancelIoEx(s, &later))
		b.packet(port, 0, 3, &later, wsa.WSA_OPERATION_ABORTED)
		if !bytes.Equal(second, untouched) {
			b.Errorf("the buffer of a request that was cancelled is % x", second)
		}
	}},
}

// receives begins a receive that ends at once or later.
func (b *asyncBed) receives(s SOCKET, buf []byte, ov *Overlapped) {
	b.Helper()
	if _, err := WSARecv(s, [][]byte{buf}, nil, ov, nil); err != nil && err != wsa.WSA_IO_PENDING {
		b.Fatalf("WSARecv: %v", name(err))
	}
}

// failingSend sends on a connection that was reset, which fails at once.
func (b *asyncBed) failingSend(s SOCKET, ov *Overlapped) {
	b.Helper()
	if _, err := WSASend(s, [][]byte{{1}}, 0, ov, nil); err == nil || err == wsa.WSA_IO_PENDING {
		b.Errorf("WSASend after a reset: %v", name(err))
	}
}
