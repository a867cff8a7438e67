// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"testing"

	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

func kernelNetwork(t testing.TB) spitest.Network {
	n := spitest.Base(t, kernel.Startup, kernel.Entries())
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
	return n
}

func memNetwork(t testing.TB) spitest.Network { return spitest.Base(t, mem.Startup, mem.Entries()) }

var bases = map[string]func(testing.TB) spitest.Network{"kernel": kernelNetwork, "mem": memNetwork}

// texts are rules that allow what the suite does, in ways that take the layer
// through more and more of its code.
var texts = map[string]string{
	"none":   "default allow",
	"judged": "deny to 203.0.113.0/24; log port 1; deny local-port 1; deny to nobody.example; allow; default deny",
	"gate":   "chain trace port 1; drop port 1; deny in from 203.0.113.0/24",
}

// A filter that allows everything keeps every rule of what is below it.
func TestConformance(t *testing.T) {
	for name, base := range bases {
		for what, text := range texts {
			for _, layers := range []int{1, 3} {
				if layers == 3 && what != "gate" {
					continue
				}
				t.Run(fmt.Sprintf("%s over %s, %d times", what, name, layers), func(t *testing.T) {
					spitest.Run(t, func(t *testing.T) spitest.Network {
						n := base(t)
						for range layers {
							n = n.With(t, driver.Startup, spi.Options{"rule": text})
						}
						return n
					})
				})
			}
		}
	}
}
