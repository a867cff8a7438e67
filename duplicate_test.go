// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"os"
	"testing"
	"time"

	"winsock/object"
	"winsock/wsa"
)

// duplicate makes a further handle of a socket, in this process.
func (b *bed) duplicate(s SOCKET) SOCKET {
	b.Helper()
	info, err := WSADuplicateSocket(s, uint32(os.Getpid()))
	must(b, err)
	h, err := WSASocket(wsa.FROM_PROTOCOL_INFO, wsa.FROM_PROTOCOL_INFO, wsa.FROM_PROTOCOL_INFO, &info, 0, 0)
	must(b, err)
	b.Cleanup(func() { CloseSocket(h) })
	if h == s {
		b.Fatal("the handle is the same")
	}
	return h
}

// TestDuplicate checks the rules of several handles of one socket in one
// process.
func TestDuplicate(t *testing.T) { runAsyncRules(t, duplicateRules) }

const duplicatePage = "WSADuplicateSocketW function"

var duplicateRules = []asyncRule{
	{"difference 129", "a request lives until the last handle is closed", func(b *asyncBed) {
		for _, closeFirst := range []bool{true, false} {
			c, s, port := b.ported(5)
			d := b.duplicate(s)
			if closeFirst {
				s, d = d, s
			}
			// Now d is closed before s.
			var one, other Overlapped
			first, second := make([]byte, 8), make([]byte, 8)
			b.pendingRecv(d, first, &one, nil)
			b.pendingRecv(s, second, &other, nil)
			must(b, CloseSocket(d))
			_, err := Recv(d, first, 0)
			wantErr(b, "the handle that is closed", err, wsa.WSAENOTSOCK)
			wantErr(b, "the handle that is closed", CloseSocket(d), wsa.WSAENOTSOCK)
			if one.Done() || other.Done() {
				b.Fatal("a request has ended with the first of two handles")
			}
			b.send(c, "data")
			b.packet(port, 4, 5, &one, 0)
			if string(first[:4]) != "data" {
				b.Errorf("received %q", first)
			}
			must(b, CloseSocket(s))
			b.packet(port, 0, 5, &other, wsa.WSA_OPERATION_ABORTED)
			b.noPacket(port)
			n, err := Recv(c, first, 0)
			if n != 0 || err != nil && err != wsa.WSAECONNRESET {
				b.Errorf("after the last handle was closed, the peer received %d bytes, %v", n, name(err))
			}
		}
	}},
	{"difference 129", "the port is the socket's", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		port := b.port()
		associate(b, d, port, 9)
		_, err := CreateIoCompletionPort(HANDLE(s), port, 9, 0)
		wantErr(b, "an association by the other handle", err, wsa.WSA_INVALID_PARAMETER)
		must(b, CloseSocket(d))
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		b.send(c, "data")
		b.packet(port, 4, 9, &ov, 0)
		b.pendingRecv(b.duplicate(s), make([]byte, 8), &ov, nil)
		must(b, CancelIoEx(s, &ov))
		b.packet(port, 0, 9, &ov, wsa.WSA_OPERATION_ABORTED)
	}},
	{"CloseHandle function", "CloseHandle", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		must(b, CloseHandle(HANDLE(s)))
		wantErr(b, "again", CloseHandle(HANDLE(s)), wsa.WSA_INVALID_HANDLE)
		b.send(d, "data")
		if got := b.recv(c, 8, 0); got != "data" {
			b.Errorf("received %q", got)
		}
		must(b, CloseHandle(HANDLE(d)))
		wantErr(b, "again", CloseHandle(HANDLE(d)), wsa.WSA_INVALID_HANDLE)
		if got := b.recv(c, 8, 0); got != "" {
			b.Errorf("received %q, want the end", got)
		}
	}},
	{duplicatePage, "state is held in common", func(b *asyncBed) {
		s := b.socket(wsa.SOCK_STREAM)
		d := b.duplicate(s)
		addr := loopback(wsa.AF_INET, 0)
		must(b, Bind(s, &addr))
		var peer wsa.Sockaddr
		must(b, GetSockName(d, &peer))
		must(b, SetSockOpt(d, wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, []byte{1, 0, 0, 0}))
		must(b, SetSockOpt(d, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, []byte{0, 1, 0, 0}))
		for _, option := range []int32{wsa.SO_KEEPALIVE, wsa.SO_RCVTIMEO} {
			var value [2][4]byte
			for i, h := range []SOCKET{s, d} {
				_, err := GetSockOpt(h, wsa.SOL_SOCKET, option, value[i][:])
				must(b, err)
			}
			if value[0] != value[1] || value[0] == [4]byte{} {
				b.Errorf("option %d is %v and %v", option, value[0], value[1])
			}
		}
		l, to := b.listening()
		must(b, Connect(d, &to))
		must(b, GetPeerName(s, &peer))
		if peer != to {
			b.Errorf("the peer is %v, want %v", &peer, &to)
		}
		b.accept(l)
		nonblocking(b, s)
		_, err := Recv(d, make([]byte, 1), 0)
		wantErr(b, "the blocking mode", err, wsa.WSAEWOULDBLOCK)
		out := make([]byte, 8)
		for _, h := range []SOCKET{s, d} {
			_, err := WSAIoctl(h, wsa.SIO_BASE_HANDLE, nil, out, nil, nil)
			if err != nil || !bytes.Equal(out, object64(h)) {
				b.Errorf("the base handle of %#x is % x, %v", h, out, err)
			}
		}
	}},
	{duplicatePage, "a selection replaces the other handle's", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		w := b.selecting(s, wsa.FD_READ)
		v := b.selecting(d, wsa.FD_READ)
		b.send(c, "data")
		v.want("the later selection", wsa.FD_READ)
		w.none("the earlier selection")
		must(b, CloseSocket(d))
		b.recv(s, 2, 0)
		awaitSignal(b, "the selection after its handle was closed", v.event)
	}},
	{"difference 117", "messages end with their handle", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		m := b.mailbox()
		m.choose(d, wsa.FD_READ|wsa.FD_CLOSE)
		b.send(c, "data")
		m.want("the handle of the selection", d, wsa.FD_READ)
		must(b, CloseSocket(d))
		m.none("closesocket")
		b.recv(s, 2, 0)
		m.none("data is left, and the handle closed")
		m.choose(s, wsa.FD_READ)
		m.want("the other handle", s, wsa.FD_READ)
	}},
	{"difference 126", "each handle is signalled", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		if b.signalled(HANDLE(s)) || b.signalled(HANDLE(d)) {
			b.Error("a handle is signalled while the operation is under way")
		}
		b.send(c, "data")
		b.await(HANDLE(s))
		b.await(HANDLE(d))
		b.result(d, &ov, 4, 0)
	}},
	{duplicatePage, "select and WSAPoll", func(b *asyncBed) {
		c, s := b.connected()
		d := b.duplicate(s)
		b.send(c, "data")
		b.arrived(d, 4)
		read := FdSet{s, d}
		n, err := Select(&read, nil, nil, nil)
		if n != 2 || err != nil || len(read) != 2 {
			b.Errorf("select: %d, %v, %v", n, read, err)
		}
		fds := []PollFd{{Fd: s, Events: wsa.POLLRDNORM}, {Fd: d, Events: wsa.POLLRDNORM}}
		n, err = WSAPoll(fds, 0)
		if n != 2 || err != nil || fds[0].REvents != wsa.POLLRDNORM || fds[1].REvents != wsa.POLLRDNORM {
			b.Errorf("WSAPoll: %d, %+v, %v", n, fds, err)
		}
	}},
	{duplicatePage, "a listener", func(b *asyncBed) {
		l, addr := b.listening()
		d := b.duplicate(l)
		must(b, CloseSocket(l))
		c := b.socket(wsa.SOCK_STREAM)
		must(b, Connect(c, &addr))
		a := b.accept(d)
		b.send(c, "data")
		if got := b.recv(a, 8, 0); got != "data" {
			b.Errorf("received %q", got)
		}
	}},
	{duplicatePage, "once", func(b *asyncBed) {
		s := b.socket(wsa.SOCK_STREAM)
		info, err := WSADuplicateSocket(s, uint32(os.Getpid()))
		must(b, err)
		d, err := WSASocket(0, 0, 0, &info, 0, 0)
		must(b, err)
		_, err = WSASocket(0, 0, 0, &info, 0, 0)
		wantErr(b, "a second time", err, wsa.WSAEINVAL)
		must(b, CloseSocket(d))
		must(b, CloseSocket(s))
	}},
	{"difference 18", "bad arguments", func(b *asyncBed) {
		s := b.socket(wsa.SOCK_STREAM)
		for _, id := range []uint32{0, 1<<31 - 1, 1<<32 - 1} {
			_, err := WSADuplicateSocket(s, id)
			wantErr(b, "a process that does not exist", err, wsa.WSAEINVAL)
		}
		_, err := WSADuplicateSocket(INVALID_SOCKET, uint32(os.Getpid()))
		wantErr(b, "no socket", err, wsa.WSAENOTSOCK)
		_, err = WSADuplicateSocket(SOCKET(b.event()), uint32(os.Getpid()))
		wantErr(b, "an event", err, wsa.WSAENOTSOCK)
	}},
	{duplicatePage, "an offer keeps the socket open", func(b *asyncBed) {
		c, s := b.connected()
		info, err := WSADuplicateSocket(s, uint32(os.Getpid()))
		must(b, err)
		must(b, CloseSocket(s))
		d, err := WSASocket(0, 0, 0, &info, 0, 0)
		must(b, err)
		b.Cleanup(func() { CloseSocket(d) })
		b.send(d, "data")
		if got := b.recv(c, 8, 0); got != "data" {
			b.Errorf("received %q", got)
		}
		if got := b.duplicate(d); got == s {
			b.Error("a closed handle was given out again at once")
		}
	}},
	{duplicatePage, "an offer ends", func(b *asyncBed) {
		defer func(d time.Duration) { offerLife = d }(offerLife)
		offerLife = time.Millisecond
		c, s := b.connected()
		info, err := WSADuplicateSocket(s, uint32(os.Getpid()))
		must(b, err)
		must(b, CloseSocket(s))
		if got := b.recv(c, 8, 0); got != "" { // waits for the end of the offer
			b.Errorf("received %q", got)
		}
		if _, err = WSASocket(0, 0, 0, &info, 0, 0); err == nil {
			b.Error("the offer can still be taken up")
		}
	}},
	{"difference 5", "WSACleanup", func(b *asyncBed) {
		s := b.socket(wsa.SOCK_STREAM)
		d := b.duplicate(s)
		_, err := WSADuplicateSocket(s, uint32(os.Getpid()))
		must(b, err)
		must(b, CloseSocket(s))
		must(b, WSACleanup())
		if object.Acquire(object.Handle(d)) != nil {
			b.Error("a handle is still open")
		}
		_, err = WSAStartup(Version22)
		must(b, err)
		wantErr(b, "after WSACleanup", CloseSocket(d), wsa.WSAENOTSOCK)
	}},
	{duplicatePage, "handles come and go at once", func(b *asyncBed) {
		for range 20 {
			c, s := b.connected()
			var ov Overlapped
			b.pendingRecv(s, make([]byte, 1), &ov, nil)
			ended := make(chan bool)
			for range 4 {
				go func() {
					h := s
					for range 5 {
						info, err := WSADuplicateSocket(h, uint32(os.Getpid()))
						if err != nil {
							break // s may be closed before it was copied
						}
						d, err := WSASocket(0, 0, 0, &info, 0, 0)
						if err != nil {
							b.Error(err)
							break
						}
						if h != s {
							CloseSocket(h)
						}
						h = d
					}
					ended <- h == s || CloseSocket(h) == nil
				}()
			}
			must(b, CloseSocket(s))
			for range 4 {
				if !<-ended {
					b.Error("a handle could not be closed")
				}
			}
			b.ended(&ov)
			if status := wsa.NTStatus(ov.Internal); status != wsa.STATUS_CANCELLED {
				b.Errorf("the request has ended with %#x", uint32(status))
			}
			CloseSocket(c)
		}
	}},
}

func object64(h SOCKET) []byte {
	var b [8]byte
	for i := range b {
		b[i] = byte(uint64(h) >> (8 * i))
	}
	return b[:]
}

func FuzzCarried(f *testing.F) {
	c := carried{Version: carriedVersion, Flags: 1, Context: contextConnected, Lingering: true, Timeouts: [2]int64{5, 6}}
	f.Add(c.append(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		var got carried
		if !got.decode(b) {
			return
		}
		var again carried
		if !again.decode(got.append(nil)) || again != got {
			t.Errorf("%+v becomes %+v", got, again)
		}
	})
}
