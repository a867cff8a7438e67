// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

const tcp, udp = wsa.SOCK_STREAM, wsa.SOCK_DGRAM

// eachBase runs a test over the kernel and the network in memory.
func eachBase(t *testing.T, f func(t *testing.T, base string)) {
	for base := range bases {
		t.Run(base, func(t *testing.T) { f(t, base) })
	}
}

func TestConnect(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		good, bad := w.plain(tcp).listening(), w.plain(tcp).listening()
		w.write(fmt.Sprintf("deny WSAEHOSTUNREACH out tcp to 127.0.0.0/8 port %d", bad.port()))
		s := w.open(tcp)
		want(t, "connect", s.connect(bad.name()), wsa.WSAEHOSTUNREACH)
		want(t, "result of a connect that was not begun", s.ConnectResult(), wsa.WSAENOTCONN)
		s.mustConnect(good.name())
		talk(s, good.accept())
		want(t, "connect again", s.connect(good.name()), wsa.WSAEISCONN)
		if _, err := bad.Accept(nil); err != wsa.WSAEWOULDBLOCK {
			t.Errorf("somebody has connected: %v", err)
		}
		if spi.DataPathOf(s.Socket) == s.Socket {
			t.Error("the data does not go past the layer")
		}
	})
}

func TestBindAndListen(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "allow bind local 127.0.0.1\ndeny WSAEADDRNOTAVAIL bind\ndeny listen not local-port 1")
		s := w.open(tcp)
		any := wsa.SockaddrBytes(loopback(0).Bytes())
		copy(any.Storage()[4:8], []byte{0, 0, 0, 0})
		want(t, "bind to any", s.Bind(&any), wsa.WSAEADDRNOTAVAIL)
		s.bound()
		want(t, "listen", s.Listen(1), wsa.WSAEACCES)
		w.write("")
		want(t, "listen", s.Listen(1), 0)
		want(t, "listen on an unbound socket", w.open(tcp).Listen(1), wsa.WSAEINVAL)
	})
}

func TestAccept(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		bad, good := w.plain(tcp).bound(), w.plain(tcp).bound()
		w.write(fmt.Sprintf("deny in tcp port %d", bad.port()))
		l := w.open(tcp).listening()
		bad.mustConnect(l.name())
		good.mustConnect(l.name())
		talk(good, l.accept())
		if _, err := l.Accept(nil); err != wsa.WSAEWOULDBLOCK {
			t.Errorf("the denied connection is accepted: %v", err)
		}
		bad.wait(spi.EventReset, func() bool { return bad.Ready(spi.EventReset) != 0 })
		m := spi.Message{Bufs: [][]byte{make([]byte, 1)}}
		_, err := bad.Recv(&m)
		want(t, "receive on the denied connection", err, wsa.WSAECONNRESET)

		var peer wsa.Sockaddr
		other := w.plain(tcp).bound().mustConnect(l.name())
		l.wait(spi.EventAccept, func() bool {
			conn, err := l.Accept(&peer)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
		if peer != *other.name() {
			t.Errorf("the peer is %v", &peer)
		}
	})
}

func TestAcceptByLocalAddress(t *testing.T) {
	w := newWorld(t, "kernel", "")
	l := w.open(tcp).listening()
	w.write(fmt.Sprintf("allow in local 127.0.0.1 local-port %d\ndeny in", l.port()))
	talk(w.plain(tcp).mustConnect(l.name()), l.accept())
}

func TestRedirect(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		l := w.plain(tcp).listening()
		w.write(fmt.Sprintf("redirect 127.0.0.1:%d out tcp port 80\nredirect :%[1]d out port 81", l.port()))
		for _, port := range []uint16{80, 81} {
			s := w.open(tcp)
			if got := spi.DataPathTo(s.Socket, loopback(port)); got != spi.DataPathOf(s.Socket) {
				t.Errorf("the data of a redirected stream is foreseen to go through %T", got)
			}
			s.mustConnect(loopback(port))
			talk(s, l.accept())
			if got := s.peer(); got != loopback(port).String() {
				t.Errorf("port %d: the peer is %s", port, got)
			}
		}
		// What failed before is forgotten.
		s := w.open(tcp)
		w.write("redirect 127.0.0.1:1 port 80")
		if err := s.connect(loopback(80)); err == nil {
			t.Fatal("connected to port 1")
		}
		w.write("")
		s.mustConnect(l.name())
		if got := s.peer(); got != l.name().String() {
			t.Errorf("the peer is %s", got)
		}
	})
}

