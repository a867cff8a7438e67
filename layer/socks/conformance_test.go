// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"testing"

	"winsock/layer/socks/sockstest"
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

// Through a proxy, too, the layer keeps every rule of streams, but for urgent
// data, which proxies do not carry.
func TestConformanceProxied(t *testing.T) {
	for _, scheme := range schemes {
		t.Run(scheme, func(t *testing.T) {
			p := sockstest.Serve(t)
			spitest.Run(t, func(t *testing.T) spitest.Network {
				n := kernelNetwork(t).Without(wsa.XP1_EXPEDITED_DATA).Only(func(info *wsa.ProtocolInfo) bool {
					return info.SocketType == wsa.SOCK_STREAM && info.AddressFamily == wsa.AF_INET
				})
				n.Translated = true
				return n.With(t, startup, spi.Options{"server": p.URL(scheme)})
			})
		})
	}
}
