// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
)

func init() {
	spi.Register(&spi.Driver{
		Name:    "noop",
		Summary: "does nothing",
		Startup: startNoop,
	})
}

func startNoop(p *spi.StartupParams) (spi.Provider, error) {
	return layer.NewProvider(p, newNoop), nil
}

type noop struct{ layer.HandlePreserving }

func newNoop(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := new(noop)
	s.Socket = below
	return s, nil
}

func TestNoop(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries()).With(t, startNoop, nil)
	})
}
