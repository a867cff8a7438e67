// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"winsock/wsa"
)

var rioTypes = map[string]int32{"TCP": wsa.SOCK_STREAM, "UDP": wsa.SOCK_DGRAM}

// A rioWait waits until a completion queue may have results.
type rioWait func(cq RIO_CQ)

// rioNotifications returns completion queues of the three kinds, and how to
// wait for them.
func rioNotifications(t *testing.T, size uint32) map[string]func() (RIO_CQ, rioWait) {
	return map[string]func() (RIO_CQ, rioWait){
		"polled": func() (RIO_CQ, rioWait) {
			return newTestCQ(t, size, nil), func(RIO_CQ) { runtime.Gosched() }
		},
		"event": func() (RIO_CQ, rioWait) {
			event, err := WSACreateEvent()
			must(t, err)
			t.Cleanup(func() { WSACloseEvent(event) })
			cq := newTestCQ(t, size, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event, NotifyReset: true})
			return cq, func(cq RIO_CQ) {
				must(t, RIONotify(cq))
				i, err := WSAWaitForMultipleEvents([]HANDLE{event}, true, 10_000, false)
				must(t, err)
				if i != wsa.WSA_WAIT_EVENT_0 {
					t.Fatalf("RIONotify: the event was not signalled: %#x", i)
				}
			}
		},
		"port": func() (RIO_CQ, rioWait) {
			port := newTestPort(t, 0)
			var ov Overlapped
			cq := newTestCQ(t, size, &RIONotification{Type: wsa.RIO_IOCP_COMPLETION, Port: port, Key: 77, Overlapped: &ov})
			return cq, func(cq RIO_CQ) {
				must(t, RIONotify(cq))
				n, key, got, err := GetQueuedCompletionStatus(port, 10_000)
				must(t, err)
				if n != 0 || key != 77 || got != &ov {
					t.Fatalf("RIONotify: the packet is %d, %d, %p", n, key, got)
				}
			}
		},
	}
}

// TestRIOEcho: messages come back in order, whatever the chain, the type and
// the notification; several requests are under way in each direction.
func TestRIOEcho(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		for typeName, socketType := range rioTypes {
			for kind, open := range rioNotifications(b.T, 64) {
				what := typeName + ", " + kind
				client, server := b.pair(socketType)
				if socketType == wsa.SOCK_STREAM { // pieces are not to wait for each other
					must(b, SetSockOpt(client, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{1}))
					must(b, SetSockOpt(server, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, []byte{1}))
				}
				cq, wait := open()
				rioEcho(b, what, client, server, cq, wait)
				must(b, CloseSocket(client))
				must(b, CloseSocket(server))
			}
		}
	})
}

// rioEcho has the server send back what it receives, with four receives under
// way, and checks what the client gets.
func rioEcho(b *bed, what string, client, server SOCKET, cq RIO_CQ, wait rioWait) {
	b.Helper()
	const (
		size     = 16
		under    = 4 // receives under way
		messages = 40
		fromHere = 100 // added to the context of sends
	)
	m := newRIOMemory(b, 2*under*size)
	rqs := [2]RIO_RQ{newTestRQ(b, client, under, under, cq, 0), newTestRQ(b, server, under, under, cq, 1)}
	part := func(side, i int) *RIO_BUF { return m.at((side*under+i)*size, size) }
	receive := func(side, i int) {
		// A stream may be cut anywhere; a whole message is wanted.
		flags := uint32(wsa.RIO_MSG_WAITALL)
		if s := [2]SOCKET{client, server}[side]; !isStream(s) {
			flags = 0
		}
		must(b, RIOReceive(rqs[side], part(side, i), 1, flags, uint64(i)))
	}
	for i := range under {
		receive(0, i)
		receive(1, i)
	}
	out := newRIOMemory(b, size)
	text := func(i int) string { return fmt.Sprintf("message %08d", i) }
	sent, echoed := 0, 0
	send := func() {
		must(b, RIOSend(rqs[0], out.put(0, text(sent)), 1, 0, fromHere))
		sent++
	}
	send()
	var got [8]RIORESULT
	ends := 0
	for end := deadline(); echoed < messages; end.check(b, what) {
		wait(cq)
		for _, r := range got[:RIODequeueCompletion(cq, got[:])] {
			ends++
			if r.Status != 0 || r.BytesTransferred != size {
				b.Fatalf("%s: result %+v", what, r)
			}
			i := int(r.RequestContext)
			switch {
			case i == fromHere && r.SocketContext == 0: // the client's message is gone
			case i >= fromHere: // the server's answer is, and its buffer free
				receive(1, i-fromHere)
			case r.SocketContext == 1:
				must(b, RIOSend(rqs[1], part(1, i), 1, 0, uint64(i+fromHere)))
			default:
				if i != echoed%under {
					b.Fatalf("%s: receive %d ended, want %d: not in order", what, i, echoed%under)
				}
				if s := string(m.bytes[i*size:][:size]); s != text(echoed) {
					b.Fatalf("%s: the echo is %q, want %q", what, s, text(echoed))
				}
				echoed++
				receive(0, i)
				if sent < messages {
					send()
				}
			}
		}
	}
	if ends < 4*messages-1 { // the last answer's own end may come later
		b.Errorf("%s: %d results, want %d", what, ends, 4*messages)
	}
}

