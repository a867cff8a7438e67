// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"testing"
	"time"

	"winsock/object"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// onEveryChain runs a test on each bed. It may leave nothing behind, no handle
// either.
func onEveryChain(t *testing.T, test func(b *bed)) {
	started(t)
	for name, b := range beds(t) {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			before := object.Count()
			t.Cleanup(func() {
				if n := object.Count(); n > before {
					t.Errorf("%d handles are left", n-before)
				}
			})
			test(b.on(t))
		})
	}
}

// Room for an address in the buffer of AcceptEx.
const nameRoom = wsa.SizeofSockaddrIn + 16

// acceptEx begins an AcceptEx that pends.
func (b *bed) acceptEx(l, s SOCKET, receive uint32, ov *Overlapped) []byte {
	b.Helper()
	out := make([]byte, receive+2*nameRoom)
	_, err := AcceptEx(l, s, out, receive, nameRoom, nameRoom, ov)
	wantErr(b, "AcceptEx", err, wsa.WSA_IO_PENDING)
	return out
}

// updateAccept is SO_UPDATE_ACCEPT_CONTEXT.
func (b *bed) updateAccept(s, l SOCKET) {
	b.Helper()
	must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_UPDATE_ACCEPT_CONTEXT, binary.LittleEndian.AppendUint64(nil, uint64(l))))
}

// next takes a packet of a port, which must be there soon.
func (b *bed) next(port HANDLE) (n uint32, key uintptr, ov *Overlapped, err error) {
	b.Helper()
	n, key, ov, err = GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
	if ov == nil {
		b.Fatalf("no packet: %v", err)
	}
	return n, key, ov, err
}

// noMore checks that nothing is queued.
func (b *bed) noMore(port HANDLE) {
	b.Helper()
	if n, key, ov, err := GetQueuedCompletionStatus(port, 0); err != wsa.WSA_WAIT_TIMEOUT || ov != nil {
		b.Errorf("one packet too many: %d bytes, key %d, %p, %v", n, key, ov, err)
	}
}

// TestAcceptEx: a connection without and with first data is told once, at the
// listener's port; the socket can be used, and has its names after
// SO_UPDATE_ACCEPT_CONTEXT (difference 132, "AcceptEx function").
func TestAcceptEx(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		for _, receive := range []uint32{0, 16} {
			l, addr := b.listening()
			port := newTestPort(b, 0)
			associate(b, l, port, 11)
			s := b.socket(wsa.SOCK_STREAM)
			var ov Overlapped
			out := b.acceptEx(l, s, receive, &ov)
			client := b.connecting(&addr)
			want := uint32(0)
			if receive > 0 {
				blocking(b, client)
				b.noMore(port)
				b.send(client, "first")
				want = 5
			}
			n, key, got, err := b.next(port)
			if n != want || key != 11 || got != &ov || err != nil {
				b.Fatalf("packet: %d bytes, key %d, %p, %v; want %d bytes", n, key, got, err, want)
			}
			b.noMore(port)
			if string(out[:n]) != "first"[:n] {
				b.Errorf("received %q", out[:n])
			}
			local, remote, err := GetAcceptExSockaddrs(out, receive, nameRoom, nameRoom)
			must(b, err)
			var name wsa.Sockaddr
			must(b, GetSockName(client, &name))
			if local != addr || remote != name {
				b.Errorf("GetAcceptExSockaddrs: %v, %v; want %v, %v", &local, &remote, &addr, &name)
			}
			wantErr(b, "getpeername without context", GetPeerName(s, &name), wsa.WSAENOTCONN)
			wantErr(b, "getsockname without context", GetSockName(s, &name), wsa.WSAEINVAL)
			wantErr(b, "shutdown without context", Shutdown(s, wsa.SD_SEND), wsa.WSAENOTCONN)
			wantErr(b, "connect without context", Connect(s, &addr), wsa.WSAEINVAL)
			b.updateAccept(s, l)
			must(b, GetPeerName(s, &name))
			if name != remote {
				b.Errorf("getpeername: %v, want %v", &name, &remote)
			}
			must(b, GetSockName(s, &name))
			b.send(s, "answer")
			blocking(b, client)
			if got := b.recv(client, 16, 0); got != "answer" {
				b.Errorf("the client got %q", got)
			}
			b.send(client, "more")
			if got := b.recv(s, 16, 0); got != "more" {
				b.Errorf("the acceptor got %q", got)
			}
		}
	})
}

