// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// kinds are the layers that chains are made of.
var kinds = map[string]spitest.Startup{
	"base":              wrapping(func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) { return &layer.Base{Socket: below}, nil }),
	"pass-through":      wrapping(passThrough),
	"handle-preserving": wrapping(handlePreserving),
	"conn":              transforming(layer.ConnConfig{Transform: untouched}),
	"mask":              startMask,
	"packet":            packing(sealed),
}

// TestRandomChains runs the suite on chains of layers in any order.
func TestRandomChains(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	for range 3 {
		chain := make([]string, 2+r.IntN(wsa.MAX_PROTOCOL_CHAIN-2))
		for i := range chain {
			chain[i] = names[r.IntN(len(names))]
		}
		t.Run(strings.Join(chain, " over "), func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				n := spitest.Base(t, mem.Startup, mem.Entries())
				for _, name := range slices.Backward(chain) {
					n = n.With(t, kinds[name], nil)
				}
				if slices.Contains(chain, "conn") || slices.Contains(chain, "mask") {
					n = n.Without(wsa.XP1_EXPEDITED_DATA) // which they cannot carry
				}
				return n
			})
		})
	}
}
