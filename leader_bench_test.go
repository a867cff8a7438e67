// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"winsock/wsa"
)

// BenchmarkTwoWorkers measures round trips of clients that two workers at one
// port serve, each message keeping a worker for about so long. It is what the
// hand-over of the lead is judged by: there should be close to two messages in
// that time.
func BenchmarkTwoWorkers(b *testing.B) {
	for _, takes := range []time.Duration{0, 200 * time.Microsecond, time.Millisecond} {
		for _, clients := range []int{2, 8} {
			b.Run(fmt.Sprintf("handlers of %v, %d clients", takes, clients), func(b *testing.B) {
				benchmarkTwoWorkers(b, takes, clients)
			})
		}
	}
}

// A served is a connection that workers serve, found by its structure.
type served struct {
	ov    Overlapped
	sock  SOCKET
	flags uint32
	buf   [64]byte
	bufs  [1][]byte
}

func (c *served) receive() error {
	_, err := WSARecv(c.sock, c.bufs[:], &c.flags, &c.ov, nil)
	return err
}

// serve answers what has come, and what has come meanwhile, each after a
// while. No packet tells of what ends at once, which would call the other
// worker. It returns what the last receive has returned.
func (c *served) serve(takes time.Duration) (err error) {
	for err == nil {
		if takes > 0 {
			occupy(takes/2 + time.Duration(rand.Int64N(int64(takes)+1)))
		}
		if _, err := WSASend(c.sock, c.bufs[:], 0, &c.ov, nil); err != nil {
			return err
		}
		err = c.receive()
	}
	return err
}

// occupy keeps a worker for some time, as a call does that reads a file. It
// takes no processor time, of which there may be too little for both workers.
func occupy(d time.Duration) {
	t := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&t, nil) // if a signal ends it early, so be it
}

// connectedPair makes two sockets that are connected to each other.
func connectedPair(b *testing.B) (client, server SOCKET) {
	addr := loopback(wsa.AF_INET, 0)
	var socks [2]SOCKET
	for i := range socks {
		s, err := Socket(wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP)
		must(b, err)
		b.Cleanup(func() { CloseSocket(s) })
		socks[i] = s
	}
	l, client := socks[0], socks[1]
	must(b, Bind(l, &addr))
	must(b, Listen(l, 1))
	must(b, GetSockName(l, &addr))
	must(b, Connect(client, &addr))
	server, err := Accept(l, nil)
	must(b, err)
	b.Cleanup(func() { CloseSocket(server) })
	return client, server
}

func benchmarkTwoWorkers(b *testing.B, takes time.Duration, clients int) {
	started(b)
	port := newTestPort(b, 2)
	var workers, senders sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for {
				_, _, ov, err := GetQueuedCompletionStatus(port, wsa.WSA_INFINITE)
				if ov == nil || err != nil {
					return
				}
				if err := (*served)(unsafe.Pointer(ov)).serve(takes); err != wsa.WSA_IO_PENDING {
					b.Errorf("serving: %v", err)
				}
			}
		})
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	socks := make([]SOCKET, clients)
	for i := range socks {
		client, server := connectedPair(b)
		associate(b, server, port, 0)
		must(b, SetFileCompletionNotificationModes(server, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS))
		c := &served{sock: server}
		c.bufs[0] = c.buf[:]
		if err := c.receive(); err != wsa.WSA_IO_PENDING {
			b.Fatal(err)
		}
		socks[i] = client
	}
	b.ResetTimer()
	for _, s := range socks {
		senders.Go(func() {
			var p [64]byte
			for left.Add(-1) >= 0 {
				if _, err := Send(s, p[:], 0); err != nil {
					return
				}
				if _, err := Recv(s, p[:], 0); err != nil {
					return
				}
			}
		})
	}
	senders.Wait()
	b.StopTimer()
	must(b, CloseHandle(port))
	workers.Wait()
}