func isStream(h SOCKET) bool {
	s, err := use(h)
	if err != nil {
		return false
	}
	defer s.Release()
	return s.stream()
}

// TestRIOOrder: results of one direction come in the order of the requests,
// and a stream's bytes in the order of the receives.
func TestRIOOrder(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		for name, socketType := range rioTypes {
			x, y := b.pair(socketType)
			cq := newTestCQ(b, 64, nil)
			sender, receiver := newTestRQ(b, x, 0, 16, cq, 1), newTestRQ(b, y, 16, 0, cq, 2)
			in, out := newRIOMemory(b, 64), newRIOMemory(b, 64)
			for i := range 16 {
				modes := uint32(wsa.RIO_MSG_WAITALL)
				if socketType != wsa.SOCK_STREAM {
					modes = 0
				}
				must(b, RIOReceive(receiver, in.at(4*i, 4), 1, modes, uint64(i)))
			}
			wantErr(b, name+": a receive too many", RIOReceive(receiver, in.at(0, 4), 1, 0, 0), wsa.WSAENOBUFS)
			for i := range 16 {
				must(b, RIOSend(sender, out.put(4*i, fmt.Sprintf("%04d", i)), 1, 0, uint64(i)))
			}
			var received, sent int
			for _, r := range results(b, cq, 32) {
				next := &sent
				if r.SocketContext == 2 {
					next = &received
				}
				wantResult(b, name, r, RIORESULT{0, 4, r.SocketContext, uint64(*next)})
				*next++
			}
			if string(in.bytes) != string(out.bytes) {
				b.Errorf("%s: received %q, want %q", name, in.bytes, out.bytes)
			}
		}
	})
}

// TestRIOLargeSend: a send on a stream ends when all of it is sent, which
// takes as long as the other side takes to receive.
func TestRIOLargeSend(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		const size = 1 << 20
		x, y := b.pair(wsa.SOCK_STREAM)
		small := []byte{0, 0x40, 0, 0} // much less than is sent
		must(b, SetSockOpt(x, wsa.SOL_SOCKET, wsa.SO_SNDBUF, small))
		must(b, SetSockOpt(y, wsa.SOL_SOCKET, wsa.SO_RCVBUF, small))
		cq := newTestCQ(b, 4, nil)
		sender, receiver := newTestRQ(b, x, 0, 1, cq, 1), newTestRQ(b, y, 1, 0, cq, 2)
		in, out := newRIOMemory(b, size), newRIOMemory(b, size)
		for i := 0; i < size; i += 4 {
			binary.LittleEndian.PutUint32(out.bytes[i:], uint32(i))
		}
		must(b, RIOSend(sender, out.at(0, size), 1, 0, 5))
		wantNoResult(b, "nobody has received yet", cq)
		must(b, RIOReceive(receiver, in.at(0, size), 1, wsa.RIO_MSG_WAITALL, 6))
		for _, r := range results(b, cq, 2) {
			wantResult(b, "large", r, RIORESULT{0, size, r.SocketContext, r.SocketContext + 4})
		}
		if string(in.bytes) != string(out.bytes) {
			b.Error("other bytes came than were sent")
		}
	})
}

// TestRIODefer: deferred requests count, keep their order, and are begun by a
// commit or by the next request.
func TestRIODefer(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		for name, socketType := range rioTypes {
			x, y := b.pair(socketType)
			cq := newTestCQ(b, 16, nil)
			sender, receiver := newTestRQ(b, x, 0, 3, cq, 1), newTestRQ(b, y, 3, 0, cq, 2)
			in, out := newRIOMemory(b, 12), newRIOMemory(b, 12)
			modes := uint32(wsa.RIO_MSG_DEFER)
			if socketType == wsa.SOCK_STREAM {
				modes |= wsa.RIO_MSG_WAITALL
			}
			for round := range 2 {
				for i := range 3 {
					if round == 1 && i == 2 { // the last one commits those before
						modes &^= wsa.RIO_MSG_DEFER
					}
					must(b, RIOReceive(receiver, in.at(4*i, 4), 1, modes, uint64(i)))
					must(b, RIOSend(sender, out.put(4*i, fmt.Sprintf("%d%03d", round, i)), 1, modes&^wsa.RIO_MSG_WAITALL, uint64(i)))
				}
				wantErr(b, name+": a deferred send too many", RIOSend(sender, out.at(0, 4), 1, wsa.RIO_MSG_DEFER, 0), wsa.WSAENOBUFS)
				if round == 0 {
					must(b, RIOSend(sender, nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0))
					must(b, RIOReceiveEx(receiver, nil, 0, nil, nil, nil, nil, wsa.RIO_MSG_COMMIT_ONLY, 0))
				}
				var received, sent uint64
				for _, r := range results(b, cq, 6) {
					next := &sent
					if r.SocketContext == 2 {
						next = &received
					}
					wantResult(b, name, r, RIORESULT{0, 4, r.SocketContext, *next})
					*next++
				}
				if want := fmt.Sprintf("%[1]d000%[1]d001%[1]d002", round); string(in.bytes) != want {
					b.Errorf("%s: received %q, want %q", name, in.bytes, want)
				}
			}
		}
	})
}

