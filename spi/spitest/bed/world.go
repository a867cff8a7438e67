// SPDX-License-Identifier: Apache-2.0

// Package bed is what the tests of layers stand on: a network in memory with a
// clock that is steered, sockets on it that move data as a program would, and
// the networks that the conformance suite runs over.
package bed

import (
	"net/netip"
	"testing"
	"time"

	"winsock/internal/bucket"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/wsa"
)

// Begin is when a World begins: a Monday at 7.
var Begin = time.Date(2024, time.March, 4, 7, 0, 0, 0, time.UTC)

// A World is a network in memory with a steered clock.
type World struct {
	testing.TB
	Clock Clock
	Net   *mem.Network
	Base  spi.Provider
}

// New makes a network without sockets.
func New(t testing.TB) *World {
	c := NewClock(Begin)
	n := mem.NewNetwork(mem.Options{Clock: c.FakeClock})
	return &World{TB: t, Clock: c, Net: n, Base: n.Provider()}
}

// A Start is WSPStartup of a layer that takes its time from a clock.
type Start func(p *spi.StartupParams, clock bucket.Clock) (spi.Provider, error)

// Provider starts a layer, until the test ends.
func (w *World) Provider(start Start, o spi.Options) spi.Provider {
	w.Helper()
	p, err := start(&spi.StartupParams{Options: o}, w.Clock)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		w.Clock.Advance(time.Hour) // what is under way ends, or is given up
		p.Cleanup()
	})
	return p
}

// Open opens a socket of p, which may be nil for a plain one, for a process,
// which may be 0 for the test's own.
func (w *World) Open(p spi.Provider, socketType int32, process int) spi.Socket {
	w.Helper()
	o := &spi.Opening{AddressFamily: wsa.AF_INET, SocketType: socketType}
	if process != 0 {
		o.Process = &spi.Process{ID: process}
	}
	top := w.Base
	if p != nil {
		o.Next = w.Base.Socket
		top = p
	}
	s, err := top.Socket(o)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { s.Close() })
	return s
}

// Listen returns a listening socket of p, which may be nil, and its address.
func (w *World) Listen(p spi.Provider) (spi.Socket, wsa.Sockaddr) {
	w.Helper()
	s := w.Open(p, wsa.SOCK_STREAM, 0)
	name := Loopback()
	w.Must(s.Bind(&name))
	w.Must(s.Listen(5))
	w.Must(s.GetSockName(&name))
	return s, name
}

// Pair connects a socket of p to a plain one.
func (w *World) Pair(p spi.Provider, socketType int32, process int) (own, peer spi.Socket) {
	w.Helper()
	own = w.Open(p, socketType, process)
	if socketType == wsa.SOCK_DGRAM {
		peer = w.Open(nil, socketType, 0)
		at, other := Loopback(), Loopback()
		w.Must(peer.Bind(&at))
		w.Must(own.Bind(&other))
		w.Must(own.GetSockName(&other))
		w.Must(peer.GetSockName(&at))
		w.Must(own.Connect(&at))
		w.Must(peer.Connect(&other))
		return own, peer
	}
	listener, name := w.Listen(nil)
	w.Must(own.Connect(&name))
	w.Clock.Advance(0)
	peer, err := listener.Accept(nil)
	w.Must(err)
	w.Cleanup(func() { peer.Close() })
	return own, peer
}

// Must ends the test on an error, but for WSAEWOULDBLOCK.
func (w *World) Must(err error) {
	w.Helper()
	if err != nil && err != wsa.WSAEWOULDBLOCK {
		w.Fatal(err)
	}
}

// Loopback is an address whose port is left to the network.
func Loopback() wsa.Sockaddr { return wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0")) }

// Send sends bytes.
func Send(s spi.Socket, data string) (int, error) {
	var m spi.Message
	m.SetBuffer([]byte(data))
	return s.Send(&m)
}

// Recv receives up to n bytes.
func Recv(s spi.Socket, n int) (string, error) {
	var m spi.Message
	buf := make([]byte, n)
	m.SetBuffer(buf)
	got, err := s.Recv(&m)
	return string(buf[:got]), err
}

// A Mover calls as often as something moves, and again whenever it is told to.
type Mover struct {
	spi.Watcher
	call  func() (int, error)
	Moved int   // bytes
	Calls int   // that moved something
	Most  int   // bytes at one time
	Err   error // what ended it
	Told  bool
}

// Move begins to call for the events of a socket.
func Move(s spi.Socket, mask spi.Events, call func() (int, error)) *Mover {
	m := &Mover{call: call}
	m.Mask = mask
	m.Notify = func(spi.Events) { m.Told = true }
	s.Watch(&m.Watcher)
	m.run()
	return m
}

func (m *Mover) run() {
	now := 0
	for m.Err == nil {
		n, err := m.call()
		if err == wsa.WSAEWOULDBLOCK {
			break
		}
		if m.Err = err; err == nil {
			now += n
			m.Calls++
			if n == 0 {
				break
			}
		}
	}
	m.Moved += now
	m.Most = max(m.Most, now)
}

// Drain takes all that comes.
func Drain(s spi.Socket) *Mover {
	buf := make([]byte, 1<<20)
	return Move(s, spi.EventRead, func() (int, error) {
		var m spi.Message
		m.SetBuffer(buf)
		return s.Recv(&m)
	})
}

// Pour sends pieces of a size for as long as it can.
func Pour(s spi.Socket, piece int) *Mover {
	data := make([]byte, piece)
	return Move(s, spi.EventWrite, func() (int, error) {
		var m spi.Message
		m.SetBuffer(data)
		return s.Send(&m)
	})
}

// Advance moves the clock, from one thing that happens to the next, and lets
// the movers work that were told.
func (w *World) Advance(d time.Duration, movers ...*Mover) {
	end := w.Clock.Now().Add(d)
	for {
		for moved := true; moved; {
			moved = false
			for _, m := range movers {
				if m.Told {
					m.Told, moved = false, true
					m.run()
				}
			}
		}
		next, ok := w.Clock.Next()
		if !ok || w.Clock.Now().Add(next).After(end) {
			break
		}
		w.Clock.Advance(next)
	}
	w.Clock.Advance(end.Sub(w.Clock.Now()))
}
