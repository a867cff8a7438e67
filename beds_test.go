// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"path/filepath"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// soon is the most that anything which must happen may take.
const soon = time.Minute

// A bed is a way to open sockets: tests of what is common to all providers
// run on each.
type bed struct {
	*testing.T
	open    func(family, socketType int32) (SOCKET, error)
	delayed bool // whatever is sent takes a moment

	buffers bool // a layer passes the data through buffers of its own, and carries no urgent data
}

// on returns the bed for a subtest.
func (b *bed) on(t *testing.T) *bed {
	own := *b
	own.T = t
	return &own
}

// beds returns a bed on the kernel, one on a network in memory where
// everything takes a moment, and some through layers, of which one passes all
// data through buffers of its own.
func beds(t *testing.T) map[string]*bed {
	return map[string]*bed{
		"kernel":       {T: t, open: func(family, socketType int32) (SOCKET, error) { return Socket(family, socketType, 0) }},
		"mem":          {T: t, open: memBed(t), delayed: true},
		"trace":        {T: t, open: composed("trace")},
		"three layers": {T: t, open: composed("trace", "async-pass", "async-pass")},
		"pumped":       {T: t, open: composed("trace", "async-pass", "async-conn"), delayed: true, buffers: true},
	}
}

// composed opens sockets through layers that are not installed.
func composed(layers ...string) func(family, socketType int32) (SOCKET, error) {
	return func(family, socketType int32) (SOCKET, error) {
		over := layers
		if over[len(over)-1] == "async-conn" && socketType != wsa.SOCK_STREAM {
			over = over[:len(over)-1]
		}
		c, err := Compose(family, socketType, 0, nil, over...)
		if err != nil {
			return INVALID_SOCKET, err
		}
		return c.Socket(wsa.WSA_FLAG_OVERLAPPED)
	}
}

// onEveryBed runs a test on each bed, which may leave nothing behind.
func onEveryBed(t *testing.T, test func(b *bed)) {
	started(t)
	for name, b := range beds(t) {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			test(b.on(t))
		})
	}
}

func memBed(t *testing.T) func(family, socketType int32) (SOCKET, error) {
	store := catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
	infos := spi.FindDriver("mem").Entries()
	if _, err := store.Install(infos[0].ProviderID, "mem:latency=100us,network="+t.Name(), infos); err != nil {
		t.Fatal(err)
	}
	return func(family, socketType int32) (SOCKET, error) {
		snap := store.Snapshot()
		choice, err := choose(snap, family, socketType, 0, nil)
		if err != nil {
			return INVALID_SOCKET, err
		}
		return openSocket(snap, choice, 0, wsa.WSA_FLAG_OVERLAPPED)
	}
}

// socket makes a socket that is closed with the test.
func (b *bed) socket(socketType int32) SOCKET {
	b.Helper()
	s, err := b.open(wsa.AF_INET, socketType)
	must(b, err)
	b.Cleanup(func() { CloseSocket(s) })
	return s
}

func (b *bed) bound(socketType int32) (SOCKET, wsa.Sockaddr) {
	b.Helper()
	s := b.socket(socketType)
	addr := loopback(wsa.AF_INET, 0)
	must(b, Bind(s, &addr))
	must(b, GetSockName(s, &addr))
	return s, addr
}

func (b *bed) listening() (SOCKET, wsa.Sockaddr) {
	b.Helper()
	s, addr := b.bound(wsa.SOCK_STREAM)
	must(b, Listen(s, 16))
	return s, addr
}

// connected makes two sockets that are connected to each other.
func (b *bed) connected() (client, server SOCKET) {
	b.Helper()
	l, addr := b.listening()
	client = b.socket(wsa.SOCK_STREAM)
	must(b, Connect(client, &addr))
	server = b.accept(l)
	must(b, CloseSocket(l))
	return client, server
}

func (b *bed) accept(l SOCKET) SOCKET {
	b.Helper()
	s, err := Accept(l, nil)
	must(b, err)
	b.Cleanup(func() { CloseSocket(s) })
	return s
}

// connecting makes a non-blocking socket that is being connected.
func (b *bed) connecting(to *wsa.Sockaddr) SOCKET {
	b.Helper()
	s := b.socket(wsa.SOCK_STREAM)
	nonblocking(b, s)
	b.connect(s, to)
	return s
}

func (b *bed) connect(s SOCKET, to *wsa.Sockaddr) {
	b.Helper()
	if err := Connect(s, to); err != nil && err != wsa.WSAEWOULDBLOCK {
		b.Fatalf("connect: %v", err)
	}
}

// refusing returns an address that nobody listens on, nor will: it is bound.
func (b *bed) refusing() wsa.Sockaddr {
	b.Helper()
	_, addr := b.bound(wsa.SOCK_STREAM)
	return addr
}

func (b *bed) send(s SOCKET, text string) {
	b.Helper()
	n, err := Send(s, []byte(text), 0)
	must(b, err)
	if n != len(text) {
		b.Fatalf("sent %d of %d bytes", n, len(text))
	}
}

func (b *bed) sendOOB(s SOCKET, text string) {
	b.Helper()
	_, err := Send(s, []byte(text), wsa.MSG_OOB)
	if b.buffers {
		wantErr(b, "urgent data", err, wsa.WSAEOPNOTSUPP)
		b.Skip("a layer carries no urgent data")
	}
	must(b, err)
}

// recv receives once, at most size bytes.
func (b *bed) recv(s SOCKET, size int, flags uint32) string {
	b.Helper()
	p := make([]byte, size)
	n, err := Recv(s, p, flags)
	must(b, err)
	return string(p[:n])
}

// reset closes s so that its peer sees a reset.
func (b *bed) reset(s SOCKET) {
	b.Helper()
	must(b, SetSockOpt(s, wsa.SOL_SOCKET, wsa.SO_LINGER, []byte{1, 0, 0, 0}))
	must(b, CloseSocket(s))
}

// stuff sends until the peer has no room; it returns how much it sent.
func (b *bed) stuff(s SOCKET) (total int) {
	b.Helper()
	p := make([]byte, 1<<16)
	for {
		n, err := Send(s, p, 0)
		total += n
		if err == wsa.WSAEWOULDBLOCK {
			return total
		}
		must(b, err)
	}
}

// drain receives that much.
func (b *bed) drain(s SOCKET, total int) {
	b.Helper()
	for total > 0 {
		total -= len(b.recv(s, 1<<20, 0))
	}
}

// done waits for the end of what a goroutine does.
func done[T any](t testing.TB, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(soon):
		t.Fatal("still waiting")
	}
	return v
}
