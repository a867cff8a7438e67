// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"testing"
	"unsafe"

	"winsock/wsa"
)

// TestRIOMemory: programs in C share these structures.
func TestRIOMemory(t *testing.T) {
	if n := unsafe.Sizeof(RIO_BUF{}); n != 16 {
		t.Errorf("RIO_BUF has %d bytes, want 16", n)
	}
	if n := unsafe.Sizeof(RIORESULT{}); n != 24 {
		t.Errorf("RIORESULT has %d bytes, want 24", n)
	}
	if err := (&RIORESULT{Status: int32(wsa.WSAEMSGSIZE)}).Err(); err != wsa.WSAEMSGSIZE {
		t.Errorf("Err: %v", err)
	}
	if err := (&RIORESULT{}).Err(); err != nil {
		t.Errorf("Err of success: %v", err)
	}
}

// TestRIONotStarted follows "WSAStartup function".
func TestRIONotStarted(t *testing.T) {
	_, err := RIORegisterBuffer(make([]byte, 1))
	wantErr(t, "RIORegisterBuffer", err, wsa.WSANOTINITIALISED)
	_, err = RIOCreateCompletionQueue(1, nil)
	wantErr(t, "RIOCreateCompletionQueue", err, wsa.WSANOTINITIALISED)
	_, err = RIOCreateRequestQueue(1, 1, 1, 1, 1, 1, 1, 0)
	wantErr(t, "RIOCreateRequestQueue", err, wsa.WSANOTINITIALISED)
}

// TestRIORegisterBuffer follows "LPFN_RIOREGISTERBUFFER callback function".
func TestRIORegisterBuffer(t *testing.T) {
	started(t)
	id, err := RIORegisterBuffer(nil)
	wantErr(t, "nil buffer", err, wsa.WSAEFAULT)
	if id != wsa.RIO_INVALID_BUFFERID {
		t.Errorf("nil buffer: id %#x", id)
	}
	_, err = RIORegisterBuffer([]byte{})
	wantErr(t, "empty buffer", err, wsa.WSAEINVAL)
	buf := make([]byte, 8)
	one, err := RIORegisterBuffer(buf)
	must(t, err)
	two, err := RIORegisterBuffer(buf)
	must(t, err)
	if one == two {
		t.Error("the second registration of a buffer has the id of the first")
	}
	wantErr(t, "CloseHandle of a buffer", CloseHandle(HANDLE(one)), wsa.WSA_INVALID_HANDLE)
	RIODeregisterBuffer(one)
	_, err = (&RIO_BUF{one, 0, 1}).memory(0)
	wantErr(t, "a part of a deregistered buffer", err, wsa.WSAEFAULT)
	_, err = (&RIO_BUF{two, 0, 8}).memory(0)
	wantErr(t, "a part of the other", err, 0)
	RIODeregisterBuffer(two)
	RIODeregisterBuffer(two) // is ignored
	RIODeregisterBuffer(wsa.RIO_INVALID_BUFFERID)
}

// TestRIOCreateCompletionQueue follows "LPFN_RIOCREATECOMPLETIONQUEUE
// callback function".
func TestRIOCreateCompletionQueue(t *testing.T) {
	started(t)
	event, err := WSACreateEvent()
	must(t, err)
	defer WSACloseEvent(event)
	port := newTestPort(t, 0)
	var ov Overlapped
	for _, c := range []struct {
		name string
		size uint32
		n    *RIONotification
		want wsa.Errno
	}{
		{"polled", 1, nil, 0},
		{"the largest", wsa.RIO_MAX_CQ_SIZE, nil, 0},
		{"size 0", 0, nil, wsa.WSAEINVAL},
		{"too large", wsa.RIO_MAX_CQ_SIZE + 1, nil, wsa.WSAEINVAL},
		{"event", 1, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: event}, 0},
		{"no event", 1, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION}, wsa.WSAEINVAL},
		{"a port as event", 1, &RIONotification{Type: wsa.RIO_EVENT_COMPLETION, Event: port}, wsa.WSAEINVAL},
		{"port", 1, &RIONotification{Type: wsa.RIO_IOCP_COMPLETION, Port: port, Overlapped: &ov}, 0},
		{"port without overlapped", 1, &RIONotification{Type: wsa.RIO_IOCP_COMPLETION, Port: port}, wsa.WSAEINVAL},
		{"no port", 1, &RIONotification{Type: wsa.RIO_IOCP_COMPLETION, Overlapped: &ov}, wsa.WSAEINVAL},
		{"unknown type", 1, &RIONotification{Type: 3}, wsa.WSAEINVAL},
		{"type 0", 1, &RIONotification{}, wsa.WSAEINVAL},
	} {
		cq, err := RIOCreateCompletionQueue(c.size, c.n)
		wantErr(t, c.name, err, c.want)
		if (cq == wsa.RIO_INVALID_CQ) != (c.want != 0) {
			t.Errorf("%s: queue %#x", c.name, cq)
		}
		RIOCloseCompletionQueue(cq)
	}
}

