// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// A chopping layer sends and receives a third of what it is asked for, so that every request
// takes several attempts.
type chopping struct {
	layer.Base
	stream bool
}

func init() {
	spi.Register(&spi.Driver{
		Name:    "chopping",
		Summary: "a layer that passes streams on in pieces, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			stream := p.Info.SocketType == wsa.SOCK_STREAM
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &chopping{layer.Base{Socket: below}, stream}, nil
			}), nil
		},
	})
}

// Accept keeps accepted sockets in the layer.
func (s *chopping) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	below, err := s.Socket.Accept(peer)
	if err != nil {
		return nil, err
	}
	return &chopping{layer.Base{Socket: below}, s.stream}, nil
}

func (s *chopping) cut(m *spi.Message, call func(*spi.Message) (int, error)) (int, error) {
	if !s.stream || len(m.Bufs) != 1 || len(m.Bufs[0]) < 2 {
		return call(m)
	}
	whole := m.Bufs[0]
	m.SetBuffer(whole[:(len(whole)+2)/3])
	n, err := call(m)
	m.SetBuffer(whole)
	return n, err
}

func (s *chopping) Send(m *spi.Message) (int, error) { return s.cut(m, s.Socket.Send) }
func (s *chopping) Recv(m *spi.Message) (int, error) { return s.cut(m, s.Socket.Recv) }

// onEveryRIOBed runs a test on sockets for registered I/O of the kernel, of
// memory, and through one and three layers.
func onEveryRIOBed(t *testing.T, test func(b *bed)) {
	started(t)
	through := func(layers ...string) func(family, socketType int32) (SOCKET, error) {
		return func(family, socketType int32) (SOCKET, error) {
			c, err := Compose(family, socketType, 0, nil, layers...)
			if err != nil {
				return INVALID_SOCKET, err
			}
			return c.Socket(wsa.WSA_FLAG_REGISTERED_IO)
		}
	}
	beds := map[string]func(family, socketType int32) (SOCKET, error){
		"kernel":       rioSocketOf,
		"mem":          memRIO(t),
		"one layer":    through("trace"),
		"three layers": through("trace", "chopping", "trace"),
	}
	for name, open := range beds {
		t.Run(name, func(t *testing.T) {
			leak.Check(t)
			test(&bed{T: t, open: open})
		})
	}
}

func rioSocketOf(family, socketType int32) (SOCKET, error) {
	return WSASocket(family, socketType, 0, nil, 0, wsa.WSA_FLAG_REGISTERED_IO)
}

// memRIO opens sockets for registered I/O on a network in memory.
func memRIO(t *testing.T) func(family, socketType int32) (SOCKET, error) {
	store := catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
	infos := spi.FindDriver("mem").Entries()
	_, err := store.Install(infos[0].ProviderID, "mem:latency=100us,network="+t.Name(), infos)
	must(t, err)
	return func(family, socketType int32) (SOCKET, error) {
		snap := store.Snapshot()
		choice, err := choose(snap, family, socketType, 0, nil)
		if err != nil {
			return INVALID_SOCKET, err
		}
		return openSocket(snap, choice, 0, wsa.WSA_FLAG_REGISTERED_IO)
	}
}

// kernelRIO is the bed of tests for which one is enough.
func kernelRIO(t *testing.T) *bed {
	started(t)
	return &bed{T: t, open: rioSocketOf}
}

// pair makes two sockets of the type that are connected to each other.
func (b *bed) pair(socketType int32) (x, y SOCKET) {
	b.Helper()
	if socketType == wsa.SOCK_STREAM {
		return b.connected()
	}
	x, xAddr := b.bound(socketType)
	y, yAddr := b.bound(socketType)
	must(b, Connect(x, &yAddr))
	must(b, Connect(y, &xAddr))
	return x, y
}

func newTestCQ(t testing.TB, size uint32, n *RIONotification) RIO_CQ {
	t.Helper()
	cq, err := RIOCreateCompletionQueue(size, n)
	must(t, err)
	t.Cleanup(func() { RIOCloseCompletionQueue(cq) })
	return cq
}

func newTestRQ(t testing.TB, s SOCKET, receives, sends uint32, cq RIO_CQ, context uint64) RIO_RQ {
	t.Helper()
	rq, err := RIOCreateRequestQueue(s, receives, 1, sends, 1, cq, cq, context)
	must(t, err)
	return rq
}

// A rioMemory is a registered buffer.
type rioMemory struct {
	bytes []byte
	id    RIO_BUFFERID
}

func newRIOMemory(t testing.TB, size int) *rioMemory {
	t.Helper()
	m := &rioMemory{bytes: make([]byte, size)}
	var err error
	m.id, err = RIORegisterBuffer(m.bytes)
	must(t, err)
	t.Cleanup(func() { RIODeregisterBuffer(m.id) })
	return m
}

func (m *rioMemory) at(offset, length int) *RIO_BUF {
	return &RIO_BUF{m.id, uint32(offset), uint32(length)}
}

// put writes text into the memory and describes it.
func (m *rioMemory) put(offset int, text string) *RIO_BUF {
	copy(m.bytes[offset:], text)
	return m.at(offset, len(text))
}

// results polls a completion queue until it has given that many results.
func results(t testing.TB, cq RIO_CQ, want int) []RIORESULT {
	t.Helper()
	all := make([]RIORESULT, want+1)
	n := 0
	for end := time.Now().Add(soon); n < want; runtime.Gosched() {
		k := RIODequeueCompletion(cq, all[n:])
		if k == wsa.RIO_CORRUPT_CQ {
			t.Fatal("the completion queue is said to be corrupt")
		}
		n += int(k)
		if time.Now().After(end) {
			t.Fatalf("%d of %d results came", n, want)
		}
	}
	if n > want {
		t.Fatalf("%d results came, want %d", n, want)
	}
	return all[:n]
}

func wantNoResult(t testing.TB, what string, cq RIO_CQ) {
	t.Helper()
	var r [1]RIORESULT
	if n := RIODequeueCompletion(cq, r[:]); n != 0 {
		t.Errorf("%s: there is a result: %+v", what, r[0])
	}
}

func wantResult(t testing.TB, what string, got, want RIORESULT) {
	t.Helper()
	if got != want {
		t.Errorf("%s: the result is %+v, want %+v", what, got, want)
	}
}
