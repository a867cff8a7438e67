// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestBuffersBoundAStream(t *testing.T) {
	w := newWorld(t, Options{})
	for _, c := range []struct{ snd, rcv, want uint32 }{{1000, 2000, 3000}, {0, 500, 500}, {0, 0, 1}, {100000, 100000, 200000}} {
		a, b := w.pair()
		w.set(a, wsa.SOL_SOCKET, wsa.SO_SNDBUF, c.snd)
		w.set(b, wsa.SOL_SOCKET, wsa.SO_RCVBUF, c.rcv)
		n, err := trySend(a, make([]byte, 300000), 0)
		if n != int(c.want) || err != nil {
			t.Fatalf("SO_SNDBUF %d, SO_RCVBUF %d: send took %d, %v; want %d", c.snd, c.rcv, n, err, c.want)
		}
		_, err = trySend(a, []byte("x"), 0)
		w.want("send into a full stream", err, wsa.WSAEWOULDBLOCK)
		if a.Ready(spi.EventWrite) != 0 {
			t.Error("EventWrite is set although send would not take a byte")
		}
		told := spi.Events(0)
		watcher := &spi.Watcher{Mask: spi.EventWrite, Notify: func(e spi.Events) { told |= e }}
		a.Watch(watcher)
		tryRecv(b, 1, wsa.MSG_PEEK)
		if told != 0 || a.Ready(spi.EventWrite) != 0 {
			t.Errorf("a peek made room: told of %v", told)
		}
		tryRecv(b, 1, 0)
		a.Unwatch(watcher)
		if told&spi.EventWrite == 0 || a.Ready(spi.EventWrite) == 0 {
			t.Errorf("room was made, but the sender was told of %v, and ready is %v", told, a.Ready(spi.EventAll))
		}
	}
}

func TestBacklog(t *testing.T) {
	w := newWorld(t, Options{})
	l := w.listener(w.b, any4, 5000, 2)
	for range 2 {
		w.want("listen function: within the backlog", w.stream(w.a).Connect(sockaddr(addrB, 5000)), 0)
	}
	c := w.stream(w.a)
	w.want("listen function: backlog is full", c.Connect(sockaddr(addrB, 5000)), wsa.WSAECONNREFUSED)
	s, err := l.Accept(nil)
	w.want("accept", err, 0)
	s.Close()
	w.want("difference 66: after an accept there is room", c.Connect(sockaddr(addrB, 5000)), 0)
	w.want("difference 25: listen again", l.Listen(5), 0)
	w.want("difference 25: a larger backlog", w.stream(w.a).Connect(sockaddr(addrB, 5000)), 0)
}

func TestConnectErrors(t *testing.T) {
	w := newWorld(t, Options{})
	for _, c := range []struct {
		rule string
		to   *wsa.Sockaddr
		want wsa.Errno
	}{
		{"connect function: nobody listens", sockaddr(addrB, 5000), wsa.WSAECONNREFUSED},
		{"connect function: INADDR_ANY", sockaddr(any4, 5000), wsa.WSAEADDRNOTAVAIL},
		{"connect function: port 0", sockaddr(addrB, 0), wsa.WSAEADDRNOTAVAIL},
		{"connect function: no such host", sockaddr(broadcast.Prev(), 5000), wsa.WSAENETUNREACH},
		{"connect function: no name", nil, wsa.WSAEFAULT},
	} {
		s := w.stream(w.a)
		w.want(c.rule, s.Connect(c.to), c.want)
		w.want(c.rule+": the socket stays usable", s.checkUsable(), 0)
	}
}

// checkUsable tells whether the socket can make a connection.
func (s *socket) checkUsable() error { return s.st.CheckConnect() }

