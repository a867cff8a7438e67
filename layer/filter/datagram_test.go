// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func TestSendTo(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		good, bad, silent := w.plain(udp).bound(), w.plain(udp).bound(), w.plain(udp).bound()
		w.write(fmt.Sprintf("deny WSAENETUNREACH out udp port %d\ndrop port %d", bad.port(), silent.port()))
		s := w.open(udp)
		for range 2 {
			want(t, "send", s.sendTo("bad", bad.name()), wsa.WSAENETUNREACH)
			want(t, "send", s.sendTo("silent", silent.name()), 0)
			want(t, "send", s.sendTo("good", good.name()), 0)
			good.expect("good")
		}
		want(t, "connect", s.connect(bad.name()), wsa.WSAENETUNREACH)
		s.mustConnect(good.name())
		s.send("good")
		good.expect("good")
		want(t, "send of a connected socket to another", s.sendTo("bad", bad.name()), wsa.WSAENETUNREACH)
		s.mustConnect(silent.name())
		s.send("silent")
		want(t, "send without a name to nobody", w.open(udp).sendTo("x", nil), wsa.WSAENOTCONN)
		for _, other := range []*sock{bad, silent} {
			m := spi.Message{Bufs: [][]byte{make([]byte, 10)}}
			if n, err := other.Recv(&m); err != wsa.WSAEWOULDBLOCK {
				t.Errorf("received %q, %v", m.Bufs[0][:n], err)
			}
		}
		s.mustConnect(good.name())
		s.send("good")
		good.expect("good")
		w.write("")
		want(t, "send after the rules have changed", s.sendTo("x", bad.name()), 0)
		bad.expect("x")
	})
}

func TestReceive(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		good, bad := w.plain(udp).bound(), w.plain(udp).bound()
		w.write(fmt.Sprintf("deny in udp port %d", bad.port()))
		s := w.open(udp).bound()
		for _, flags := range []uint32{0, wsa.MSG_PEEK} {
			want(t, "send", bad.sendTo("bad", s.name()), 0)
			want(t, "send", bad.sendTo("worse", s.name()), 0)
			want(t, "send", good.sendTo("good", s.name()), 0)
			if text, from := s.recvFrom(flags); text != "good" || from != *good.name() {
				t.Errorf("with flags %#x: received %q from %v", flags, text, &from)
			}
		}
		s.expect("good") // that was peeked at

		// An answer is welcome, from whomever it is.
		want(t, "send", s.sendTo("question", bad.name()), 0)
		bad.expect("question")
		want(t, "send", bad.sendTo("answer", s.name()), 0)
		s.expect("answer")

		// A receive without a buffer for the name is judged as well.
		w.write("default deny\nallow bind")
		s = w.open(udp).bound()
		want(t, "send", bad.sendTo("bad", s.name()), 0)
		s.wait(spi.EventRead, func() bool { return s.Socket.(*datagram).Socket.Ready(spi.EventRead) != 0 })
		m := spi.Message{Bufs: [][]byte{make([]byte, 10)}}
		_, err := s.Recv(&m)
		want(t, "receive", err, wsa.WSAEWOULDBLOCK)
	})
}

func TestRedirectedDatagrams(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		server := w.plain(udp).bound()
		w.write(fmt.Sprintf("redirect 127.0.0.1:%d out udp port 53\ndeny in", server.port()))
		s := w.open(udp).bound()
		dns := loopback(53)
		for range 2 {
			want(t, "send", s.sendTo("question", dns), 0)
			text, from := server.recvFrom(0)
			if text != "question" || from != *s.name() {
				t.Errorf("the server received %q from %v", text, &from)
			}
			want(t, "send", server.sendTo("answer", s.name()), 0)
			if text, from := s.recvFrom(0); text != "answer" || from != *dns {
				t.Errorf("received %q from %v", text, &from)
			}
		}
		c := w.open(udp).mustConnect(dns)
		if got := c.peer(); got != dns.String() {
			t.Errorf("the peer is %s", got)
		}
		c.send("question")
		server.expect("question")
		want(t, "send", server.sendTo("answer", c.name()), 0)
		if text, from := c.recvFrom(0); text != "answer" || from != *dns {
			t.Errorf("received %q from %v", text, &from)
		}
	})
}

