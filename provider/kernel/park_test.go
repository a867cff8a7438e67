// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// parked calls try by Park on a goroutine of its own, and returns what it
// ended with.
func parked(s *socket, d spi.Direction, try func() bool) <-chan error {
	end := make(chan error, 1)
	first := make(chan struct{})
	var once sync.Once
	go func() {
		ok, err := s.Park(d, func() bool {
			done := try()
			once.Do(func() { close(first) })
			return done
		})
		if !ok {
			err = wsa.WSASYSCALLFAILURE
		}
		once.Do(func() { close(first) })
		end <- err
	}()
	<-first
	return end
}

func wantEnd(t *testing.T, rule string, end <-chan error, code wsa.Errno) {
	t.Helper()
	select {
	case err := <-end:
		want(t, rule, err, code)
	case <-time.After(patience):
		t.Fatalf("%s: Park does not end", rule)
	}
}

func TestPark(t *testing.T) {
	each(t, append(streams, datagrams...), func(t *testing.T, o spi.Opening) {
		a, b := connected(t, o)
		var got string
		end := parked(b, spi.Receiving, func() bool {
			buf := make([]byte, 8)
			n, err := b.Recv(&spi.Message{Bufs: [][]byte{buf}})
			got = string(buf[:n])
			return err != wsa.WSAEWOULDBLOCK
		})
		if ok, _ := b.Park(spi.Receiving, func() bool { return true }); ok {
			t.Error("a second goroutine was parked in the same direction")
		}
		if ok, err := b.Park(spi.Sending, func() bool { return true }); !ok || err != nil {
			t.Errorf("the other direction: %t, %v", ok, err)
		}
		send(t, a, "hello")
		wantEnd(t, "Park", end, 0)
		if got != "hello" {
			t.Errorf("received %q", got)
		}
	})
}

// connected returns two sockets that are each other's peer.
func connected(t testing.TB, o spi.Opening) (a, b *socket) {
	if o.SocketType == wsa.SOCK_STREAM {
		return pair(t, o)
	}
	a, aName := bound(t, o)
	b, bName := bound(t, o)
	a.Connect(&bName)
	b.Connect(&aName)
	return a, b
}

func never() bool { return false }

func TestParkAccept(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		l, name := listener(t, o)
		end := parked(l, spi.Receiving, func() bool {
			a, err := l.Accept(nil)
			if err == nil {
				closeLater(t, a.(*socket))
			}
			return err != wsa.WSAEWOULDBLOCK
		})
		connect(t, newSock(t, o), &name)
		wantEnd(t, "Park for Accept", end, 0)
	})
}

// Connect is awaited in the sending direction, whether it succeeds or not.
func TestParkConnect(t *testing.T) {
	_, good := listener(t, tcp4)
	_, bad := bound(t, tcp4) // and does not listen
	for _, c := range []struct {
		name *wsa.Sockaddr
		code wsa.Errno
	}{{&good, 0}, {&bad, wsa.WSAECONNREFUSED}} {
		s := newSock(t, tcp4)
		if err := s.Connect(c.name); err != wsa.WSAEWOULDBLOCK {
			t.Fatal(err)
		}
		end := parked(s, spi.Sending, func() bool { return s.ConnectResult() != wsa.WSAEWOULDBLOCK })
		wantEnd(t, "Park for Connect", end, 0)
		want(t, "ConnectResult", s.ConnectResult(), c.code)
	}
}

func TestParkDeadline(t *testing.T) {
	_, b := pair(t, tcp4)
	b.SetParkDeadline(spi.Receiving, time.Now().Add(time.Millisecond))
	wantEnd(t, "the deadline passes", parked(b, spi.Receiving, never), wsa.WSAETIMEDOUT)
	b.SetParkDeadline(spi.Receiving, time.Time{})
	end := parked(b, spi.Receiving, never)
	b.SetParkDeadline(spi.Receiving, time.Now())
	wantEnd(t, "a deadline set meanwhile", end, wsa.WSAETIMEDOUT)
	if ok, err := b.Park(spi.Sending, func() bool { return true }); !ok || err != nil {
		t.Errorf("the deadline of one direction ended the other: %t, %v", ok, err)
	}
}

func TestUnpark(t *testing.T) {
	_, b := pair(t, tcp4)
	end := parked(b, spi.Receiving, never)
	b.Unpark()
	wantEnd(t, "Unpark", end, wsa.WSAEINTR)
	b.SetParkDeadline(spi.Receiving, time.Now().Add(time.Hour))
	_, err := b.Park(spi.Receiving, never)
	want(t, "Park after Unpark", err, wsa.WSAEINTR)
	fresh := newSock(t, udp4)
	fresh.Unpark()
	_, err = fresh.Park(spi.Sending, never)
	want(t, "Park after Unpark of a socket never parked", err, wsa.WSAEINTR)
}

