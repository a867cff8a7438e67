// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"testing"
	"time"

	"winsock/wsa"
)

// TestOverlapped checks the rules of overlapped sends and receives.
func TestOverlapped(t *testing.T) { runAsyncRules(t, overlappedRules) }

var overlappedRules = []asyncRule{
	{"difference 127", "receives in order", func(b *asyncBed) {
		c, s, port := b.ported(3)
		var ov [3]Overlapped
		var bufs [3][4]byte
		for i := range ov {
			b.pendingRecv(s, bufs[i][:], &ov[i], nil)
		}
		for i, text := range []string{"aaaa", "bbbb", "cc"} {
			b.send(c, text)
			b.packet(port, len(text), 3, &ov[i], 0)
			if string(bufs[i][:len(text)]) != text {
				b.Errorf("receive %d got %q", i, bufs[i])
			}
		}
		b.noPacket(port)
	}},
	{"difference 127: one message fills several", "receives share", func(b *asyncBed) {
		c, s := b.connected()
		var ov [3]Overlapped
		var bufs [3][4]byte
		for i := range ov {
			b.pendingRecv(s, bufs[i][:], &ov[i], nil)
		}
		b.send(c, "aaaabbbbcc")
		for i, want := range []string{"aaaa", "bbbb", "cc"} {
			b.result(s, &ov[i], len(want), 0)
			if string(bufs[i][:len(want)]) != want {
				b.Errorf("receive %d got %q, want %q", i, bufs[i], want)
			}
		}
	}},
	{"difference 90: a send ends when all of it is sent, and sends keep their order", "sends pend", sendsPend},
	{"difference 90: a synchronous send comes after the overlapped ones under way", "send behind sends", func(b *asyncBed) {
		c, s := b.connected()
		data := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		var ovs []*Overlapped
		for {
			ov := new(Overlapped)
			ovs = append(ovs, ov)
			if _, err := WSASend(s, [][]byte{data}, 0, ov, nil); err == wsa.WSA_IO_PENDING {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
		sent := make(chan error)
		go func() { _, err := Send(s, []byte("the end"), 0); sent <- err }()
		want := append(bytes.Repeat(data, len(ovs)), "the end"...)
		got := make([]byte, len(want))
		n, err := Recv(c, got, wsa.MSG_WAITALL)
		must(b, err)
		if n != len(want) || !bytes.Equal(got, want) {
			b.Errorf("%d bytes arrived, not in the order of the calls; want %d", n, len(want))
		}
		must(b, done(b, sent))
		for _, ov := range ovs {
			b.result(s, ov, len(data), 0)
		}
	}},
	{"difference 82", "zero bytes pend", func(b *asyncBed) {
		c, s, port := b.ported(1)
		var ov Overlapped
		b.pendingRecv(s, nil, &ov, nil)
		b.noPacket(port)
		b.send(c, "data")
		b.packet(port, 0, 1, &ov, 0)
		if got := b.recv(s, 10, 0); got != "data" {
			b.Errorf("after a receive of nothing there is %q", got)
		}
	}},
	{"WSARecv function: no data is a graceful end", "end of stream", func(b *asyncBed) {
		c, s, port := b.ported(1)
		var ov [2]Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov[0], nil)
		b.pendingRecv(s, make([]byte, 8), &ov[1], nil)
		must(b, Shutdown(c, wsa.SD_SEND))
		b.packet(port, 0, 1, &ov[0], 0)
		b.packet(port, 0, 1, &ov[1], 0)
		n, err := WSARecv(s, [][]byte{make([]byte, 8)}, nil, &ov[0], nil)
		if n != 0 || err != nil {
			b.Errorf("WSARecv at the end: %d, %v", n, name(err))
		}
		b.packet(port, 0, 1, &ov[0], 0)
	}},
	{"differences 83 and 84", "reset", func(b *asyncBed) {
		c, s, port := b.ported(9)
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		b.reset(c)
		b.packet(port, 0, 9, &ov, wsa.ERROR_NETNAME_DELETED)
		if got := wsa.NTStatus(ov.Internal); got != wsa.STATUS_CONNECTION_RESET {
			b.Errorf("Internal is %#x, want STATUS_CONNECTION_RESET", uint32(got))
		}
		b.result(s, &ov, 0, wsa.WSAECONNRESET)
		if v, err := GetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_ERROR); v != 0 || err != nil {
			b.Errorf("SO_ERROR is %d, %v", v, err)
		}
		for range 2 {
			_, err := WSARecv(s, [][]byte{make([]byte, 8)}, nil, &ov, nil)
			wantErr(b, "WSARecv after the reset", err, wsa.WSAECONNRESET)
		}
		b.noPacket(port)
	}},
	{"difference 79: STATUS_BUFFER_OVERFLOW", "cut datagram", func(b *asyncBed) {
		s, addr := b.bound(wsa.SOCK_DGRAM)
		c := b.socket(wsa.SOCK_DGRAM)
		port := b.port()
		associate(b, s, port, 5)
		var ov Overlapped
		var from wsa.Sockaddr
		buf := make([]byte, 4)
		_, err := WSARecvFrom(s, [][]byte{buf}, nil, &from, &ov, nil)
		wantErr(b, "WSARecvFrom", err, wsa.WSA_IO_PENDING)
		_, err = SendTo(c, []byte("too long"), 0, &addr)
		must(b, err)
		b.packet(port, 4, 5, &ov, wsa.ERROR_MORE_DATA)
		if got := wsa.NTStatus(ov.Internal); got != wsa.STATUS_BUFFER_OVERFLOW || string(buf) != "too " {
			b.Errorf("Internal is %#x, data %q", uint32(got), buf)
		}
		if name := nameOf(b, c); from.Port() != name.Port() {
			b.Errorf("it came from %v, want %v", from, name)
		}
		b.result(s, &ov, 4, wsa.WSAEMSGSIZE)

		_, err = SendTo(c, []byte("too long"), 0, &addr) // the same at once
		must(b, err)
		b.arrived(s, 1)
		n, err := WSARecvFrom(s, [][]byte{buf}, nil, &from, &ov, nil)
		if n != 4 || err != wsa.WSAEMSGSIZE {
			b.Errorf("WSARecvFrom: %d bytes, %v; want 4, WSAEMSGSIZE", n, name(err))
		}
		b.packet(port, 4, 5, &ov, wsa.ERROR_MORE_DATA)
	}},
	{"WSARecvMsg: what is reported belongs to the message", "message", func(b *asyncBed) {
		s, addr := b.bound(wsa.SOCK_DGRAM)
		c := b.socket(wsa.SOCK_DGRAM)
		must(b, SetSockOptInt(s, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 1))
		var ov Overlapped
		var from wsa.Sockaddr
		msg := Msg{Name: &from, Buffers: [][]byte{make([]byte, 2), make([]byte, 8)}, Control: make([]byte, 128)}
		_, err := WSARecvMsg(s, &msg, &ov, nil)
		wantErr(b, "WSARecvMsg", err, wsa.WSA_IO_PENDING)
		_, err = SendTo(c, []byte("hello"), 0, &addr)
		must(b, err)
		b.result(s, &ov, 5, 0)
		if string(msg.Buffers[0]) != "he" || string(msg.Buffers[1][:3]) != "llo" || len(msg.Control) == 0 || len(msg.Control) == 128 || from.Port() == 0 {
			b.Errorf("message: %q, %d bytes of control data, from %v", msg.Buffers, len(msg.Control), from)
		}
	}},
	{"recv function: MSG_OOB", "urgent data", func(b *asyncBed) {
		if b.pumped {
			b.Skip("the layer of blocking code has no urgent data")
		}
		c, s, port := b.ported(1)
		b.send(c, "abc")
		b.sendOOB(c, "!")
		b.send(c, "def")
		b.arrived(s, 3)
		var oob Overlapped
		flags := uint32(wsa.MSG_OOB)
		p := make([]byte, 1)
		if _, err := WSARecv(s, [][]byte{p}, &flags, &oob, nil); err != nil && err != wsa.WSA_IO_PENDING {
			b.Fatal(err)
		}
		b.packet(port, 1, 1, &oob, 0)
		if p[0] != '!' {
			b.Errorf("urgent byte %q", p)
		}
		for got := ""; got != "abcdef"; { // a receive ends at the mark, and more is there behind it
			var ov Overlapped
			buf := make([]byte, 100)
			if _, err := WSARecv(s, [][]byte{buf}, nil, &ov, nil); err != nil && err != wsa.WSA_IO_PENDING {
				b.Fatal(err)
			}
			n, _, o, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
			if err != nil || o != &ov {
				b.Fatalf("packet after %q: %v", got, name(err))
			}
			got += string(buf[:n])
		}
	}},
	{"CancelIoEx function", "cancel one", func(b *asyncBed) {
		c, s, port := b.ported(2)
		var ov [3]Overlapped
		bufs := [3][]byte{make([]byte, 4), make([]byte, 4), make([]byte, 4)}
		for i := range ov {
			b.pendingRecv(s, bufs[i], &ov[i], nil)
		}
		must(b, CancelIoEx(s, &ov[1]))
		b.packet(port, 0, 2, &ov[1], wsa.WSA_OPERATION_ABORTED)
		if got := wsa.NTStatus(ov[1].Internal); got != wsa.STATUS_CANCELLED {
			b.Errorf("Internal is %#x, want STATUS_CANCELLED", uint32(got))
		}
		wantErr(b, "CancelIoEx again", CancelIoEx(s, &ov[1]), wsa.ERROR_NOT_FOUND)
		b.send(c, "data")
		b.packet(port, 4, 2, &ov[0], 0)
		must(b, CancelIoEx(s, nil))
		b.packet(port, 0, 2, &ov[2], wsa.WSA_OPERATION_ABORTED)
		wantErr(b, "CancelIoEx of nothing", CancelIoEx(s, nil), wsa.ERROR_NOT_FOUND)
		b.send(c, "next")
		if got := b.recv(s, 4, 0); got != "next" {
			b.Errorf("after cancelling, %q is received", got)
		}
		wantErr(b, "CancelIoEx of no socket", CancelIoEx(INVALID_SOCKET, nil), wsa.WSA_INVALID_HANDLE)
	}},
	{"CancelIo function", "cancel all", func(b *asyncBed) {
		_, s := b.connected()
		must(b, CancelIo(s))
		var ov [2]Overlapped
		for i := range ov {
			b.pendingRecv(s, make([]byte, 4), &ov[i], nil)
		}
		must(b, CancelIo(s))
		for i := range ov {
			b.result(s, &ov[i], 0, wsa.WSA_OPERATION_ABORTED)
		}
	}},
	{"difference 128", "close", func(b *asyncBed) {
		_, s, port := b.ported(4)
		var ov [2]Overlapped
		for i := range ov {
			b.pendingRecv(s, make([]byte, 4), &ov[i], nil)
		}
		must(b, CloseSocket(s))
		for i := range ov {
			b.packet(port, 0, 4, &ov[i], wsa.WSA_OPERATION_ABORTED)
		}
		b.noPacket(port)
		_, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &ov[0], nil)
		wantErr(b, "WSARecv on a closed socket", err, wsa.WSAENOTSOCK)
	}},
	{"WSAGetOverlappedResult function, difference 9", "result", func(b *asyncBed) {
		c, s := b.connected()
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		_, _, err := WSAGetOverlappedResult(s, &ov, false)
		wantErr(b, "while it is under way", err, wsa.WSA_IO_INCOMPLETE)
		_, _, err = WSAGetOverlappedResult(s, nil, false)
		wantErr(b, "without a structure", err, wsa.WSAEFAULT)
		_, _, err = WSAGetOverlappedResult(INVALID_SOCKET, &ov, false)
		wantErr(b, "without a socket", err, wsa.WSAENOTSOCK)
		_, _, err = WSAGetOverlappedResult(SOCKET(b.event()), &ov, false)
		wantErr(b, "with an event for a socket", err, wsa.WSAENOTSOCK)
		got := make(chan uint32)
		go func() { n, _, _ := WSAGetOverlappedResult(s, &ov, true); got <- n }()
		b.send(c, "data")
		if n := done(b, got); n != 4 {
			b.Errorf("%d bytes, want 4", n)
		}
		b.result(s, &ov, 4, 0) // as often as one likes
	}},
	{"WSAOVERLAPPED structure: hEvent", "event", func(b *asyncBed) {
		c, s, port := b.ported(6)
		ov := Overlapped{Event: b.event()}
		must(b, WSASetEvent(ov.Event))
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		if b.signalled(ov.Event) {
			b.Error("the event is not reset when the operation begins")
		}
		b.send(c, "data")
		b.await(ov.Event)
		b.result(s, &ov, 4, 0)
		b.packet(port, 4, 6, &ov, 0)
		if b.signalled(HANDLE(s)) {
			b.Error("the socket is signalled though the operation has an event")
		}
		n, err := WSASend(s, [][]byte{[]byte("now")}, 0, &ov, nil)
		if n != 3 || err != nil || !b.signalled(ov.Event) {
			b.Errorf("WSASend: %d, %v, event %v", n, name(err), b.signalled(ov.Event))
		}
		bad := Overlapped{Event: HANDLE(s)}
		_, err = WSARecv(s, [][]byte{make([]byte, 1)}, nil, &bad, nil)
		wantErr(b, "an event that is none", err, wsa.WSA_INVALID_HANDLE)
	}},
	{"difference 121", "low bit", func(b *asyncBed) {
		c, s, port := b.ported(6)
		event := b.event()
		ov := Overlapped{Event: event | 1}
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		b.send(c, "data")
		b.await(event)
		b.result(s, &ov, 4, 0)
		b.noPacket(port)
	}},
	{"difference 126", "socket as object", func(b *asyncBed) {
		c, s := b.connected()
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		if b.signalled(HANDLE(s)) {
			b.Error("the socket is signalled while the operation is under way")
		}
		b.send(c, "data")
		b.await(HANDLE(s))
		b.result(s, &ov, 4, 0)
	}},
	{"difference 125", "socket that is not overlapped", func(b *asyncBed) {
		s, err := b.openWith(wsa.AF_INET, wsa.SOCK_STREAM, 0)
		must(b, err)
		b.Cleanup(func() { CloseSocket(s) })
		l, addr := b.listening()
		must(b, Connect(s, &addr))
		c := b.accept(l)
		nonblocking(b, s)
		var ov Overlapped
		got := make(chan error)
		p := make([]byte, 8)
		n := 0
		go func() {
			var err error
			n, err = WSARecv(s, [][]byte{p}, nil, &ov, nil)
			got <- err
		}()
		select {
		case err := <-got:
			b.Fatalf("WSARecv has not waited but answered %v", name(err))
		case <-time.After(20 * time.Millisecond): // it has begun to wait by now, or it will
		}
		b.send(c, "data")
		if err := done(b, got); err != nil || n != 4 || string(p[:n]) != "data" {
			b.Errorf("WSARecv: %d, %v, %q", n, name(err), p[:n])
		}
		if ov != (Overlapped{}) {
			b.Errorf("the structure is written to: %+v", ov)
		}
		_, err = CreateIoCompletionPort(HANDLE(s), b.port(), 0, 0)
		wantErr(b, "a port for it", err, wsa.WSA_INVALID_PARAMETER)

		go func() { _, err := WSARecv(s, [][]byte{p}, nil, &ov, nil); got <- err }()
		must(b, CloseSocket(s))
		if err := done(b, got); err != wsa.WSAENOTSOCK && err != wsa.WSAEINTR {
			b.Errorf("closed while it waits: %v", name(err))
		}
	}},
	{"difference 47", "time-outs do not count", func(b *asyncBed) {
		c, s := b.connected()
		must(b, SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 1))
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		_, err := Recv(b.connectedTimedOut(), make([]byte, 1), 0) // so much time has passed for certain
		wantErr(b, "a blocking receive", err, wsa.WSAETIMEDOUT)
		if ov.Done() {
			b.Error("SO_RCVTIMEO has ended an overlapped receive")
		}
		b.send(c, "data")
		b.result(s, &ov, 4, 0)
	}},
	{"difference 76", "shutdown of receiving", func(b *asyncBed) {
		for _, how := range []int32{wsa.SD_RECEIVE, wsa.SD_BOTH} {
			c, s, port := b.ported(1)
			var ov [2]Overlapped
			p := make([]byte, 8)
			b.pendingRecv(s, p, &ov[0], nil)
			must(b, Shutdown(s, how))
			_, err := WSARecv(s, [][]byte{p}, nil, &ov[1], nil)
			wantErr(b, "WSARecv afterwards", err, wsa.WSAESHUTDOWN)
			_, err = Recv(s, p, 0)
			wantErr(b, "recv afterwards", err, wsa.WSAESHUTDOWN)
			must(b, Shutdown(s, how)) // twice is fine
			if how == wsa.SD_BOTH {
				_, err = Send(s, p, 0)
				wantErr(b, "send afterwards", err, wsa.WSAESHUTDOWN)
				if got := b.recv(c, 8, 0); got != "" {
					b.Errorf("the peer received %q, want the end", got)
				}
			}
			b.send(c, "data")
			b.packet(port, 4, 1, &ov[0], 0)
			if string(p[:4]) != "data" {
				b.Errorf("received %q", p[:4])
			}
			_, err = Recv(s, p, 0)
			wantErr(b, "recv in the end", err, wsa.WSAESHUTDOWN)
			b.noPacket(port)
		}
	}},
	{"WSARecv function: the structure is in use", "structure in use", func(b *asyncBed) {
		c, s := b.connected()
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 4), &ov, nil)
		_, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &ov, nil)
		wantErr(b, "WSARecv with it", err, wsa.WSA_INVALID_PARAMETER)
		_, err = WSASend(s, [][]byte{make([]byte, 4)}, 0, &ov, nil)
		wantErr(b, "WSASend with it", err, wsa.WSA_INVALID_PARAMETER)
		b.send(c, "data")
		b.result(s, &ov, 4, 0)
		n, err := WSASend(s, [][]byte{make([]byte, 4)}, 0, &ov, nil)
		if n != 4 || err != nil {
			b.Errorf("WSASend when it has ended: %d, %v", n, name(err))
		}
	}},
	{"difference 82: no buffer", "no buffer", func(b *asyncBed) {
		_, s := b.connected()
		var ov Overlapped
		_, err := WSARecv(s, nil, nil, &ov, nil)
		wantErr(b, "WSARecv", err, wsa.WSAEINVAL)
		_, err = WSASend(s, nil, 0, &ov, nil)
		wantErr(b, "WSASend", err, wsa.WSAEINVAL)
		n, err := WSASend(s, [][]byte{nil}, 0, &ov, nil)
		if n != 0 || err != nil {
			b.Errorf("WSASend of an empty buffer: %d, %v", n, name(err))
		}
	}},
	{"difference 84 and WSARecv function: no connection", "immediate error", func(b *asyncBed) {
		s := b.socket(wsa.SOCK_STREAM)
		port := b.port()
		associate(b, s, port, 1)
		event := b.event()
		ov := Overlapped{Event: event}
		_, err := WSARecv(s, [][]byte{make([]byte, 4)}, nil, &ov, nil)
		wantErr(b, "WSARecv", err, wsa.WSAENOTCONN)
		_, err = WSASend(s, [][]byte{make([]byte, 4)}, 0, &ov, nil)
		wantErr(b, "WSASend", err, wsa.WSAENOTCONN)
		b.noPacket(port)
		if !ov.Done() || b.signalled(event) {
			b.Errorf("done %v, signalled %v", ov.Done(), b.signalled(event))
		}
	}},
	{"WSASend function: the flags are of the call", "flags of sends", func(b *asyncBed) {
		c, s := b.connected()
		var ov Overlapped
		_, err := WSASend(s, [][]byte{[]byte("data")}, wsa.MSG_DONTROUTE, &ov, nil)
		must(b, err)
		if _, flags, err := WSAGetOverlappedResult(s, &ov, true); flags != 0 || err != nil {
			b.Errorf("flags %#x, %v", flags, name(err))
		}
		flags := uint32(0)
		b.arrived(c, 4)
		n, err := WSARecv(c, [][]byte{make([]byte, 8)}, &flags, &ov, nil)
		if n != 4 || err != nil || flags != 0 {
			b.Errorf("WSARecv: %d, %v, flags %#x", n, name(err), flags)
		}
	}},
	{"difference 113", "FD_READ is taken", func(b *asyncBed) {
		c, s := b.connected()
		w := b.selecting(s, wsa.FD_READ)
		var ov Overlapped
		b.pendingRecv(s, make([]byte, 8), &ov, nil)
		b.send(c, "data")
		b.result(s, &ov, 4, 0)
		w.none("a pending receive takes FD_READ")
		b.send(c, "data")
		w.want("without one it is told", wsa.FD_READ)
	}},
}

