// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"testing"

	"winsock/object"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// onEveryChain runs a test on each bed and through three layers. It may leave
// nothing behind, no handle either.
func onEveryChain(t *testing.T, test func(b *bed)) {
	started(t)
	all := beds(t)
	all["three layers"] = &bed{open: func(family, socketType int32) (SOCKET, error) {
		c, err := Compose(family, socketType, 0, nil, "trace", "trace", "trace")
		if err != nil {
			return INVALID_SOCKET, err
		}
		return c.Socket(wsa.WSA_FLAG_OVERLAPPED)
	}}
	for name, b := range all {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			before := object.Count()
			t.Cleanup(func() {
				if n := object.Count(); n > before {
					t.Errorf("%d handles are left", n-before)
				}
			})
			test(&bed{t, b.open, b.delayed})
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
