// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// Many goroutines open, connect, talk and close on the clock on the wall,
// with faults that change meanwhile. Every stream must carry its bytes in
// order until it ends; no wait may be for ever.
func TestUnderLoad(t *testing.T) {
	n := NewNetwork(Options{Seed: 5})
	p := n.Provider()
	open := func(sockType int32) *socket {
		s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: sockType})
		if err != nil {
			t.Error(err)
		}
		return s.(*socket)
	}
	l := open(wsa.SOCK_STREAM)
	if err := l.Bind(sockaddr(loop4, 5000)); err != nil {
		t.Fatal(err)
	}
	l.Listen(wsa.SOMAXCONN)

	// await waits until try says that it is done.
	await := func(s *socket, mask spi.Events, try func() bool) bool {
		woken := make(chan struct{}, 1)
		w := spi.Watcher{Mask: mask, Notify: func(spi.Events) {
			select {
			case woken <- struct{}{}:
			default:
			}
		}}
		s.Watch(&w)
		defer s.Unwatch(&w)
		limit := time.After(time.Minute)
		for !try() {
			select {
			case <-woken:
			case <-limit:
				t.Errorf("no wake-up for %v; what holds is %v", mask, s.Ready(spi.EventAll))
				return false
			}
		}
		return true
	}
	clients := 60
	var servers, all sync.WaitGroup
	serve := func(s *socket) {
		defer s.Close()
		next := uint32(0)
		var buf [4000]byte
		have := 0
		for {
			var count int
			var err error
			if !await(s, spi.EventRead, func() bool {
				m := spi.Message{}
				m.SetBuffer(buf[have:])
				count, err = s.Recv(&m)
				return err != wsa.WSAEWOULDBLOCK
			}) || err != nil || count == 0 {
				return
			}
			have += count
			at := 0
			for ; have-at >= 4; at += 4 {
				if got := binary.LittleEndian.Uint32(buf[at:]); got != next {
					t.Errorf("a stream delivered word %d instead of %d", got, next)
					return
				}
				next++
			}
			have = copy(buf[:], buf[at:have])
		}
	}
	servers.Go(func() {
		for range clients {
			var s spi.Socket
			if !await(l, spi.EventAccept, func() bool {
				var err error
				s, err = l.Accept(nil)
				return err == nil
			}) {
				return
			}
			all.Go(func() { serve(s.(*socket)) })
		}
	})
	var left sync.WaitGroup
	for id := range clients {
		left.Go(func() {
			r := rand.New(rand.NewPCG(uint64(id), 9))
			s := open(wsa.SOCK_STREAM)
			defer s.Close()
			if err := s.Connect(sockaddr(loop4, 5000)); err == wsa.WSAEWOULDBLOCK {
				await(s, spi.EventConnect, func() bool { return s.ConnectResult() != wsa.WSAEWOULDBLOCK })
			}
			if err := s.ConnectResult(); err != nil {
				t.Errorf("connect: %v", err)
				return
			}
			next := uint32(0)
			for range r.IntN(60) {
				data := make([]byte, 4*(1+r.IntN(2000)))
				for i := 0; i < len(data); i += 4 {
					binary.LittleEndian.PutUint32(data[i:], next)
					next++
				}
				for len(data) > 0 {
					if !await(s, spi.EventWrite, func() bool {
						n, err := trySend(s, data, 0)
						data = data[n:]
						return err != wsa.WSAEWOULDBLOCK
					}) {
						return
					}
				}
				if r.IntN(10) == 0 {
					n.SetLink(Link{Latency: time.Duration(r.IntN(300)) * time.Microsecond, Jitter: 100 * time.Microsecond})
				} else if r.IntN(10) == 0 {
					n.SetLink(Link{})
				}
			}
			if r.IntN(3) == 0 {
				s.Abort()
			}
		})
	}
	servers.Wait()
	left.Wait()
	all.Wait()
	l.Close()
	if n.Sockets() != 0 {
		t.Errorf("%d sockets are left", n.Sockets())
	}
}