// Whoever is late with a call for a closed socket does no harm to what has its
// descriptor by then.
func TestParkAfterClose(t *testing.T) {
	s := newSock(t, tcp4)
	shut(s)
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s.SetParkDeadline(spi.Receiving, time.Now())
	ok, err := s.Park(spi.Receiving, never)
	if !ok || err != wsa.WSAEINTR {
		t.Errorf("Park after Close: %t, %v; want WSAEINTR", ok, err)
	}
	s.Unpark()
	want(t, "a second Close", s.Close(), wsa.WSAENOTSOCK)
	if int(f.Fd()) != s.fd {
		t.Logf("descriptor %d was not used again, but %d", s.fd, f.Fd())
	}
	for range 3 { // collected files close their descriptors
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if _, err := f.Stat(); err != nil {
		t.Errorf("the file of the same descriptor: %v", err)
	}
}

// Many goroutines use, watch and unpark one socket at once.
func TestConcurrentUse(t *testing.T) {
	each(t, append(tcps, datagrams...), func(t *testing.T, o spi.Opening) {
		a, b := connected(t, o)
		var wg sync.WaitGroup
		stop := make(chan struct{})
		for _, s := range []*socket{a, b} {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					sendErr(s)
					s.Ready(spi.EventAll)
				}
			})
			wg.Go(func() {
				for {
					ok, err := s.Park(spi.Receiving, func() bool { return recvErr(s) != wsa.WSAEWOULDBLOCK })
					if ok && err != nil {
						return
					}
				}
			})
			wg.Go(func() {
				for range 300 {
					w := spi.Watcher{Mask: spi.EventAll, Notify: func(spi.Events) {}}
					s.Watch(&w)
					s.Ready(spi.EventAll)
					s.Unwatch(&w)
					getInt(t, s, wsa.SOL_SOCKET, wsa.SO_ERROR)
				}
			})
		}
		time.AfterFunc(50*time.Millisecond, func() {
			close(stop)
			a.Unpark()
			b.Unpark()
		})
		wg.Wait()
	})
}

// A watcher that is not on the socket when something happens costs one
// event; the registration ends with it, and begins again with the next.
func TestWatchAfterQuiet(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		for range 5 {
			send(t, a, "x")
			waitFor(t, b, spi.EventRead)
			send(t, a, "y") // nobody watches
			for got := ""; got != "xy"; {
				part, err := recv(t, b, 2)
				if err != nil {
					t.Fatal(err)
				}
				got += part
			}
		}
	})
}

func TestNoAllocation(t *testing.T) {
	if raced {
		t.Skip("the race detector allocates")
	}
	client, server := pair(t, tcp4)
	client6, server6 := pair(t, tcp6)
	udp, udpName := bound(t, udp4)
	udp6s, udp6Name := bound(t, udp6)
	setInt(t, udp, wsa.IPPROTO_IP, wsa.IP_PKTINFO, 1)
	buf := make([]byte, 64)
	two := [][]byte{buf[:32], buf[32:]}
	room := make([]byte, 64)
	var m spi.Message
	var from wsa.Sockaddr
	ok := func() bool { return true }
	w := spi.Watcher{Mask: spi.EventRead, Notify: func(spi.Events) {}}
	stream := func(a, b *socket) func() {
		return func() {
			m.SetBuffer(buf)
			if _, err := a.Send(&m); err != nil {
				t.Error(err)
			}
			if _, err := b.Recv(&m); err != nil {
				t.Error(err)
			}
		}
	}
	datagram := func(s *socket, to *wsa.Sockaddr, control []byte) func() {
		return func() {
			m.Reset()
			m.SetBuffer(buf)
			m.Name = to
			if _, err := s.Send(&m); err != nil {
				t.Error(err)
			}
			m.Name, m.Control = &from, control
			if _, err := s.Recv(&m); err != nil {
				t.Error(err)
			}
			m.Reset()
		}
	}
	for what, call := range map[string]func(){
		"Send and Recv":                     stream(client, server),
		"Send and Recv over IPv6":           stream(client6, server6),
		"SendTo and RecvFrom":               datagram(udp, &udpName, nil),
		"SendTo and RecvFrom over IPv6":     datagram(udp6s, &udp6Name, nil),
		"SendTo and RecvMsg with a control": datagram(udp, &udpName, room),
		"Send and Recv, scattered": func() {
			m.Bufs = two
			client.Send(&m)
			server.Recv(&m)
		},
		"Recv with nothing there": func() {
			m.SetBuffer(buf)
			server.Recv(&m)
		},
		"Park":      func() { server.Park(spi.Receiving, ok) },
		"Ready":     func() { server.Ready(spi.EventAll) },
		"Watch":     func() { server.Watch(&w); server.Unwatch(&w) },
		"GetOption": func() { server.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, buf) },
	} {
		call()
		if n := testing.AllocsPerRun(100, call); n != 0 {
			t.Errorf("%s allocates %v times", what, n)
		}
	}
}

// A large buffer goes by the path that tells the scheduler.
func TestLargeTransfer(t *testing.T) {
	each(t, streams, func(t *testing.T, o spi.Opening) {
		a, b := pair(t, o)
		data := make([]byte, 1<<20)
		for i := range data {
			data[i] = byte(i * 7)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			send(t, a, string(data))
		}()
		var got []byte
		for len(got) < len(data) {
			part, err := recv(t, b, 256<<10)
			if err != nil || part == "" {
				t.Fatalf("recv after %d bytes: %v", len(got), err)
			}
			got = append(got, part...)
		}
		<-done
		if string(got) != string(data) {
			t.Error("the data changed on the way")
		}
	})
}