// TestRIOEnd: the end of a stream is a result of 0 bytes, also for a receive
// that is to be filled.
func TestRIOEnd(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, y := b.pair(wsa.SOCK_STREAM)
		cq := newTestCQ(b, 16, nil)
		rq := newTestRQ(b, y, 3, 0, cq, 0)
		m := newRIOMemory(b, 24)
		must(b, RIOReceive(rq, m.at(0, 8), 1, wsa.RIO_MSG_WAITALL, 1))
		must(b, RIOReceive(rq, m.at(8, 8), 1, wsa.RIO_MSG_WAITALL, 2))
		must(b, RIOReceive(rq, m.at(16, 8), 1, wsa.RIO_MSG_WAITALL, 3))
		b.send(x, "all of it and more")
		must(b, Shutdown(x, wsa.SD_SEND))
		for i, r := range results(b, cq, 3) {
			wantResult(b, "receive", r, RIORESULT{0, [3]uint32{8, 8, 2}[i], 0, uint64(i + 1)})
		}
		must(b, RIOReceive(rq, m.at(0, 8), 1, wsa.RIO_MSG_WAITALL, 4))
		wantResult(b, "RIO_MSG_WAITALL at the end", results(b, cq, 1)[0], RIORESULT{0, 0, 0, 4})
		must(b, RIOReceive(rq, m.at(0, 8), 1, 0, 5))
		wantResult(b, "the end again", results(b, cq, 1)[0], RIORESULT{0, 0, 0, 5})
	})
}

// TestRIOTruncation: a datagram that does not fit is cut, and the status says
// so (difference 34 for the bytes).
func TestRIOTruncation(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, y := b.pair(wsa.SOCK_DGRAM)
		cq := newTestCQ(b, 4, nil)
		rq := newTestRQ(b, y, 2, 0, cq, 0)
		m := newRIOMemory(b, 64)
		must(b, RIOReceive(rq, m.at(0, 4), 1, 0, 1))
		b.send(x, "longer than that")
		wantResult(b, "cut", results(b, cq, 1)[0], RIORESULT{int32(wsa.WSAEMSGSIZE), 4, 0, 1})
		if got := string(m.bytes[:5]); got != "long\x00" {
			b.Errorf("received %q", got)
		}
		must(b, RIOReceive(rq, nil, 0, 0, 2))
		b.send(x, "")
		wantResult(b, "without data", results(b, cq, 1)[0], RIORESULT{0, 0, 0, 2})
	})
}

// TestRIODatagramAddresses: RIOSendEx says where to, and RIOReceiveEx where
// from and at which of the socket's addresses.
func TestRIODatagramAddresses(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, xAddr := b.bound(wsa.SOCK_DGRAM)
		y := b.socket(wsa.SOCK_DGRAM)
		any := wsa.SockaddrFrom(netip.MustParseAddrPort("0.0.0.0:0"))
		must(b, Bind(y, &any))
		must(b, GetSockName(y, &any))
		yAddr := loopback(wsa.AF_INET, any.Port())
		cq := newTestCQ(b, 4, nil)
		sender, receiver := newTestRQ(b, x, 0, 2, cq, 1), newTestRQ(b, y, 2, 0, cq, 2)
		m := newRIOMemory(b, 512)
		local, remote, control, flags, to := m.at(100, 28), m.at(140, 28), m.at(200, 80), m.at(300, 4), m.at(400, 28)
		for i := range m.bytes {
			m.bytes[i] = 0xcc
		}
		putInet(m.bytes[400:], &yAddr)
		must(b, RIOReceiveEx(receiver, m.at(0, 50), 1, local, remote, control, flags, 0, 1))
		must(b, RIOSendEx(sender, m.put(50, "hello"), 1, nil, to, nil, nil, 0, 2))
		for _, r := range results(b, cq, 2) {
			wantResult(b, "datagram", r, RIORESULT{0, 5, r.SocketContext, 3 - r.SocketContext})
		}
		if got := string(m.bytes[:5]); got != "hello" {
			b.Errorf("received %q", got)
		}
		if got := sockaddrOfInet(m.bytes[140:]); got != xAddr {
			b.Errorf("remote address %v, want %v", &got, &xAddr)
		}
		if got := sockaddrOfInet(m.bytes[100:]); got != yAddr {
			b.Errorf("local address %v, want %v", &got, &yAddr)
		}
		if got := m.bytes[140+16 : 140+28]; strings.Trim(string(got), "\x00") != "" {
			b.Errorf("the rest of an IPv4 SOCKADDR_INET is %v, want zeros", got)
		}
		if got := binary.LittleEndian.Uint32(m.bytes[300:]); got != 0 {
			b.Errorf("flags %#x, want 0", got)
		}
		records, err := controlOf(m.bytes[200:280])
		must(b, err)
		var info wsa.InPktinfo
		for c := range wsa.ControlMessages(records) {
			if c.Level == wsa.IPPROTO_IP && c.Type == wsa.IP_PKTINFO {
				must(b, info.Decode(c.Data))
			}
		}
		if info.Addr != [4]byte{127, 0, 0, 1} {
			b.Errorf("control data %v have no IP_PKTINFO of 127.0.0.1", records)
		}
	})
}

