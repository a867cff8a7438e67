// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"net/netip"
	"testing"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

var loopback = wsa.SockaddrFrom(netip.MustParseAddrPort("127.0.0.1:0"))

// still is a socket that does nothing, to weigh what is above it.
type still struct{ layer.Base }

func (*still) Send(m *spi.Message) (int, error) { return len(m.Bufs[0]), nil }
func (*still) Recv(m *spi.Message) (int, error) { return 0, wsa.WSAEWOULDBLOCK }
func (*still) Ready(mask spi.Events) spi.Events { return mask & spi.EventWrite }
func (*still) Close() error                     { return nil }

func (*still) Handle() int { return 42 }

// above returns a socket of the layer on s.
func above(t testing.TB, s spi.Socket, wrap layer.Wrap) spi.Socket {
	t.Helper()
	top, err := layer.NewProvider(nil, wrap).Socket(&spi.Opening{
		Next: func(*spi.Opening) (spi.Socket, error) { return s, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return top
}

func TestPassThroughAllocs(t *testing.T) {
	s := above(t, new(still), passThrough)
	var m spi.Message
	m.SetBuffer(make([]byte, 10))
	if allocs := testing.AllocsPerRun(100, func() {
		s.Send(&m)
		s.Recv(&m)
		s.Ready(spi.EventAll)
		s.(spi.Parker).Park(spi.Receiving, nil)
	}); allocs != 0 {
		t.Errorf("calls through a PassThrough allocate %v times", allocs)
	}
}

func BenchmarkPassThrough(b *testing.B) {
	for name, s := range map[string]spi.Socket{"below": new(still), "through": above(b, new(still), passThrough)} {
		b.Run(name, func(b *testing.B) {
			var m spi.Message
			m.SetBuffer(make([]byte, 10))
			b.ReportAllocs()
			for b.Loop() {
				s.Send(&m)
			}
		})
	}
}

// TestHandlePreservingDataPath checks that data does not touch the layer at
// all, however many such layers there are, and that the handle is found.
func TestHandlePreservingDataPath(t *testing.T) {
	bottom := new(still)
	s := above(t, above(t, bottom, handlePreserving), handlePreserving)
	if got := spi.DataPathOf(s); got != bottom {
		t.Errorf("the data path ends at %T, want the socket at the bottom", got)
	}
	if fd, ok := spi.HandleOf(s); fd != 42 || !ok {
		t.Errorf("HandleOf: %d, %t; want that of the socket at the bottom", fd, ok)
	}
	s = above(t, above(t, bottom, passThrough), handlePreserving)
	if _, ok := spi.HandleOf(s); ok {
		t.Error("a layer that sees data still shows the handle below it")
	}
}

// A brittle socket panics when it is closed.
type brittle struct{ layer.Base }

func (*brittle) Close() error { panic("close on purpose") }

// An ending socket notes that it was closed.
type ending struct {
	spi.Socket
	closed bool
}

func (e *ending) Close() error { e.closed = true; return nil }

// TestAbandonBelow: a layer whose close has panicked is abandoned by the one
// above it, so that what is below it is closed all the same.
func TestAbandonBelow(t *testing.T) {
	for _, closes := range []bool{true, false} {
		bottom := new(ending)
		middle := &brittle{layer.Base{Socket: bottom}}
		top := &layer.Base{Socket: middle}
		guarded := func(f func()) {
			defer func() { recover() }()
			f()
		}
		if closes {
			guarded(func() { top.Close() })
		}
		guarded(top.Abandon)
		if !bottom.closed {
			t.Errorf("closed before: %t; the bottom is not", closes)
		}
	}
}

func TestCloseOnce(t *testing.T) {
	n := kernelNetwork(t)
	s := above(t, open(t, n), passThrough)
	if err := s.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if err := s.Close(); err != wsa.WSAENOTSOCK {
		t.Errorf("second Close: %v, want WSAENOTSOCK", err)
	}
}

// TestProviderPanic checks that a layer which panics or fails while it opens
// leaves no socket below.
func TestProviderPanic(t *testing.T) {
	n := kernelNetwork(t)
	for name, c := range map[string]struct {
		wrap layer.Wrap
		want wsa.Errno
	}{
		"panic": {func(spi.Socket, *spi.Opening) (spi.Socket, error) { panic("on purpose") }, wsa.WSAEPROVIDERFAILEDINIT},
		"error": {func(spi.Socket, *spi.Opening) (spi.Socket, error) { return nil, wsa.WSAEACCES }, wsa.WSAEACCES},
	} {
		t.Run(name, func(t *testing.T) {
			n := n.With(t, wrapping(c.wrap), nil)
			if s, err := n.Open(tcp4(t, n)); s != nil || err != c.want.Err() {
				t.Errorf("WSPSocket: %v, %v; want %v", s, err, c.want)
			}
		})
	}
}
