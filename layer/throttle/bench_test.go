// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"testing"

	"winsock/spi"
	"winsock/spi/spitest/bed"
)

var busy = spi.Options{"up": "10mbit", "down": "10mbit", "packets-up": "1000", "quota-down": "1000000000G", "burst": "20k"}

func TestAllocs(t *testing.T) {
	s := bed.OnSilent(t, driver.Startup, busy)
	var m spi.Message
	m.SetBuffer(make([]byte, 1000))
	if n := testing.AllocsPerRun(2000, func() { s.Send(&m); s.Recv(&m); s.Ready(spi.EventAll) }); n >= 1 && !bed.UnderRace {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCalls(b *testing.B) {
	s := bed.OnSilent(b, driver.Startup, spi.Options{"up": "1000tbit", "quota-down": "1000000000G"})
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