// blocking clears FIONBIO, once a connect under way has ended.
func blocking(t *bed, s SOCKET) {
	t.Helper()
	off := uint32(0)
	must(t, IoctlSocket(s, wsa.FIONBIO, &off))
	w, wait := FdSet{s}, soon
	n, err := Select(nil, &w, nil, &wait)
	if n != 1 || err != nil {
		t.Fatalf("not connected: %v", err)
	}
}

// TestAcceptExArguments: the checks of AcceptEx in the states that a listener
// and an acceptor can be in (difference 131).
func TestAcceptExArguments(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		fresh := b.socket(wsa.SOCK_STREAM)
		bound, _ := b.bound(wsa.SOCK_STREAM)
		client, _ := b.connected()
		datagram := b.socket(wsa.SOCK_DGRAM)
		pending := b.socket(wsa.SOCK_STREAM)
		var busy, ov Overlapped
		b.acceptEx(l, pending, 0, &busy)
		out := make([]byte, 2*nameRoom)
		for _, c := range []struct {
			name           string
			listen, accept SOCKET
			out            []byte
			receive        uint32
			local, remote  uint32
			ov             *Overlapped
			want           wsa.Errno
		}{
			{"no listener", INVALID_SOCKET, fresh, out, 0, nameRoom, nameRoom, &ov, wsa.WSAENOTSOCK},
			{"no acceptor", l, INVALID_SOCKET, out, 0, nameRoom, nameRoom, &ov, wsa.WSAENOTSOCK},
			{"no OVERLAPPED", l, fresh, out, 0, nameRoom, nameRoom, nil, wsa.ERROR_INVALID_PARAMETER},
			{"no buffer", l, fresh, nil, 0, nameRoom, nameRoom, &ov, wsa.WSAEFAULT},
			{"buffer too short for data", l, fresh, out, 1, nameRoom, nameRoom, &ov, wsa.WSAEFAULT},
			{"lengths beyond 32 bits", l, fresh, out, 1<<32 - 1, 1<<32 - 1, 2, &ov, wsa.WSAEFAULT},
			{"remote length 0", l, fresh, out, 0, nameRoom, 0, &ov, wsa.WSAEFAULT},
			{"listener only bound", bound, fresh, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"listener connected", client, fresh, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"acceptor bound", l, bound, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"acceptor connected", l, client, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"acceptor listening", l, l, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"acceptor a datagram socket", l, datagram, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
			{"acceptor pending", l, pending, out, 0, nameRoom, nameRoom, &ov, wsa.WSAEINVAL},
		} {
			_, err := AcceptEx(c.listen, c.accept, c.out, c.receive, c.local, c.remote, c.ov)
			wantErr(b, c.name, err, c.want)
		}
		wantErr(b, "bind of a pending acceptor", Bind(pending, &addr), wsa.WSAEINVAL)
		wantErr(b, "listen of a pending acceptor", Listen(pending, 1), wsa.WSAEINVAL)
		wantErr(b, "connect of a pending acceptor", Connect(pending, &addr), wsa.WSAEINVAL)
	})
}

// TestAcceptExOtherChain: the acceptor must be of the listener's chain.
func TestAcceptExOtherChain(t *testing.T) {
	started(t)
	all := beds(t)
	l, _ := all["kernel"].listening()
	var ov Overlapped
	_, err := AcceptEx(l, all["trace"].socket(wsa.SOCK_STREAM), make([]byte, 2*nameRoom), 0, nameRoom, nameRoom, &ov)
	wantErr(t, "AcceptEx", err, wsa.WSAEINVAL)
}

// TestAcceptExNoRoom: an address without room fails the operation only when
// there is a connection, which stays in the queue (difference 131), as one
// that was deferred does (difference 61).
func TestAcceptExNoRoom(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		associate(b, l, port, 1)
		s := b.socket(wsa.SOCK_STREAM)
		var ov Overlapped
		for _, c := range []struct{ local, remote uint32 }{{nameRoom - 1, nameRoom}, {0, nameRoom}, {nameRoom, nameRoom - 1}} {
			_, err := AcceptEx(l, s, make([]byte, 2*nameRoom), 0, c.local, c.remote, &ov)
			wantErr(b, "AcceptEx", err, wsa.WSA_IO_PENDING)
			if c.local == nameRoom-1 { // the first: the others find the connection
				b.noMore(port)
				b.connecting(&addr)
			}
			_, _, got, err := b.next(port)
			wantErr(b, "completion", err, wsa.ERROR_INSUFFICIENT_BUFFER)
			if got != &ov {
				b.Errorf("packet of %p", got)
			}
		}
		_, err := WSAAccept(l, nil, func(*ConditionParams) int32 { return CF_DEFER })
		wantErr(b, "WSAAccept that defers", err, wsa.WSATRY_AGAIN)
		b.acceptEx(l, s, 0, &ov)
		if _, _, got, err := b.next(port); got != &ov || err != nil {
			b.Errorf("completion: %p, %v", got, err)
		}
	})
}

