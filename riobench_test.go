// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"testing"

	"winsock/wsa"
)

// BenchmarkRIOEcho measures round trips of 64 bytes over 64 pairs of sockets,
// both ends of which one goroutine serves by polling. Calls of Send and Recv
// on non-blocking sockets do the same, for comparison.
func BenchmarkRIOEcho(b *testing.B) {
	for name, socketType := range rioTypes {
		b.Run(name+"/registered", func(b *testing.B) { benchmarkRIO(b, socketType, 0) })
		b.Run(name+"/deferred", func(b *testing.B) { benchmarkRIO(b, socketType, wsa.RIO_MSG_DEFER) })
		b.Run(name+"/plain", func(b *testing.B) { benchmarkPlain(b, socketType) })
	}
}

const (
	benchPairs = 64
	benchSize  = 64
)

func benchmarkPairs(b *testing.B, socketType int32) (clients, servers [benchPairs]SOCKET) {
	b.Helper()
	started(b)
	open := func() SOCKET {
		s, err := rioSocketOf(wsa.AF_INET, socketType)
		must(b, err)
		b.Cleanup(func() { CloseSocket(s) })
		addr := loopback(wsa.AF_INET, 0)
		must(b, Bind(s, &addr))
		return s
	}
	connect := func(s, to SOCKET) {
		var addr wsa.Sockaddr
		must(b, GetSockName(to, &addr))
		nonblocking(b, s) // a call that waits would add the socket to the runtime's own poller
		if err := Connect(s, &addr); err != wsa.WSAEWOULDBLOCK {
			must(b, err)
			return
		}
		write := FdSet{s}
		if _, err := Select(nil, &write, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	l := INVALID_SOCKET
	if socketType == wsa.SOCK_STREAM {
		l = open()
		must(b, Listen(l, benchPairs))
	}
	for i := range benchPairs {
		clients[i] = open()
		if l == INVALID_SOCKET {
			servers[i] = open()
			connect(clients[i], servers[i])
			connect(servers[i], clients[i])
			continue
		}
		connect(clients[i], l)
		s, err := Accept(l, nil)
		must(b, err)
		b.Cleanup(func() { CloseSocket(s) })
		servers[i] = s
	}
	return clients, servers
}

func benchmarkRIO(b *testing.B, socketType int32, modes uint32) {
	clients, servers := benchmarkPairs(b, socketType)
	cq := newTestCQ(b, 8*benchPairs, nil)
	m := newRIOMemory(b, 4*benchPairs*benchSize)
	var rqs [2 * benchPairs]RIO_RQ // of clients, then of servers
	var ins, outs [2 * benchPairs]RIO_BUF
	for i := range rqs {
		s := clients[i%benchPairs]
		if i >= benchPairs {
			s = servers[i-benchPairs]
		}
		rqs[i] = newTestRQ(b, s, 1, 1, cq, uint64(i))
		ins[i], outs[i] = *m.at(2*i*benchSize, benchSize), *m.at((2*i+1)*benchSize, benchSize)
		must(b, RIOReceive(rqs[i], &ins[i], 1, 0, 1))
	}
	const quiet = wsa.RIO_MSG_DONT_NOTIFY
	for i := range benchPairs {
		must(b, RIOSend(rqs[i], &outs[i], 1, quiet, 0))
	}
	var got [64]RIORESULT
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; { // round trips
		n := RIODequeueCompletion(cq, got[:])
		for i := range got[:n] {
			r := &got[i]
			if r.Status != 0 || r.BytesTransferred != benchSize {
				b.Fatalf("result %+v", r)
			}
			if r.RequestContext == 0 {
				continue // a send
			}
			q := r.SocketContext
			if q < benchPairs {
				done++
			}
			check(RIOReceive(rqs[q], &ins[q], 1, modes, 1))
			check(RIOSend(rqs[q], &outs[q], 1, modes|quiet, 0))
		}
		if modes == 0 {
			continue
		}
		for _, r := range got[:n] {
			if r.RequestContext == 1 {
				check(RIOSend(rqs[r.SocketContext], nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0))
				check(RIOReceive(rqs[r.SocketContext], nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0))
			}
		}
	}
}

func benchmarkPlain(b *testing.B, socketType int32) {
	clients, servers := benchmarkPairs(b, socketType)
	for i := range clients {
		nonblocking(b, clients[i])
		nonblocking(b, servers[i])
	}
	var buf [benchSize]byte
	pass := func(s SOCKET) {
		for {
			n, err := Recv(s, buf[:], 0)
			if n == benchSize {
				return
			}
			if err != wsa.WSAEWOULDBLOCK {
				b.Fatal(n, err)
			}
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i = (i + 1) % benchPairs {
		Send(clients[i], buf[:], 0)
		pass(servers[i])
		Send(servers[i], buf[:], 0)
		pass(clients[i])
	}
}
