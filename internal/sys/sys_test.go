// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"bytes"
	"syscall"
	"testing"
)

// must fails the test on an error number.
func must(t testing.TB, what string, e Errno) {
	t.Helper()
	if e != 0 {
		t.Fatalf("%s: %v", what, e)
	}
}

// localhost is 127.0.0.1 with a port of the kernel's choice.
func localhost() []byte {
	name := make([]byte, syscall.SizeofSockaddrInet4)
	name[0], name[4], name[7] = AF_INET, 127, 1
	return name
}

// boundSocket returns a socket on the loopback and its name.
func boundSocket(t testing.TB, typ int) (int, []byte) {
	t.Helper()
	fd, e := Socket(AF_INET, typ, 0)
	must(t, "socket", e)
	t.Cleanup(func() { Close(fd) })
	must(t, "bind", Bind(fd, localhost()))
	name := make([]byte, 128)
	n, e := GetSockName(fd, name)
	must(t, "getsockname", e)
	return fd, name[:n]
}

// connection returns the two ends of a TCP connection.
func connection(t testing.TB) (client, server int) {
	t.Helper()
	l, name := boundSocket(t, syscall.SOCK_STREAM)
	must(t, "listen", Listen(l, 1))
	client, e := Socket(AF_INET, syscall.SOCK_STREAM, 0)
	must(t, "socket", e)
	t.Cleanup(func() { Close(client) })
	if e := Connect(client, name); e != 0 && e != EINPROGRESS {
		t.Fatalf("connect: %v", e)
	}
	await(t, l, POLLIN)
	peer := make([]byte, 128)
	server, n, e := Accept(l, peer)
	must(t, "accept", e)
	t.Cleanup(func() { Close(server) })
	own := make([]byte, 128)
	k, _ := GetSockName(client, own)
	if !bytes.Equal(peer[:n], own[:k]) {
		t.Errorf("accept: the peer is %v, want %v", peer[:n], own[:k])
	}
	await(t, client, POLLOUT)
	return client, server
}

// await waits in epoll, as the package has no poll that waits.
func await(t testing.TB, fd int, events uint32) {
	t.Helper()
	ep, e := EpollCreate()
	must(t, "epoll_create", e)
	defer Close(ep)
	ev := EpollEvent{Events: events}
	must(t, "epoll_ctl", EpollAdd(ep, fd, &ev))
	var got [1]EpollEvent
	for {
		n, e := EpollWait(ep, got[:], 10000)
		if e == EINTR {
			continue
		}
		if n != 1 {
			t.Fatalf("nothing happened on %d: %v", fd, e)
		}
		return
	}
}

func TestSendAndReceive(t *testing.T) {
	client, server := connection(t)
	if n, e := SendTo(client, []byte("hello"), 0, nil); n != 5 || e != 0 {
		t.Fatalf("sendto: %d, %v", n, e)
	}
	await(t, server, POLLIN)
	if got := Poll(server, POLLIN|POLLOUT); got != POLLIN|POLLOUT {
		t.Errorf("poll: %#x, want readable and writable", got)
	}
	if n, e := Ioctl(server, SIOCINQ, 0); n != 5 || e != 0 {
		t.Errorf("SIOCINQ: %d, %v; want 5", n, e)
	}
	a, b := make([]byte, 2), make([]byte, 8)
	n, _, e := RecvMsg(server, [][]byte{a, nil, b}, 0, nil, nil)
	if n != 5 || e != 0 || string(a) != "he" || string(b[:3]) != "llo" {
		t.Errorf("recvmsg: %d, %v, %q, %q", n, e, a, b)
	}
	if _, _, e := RecvFrom(server, b, 0, nil); e != EAGAIN {
		t.Errorf("recvfrom with nothing there: %v, want EAGAIN", e)
	}
}

// A send to a dead connection is an error and not a signal.
func TestNoSignal(t *testing.T) {
	client, _ := connection(t)
	must(t, "shutdown", Shutdown(client, SHUT_WR))
	if _, e := SendTo(client, []byte("x"), 0, nil); e != EPIPE {
		t.Errorf("send after shutdown: %v, want EPIPE", e)
	}
	if _, e := SendMsg(client, [][]byte{{1}, {2}}, 0, nil, nil); e != EPIPE {
		t.Errorf("sendmsg after shutdown: %v, want EPIPE", e)
	}
}

