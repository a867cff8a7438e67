// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
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

var names atomic.Int64

// with puts the layer on a network, as a place of its own. carried says that
// streams go through it.
func with(t testing.TB, n spitest.Network, toxics string, api, carried bool) spitest.Network {
	o := spi.Options{"name": fmt.Sprintf("conformance%d", names.Add(1)), "toxics": toxics}
	if api {
		o["listen"] = "unix:" + filepath.Join(t.TempDir(), "api")
	}
	n.Lasting = append(n.Lasting, "layer/fault.", "net/http.")
	return n.With(t, driver.Startup, o)
}

// TestConformance: a fault keeps every rule of what is below it, as long as
// the faults are such that a network or a program without them can have, too.
func TestConformance(t *testing.T) {
	for name, base := range map[string]func(testing.TB) spitest.Network{"kernel": kernelNetwork, "mem": memNetwork} {
		for what, c := range map[string]struct {
			toxics       string
			api, carried bool
		}{
			"nothing":       {"", false, false},
			"nothing yet":   {"", true, true},
			"hardly a call": {"error call=WSPListen errno=WSAENOBUFS toxicity=0; would_block stream=upstream toxicity=0; short stream=upstream size=60000 toxicity=0.5", false, false},
			"late":          {"latency latency=1; latency latency=1 stream=upstream; slicer average_size=30000", false, true},
		} {
			t.Run(what+" over "+name, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					n := with(t, base(t), c.toxics, c.api, c.carried)
					if what == "late" { // which takes its time
						n = n.Only(func(info *wsa.ProtocolInfo) bool {
							return info.AddressFamily == wsa.AF_INET && (info.SocketType == wsa.SOCK_DGRAM || name == "mem")
						})
					}
					return n
				})
			})
		}
	}
}
