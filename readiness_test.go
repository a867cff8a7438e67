// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"sync"
	"testing"

	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// A waitFunc waits until some of the sockets have data or have ended, and
// returns those.
type waitFunc func(t testing.TB, sockets []SOCKET) []SOCKET

// waysToWait makes a waitFunc for each way there is, for the sockets or some
// of them. Waits of the C kind have a time-out, so that a wake-up that is
// lost fails the test and does not hang it.
var waysToWait = map[string]func(t testing.TB, sockets []SOCKET) waitFunc{
	"select":    func(testing.TB, []SOCKET) waitFunc { return waitBySelect() },
	"WSAPoll":   func(testing.TB, []SOCKET) waitFunc { return waitByPoll() },
	"events":    waitByEvents,
	"one event": waitByOneEvent,
}

func waitBySelect() waitFunc {
	var read FdSet
	limit := soon
	return func(t testing.TB, sockets []SOCKET) []SOCKET {
		read = append(read[:0], sockets...)
		n, err := Select(&read, nil, nil, &limit)
		must(t, err)
		if n == 0 {
			t.Fatal("select lost a wake-up")
		}
		return read
	}
}

func waitByPoll() waitFunc {
	var fds []PollFd
	var ready []SOCKET
	return func(t testing.TB, sockets []SOCKET) []SOCKET {
		fds = fds[:0]
		for _, s := range sockets {
			fds = append(fds, PollFd{Fd: s, Events: wsa.POLLRDNORM})
		}
		n, err := WSAPoll(fds, int32(soon.Milliseconds()))
		must(t, err)
		if n == 0 {
			t.Fatal("WSAPoll lost a wake-up")
		}
		ready = ready[:0]
		for _, f := range fds {
			if f.REvents != 0 {
				ready = append(ready, f.Fd)
			}
		}
		return ready
	}
}

// waitByEvents has an event for each socket.
func waitByEvents(t testing.TB, sockets []SOCKET) waitFunc {
	all, events := make(map[SOCKET]HANDLE), []HANDLE(nil)
	for _, s := range sockets {
		all[s] = newEvent(t)
		must(t, WSAEventSelect(s, all[s], wsa.FD_READ|wsa.FD_CLOSE))
	}
	var happened wsa.NetworkEvents
	return func(t testing.TB, sockets []SOCKET) []SOCKET {
		events = events[:0]
		for _, s := range sockets {
			events = append(events, all[s])
		}
		i, err := WSAWaitForMultipleEvents(events, false, uint32(soon.Milliseconds()), false)
		must(t, err)
		if i == uint32(wsa.WSA_WAIT_TIMEOUT) {
			t.Fatal("the record lost an event")
		}
		must(t, WSAEnumNetworkEvents(sockets[i], events[i], &happened))
		if happened.NetworkEvents == 0 {
			return nil
		}
		return sockets[i : i+1]
	}
}

// waitByOneEvent has one event for all, which it resets itself.
func waitByOneEvent(t testing.TB, sockets []SOCKET) waitFunc {
	event := newEvent(t)
	for _, s := range sockets {
		must(t, WSAEventSelect(s, event, wsa.FD_READ|wsa.FD_CLOSE))
	}
	events, ready := []HANDLE{event}, make([]SOCKET, 0, len(sockets))
	var happened wsa.NetworkEvents
	return func(t testing.TB, sockets []SOCKET) []SOCKET {
		i, err := WSAWaitForMultipleEvents(events, false, uint32(soon.Milliseconds()), false)
		must(t, err)
		if i == uint32(wsa.WSA_WAIT_TIMEOUT) {
			t.Fatal("the record lost an event")
		}
		must(t, WSAResetEvent(event))
		ready = ready[:0]
		for _, s := range sockets {
			must(t, WSAEnumNetworkEvents(s, 0, &happened))
			if happened.NetworkEvents != 0 {
				ready = append(ready, s)
			}
		}
		return ready
	}
}

// echo serves sockets until they have all ended, by waiting for any of them.
// It receives once for each time that a socket is ready.
func echo(t testing.TB, sockets []SOCKET, way string) {
	wait := waysToWait[way](t, sockets)
	left := slices.Clone(sockets)
	buf := make([]byte, 16)
	for len(left) > 0 {
		for _, s := range wait(t, left) {
			n, err := Recv(s, buf, 0)
			if err == wsa.WSAEWOULDBLOCK {
				continue // an event that was dealt with before it was told
			}
			must(t, err)
			if n == 0 {
				left = slices.DeleteFunc(slices.Clone(left), func(x SOCKET) bool { return x == s })
				continue
			}
			_, err = Send(s, buf[:n], 0)
			must(t, err)
		}
	}
}

// TestServers: one goroutine serves several connections, in every way that
// there is to wait for them. A wake-up that is lost makes it hang.
func TestServers(t *testing.T) {
	const connections, rounds = 8, 100
	onEveryBed(t, func(b *bed) {
		for way := range waysToWait {
			b.Run(way, func(t *testing.T) {
				b := b.on(t)
				leak.Check(t)
				var clients, servers []SOCKET
				for range connections {
					c, s := b.connected()
					nonblocking(b, s)
					clients, servers = append(clients, c), append(servers, s)
				}
				var wg sync.WaitGroup
				for i, c := range clients {
					wg.Go(func() {
						buf := make([]byte, 16)
						for round := range rounds {
							buf[0], buf[1] = byte(i), byte(round)
							if _, err := Send(c, buf[:2], 0); err != nil {
								t.Error(err)
								return
							}
							n, err := Recv(c, buf[:2], wsa.MSG_WAITALL)
							if n != 2 || err != nil || buf[0] != byte(i) || buf[1] != byte(round) {
								t.Errorf("connection %d, round %d: received %d %v, %v", i, round, n, buf[:n], err)
								return
							}
						}
						if err := Shutdown(c, wsa.SD_SEND); err != nil {
							t.Error(err)
						}
					})
				}
				echo(t, servers, way)
				wg.Wait()
			})
		}
	})
}

// BenchmarkRoundTrip compares the ways to wait with a blocking receive.
func BenchmarkRoundTrip(b *testing.B) {
	run := func(name string, serve func(b *testing.B, s SOCKET)) {
		b.Run(name, func(b *testing.B) {
			started(b)
			c, s := connected(b, wsa.AF_INET)
			served := make(chan struct{})
			go func() {
				defer close(served)
				serve(b, s)
			}()
			buf := make([]byte, 16)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Send(c, buf, 0); err != nil {
					b.Fatal(err)
				}
				if _, err := Recv(c, buf, wsa.MSG_WAITALL); err != nil {
					b.Fatal(err)
				}
			}
			must(b, Shutdown(c, wsa.SD_SEND))
			<-served
		})
	}
	run("blocking", func(b *testing.B, s SOCKET) {
		buf := make([]byte, 16)
		for {
			n, err := Recv(s, buf, 0)
			if n == 0 || err != nil {
				return
			}
			Send(s, buf[:n], 0)
		}
	})
	for way := range waysToWait {
		run(way, func(b *testing.B, s SOCKET) { nonblocking(b, s); echo(b, []SOCKET{s}, way) })
	}
}