// TestAcceptExOrder: many pend on a listener, and take connections in their
// order, each once.
func TestAcceptExOrder(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		const count = 40
		l, addr := b.listening()
		port := newTestPort(b, 0)
		associate(b, l, port, 1)
		ovs := make([]Overlapped, count)
		for i := range ovs {
			b.acceptEx(l, b.socket(wsa.SOCK_STREAM), 0, &ovs[i])
		}
		for i := range ovs {
			b.connecting(&addr)
			if _, _, got, err := b.next(port); got != &ovs[i] || err != nil {
				b.Fatalf("connection %d: completion of another, %v", i, err)
			}
		}
		b.noMore(port)
	})
}

// TestAcceptExPeerLeaves: a receive length completes with 0 bytes when the
// peer leaves (difference 132).
func TestAcceptExPeerLeaves(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		associate(b, l, port, 1)
		var ov Overlapped
		b.acceptEx(l, b.socket(wsa.SOCK_STREAM), 8, &ov)
		client := b.connecting(&addr)
		blocking(b, client)
		must(b, Shutdown(client, wsa.SD_SEND))
		if n, _, got, err := b.next(port); n != 0 || got != &ov || err != nil {
			b.Errorf("completion: %d bytes, %p, %v", n, got, err)
		}
	})
}

// TestAcceptExEnds: what ends an AcceptEx before its time, while it waits for
// a connection and while it waits for data (differences 128 and 130). It is
// told once.
func TestAcceptExEnds(t *testing.T) {
	ends := []struct {
		name string
		do   func(l, s SOCKET, ov *Overlapped) error
	}{
		{"listener closed", func(l, _ SOCKET, _ *Overlapped) error { return CloseSocket(l) }},
		{"acceptor closed", func(_, s SOCKET, _ *Overlapped) error { return CloseSocket(s) }},
		{"CancelIoEx on the listener", func(l, _ SOCKET, ov *Overlapped) error { return CancelIoEx(l, ov) }},
		{"CancelIo on the listener", func(l, _ SOCKET, _ *Overlapped) error { return CancelIo(l) }},
	}
	onEveryChain(t, func(b *bed) {
		for _, end := range ends {
			for _, connected := range []bool{false, true} {
				l, addr := b.listening()
				s := b.socket(wsa.SOCK_STREAM)
				port := newTestPort(b, 0)
				associate(b, l, port, 1)
				var ov Overlapped
				b.acceptEx(l, s, 8, &ov)
				var client SOCKET
				if connected {
					client = b.connecting(&addr)
					blocking(b, client)
					b.awaitArriving(l)
				}
				if err := CancelIoEx(s, &ov); err != wsa.ERROR_NOT_FOUND {
					b.Errorf("CancelIoEx on the acceptor: %v", err)
				}
				b.noMore(port)
				must(b, end.do(l, s, &ov))
				if n, _, got, err := b.next(port); n != 0 || got != &ov || err != wsa.ERROR_OPERATION_ABORTED {
					b.Errorf("%s, connected %v: %d bytes, %p, %v", end.name, connected, n, got, err)
				}
				b.noMore(port)
				if connected {
					if n, err := Recv(client, make([]byte, 1), 0); n != 0 && err == nil {
						b.Errorf("%s: the peer received %d bytes", end.name, n)
					}
				}
				if end.name[:6] == "Cancel" { // both can be used again
					b.acceptEx(l, s, 0, &ov)
					b.connecting(&addr)
					if _, _, got, err := b.next(port); got != &ov || err != nil {
						b.Errorf("%s, then again: %p, %v", end.name, got, err)
					}
				}
			}
		}
	})
}

// awaitArriving waits until an AcceptEx of the listener has its connection.
func (b *bed) awaitArriving(l SOCKET) {
	b.Helper()
	s, err := use(l)
	must(b, err)
	defer s.Release()
	a := s.ofAsync()
	for end := time.Now().Add(soon); time.Now().Before(end); time.Sleep(time.Millisecond) {
		a.mu.Lock()
		there := a.seldomLocked().arriving.first != nil
		a.mu.Unlock()
		if there {
			return
		}
	}
	b.Fatal("no connection has arrived")
}