func TestUrgentBytesAreKept(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	for _, text := range []string{"1", "2", "3"} {
		w.send(a, "n"+text)
		if n, err := trySend(a, []byte(text), wsa.MSG_OOB); n != 1 || err != nil {
			t.Fatalf("send with MSG_OOB: %d, %v", n, err)
		}
	}
	if got := w.ioctl(b, wsa.FIONREAD); got != 6 {
		t.Errorf("difference 87: FIONREAD is %d with urgent bytes, want 6", got)
	}
	for _, want := range []string{"1", "2", "3"} {
		if w.ioctl(b, wsa.SIOCATMARK) != 0 {
			t.Error("difference 87: SIOCATMARK is TRUE while an urgent byte waits")
		}
		if b.Ready(spi.EventOOB) == 0 {
			t.Errorf("difference 85: EventOOB is not set although %q waits", want)
		}
		if got, err := tryRecv(b, 8, wsa.MSG_OOB|wsa.MSG_PEEK); got != want || err != nil {
			t.Errorf("MSG_OOB with MSG_PEEK: %q, %v; want %q", got, err, want)
		}
		if got, err := tryRecv(b, 8, wsa.MSG_OOB); got != want || err != nil {
			t.Errorf("difference 85: urgent byte %q, %v; want %q", got, err, want)
		}
	}
	_, err := tryRecv(b, 8, wsa.MSG_OOB)
	w.want("recv function: no urgent byte is left", err, wsa.WSAEWOULDBLOCK)
	if w.ioctl(b, wsa.SIOCATMARK) != 1 || b.Ready(spi.EventOOB) != 0 {
		t.Error("difference 87: SIOCATMARK is FALSE, or EventOOB set, without urgent bytes")
	}
	w.expect("normal data without the urgent bytes", b, "n1n2n3")
}

func TestUrgentBytesInline(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.set(b, wsa.SOL_SOCKET, wsa.SO_OOBINLINE, 1)
	w.send(a, "before")
	trySend(a, []byte("xyZ"), wsa.MSG_OOB) // only Z is urgent
	w.send(a, "after")
	_, err := tryRecv(b, 8, wsa.MSG_OOB)
	w.want("difference 86: MSG_OOB with SO_OOBINLINE", err, wsa.WSAEINVAL)
	if b.Ready(spi.EventOOB|spi.EventRead) != spi.EventRead {
		t.Error("difference 86: inline urgent data is normal data")
	}
	if w.ioctl(b, wsa.SIOCATMARK) != 0 {
		t.Error("SIOCATMARK: TRUE before the mark")
	}
	w.expect("a receive stops at the mark", b, "beforexy")
	if w.ioctl(b, wsa.SIOCATMARK) != 1 {
		t.Error("SIOCATMARK: FALSE at the mark")
	}
	w.expect("the urgent byte comes first after the mark", b, "Zafter")
}

func TestCloseWithUnreadDataResets(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.send(a, "unread")
	b.Close()
	if got := a.Ready(spi.EventReset | spi.EventRead | spi.EventWrite); got != spi.EventReset {
		t.Errorf("after the peer closed with unread data: %v, want a reset", got)
	}
	_, err := tryRecv(a, 1, 0)
	w.want("closesocket function: unread data", err, wsa.WSAECONNRESET)
	var v [4]byte
	a.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, v[:])
	if v != [4]byte{} {
		t.Errorf("difference 83: SO_ERROR after a reset is %v", v)
	}
}

func TestGracefulCloseDeliversAll(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	w.send(a, "the end")
	a.Close()
	if got := b.Ready(spi.EventRead | spi.EventClose | spi.EventReset); got != spi.EventRead|spi.EventClose {
		t.Errorf("spi.EventClose: %v, want read and close", got)
	}
	w.expect("closesocket function: graceful close", b, "the end")
	if got, err := tryRecv(b, 1, 0); got != "" || err != nil {
		t.Errorf("after the end: %q, %v", got, err)
	}
	n, err := trySend(b, []byte("to nobody"), 0)
	if n == 0 {
		t.Fatalf("the first send to a closed peer: %v", err)
	}
	_, err = trySend(b, []byte("again"), 0)
	w.want("send function: the peer has closed", err, wsa.WSAECONNRESET)
}