// TestRIOUnknownQueues: what the pages say of queues that are none.
func TestRIOUnknownQueues(t *testing.T) {
	b := kernelRIO(t)
	s := b.socket(wsa.SOCK_STREAM)
	closed := newTestCQ(t, 1, nil)
	RIOCloseCompletionQueue(closed)
	for _, h := range []HANDLE{0, 1, HANDLE(s), HANDLE(closed)} {
		what := fmt.Sprintf("handle %#x: ", h)
		cq, rq := RIO_CQ(h), RIO_RQ(h)
		if n := RIODequeueCompletion(cq, make([]RIORESULT, 1)); n != wsa.RIO_CORRUPT_CQ {
			t.Errorf("%sRIODequeueCompletion: %#x", what, n)
		}
		wantErr(t, what+"RIONotify", RIONotify(cq), wsa.WSAEINVAL)
		wantErr(t, what+"RIOResizeCompletionQueue", RIOResizeCompletionQueue(cq, 1), wsa.WSAEINVAL)
		wantErr(t, what+"RIOResizeRequestQueue", RIOResizeRequestQueue(rq, 1, 1), wsa.WSAEINVAL)
		wantErr(t, what+"RIOSend", RIOSend(rq, nil, 0, 0, 0), wsa.WSAEINVAL)
		wantErr(t, what+"RIOReceive", RIOReceive(rq, nil, 0, 0, 0), wsa.WSAEINVAL)
		wantErr(t, what+"RIOSendEx", RIOSendEx(rq, nil, 0, nil, nil, nil, nil, 0, 0), wsa.WSAEINVAL)
		wantErr(t, what+"RIOReceiveEx", RIOReceiveEx(rq, nil, 0, nil, nil, nil, nil, 0, 0), wsa.WSAEINVAL)
		RIOCloseCompletionQueue(cq) // is ignored
	}
	wantErr(t, "the socket lives", Listen(s, 1), wsa.WSAEINVAL)
}