func TestChainOfDatagrams(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		peer, other := w.plain(udp).bound(), w.plain(udp).bound()
		w.write(fmt.Sprintf("chain filter-mark out udp port %d", peer.port()))
		before, _ := opened()
		s := w.open(udp)
		for range 2 {
			want(t, "send of an unconnected socket", s.sendTo("x", peer.name()), wsa.WSAEOPNOTSUPP)
		}
		if n := strings.Count(w.log.String(), "connected sockets only"); n != 1 {
			t.Errorf("that is told %d times:\n%s", n, w.log)
		}
		want(t, "send to another", s.sendTo("x", other.name()), 0)
		_, own := other.recvFrom(0)
		s.mustConnect(peer.name())
		if n, open := opened(); n != before+1 || open != 1 {
			t.Errorf("%d sockets of the layer were opened, %d are open", n-before, open)
		}
		if got := s.name(); got.Port() != own.Port() {
			t.Errorf("bound to %v before, to %v after", &own, got)
		}
		s.send("ping")
		peer.expect("ping")
		want(t, "send to the peer by name", s.sendTo("ping", peer.name()), 0)
		peer.expect("ping")
		want(t, "send to another", s.sendTo("x", other.name()), wsa.WSAEISCONN)

		unspec := wsa.SockaddrBytes(make([]byte, wsa.SizeofSockaddr))
		want(t, "connect to AF_UNSPEC", s.Connect(&unspec), 0)
		if _, open := opened(); open != 0 {
			t.Error("the layers stay when the peer is gone")
		}
		want(t, "send to another", s.sendTo("x", other.name()), 0)
		other.expect("x")
	})
}

// A receiver that waits while its socket is replaced goes on waiting, and gets
// what comes to the new one.
func TestParkedWhileReplaced(t *testing.T) {
	w := newWorld(t, "kernel", "")
	peer := w.plain(udp).bound()
	w.write(fmt.Sprintf("chain filter-mark out port %d", peer.port()))
	s := w.open(udp).bound()
	tried := make(chan struct{}, 1)
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 10)
		var n int
		parked, err := s.Socket.(spi.Parker).Park(spi.Receiving, func() bool {
			m := spi.Message{Bufs: [][]byte{buf}}
			var err error
			n, err = s.Recv(&m)
			select {
			case tried <- struct{}{}:
			default:
			}
			return err != wsa.WSAEWOULDBLOCK
		})
		if !parked || err != nil || string(buf[:n]) != "x" {
			t.Errorf("parked %t, %v: received %q", parked, err, buf[:n])
		}
	})
	<-tried
	s.mustConnect(peer.name())
	want(t, "send", peer.sendTo("x", s.name()), 0)
	wg.Wait()
	if _, open := opened(); open != 1 {
		t.Error("not diverted")
	}
}

// More peers than a socket remembers are all right.
func TestManyPeers(t *testing.T) {
	w := newWorld(t, "mem", "deny out port 5\ndeny in port 5")
	s := w.open(udp).bound()
	for i := range maxPeers + 10 {
		want(t, "send", s.sendTo("x", loopback(uint16(1000+i))), 0)
	}
	want(t, "send", s.sendTo("x", loopback(5)), wsa.WSAEACCES)
	d := s.Socket.(*datagram)
	if len(d.peers.out) > maxPeers || len(d.peers.in) > maxPeers {
		t.Errorf("%d and %d peers are remembered", len(d.peers.out), len(d.peers.in))
	}
}

func TestUnixDatagrams(t *testing.T) {
	w := newWorld(t, "kernel", "deny out unix")
	o := &spi.Opening{AddressFamily: wsa.AF_UNIX, SocketType: tcp}
	s := w.openFor(o, spi.FormatPath("filter", w.options))
	name := wsa.SockaddrUnix(t.TempDir() + "/s")
	want(t, "connect", s.connect(&name), wsa.WSAEACCES)
	want(t, "bind", s.Bind(&name), 0)
	want(t, "connect to nil", s.connect(nil), wsa.WSAEFAULT)
}