func TestFlags(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	_, err := trySend(a, []byte("x"), wsa.MSG_PARTIAL)
	w.want("WSASend function: MSG_PARTIAL", err, wsa.WSAEOPNOTSUPP)
	_, err = trySend(a, []byte("x"), wsa.MSG_PEEK)
	w.want("WSASend function: MSG_PEEK", err, wsa.WSAEOPNOTSUPP)
	w.send(a, "peek")
	if got, err := tryRecv(b, 2, wsa.MSG_PEEK); got != "pe" || err != nil {
		t.Errorf("MSG_PEEK: %q, %v", got, err)
	}
	if got, err := tryRecv(b, 0, 0); got != "" || err != nil {
		t.Errorf("difference 82: an empty buffer with data waiting: %q, %v", got, err)
	}
	w.expect("after peeking", b, "peek")
	_, err = tryRecv(b, 0, 0)
	w.want("difference 82: an empty buffer pends without data", err, wsa.WSAEWOULDBLOCK)
	d := w.bind(w.datagram(w.a), loop4, 0)
	_, err = tryRecv(d, 1, wsa.MSG_OOB)
	w.want("recv function: MSG_OOB on datagrams", err, wsa.WSAEOPNOTSUPP)
}

func TestConnectTime(t *testing.T) {
	w := newWorld(t, Options{})
	a, _ := w.pair()
	w.clock.Advance(7_500_000_000)
	var v [4]byte
	a.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME, v[:])
	if v != [4]byte{7} {
		t.Errorf("difference 52: SO_CONNECT_TIME after 7.5 s is %v", v)
	}
}

func TestLocalStreams(t *testing.T) {
	w := newWorld(t, Options{})
	l := w.open(w.a, wsa.AF_UNIX, wsa.SOCK_STREAM)
	name := wsa.SockaddrUnix("/server")
	w.want("bind", l.Bind(&name), 0)
	w.want("bind function: the name is taken", w.open(w.b, wsa.AF_UNIX, wsa.SOCK_STREAM).Bind(&name), wsa.WSAEADDRINUSE)
	c := w.open(w.b, wsa.AF_UNIX, wsa.SOCK_STREAM)
	w.want("connect to a name that does not listen", c.Connect(&name), wsa.WSAECONNREFUSED)
	w.want("listen", l.Listen(1), 0)
	w.want("connect", c.Connect(&name), 0)
	s, err := l.Accept(nil)
	w.want("accept", err, 0)
	defer s.Close()
	var got wsa.Sockaddr
	if s.GetSockName(&got); got != name {
		t.Errorf("getsockname of the accepted socket: %v", &got)
	}
	l.Close()
	w.want("a closed socket's name is free", w.open(w.a, wsa.AF_UNIX, wsa.SOCK_STREAM).Bind(&name), 0)
	empty := wsa.SockaddrBytes([]byte{wsa.AF_UNIX, 0})
	x := w.open(w.a, wsa.AF_UNIX, wsa.SOCK_DGRAM)
	w.want("bind to the family alone", x.Bind(&empty), 0)
	if x.GetSockName(&got); !strings.HasPrefix(got.UnixPath(), "\x00") {
		t.Errorf("bind to the family alone gave the name %q, want an abstract one", got.UnixPath())
	}
}

