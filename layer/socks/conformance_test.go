// SPDX-License-Identifier: Apache-2.0

package socks

import (
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

// With everything direct, the layer keeps every rule of what is below it.
func TestConformanceDirect(t *testing.T) {
	for name, base := range map[string]func(testing.TB) spitest.Network{"kernel": kernelNetwork, "mem": memNetwork} {
		t.Run(name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return base(t).With(t, startup, spi.Options{"server": "socks5://127.0.0.1:9", "direct": "0.0.0.0/0 ::/0"})
			})
		})
	}
}