// More buffers than the kernel takes in one call are not an error.
func TestManyBuffers(t *testing.T) {
	client, server := connection(t)
	bufs := make([][]byte, MaxBuffers+10)
	for i := range bufs {
		bufs[i] = []byte{byte(i)}
	}
	if n, e := SendMsg(client, bufs, 0, nil, nil); n != MaxBuffers || e != 0 {
		t.Errorf("sendmsg of %d buffers: %d, %v; want %d", len(bufs), n, e, MaxBuffers)
	}
	await(t, server, POLLIN)
	got := make([]byte, len(bufs))
	if n, _, e := RecvFrom(server, got, 0, nil); n != MaxBuffers || e != 0 || got[100] != 100 {
		t.Errorf("recvfrom: %d, %v", n, e)
	}
}

func TestOptions(t *testing.T) {
	fd, _ := boundSocket(t, syscall.SOCK_STREAM)
	must(t, "setsockopt", SetSockOptInt(fd, IPPROTO_TCP, TCP_NODELAY, 1))
	if v, e := GetSockOptInt(fd, IPPROTO_TCP, TCP_NODELAY); v != 1 || e != 0 {
		t.Errorf("TCP_NODELAY: %d, %v; want 1", v, e)
	}
	var value [8]byte
	must(t, "setsockopt", SetSockOpt(fd, SOL_SOCKET, SO_LINGER, []byte{1, 0, 0, 0, 7, 0, 0, 0}))
	if n, e := GetSockOpt(fd, SOL_SOCKET, SO_LINGER, value[:]); n != 8 || e != 0 || value[4] != 7 {
		t.Errorf("SO_LINGER: %d, %v, %v", n, e, value)
	}
}

func TestEventFd(t *testing.T) {
	fd, e := EventFd()
	must(t, "eventfd", e)
	defer Close(fd)
	if Poll(fd, POLLIN) != 0 {
		t.Error("a new counter is readable")
	}
	EventFdAdd(fd)
	EventFdAdd(fd)
	if Poll(fd, POLLIN) != POLLIN {
		t.Error("the counter is not readable after it was raised")
	}
	EventFdTake(fd)
	if Poll(fd, POLLIN) != 0 {
		t.Error("the counter is readable after it was taken")
	}
}

// A datagram to a port where nobody listens puts an entry on the queue.
func TestErrorQueue(t *testing.T) {
	nobody, name := boundSocket(t, syscall.SOCK_DGRAM)
	Close(nobody)
	fd, _ := boundSocket(t, syscall.SOCK_DGRAM)
	must(t, "setsockopt", SetSockOptInt(fd, IPPROTO_IP, IP_RECVERR, 1))
	if _, _, _, ok := RecvError(fd); ok {
		t.Error("a fresh socket has an error queued")
	}
	if _, e := SendTo(fd, []byte("x"), 0, name); e != 0 {
		t.Fatalf("sendto: %v", e)
	}
	await(t, fd, POLLERR)
	origin, _, errno, ok := RecvError(fd)
	if !ok || origin != SO_EE_ORIGIN_ICMP || errno != ECONNREFUSED {
		t.Errorf("error queue: origin %d, %v, %t; want ICMP, ECONNREFUSED", origin, errno, ok)
	}
}

// No call of the data path allocates.
func TestNoAllocation(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	client, server := connection(t)
	udp, name := boundSocket(t, syscall.SOCK_DGRAM)
	buf, from := make([]byte, 64), make([]byte, 128)
	two := [][]byte{buf[:32], buf[32:]}
	many := make([][]byte, 40)
	for i := range many {
		many[i] = buf[:1]
	}
	control := make([]byte, 64)
	value := make([]byte, 4)
	ep, e := EpollCreate()
	must(t, "epoll_create", e)
	defer Close(ep)
	var events [4]EpollEvent
	calls := map[string]func(){
		"SendTo, RecvFrom": func() {
			SendTo(client, buf, 0, nil)
			RecvFrom(server, buf, 0, nil)
		},
		"SendTo, RecvFrom with names": func() {
			SendTo(udp, buf, 0, name)
			RecvFrom(udp, buf, 0, from)
		},
		"SendMsg, RecvMsg": func() {
			SendMsg(client, two, 0, nil, nil)
			RecvMsg(server, two, 0, nil, nil)
		},
		"SendMsg, RecvMsg with many buffers": func() {
			SendMsg(client, many, 0, nil, nil)
			RecvMsg(server, many, 0, nil, nil)
		},
		"SendMsg, RecvMsg with names": func() {
			SendMsg(udp, two, 0, name, nil)
			RecvMsg(udp, two, 0, from, control)
		},
		"Poll":        func() { Poll(client, POLLIN) },
		"Ioctl":       func() { Ioctl(client, SIOCINQ, 0) },
		"GetSockOpt":  func() { GetSockOpt(client, SOL_SOCKET, SO_ERROR, value) },
		"EpollWait":   func() { EpollWait(ep, events[:], 0) },
		"GetPeerName": func() { GetPeerName(client, from) },
	}
	for what, call := range calls {
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s allocates %v times", what, n)
		}
	}
}
