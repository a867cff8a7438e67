// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"runtime"
	"testing"

	"winsock/wsa"
)

// TestBatches: several receives that are pending on a socket of datagrams, and
// so may be received together, end as so many single ones do.
func TestBatches(t *testing.T) { runAsyncRules(t, batchRules) }

// A posted is a receive of a datagram that was begun.
type posted struct {
	ov   Overlapped
	buf  [8]byte
	bufs [1][]byte
	from wsa.Sockaddr
}

// post begins receives that have to wait.
func (b *asyncBed) post(s SOCKET, list []posted) {
	b.Helper()
	for i := range list {
		p := &list[i]
		p.bufs[0] = p.buf[:]
		n, err := WSARecvFrom(s, p.bufs[:], nil, &p.from, &p.ov, nil)
		if n != 0 || err != wsa.WSA_IO_PENDING {
			b.Fatalf("WSARecvFrom: %d, %v; want WSA_IO_PENDING", n, name(err))
		}
	}
}

// receiver is a bound socket of datagrams with a port, and one that sends to it.
func (b *asyncBed) receiver(key uintptr) (s, c SOCKET, to, from wsa.Sockaddr, port HANDLE) {
	b.Helper()
	s, to = b.bound(wsa.SOCK_DGRAM)
	c, from = b.bound(wsa.SOCK_DGRAM)
	port = b.port()
	associate(b, s, port, key)
	return s, c, to, from, port
}

func (b *asyncBed) sendTo(c SOCKET, to *wsa.Sockaddr, texts ...string) {
	b.Helper()
	for _, text := range texts {
		_, err := SendTo(c, []byte(text), 0, to)
		must(b, err)
	}
}

var batchRules = []asyncRule{
	{"WSARecvFrom function: each receive takes one datagram, in the order in which they were begun", "order", func(b *asyncBed) {
		s, c, to, from, port := b.receiver(3)
		must(b, SetFileCompletionNotificationModes(s, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS)) // is about none of them
		list := make([]posted, 7)
		b.post(s, list)
		texts := []string{"one", "", "too long for it", "four", "five"}
		b.sendTo(c, &to, texts...)
		for i, text := range texts {
			p, want := &list[i], wsa.Errno(0)
			if len(text) > len(p.buf) {
				text, want = text[:len(p.buf)], wsa.ERROR_MORE_DATA
			}
			b.packet(port, len(text), 3, &p.ov, want)
			if got := string(p.buf[:len(text)]); got != text || p.from != from {
				b.Errorf("receive %d: %q from %v, want %q from %v", i, got, &p.from, text, &from)
			}
			if truncated := p.ov.Offset&wsa.MSG_TRUNC != 0; truncated != (want != 0) {
				b.Errorf("receive %d: flags %#x", i, p.ov.Offset)
			}
		}
		b.noPacket(port)
		must(b, CloseSocket(s))
		for i := range list[5:] {
			b.packet(port, 0, 3, &list[5+i].ov, wsa.ERROR_OPERATION_ABORTED)
		}
	}},
	{"CancelIoEx function: the datagram of a cancelled receive goes to the next one", "cancelled", func(b *asyncBed) {
		s, c, to, _, port := b.receiver(4)
		list := make([]posted, 4)
		b.post(s, list)
		must(b, CancelIoEx(s, &list[1].ov))
		b.packet(port, 0, 4, &list[1].ov, wsa.ERROR_OPERATION_ABORTED)
		b.sendTo(c, &to, "a", "bb", "ccc")
		for n, i := range []int{0, 2, 3} {
			b.packet(port, n+1, 4, &list[i].ov, 0)
		}
		b.noPacket(port)
	}},
	{"WSARecvFrom function: the event, the routine or the packet tells", "ways to tell", func(b *asyncBed) {
		s, to := b.bound(wsa.SOCK_DGRAM)
		c := b.socket(wsa.SOCK_DGRAM)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread, err := CurrentThread()
		must(b, err)
		defer thread.Close()
		var told []int
		list := make([]posted, 6)
		for i := range list {
			p := &list[i]
			p.bufs[0] = p.buf[:]
			var routine *Completion
			if i%2 == 0 {
				p.ov.Event = b.event()
			} else {
				routine = &Completion{Thread: thread, Routine: func(err wsa.Errno, n uint32, ov *Overlapped, flags uint32) {
					if err != 0 || ov != &p.ov || int(n) != i+1 {
						b.Errorf("routine of receive %d: %d bytes, %v", i, n, err)
					}
					told = append(told, i)
				}}
			}
			_, err := WSARecvFrom(s, p.bufs[:], nil, nil, &p.ov, routine)
			wantErr(b, "WSARecvFrom", err, wsa.WSA_IO_PENDING)
		}
		b.sendTo(c, &to, "1", "22", "333", "4444", "55555", "666666")
		for i := 0; i < len(list); i += 2 {
			b.await(list[i].ov.Event)
			b.result(s, &list[i].ov, i+1, 0)
		}
		for len(told) < 3 {
			SleepEx(uint32(soon.Milliseconds()), true)
		}
		for i, x := range told {
			if x != 2*i+1 {
				b.Errorf("routines of receives %v were called", told)
			}
		}
	}},
	{"WSARecvFrom function: MSG_PEEK leaves the datagram", "peek among them", func(b *asyncBed) {
		s, c, to, _, port := b.receiver(5)
		list := make([]posted, 4)
		b.post(s, list[:1])
		flags := uint32(wsa.MSG_PEEK)
		peek := &list[1]
		peek.bufs[0] = peek.buf[:]
		_, err := WSARecvFrom(s, peek.bufs[:], &flags, nil, &peek.ov, nil)
		wantErr(b, "WSARecvFrom with MSG_PEEK", err, wsa.WSA_IO_PENDING)
		b.post(s, list[2:])
		b.sendTo(c, &to, "1", "22", "333")
		for i, n := range []int{1, 2, 2, 3} {
			b.packet(port, n, 5, &list[i].ov, 0)
		}
	}},
	{"recvfrom function: WSAECONNRESET for a port that nobody listens to", "unreachable", func(b *asyncBed) {
		s, c, to, _, port := b.receiver(6)
		list := make([]posted, 5)
		b.post(s, list)
		gone, nowhere := b.bound(wsa.SOCK_DGRAM)
		must(b, CloseSocket(gone))
		b.sendTo(s, &nowhere, "anybody?")
		b.sendTo(c, &to, "1", "22", "333", "4444")
		resets, bytes := 0, 1
		for i := range list {
			n, key, ov, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
			switch {
			case ov != &list[i].ov || key != 6:
				b.Fatalf("packet %d: %v", i, name(err))
			case err != nil:
				resets++
				if got := wsa.NTStatus(ov.Internal).Errno(); got != wsa.WSAECONNRESET {
					b.Errorf("packet %d: %v", i, got.Name())
				}
			case int(n) != bytes:
				b.Errorf("packet %d: %d bytes, want %d", i, n, bytes)
			default:
				bytes++
			}
			if i == 3 && resets == 0 { // nothing is told by this provider
				b.Skip("no error for a datagram that nobody has received")
			}
		}
		if resets != 1 {
			b.Errorf("%d receives ended with an error, want one", resets)
		}
	}},
}