// TestRIOCreateRequestQueue follows "LPFN_RIOCREATEREQUESTQUEUE callback
// function".
func TestRIOCreateRequestQueue(t *testing.T) {
	b := kernelRIO(t)
	cq := newTestCQ(t, 10, nil)
	tcp := func() SOCKET { return b.socket(wsa.SOCK_STREAM) }
	plain := newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	for _, c := range []struct {
		name                                string
		s                                   SOCKET
		receives, buffers, sends, sendBuffs uint32
		recvCQ, sendCQ                      RIO_CQ
		want                                wsa.Errno
	}{
		{"TCP", tcp(), 5, 1, 5, 1, cq, cq, 0},
		{"UDP", b.socket(wsa.SOCK_DGRAM), 5, 1, 5, 1, cq, cq, 0},
		{"receives only", tcp(), 10, 1, 0, 1, cq, cq, 0},
		{"sends only", tcp(), 0, 1, 10, 1, cq, cq, 0},
		{"no socket", INVALID_SOCKET, 1, 1, 1, 1, cq, cq, wsa.WSAENOTSOCK},
		{"a queue as socket", SOCKET(cq), 1, 1, 1, 1, cq, cq, wsa.WSAENOTSOCK},
		{"without WSA_FLAG_REGISTERED_IO", plain, 1, 1, 1, 1, cq, cq, wsa.WSAEOPNOTSUPP},
		{"no limits", tcp(), 0, 1, 0, 1, cq, cq, wsa.WSAEINVAL},
		{"two receive buffers", tcp(), 1, 2, 1, 1, cq, cq, wsa.WSAEINVAL},
		{"no send buffer", tcp(), 1, 1, 1, 0, cq, cq, wsa.WSAEINVAL},
		{"no receive queue", tcp(), 1, 1, 1, 1, 0, cq, wsa.WSAEINVAL},
		{"no send queue", tcp(), 1, 1, 1, 1, cq, 0, wsa.WSAEINVAL},
		{"more than fits", tcp(), 6, 1, 5, 1, cq, cq, wsa.WSAENOBUFS},
		{"limits that overflow", tcp(), 1<<32 - 1, 1, 11, 1, cq, cq, wsa.WSAENOBUFS},
	} {
		rq, err := RIOCreateRequestQueue(c.s, c.receives, c.buffers, c.sends, c.sendBuffs, c.recvCQ, c.sendCQ, 0)
		wantErr(t, c.name, err, c.want)
		if (rq == wsa.RIO_INVALID_RQ) != (c.want != 0) {
			t.Errorf("%s: queue %#x", c.name, rq)
		}
		if err == nil {
			_, err = RIOCreateRequestQueue(c.s, 0, 1, 0, 1, cq, cq, 0)
			wantErr(t, c.name+", no limits", err, wsa.WSAEINVAL)
			_, err = RIOCreateRequestQueue(c.s, 1, 1, 1, 1, newTestCQ(t, 2, nil), cq, 0)
			wantErr(t, c.name+", a second queue", err, wsa.WSAEINVAL)
			wantErr(t, "CloseHandle of a request queue", CloseHandle(HANDLE(rq)), wsa.WSA_INVALID_HANDLE)
			must(t, CloseSocket(c.s)) // gives its room back
		}
	}
}

