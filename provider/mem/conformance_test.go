// SPDX-License-Identifier: Apache-2.0

package mem_test

import (
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }

func TestConformance(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries())
	})
}

// The suite's rules hold as well when everything takes time, and when streams
// have to repeat what was lost. Datagrams stay whole, as the suite expects
// each to arrive.
func TestConformanceWithDelay(t *testing.T) {
	for name, options := range map[string]spi.Options{
		"latency":   {"latency": "200us", "jitter": "300us"},
		"bandwidth": {"bandwidth": "32M", "seed": "3"},
	} {
		t.Run(name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return spitest.Base(t, func(p *spi.StartupParams) (spi.Provider, error) {
					p.Options = options
					return mem.Startup(p)
				}, mem.Entries())
			})
		})
	}
}
