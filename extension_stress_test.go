// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"math/rand/v2"
	"testing"

	"winsock/wsa"
)

// A cycle is a socket that is accepted, disconnected and accepted again.
type cycle struct {
	ov     Overlapped
	s      SOCKET
	begun  int
	ended  int
	leaves bool // DisconnectEx is under way, not AcceptEx
}

// TestExtensionStress: sockets that are accepted, disconnected and accepted
// again, while clients come and go by ConnectEx, and operations are cancelled
// at any time. Every operation that was begun ends once.
func TestExtensionStress(t *testing.T) {
	const sockets, rounds = 8, 100
	onEveryChain(t, func(b *bed) {
		l, addr := b.listening()
		port := newTestPort(b, 0)
		associate(b, l, port, 1)
		byOverlapped := make(map[*Overlapped]*cycle)
		accept := func(c *cycle) {
			c.leaves = false
			c.begun++
			b.acceptEx(l, c.s, uint32(rand.IntN(2)*8), &c.ov)
		}
		cycles := make([]cycle, sockets)
		for i := range cycles {
			c := &cycles[i]
			c.s = b.socket(wsa.SOCK_STREAM)
			associate(b, c.s, port, 2)
			byOverlapped[&c.ov] = c
			accept(c)
		}
		clients := make(chan struct{})
		stop := make(chan struct{})
		go func() {
			defer close(clients)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				s, err := b.open(wsa.AF_INET, wsa.SOCK_STREAM)
				if err != nil {
					b.Errorf("socket: %v", err)
					return
				}
				any := loopback(wsa.AF_INET, 0)
				var ov Overlapped
				if err := Bind(s, &any); err != nil {
					b.Errorf("bind: %v", err)
				} else if _, err = ConnectEx(s, &addr, []byte("data"), &ov); err != wsa.WSA_IO_PENDING {
					b.Errorf("ConnectEx: %v", err)
				} else if i%3 > 0 {
					_, _, _ = WSAGetOverlappedResult(s, &ov, true) // the server may have left already
				} else if i%2 > 0 {
					_ = CancelIoEx(s, &ov) // it may have ended
				}
				CloseSocket(s)
			}
		}()
		for range rounds {
			_, _, ov, _ := b.next(port)
			c := byOverlapped[ov]
			if c == nil || c.ended >= c.begun {
				b.Fatalf("a packet of no operation: %p", ov)
			}
			c.ended++
			if !c.leaves && DisconnectEx(c.s, &c.ov, wsa.TF_REUSE_SOCKET) == wsa.WSA_IO_PENDING {
				c.leaves = true
				c.begun++
			} else {
				accept(c)
			}
			if rand.IntN(4) == 0 {
				_ = CancelIoEx(l, &cycles[rand.IntN(sockets)].ov) // it may not pend
			}
		}
		close(stop)
		must(b, CloseSocket(l)) // a client may wait for room in its queue, as nobody accepts any more
		done(b, clients)
		for i := range cycles {
			must(b, CloseSocket(cycles[i].s))
		}
		pending := 0
		for i := range cycles {
			pending += cycles[i].begun - cycles[i].ended
		}
		for range pending {
			_, _, ov, _ := b.next(port)
			if c := byOverlapped[ov]; c == nil || c.ended >= c.begun {
				b.Fatalf("a packet of no operation: %p", ov)
			} else {
				c.ended++
			}
		}
		b.noMore(port)
	})
}