// A stream delivers what was sent, whatever the sizes of the calls.
func TestStreamAgainstModel(t *testing.T) {
	w := newWorld(t, Options{})
	r := rand.New(rand.NewPCG(1, 2))
	a, b := w.pair()
	w.set(a, wsa.SOL_SOCKET, wsa.SO_SNDBUF, 3000)
	w.set(b, wsa.SOL_SOCKET, wsa.SO_RCVBUF, 5000)
	var sent, got, urgentSent, urgentGot []byte
	next := byte(0)
	for range 20000 {
		switch r.IntN(5) {
		case 0, 1:
			m := spi.Message{}
			var all []byte
			for range 1 + r.IntN(4) {
				buf := make([]byte, r.IntN(900))
				for i := range buf {
					next++
					buf[i] = next
				}
				m.Bufs = append(m.Bufs, buf)
				all = append(all, buf...)
			}
			n, err := a.Send(&m)
			if err != nil && err != wsa.WSAEWOULDBLOCK {
				t.Fatal(err)
			}
			sent = append(sent, all[:n]...)
		case 2:
			if n, _ := trySend(a, []byte{next}, wsa.MSG_OOB); n == 1 {
				urgentSent = append(urgentSent, next)
			}
		case 3:
			text, err := tryRecv(b, 1+r.IntN(2500), 0)
			if err != nil && err != wsa.WSAEWOULDBLOCK {
				t.Fatal(err)
			}
			got = append(got, text...)
		default:
			text, _ := tryRecv(b, 1, wsa.MSG_OOB)
			urgentGot = append(urgentGot, text...)
		}
		if n := len(sent) - len(got); int(w.ioctl(b, wsa.FIONREAD)) != n {
			t.Fatalf("FIONREAD is %d, but %d bytes are under way", w.ioctl(b, wsa.FIONREAD), n)
		}
	}
	for b.Ready(spi.EventRead) != 0 {
		text, _ := tryRecv(b, 4000, 0)
		got = append(got, text...)
	}
	for b.Ready(spi.EventOOB) != 0 {
		text, _ := tryRecv(b, 1, wsa.MSG_OOB)
		urgentGot = append(urgentGot, text...)
	}
	if !bytes.Equal(sent, got) {
		t.Errorf("received %d bytes that are not the %d sent", len(got), len(sent))
	}
	if !bytes.Equal(urgentSent, urgentGot) || len(urgentSent) == 0 {
		t.Errorf("difference 85: received %d urgent bytes that are not the %d sent", len(urgentGot), len(urgentSent))
	}
}

func TestStreamDoesNotAllocate(t *testing.T) {
	w := newWorld(t, Options{})
	a, b := w.pair()
	var out, in spi.Message
	data := make([]byte, 1000)
	out.SetBuffer(data)
	in.SetBuffer(make([]byte, 1000))
	watcher := &spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {}}
	b.Watch(watcher)
	defer b.Unwatch(watcher)
	if n := testing.AllocsPerRun(500, func() {
		if n, err := a.Send(&out); n != 1000 {
			t.Fatal(n, err)
		}
		if n, err := b.Recv(&in); n != 1000 {
			t.Fatal(n, err)
		}
		b.Ready(spi.EventAll)
	}); n != 0 {
		t.Errorf("Send and Recv of a stream without delay allocate %v times", n)
	}
}

func BenchmarkStream(b *testing.B) {
	n := NewNetwork(Options{})
	h := n.Host()
	p := h.Provider()
	open := func() spi.Socket {
		s, _ := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM})
		return s
	}
	l, c := open(), open()
	l.Bind(sockaddr(loop4, 5000))
	l.Listen(1)
	c.Connect(sockaddr(loop4, 5000))
	s, _ := l.Accept(nil)
	var out, in spi.Message
	out.SetBuffer(make([]byte, 1024))
	in.SetBuffer(make([]byte, 1024))
	b.SetBytes(1024)
	for b.Loop() {
		c.Send(&out)
		s.Recv(&in)
	}
}

func TestOwnShutdownWakes(t *testing.T) {
	w := newWorld(t, Options{})
	a, _ := w.pair()
	d := w.bind(w.datagram(w.a), addrA, 0)
	for _, s := range []*socket{a, d} {
		told := false
		watcher := &spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) { told = true }}
		s.Watch(watcher)
		w.want("shutdown", s.Shutdown(wsa.SD_RECEIVE), 0)
		if !told {
			t.Error("shutdown function: who waits to receive is not told that this cannot happen any more")
		}
		told = false
		w.want("shutdown again", s.Shutdown(wsa.SD_RECEIVE), 0)
		s.Unwatch(watcher)
		if told {
			t.Error("difference 77: a shutdown without news woke somebody")
		}
	}
}
