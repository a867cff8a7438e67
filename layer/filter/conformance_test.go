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

// A stream that is replaced at every connect keeps the rules, too.
func TestConformanceDiverted(t *testing.T) {
	for base, network := range bases {
		for what, rule := range map[string]string{
			"a layer that lets data pass": "chain trace tcp",
			"a layer that sees data":      "chain filter-mark over trace tcp",
		} {
			t.Run(what+" over "+base, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					n := network(t)
					w := newWorld(t, base, rule)
					path := spi.FormatPath("filter", w.options)
					n.Open = func(info *wsa.ProtocolInfo) (spi.Socket, error) {
						s, err := w.tryOpen(&spi.Opening{AddressFamily: info.AddressFamily, SocketType: info.SocketType}, path)
						if err != nil {
							return nil, err
						}
						return closing{s.Socket, s}, nil
					}
					return n
				})
			})
		}
	}
}

// closing is a socket whose chain is released when it is closed.
type closing struct {
	spi.Socket
	s *sock
}

func (c closing) Close() error         { return c.s.Close() }
func (c closing) DataPath() spi.Socket { return spi.DataPathOf(c.Socket) }
func (c closing) Linger() error        { return c.Socket.(spi.Lingerer).Linger() }
func (c closing) Abort()               { c.Socket.(spi.Lingerer).Abort() }