func TestProcess(t *testing.T) {
	w := newWorld(t, "kernel", "deny program /usr/bin/curl\ndeny WSAECONNREFUSED user 1234\ndeny WSAENETDOWN user made-up")
	l := w.plain(tcp).listening()
	path := spi.FormatPath("filter", w.options)
	for _, test := range []struct {
		process *spi.Process
		want    wsa.Errno
	}{
		{nil, 0},
		{&spi.Process{ID: 4711, Path: "/usr/bin/curl", Name: "curl", UserID: 1234}, wsa.WSAEACCES},
		{&spi.Process{ID: 4711, Path: "/usr/bin/wget", Name: "wget", UserID: 1234}, wsa.WSAECONNREFUSED},
		{&spi.Process{ID: 4711, Path: "/usr/bin/wget", Name: "wget", UserID: 9, User: "made-up"}, wsa.WSAENETDOWN},
		{&spi.Process{ID: 4711, Path: "/usr/bin/wget", Name: "wget", UserID: 9, User: "x"}, 0},
	} {
		s := w.openFor(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: tcp, Process: test.process}, path)
		want(t, fmt.Sprintf("connect of %+v", test.process), s.connect(l.name()), test.want)
	}
}

// chained opens a stream that a rule diverts to the port of a listener.
func chained(t *testing.T, base string) (w *world, s, l *sock) {
	w = newWorld(t, base, "")
	l = w.plain(tcp).listening()
	w.write(fmt.Sprintf("chain filter-mark over trace out tcp port %d", l.port()))
	return w, w.open(tcp), l
}

func opened() (opened, open int) {
	marks.mu.Lock()
	defer marks.mu.Unlock()
	return marks.opened, marks.open
}

func TestChain(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		before, _ := opened()
		w, s, l := chained(t, base)
		if marked(s) {
			t.Error("diverted before it is connected")
		}
		option := []byte{1, 0, 0, 0}
		want(t, "setsockopt", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, option), 0)
		want(t, "setsockopt", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, []byte{0, 0, 0, 0}), 0)
		want(t, "setsockopt", s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, option), 0)
		own := s.bound().name()
		s.mustConnect(l.name())
		if !marked(s) {
			t.Error("not diverted")
		}
		conn := l.accept()
		talk(s, conn)
		if got := s.name(); *got != *own {
			t.Errorf("bound to %v before, to %v after", own, got)
		}
		if got := conn.peer(); got != own.String() {
			t.Errorf("the other side sees %s", got)
		}
		var value [4]byte
		if _, err := s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, value[:]); err != nil || value[0] != 1 {
			t.Errorf("the option is lost: %v, %v", value, err)
		}
		if got := s.peer(); got != l.name().String() {
			t.Errorf("the peer is %s", got)
		}
		want(t, "connect again", s.connect(l.name()), wsa.WSAEISCONN)
		s.Close()
		after, open := opened()
		if after != before+1 || open != 0 {
			t.Errorf("%d sockets of the layer were opened, %d are open", after-before, open)
		}
		// Who is not meant goes straight.
		other := w.plain(tcp).listening()
		if s := w.open(tcp).mustConnect(other.name()); marked(s) {
			t.Error("diverted without a rule")
		}
	})
}

func TestChainIsForeseen(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		before, _ := opened()
		w, s, l := chained(t, base)
		other := w.plain(tcp).listening()
		if _, ok := spi.DataPathTo(s.Socket, other.name()).(*marking); ok {
			t.Error("foreseen for somebody else")
		}
		first, ok := spi.DataPathTo(s.Socket, l.name()).(*marking)
		if !ok {
			t.Fatal("not foreseen")
		}
		if again := spi.DataPathTo(s.Socket, l.name()); again != spi.Socket(first) {
			t.Error("foreseen twice, and opened twice")
		}
		if s.peer() != "WSAENOTCONN" || marked(s) {
			t.Error("the socket did not stay as it is")
		}
		s.mustConnect(l.name())
		if spi.DataPathOf(s.Socket) != spi.Socket(first) {
			t.Error("another socket is used than was foreseen")
		}
		talk(s, l.accept())
		// A socket that was foreseen and not used is closed.
		idle := w.open(tcp)
		spi.DataPathTo(idle.Socket, l.name())
		idle.Close()
		used := w.open(tcp)
		spi.DataPathTo(used.Socket, l.name())
		used.mustConnect(other.name())
		talk(used, other.accept())
		used.Close()
		s.Close()
		if n, open := opened(); n != before+3 || open != 0 {
			t.Errorf("%d sockets of the layer were opened, %d are open", n-before, open)
		}
	})
}

func TestChainFails(t *testing.T) {
	w, s, l := chained(t, "kernel")
	marks.mu.Lock()
	marks.fail = true
	marks.mu.Unlock()
	want(t, "connect", s.connect(l.name()), wsa.WSAENETDOWN)
	if spi.DataPathTo(s.Socket, l.name()) == nil {
		t.Error("nothing is foreseen")
	}
	marks.mu.Lock()
	marks.fail = false
	marks.mu.Unlock()
	w.says("the layers of a chain rule cannot be opened", "line=1")
	s.mustConnect(l.name())
	talk(s, l.accept())
	if !marked(s) {
		t.Error("not diverted")
	}
}

// A socket whose diverted connect was refused can connect elsewhere.
func TestChainRefused(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		nobody, l := w.plain(tcp).bound(), w.plain(tcp).listening()
		w.write(fmt.Sprintf("chain filter-mark port %d", nobody.port()))
		s := w.open(tcp)
		want(t, "connect to nobody", s.connect(nobody.name()), wsa.WSAECONNREFUSED)
		s.mustConnect(l.name())
		if marked(s) {
			t.Error("still diverted")
		}
		talk(s, l.accept())
	})
}

