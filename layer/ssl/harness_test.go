// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"testing"

	"winsock/internal/testpki"
	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// options returns the driver's, with defaults as a path would have them.
func options(t testing.TB, set spi.Options) spi.Options {
	t.Helper()
	_, all, err := spi.ParsePath(spi.FormatPath("ssl", set))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// both secures every connection at both ends.
func both(t testing.TB) spi.Options {
	p := testpki.New(t)
	return options(t, spi.Options{"originate": "*", "terminate": "*", "cert": p.Server.CertFile, "key": p.Server.KeyFile, "ca": p.CA.CertFile})
}

func kernelNetwork(t testing.TB) spitest.Network {
	n := spitest.Base(t, kernel.Startup, kernel.Entries())
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
	return n
}

func memNetwork(t testing.TB) spitest.Network { return spitest.Base(t, mem.Startup, mem.Entries()) }

var bases = map[string]func(testing.TB) spitest.Network{"kernel": kernelNetwork, "mem": memNetwork}

// TestConformance: a layer that secures nothing keeps every rule of what is
// below it.
func TestConformance(t *testing.T) {
	for name, base := range bases {
		for what, set := range map[string]spi.Options{
			"on demand": {},
			"rules":     {"originate": "203.0.113.0/24"},
		} {
			t.Run(what+" over "+name, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					return base(t).With(t, driver.Startup, options(t, set))
				})
			})
		}
	}
}

// TestConformanceSecure: secure sockets, at both ends, keep them as well, but
// for urgent data.
func TestConformanceSecure(t *testing.T) {
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return base(t).With(t, driver.Startup, both(t)).Without(wsa.XP1_EXPEDITED_DATA).
					Only(func(info *wsa.ProtocolInfo) bool {
						return info.SocketType == wsa.SOCK_STREAM && info.AddressFamily != wsa.AF_UNIX
					})
			})
		})
	}
}