// TestAcceptExSwallowsFDAccept: a pending AcceptEx takes the connection
// before WSAEventSelect hears of it; the next one is told (difference 113).
func TestAcceptExSwallowsFDAccept(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		associate(b, l, port, 1)
		var ov Overlapped
		b.acceptEx(l, b.socket(wsa.SOCK_STREAM), 0, &ov)
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		must(b, WSAEventSelect(l, event, wsa.FD_ACCEPT))
		b.connecting(&addr)
		b.next(port)
		var events wsa.NetworkEvents
		must(b, WSAEnumNetworkEvents(l, event, &events))
		if events.NetworkEvents != 0 {
			b.Errorf("events %#x for a connection that AcceptEx took", events.NetworkEvents)
		}
		b.connecting(&addr)
		if i, err := WSAWaitForMultipleEvents([]HANDLE{event}, false, uint32(soon.Milliseconds()), false); i != 0 || err != nil {
			b.Errorf("FD_ACCEPT of the second connection: %d, %v", i, err)
		}
	})
}

// TestReceiveSwallowsFDRead: a pending WSARecv takes the data before
// WSAEventSelect hears of it; what it leaves is told (difference 113).
func TestReceiveSwallowsFDRead(t *testing.T) {
	onEveryChain(t, func(b *bed) {
		client, server := b.connected()
		port := newTestPort(b, 0)
		associate(b, server, port, 1)
		var ov Overlapped
		_, err := WSARecv(server, [][]byte{make([]byte, 4)}, nil, &ov, nil)
		wantErr(b, "WSARecv", err, wsa.WSA_IO_PENDING)
		event, err := WSACreateEvent()
		must(b, err)
		defer WSACloseEvent(event)
		must(b, WSAEventSelect(server, event, wsa.FD_READ))
		b.send(client, "took")
		b.next(port)
		var events wsa.NetworkEvents
		must(b, WSAEnumNetworkEvents(server, event, &events))
		if events.NetworkEvents != 0 {
			b.Errorf("events %#x for data that WSARecv took", events.NetworkEvents)
		}
		b.send(client, "left")
		if i, err := WSAWaitForMultipleEvents([]HANDLE{event}, false, uint32(soon.Milliseconds()), false); i != 0 || err != nil {
			b.Errorf("FD_READ of what came later: %d, %v", i, err)
		}
	})
}

// TestUpdateAcceptContext: SO_UPDATE_ACCEPT_CONTEXT wants a listener.
func TestUpdateAcceptContext(t *testing.T) {
	started(t)
	client, server := connected(t, wsa.AF_INET)
	l, _ := listening(t, wsa.AF_INET)
	set := func(s SOCKET, value []byte) error {
		return SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_UPDATE_ACCEPT_CONTEXT, value)
	}
	handle := func(s SOCKET) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(s)) }
	wantErr(t, "short value", set(server, handle(l)[:4]), wsa.WSAEFAULT)
	wantErr(t, "no socket", set(server, handle(INVALID_SOCKET)), wsa.WSAENOTSOCK)
	wantErr(t, "no listener", set(server, handle(client)), wsa.WSAEINVAL)
	wantErr(t, "no connection", set(newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM), handle(l)), wsa.WSAENOTCONN)
	wantErr(t, "a connection that has it", set(server, handle(l)), 0)
}

// FuzzGetAcceptExSockaddrs: no buffer leads outside of itself.
func FuzzGetAcceptExSockaddrs(f *testing.F) {
	good := make([]byte, 2*nameRoom)
	addr := loopback(wsa.AF_INET, 80)
	putAcceptName(good[:nameRoom], &addr)
	putAcceptName(good[nameRoom:], &addr)
	f.Add(good, uint32(0), uint32(nameRoom), uint32(nameRoom))
	f.Add(good[:40], uint32(8), uint32(16), uint32(16))
	f.Add([]byte{255, 255, 255, 255}, uint32(0), uint32(1<<31), uint32(1<<31))
	f.Fuzz(func(t *testing.T, out []byte, receive, local, remote uint32) {
		l, r, err := GetAcceptExSockaddrs(out, receive, local, remote)
		if err != nil && err != wsa.WSAEFAULT {
			t.Errorf("error %v", err)
		}
		if err == nil && (l.Len() > int(local)-acceptNameHeader || r.Len() > int(remote)-acceptNameHeader) {
			t.Errorf("addresses of %d and %d bytes in %d and %d", l.Len(), r.Len(), local, remote)
		}
	})
}