// Who watches before the socket is replaced hears of what happens after.
func TestWatchersMove(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		_, s, l := chained(t, base)
		told := make(chan spi.Events, 100)
		w := spi.Watcher{Mask: spi.EventAll, Notify: func(e spi.Events) {
			select {
			case told <- e:
			default:
			}
		}}
		s.Watch(&w)
		s.mustConnect(l.name())
		conn := l.accept()
		conn.send("x")
		for s.Ready(spi.EventRead) == 0 {
			<-told
		}
		s.Unwatch(&w)
	})
}

// A chain rule that comes while a socket is open diverts it, though somebody
// was given the way past the layer; that one then finds it unconnected.
func TestChainComesLate(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		l := w.plain(tcp).listening()
		s, stuck := w.open(tcp), w.open(tcp)
		direct := spi.DataPathOf(s.Socket)
		spi.DataPathOf(stuck.Socket)
		stuck.bound()
		if direct == s.Socket {
			t.Error("without chain rules, the data does not go past")
		}
		w.write(fmt.Sprintf("chain filter-mark port %d", l.port()))
		s.mustConnect(l.name())
		if !marked(s) {
			t.Error("not diverted")
		}
		talk(s, l.accept())
		m := spi.Message{Bufs: [][]byte{{1}}}
		_, err := direct.Send(&m)
		want(t, "send past the layers", err, wsa.WSAENOTCONN)

		want(t, "connect of a bound socket", stuck.connect(l.name()), wsa.WSAEACCES)
		w.says("was bound before there was a chain rule")
	})
}

// While a stream may be diverted, what is sent too early does not get past.
func TestDataPathBeforeChain(t *testing.T) {
	_, s, l := chained(t, "kernel")
	if spi.DataPathOf(s.Socket) != s.Socket {
		t.Error("the data goes past before it is known where to")
	}
	s.mustConnect(l.name())
	if spi.DataPathOf(s.Socket) == s.Socket {
		t.Error("the data does not go past afterwards")
	}
	if l := s.w.open(tcp).listening(); spi.DataPathOf(l.Socket) == l.Socket {
		t.Error("a listening socket does not stay what it is")
	}
}

// Calls of all kinds meet a Connect that replaces the socket.
func TestChainMeetsOtherCalls(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		l := w.plain(tcp).listening()
		w.write(fmt.Sprintf("chain filter-mark port %d\nallow", l.port()))
		for range 20 {
			s := w.open(tcp)
			begin := make(chan struct{})
			var wg sync.WaitGroup
			for _, f := range []func(){
				func() { s.GetSockName(new(wsa.Sockaddr)) },
				func() { s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, []byte{1, 0, 0, 0}) },
				func() { s.Ready(spi.EventAll) },
				func() { spi.DataPathOf(s.Socket) },
				func() { spi.DataPathTo(s.Socket, l.name()) },
				func() { s.sendTo("x", nil) },
				func() { s.ConnectResult() },
				func() {
					w := spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {}}
					s.Watch(&w)
					s.Unwatch(&w)
				},
				func() { s.Socket.(spi.Parker).Park(spi.Receiving, func() bool { return true }) },
			} {
				wg.Go(func() {
					<-begin
					for range 20 {
						f()
					}
				})
			}
			close(begin)
			s.mustConnect(l.name())
			wg.Wait()
			if !marked(s) {
				t.Fatal("not diverted")
			}
			conn := l.accept()
			conn.Close()
			s.Close()
		}
	})
}

// Who only looks is not told of connections that he would not get.
func TestReadyToAccept(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		bad := w.plain(tcp).bound()
		w.write(fmt.Sprintf("deny in tcp port %d", bad.port()))
		l := w.open(tcp).listening()
		below := l.Socket.(*stream).Socket
		bad.mustConnect(l.name())
		l.wait(spi.EventAccept, func() bool { return below.Ready(spi.EventAccept) != 0 })
		if e := l.Ready(spi.EventAccept); e != 0 {
			t.Error("a denied connection is ready to be accepted")
		}
		good, other := w.plain(tcp).mustConnect(l.name()), w.plain(tcp).mustConnect(l.name())
		l.wait(spi.EventAccept, func() bool { return l.Ready(spi.EventAccept) != 0 })
		var peer wsa.Sockaddr
		conn, err := l.Accept(&peer)
		if err != nil {
			t.Fatalf("what is ready cannot be accepted: %v", err)
		}
		if peer != *good.name() {
			t.Errorf("accepted from %v, want %v", &peer, good.name())
		}
		conn.Close()
		l.wait(spi.EventAccept, func() bool { return l.Ready(spi.EventAccept) != 0 })
		l.Close() // with one that is held
		other.wait(spi.EventReset, func() bool { return other.Ready(spi.EventReset) != 0 })
	})
}
