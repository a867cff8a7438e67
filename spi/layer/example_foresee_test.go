// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"sync/atomic"
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// counted counts the bytes that are sent to one port, and leaves the data of
// other connections alone.
type counted struct {
	layer.HandlePreserving
	port   uint16
	counts atomic.Bool // the socket is, or will be, connected to the port
	sent   atomic.Int64
}

func startCounted(p *spi.StartupParams) (spi.Provider, error) {
	return layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		s := &counted{port: 7}
		s.Socket = below
		return s, nil
	}), nil
}

func (s *counted) Foresee(name *wsa.Sockaddr) spi.Socket {
	if name.Port() == s.port {
		return s
	}
	return spi.DataPathTo(s.Socket, name)
}

func (s *counted) DataPath() spi.Socket {
	if s.counts.Load() {
		return s
	}
	return s.HandlePreserving.DataPath()
}

func (s *counted) Connect(name *wsa.Sockaddr) error {
	s.counts.Store(name != nil && name.Port() == s.port)
	return s.HandlePreserving.Connect(name)
}

func (s *counted) Send(m *spi.Message) (int, error) {
	n, err := s.HandlePreserving.Send(m)
	s.sent.Add(int64(n))
	return n, err
}

func TestCounted(t *testing.T) {
	n := spitest.Base(t, mem.Startup, mem.Entries()).With(t, startCounted, nil)
	s := open(t, n)
	defer s.Close()
	name := loopback
	for port, sees := range map[uint16]bool{7: true, 8: false} {
		name.SetPort(port)
		if got := spi.DataPathTo(s, &name) == s; got != sees {
			t.Errorf("port %d: the data will pass the layer: %v", port, got)
		}
		_ = s.Connect(&name) // nobody is there
		if got := spi.DataPathOf(s) == s; got != sees {
			t.Errorf("port %d: the data passes the layer: %v", port, got)
		}
	}
}
