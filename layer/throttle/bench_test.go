// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// silent is the bottom of a chain that takes everything at no cost.
type silent struct{ spi.Socket }

func (silent) Send(m *spi.Message) (int, error) { return m.Len(), nil }
func (silent) Recv(m *spi.Message) (int, error) { return m.Len(), nil }
func (silent) Ready(mask spi.Events) spi.Events { return mask }
func (silent) Close() error                     { return nil }

func onSilent(t testing.TB, o spi.Options) spi.Socket {
	p, err := driver.Startup(&spi.StartupParams{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Socket(&spi.Opening{SocketType: wsa.SOCK_STREAM,
		Next: func(*spi.Opening) (spi.Socket, error) { return silent{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(); p.Cleanup() })
	return s
}

var busy = spi.Options{"up": "10mbit", "down": "10mbit", "packets-up": "1000", "quota-down": "1000000000G", "burst": "20k"}

func TestAllocs(t *testing.T) {
	s := onSilent(t, busy)
	var m spi.Message
	m.SetBuffer(make([]byte, 1000))
	if n := testing.AllocsPerRun(2000, func() { s.Send(&m); s.Recv(&m); s.Ready(spi.EventAll) }); n >= 1 && !underRace {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCalls(b *testing.B) {
	s := onSilent(b, spi.Options{"up": "1000tbit", "quota-down": "1000000000G"})
	var m spi.Message
	m.SetBuffer(make([]byte, 1000))
	b.Run("send", func(b *testing.B) {
		for b.Loop() {
			s.Send(&m)
		}
	})
	b.Run("recv, quota only", func(b *testing.B) {
		for b.Loop() {
			s.Recv(&m)
		}
	})
}