// connectedTimedOut returns a socket on which receives time out after some
// milliseconds.
func (b *asyncBed) connectedTimedOut() SOCKET {
	b.Helper()
	_, s := b.connected()
	must(b, SetSockOptInt(s, wsa.SOL_SOCKET, wsa.SO_RCVTIMEO, 20))
	return s
}

// sendsPend fills the connection with overlapped sends, each of two buffers,
// and has the peer take everything.
func sendsPend(b *asyncBed) {
	c, s, port := b.ported(8)
	const size, more = 300_000, 3
	var ovs []*Overlapped
	var want bytes.Buffer
	for waiting := 0; waiting < more; {
		data := bytes.Repeat([]byte{byte(len(ovs) + 1)}, size)
		want.Write(data)
		bufs := [][]byte{data[:size/3], data[size/3:]}
		ov := new(Overlapped)
		n, err := WSASend(s, bufs, 0, ov, nil)
		bufs[0], bufs[1] = nil, nil // the array is the caller's again
		switch {
		case err == wsa.WSA_IO_PENDING:
			waiting++
		case err != nil || n != size:
			b.Fatalf("WSASend: %d, %v", n, name(err))
		case waiting > 0:
			b.Fatal("a send has overtaken one under way")
		}
		if ovs = append(ovs, ov); len(ovs) > 200 {
			b.Fatal("no send ever waits")
		}
	}
	taken := make(chan []byte)
	go func() {
		got := make([]byte, want.Len())
		n, err := Recv(c, got, wsa.MSG_WAITALL)
		if err != nil {
			b.Error(err)
		}
		taken <- got[:n]
	}()
	for _, ov := range ovs {
		b.packet(port, size, 8, ov, 0)
	}
	if got := done(b, taken); !bytes.Equal(got, want.Bytes()) {
		b.Errorf("%d bytes arrived that are not what was sent, which is %d", len(got), want.Len())
	}
	b.noPacket(port)
}