// Who only looks is not told of datagrams that he would not get.
func TestReadyToReceive(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		good, bad := w.plain(udp).bound(), w.plain(udp).bound()
		w.write(fmt.Sprintf("deny in udp port %d", bad.port()))
		s := w.open(udp).bound()
		below := spi.DataPathOf(s.Socket.(*datagram).Socket)
		for range 3 {
			want(t, "send", bad.sendTo("bad", s.name()), 0)
		}
		s.wait(spi.EventRead, func() bool { return below.Ready(spi.EventRead) != 0 })
		if e := s.Ready(spi.EventRead | spi.EventWrite); e != spi.EventWrite {
			t.Errorf("with denied datagrams: ready for %v", e)
		}
		want(t, "send", bad.sendTo("bad", s.name()), 0)
		want(t, "send", good.sendTo("good", s.name()), 0)
		s.wait(spi.EventRead, func() bool { return s.Ready(spi.EventRead) != 0 })
		m := spi.Message{Bufs: [][]byte{make([]byte, 10)}}
		if n, err := s.Recv(&m); err != nil || n != 4 {
			t.Errorf("what is ready cannot be received: %d, %v", n, err)
		}
		// An empty datagram is one.
		want(t, "send", good.sendTo("", s.name()), 0)
		s.wait(spi.EventRead, func() bool { return s.Ready(spi.EventRead) != 0 })
		if n, err := s.Recv(&m); err != nil || n != 0 {
			t.Errorf("an empty datagram: %d, %v", n, err)
		}
	})
}

// Calls of all kinds meet connects that replace the socket, and new rules.
func TestDatagramsMeetOtherCalls(t *testing.T) {
	eachBase(t, func(t *testing.T, base string) {
		w := newWorld(t, base, "")
		peer, other := w.plain(udp).bound(), w.plain(udp).bound()
		texts := []string{
			fmt.Sprintf("chain filter-mark out port %d\nredirect :%d port 53\ndeny in port 1", peer.port(), other.port()),
			fmt.Sprintf("chain filter-mark over trace out port %d\ndrop out port 53\ndeny in port 2", peer.port()),
			"deny in port 3",
		}
		w.write(texts[0])
		s := w.open(udp).bound()
		unspec := wsa.SockaddrBytes(make([]byte, wsa.SizeofSockaddr))
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for _, f := range []func(){
			func() { s.sendTo("x", other.name()) },
			func() { s.sendTo("x", peer.name()) },
			func() { s.sendTo("x", loopback(53)) },
			func() {
				m := spi.Message{Bufs: [][]byte{make([]byte, 10)}, Name: new(wsa.Sockaddr)}
				s.Recv(&m)
			},
			func() { other.sendTo("y", s.name()) },
			func() { s.Ready(spi.EventAll) },
			func() { s.GetPeerName(new(wsa.Sockaddr)) },
			func() {
				w := spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {}}
				s.Watch(&w)
				s.Unwatch(&w)
			},
			func() {
				s.Socket.(spi.Parker).Park(spi.Sending, func() bool { return s.sendTo("z", nil) != wsa.WSAEWOULDBLOCK })
			},
		} {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						f()
					}
				}
			})
		}
		for i := range 60 {
			// Another process may be quicker to bind the port that a
			// socket leaves to the one in its place.
			if err := s.Connect(peer.name()); err != nil && err != wsa.WSAEADDRINUSE {
				t.Errorf("connect: %v", err)
			}
			if err := s.Connect(&unspec); err != nil && err != wsa.WSAEADDRINUSE {
				t.Errorf("connect to AF_UNSPEC: %v", err)
			}
			w.write(texts[i%len(texts)])
		}
		close(stop)
		wg.Wait()
	})
}