// TestRIORequestArguments follows "LPFN_RIORECEIVEEX callback function" and
// "LPFN_RIOSENDEX callback function".
func TestRIORequestArguments(t *testing.T) {
	b := kernelRIO(t)
	cq := newTestCQ(t, 100, nil)
	tcp, _ := b.pair(wsa.SOCK_STREAM)
	udp, _ := b.pair(wsa.SOCK_DGRAM)
	stream, datagram := newTestRQ(t, tcp, 20, 20, cq, 0), newTestRQ(t, udp, 20, 20, cq, 0)
	m := newRIOMemory(t, 100)
	gone, err := RIORegisterBuffer(make([]byte, 8))
	must(t, err)
	RIODeregisterBuffer(gone)
	ok := m.at(0, 8)
	const bad = wsa.WSAEINVAL
	type arguments struct {
		name                          string
		rq                            RIO_RQ
		data                          *RIO_BUF
		count                         uint32
		local, remote, control, flags *RIO_BUF
		modes                         uint32
		context                       uint64
	}
	for _, c := range []struct {
		arguments
		receive, send wsa.Errno
	}{
		{arguments{name: "plain", rq: stream, data: ok, count: 1}, 0, 0},
		{arguments{name: "datagram", rq: datagram, data: ok, count: 1}, 0, 0},
		{arguments{name: "no data on a stream", rq: stream}, bad, bad},
		{arguments{name: "no data on a datagram socket", rq: datagram}, 0, 0},
		{arguments{name: "no data but a count", rq: datagram, count: 1}, bad, bad},
		{arguments{name: "data but no count", rq: stream, data: ok}, bad, bad},
		{arguments{name: "two buffers", rq: stream, data: ok, count: 2}, bad, bad},
		{arguments{name: "deregistered", rq: stream, data: &RIO_BUF{gone, 0, 1}, count: 1}, wsa.WSAEFAULT, wsa.WSAEFAULT},
		{arguments{name: "a queue as buffer", rq: stream, data: &RIO_BUF{RIO_BUFFERID(cq), 0, 1}, count: 1}, wsa.WSAEFAULT, wsa.WSAEFAULT},
		{arguments{name: "past the end", rq: stream, data: m.at(93, 8), count: 1}, bad, bad},
		{arguments{name: "offset that overflows", rq: stream, data: &RIO_BUF{m.id, 1<<32 - 1, 1<<32 - 1}, count: 1}, bad, bad},
		{arguments{name: "up to the end", rq: datagram, data: m.at(92, 8), count: 1}, 0, 0},
		{arguments{name: "unknown flag", rq: stream, data: ok, count: 1, modes: 16}, bad, bad},
		{arguments{name: "RIO_MSG_WAITALL", rq: stream, data: ok, count: 1, modes: wsa.RIO_MSG_WAITALL}, 0, bad},
		{arguments{name: "RIO_MSG_WAITALL, datagram", rq: datagram, data: ok, count: 1, modes: wsa.RIO_MSG_WAITALL}, bad, bad},
		{arguments{name: "commit with data", rq: stream, data: ok, count: 1, modes: wsa.RIO_MSG_COMMIT_ONLY}, bad, bad},
		{arguments{name: "commit with another flag", rq: stream, modes: wsa.RIO_MSG_COMMIT_ONLY | wsa.RIO_MSG_DEFER}, bad, bad},
		{arguments{name: "commit with a context", rq: stream, modes: wsa.RIO_MSG_COMMIT_ONLY, context: 1}, bad, bad},
		{arguments{name: "commit", rq: stream, modes: wsa.RIO_MSG_COMMIT_ONLY}, 0, 0},
		{arguments{name: "local address", rq: datagram, data: ok, count: 1, local: m.at(20, 28)}, 0, bad},
		{arguments{name: "short local address", rq: datagram, data: ok, count: 1, local: m.at(20, 27)}, bad, bad},
		{arguments{name: "short remote address", rq: datagram, data: ok, count: 1, remote: m.at(20, 27)}, bad, bad},
		{arguments{name: "short control buffer", rq: datagram, data: ok, count: 1, control: m.at(20, 7)}, bad, bad},
		{arguments{name: "control data without length", rq: datagram, data: ok, count: 1, control: m.at(60, 16)}, 0, bad},
		{arguments{name: "short flags", rq: datagram, data: ok, count: 1, flags: m.at(20, 3)}, bad, bad},
		{arguments{name: "flags", rq: datagram, data: ok, count: 1, flags: m.at(20, 4)}, 0, 0},
	} {
		a := c.arguments
		clear(m.bytes)
		err := RIOReceiveEx(a.rq, a.data, a.count, a.local, a.remote, a.control, a.flags, a.modes, a.context)
		wantErr(t, "RIOReceiveEx, "+a.name, err, c.receive)
		clear(m.bytes)
		err = RIOSendEx(a.rq, a.data, a.count, a.local, a.remote, a.control, a.flags, a.modes, a.context)
		wantErr(t, "RIOSendEx, "+a.name, err, c.send)
		if a.local == nil && a.remote == nil && a.control == nil && a.flags == nil {
			wantErr(t, "RIOReceive, "+a.name, RIOReceive(a.rq, a.data, a.count, a.modes, a.context), c.receive)
			wantErr(t, "RIOSend, "+a.name, RIOSend(a.rq, a.data, a.count, a.modes, a.context), c.send)
		}
	}
}

// TestRIOWithoutConnection: what a send or receive fails with is the status
// of its result.
func TestRIOWithoutConnection(t *testing.T) {
	b := kernelRIO(t)
	cq := newTestCQ(t, 10, nil)
	m := newRIOMemory(t, 8)
	stream := newTestRQ(t, b.socket(wsa.SOCK_STREAM), 1, 1, cq, 3)
	must(t, RIOReceive(stream, m.at(0, 8), 1, 0, 1))
	must(t, RIOSend(stream, m.at(0, 8), 1, 0, 2))
	got := results(t, cq, 2)
	wantResult(t, "receive", got[0], RIORESULT{int32(wsa.WSAENOTCONN), 0, 3, 1})
	wantResult(t, "send", got[1], RIORESULT{int32(wsa.WSAENOTCONN), 0, 3, 2})
}
