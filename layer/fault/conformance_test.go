// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/bed"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

var names atomic.Int64

// with puts the layer on a network, as a place of its own.
func with(t testing.TB, n spitest.Network, toxics string, api bool) spitest.Network {
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
	for name, base := range bed.Networks {
		for what, c := range map[string]struct {
			toxics string
			api    bool
		}{
			"nothing":        {"", false},
			"nothing yet":    {"", true},
			"hardly a call":  {"error call=WSPListen errno=WSAENOBUFS toxicity=0; would_block stream=upstream toxicity=0; short stream=upstream size=60000 toxicity=0.5", false},
			"late streams":   {"latency jitter=1; latency jitter=1 stream=upstream; slicer average_size=30000", false},
			"late datagrams": {"latency latency=1 stream=" + map[string]string{"kernel": upstream, "mem": downstream}[name], false}, // jitter would reorder them
		} {
			t.Run(what+" over "+name, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					n := with(t, base(t), c.toxics, c.api)
					if socketType := map[string]int32{"late streams": wsa.SOCK_STREAM, "late datagrams": wsa.SOCK_DGRAM}[what]; socketType != 0 { // which takes its time
						n = n.Only(func(info *wsa.ProtocolInfo) bool {
							return info.AddressFamily == wsa.AF_INET && info.SocketType == socketType
						}).Without(wsa.XP1_EXPEDITED_DATA)
					}
					return n
				})
			})
		}
	}
}