// TestRIOStreamAddresses: on a stream the addresses are those of the
// connection.
func TestRIOStreamAddresses(t *testing.T) {
	onEveryRIOBed(t, func(b *bed) {
		x, y := b.pair(wsa.SOCK_STREAM)
		var local, remote wsa.Sockaddr
		must(b, GetSockName(y, &local))
		must(b, GetPeerName(y, &remote))
		cq := newTestCQ(b, 4, nil)
		rq := newTestRQ(b, y, 1, 0, cq, 0)
		m := newRIOMemory(b, 128)
		must(b, RIOReceiveEx(rq, m.at(0, 4), 1, m.at(8, 28), m.at(36, 40), m.at(80, 24), m.at(104, 4), wsa.RIO_MSG_WAITALL, 9))
		b.send(x, "data")
		wantResult(b, "receive", results(b, cq, 1)[0], RIORESULT{0, 4, 0, 9})
		if got := sockaddrOfInet(m.bytes[8:]); got != local {
			b.Errorf("local address %v, want %v", &got, &local)
		}
		if got := sockaddrOfInet(m.bytes[36:]); got != remote {
			b.Errorf("remote address %v, want %v", &got, &remote)
		}
		if n := binary.LittleEndian.Uint32(m.bytes[80:]); n != rioControlBase {
			b.Errorf("the control data have %d bytes, want none but their length", n)
		}
	})
}

// TestRIOSendControl: control data of a send reach the provider.
func TestRIOSendControl(t *testing.T) {
	b := kernelRIO(t)
	x, y := b.pair(wsa.SOCK_DGRAM)
	cq := newTestCQ(b, 4, nil)
	rq := newTestRQ(b, x, 0, 1, cq, 0)
	m := newRIOMemory(b, 128)
	info := wsa.InPktinfo{Addr: [4]byte{127, 0, 0, 1}}
	record := wsa.AppendControl(nil, wsa.IPPROTO_IP, wsa.IP_PKTINFO, info.Append(nil))
	binary.LittleEndian.PutUint32(m.bytes[8:], uint32(rioControlBase+len(record)))
	copy(m.bytes[8+rioControlBase:], record)
	must(b, RIOSendEx(rq, m.put(0, "with"), 1, nil, nil, m.at(8, 100), nil, 0, 1))
	wantResult(b, "send", results(b, cq, 1)[0], RIORESULT{0, 4, 0, 1})
	if got := b.recv(y, 16, 0); got != "with" {
		b.Errorf("received %q", got)
	}
	m.bytes[8+rioControlBase+8] = 0xff // an unknown level
	must(b, RIOSendEx(rq, m.put(0, "with"), 1, nil, nil, m.at(8, 100), nil, 0, 1))
	if r := results(b, cq, 1)[0]; r.Status == 0 {
		b.Errorf("control data of an unknown level: the result is %+v", r)
	}
}

// FuzzRIOControl: no RIO_CMSG_BUFFER leads out of its memory.
func FuzzRIOControl(f *testing.F) {
	f.Add([]byte{16, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < rioControlBase {
			return // which RIO_BUF.memory refuses
		}
		control, err := controlOf(b)
		if total := binary.LittleEndian.Uint32(b); (err == nil) != (total >= rioControlBase && uint64(total) <= uint64(len(b))) {
			t.Fatalf("a length of %d in %d bytes: %v", total, len(b), err)
		} else if err == nil && len(control) != int(total)-rioControlBase {
			t.Fatalf("a length of %d gives %d bytes", total, len(control))
		}
	})
}
