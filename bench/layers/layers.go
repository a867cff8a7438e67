// SPDX-License-Identifier: Apache-2.0

// Package layers has the layers that only the benchmarks have, and registers
// them: one that forwards every call, and one that leaves the data to the
// socket below.
package layers

import (
	"winsock/spi"
	"winsock/spi/layer"
)

// The names of the layers.
const (
	Passing    = "bench-pass"
	Preserving = "bench-preserve"
)

func init() {
	register(Passing, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
		return &passLayer{layer.PassThrough{Base: layer.Base{Socket: below}}}, nil
	})
	register(Preserving, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
		return &preserveLayer{layer.HandlePreserving{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}}}, nil
	})
}

func register(name string, wrap layer.Wrap) {
	spi.Register(&spi.Driver{
		Name:    name,
		Summary: "forwards everything",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) { return layer.NewProvider(p, wrap), nil },
	})
}

type passLayer struct{ layer.PassThrough }

func (l *passLayer) Send(m *spi.Message) (int, error) { return l.PassThrough.Send(m) }
func (l *passLayer) Recv(m *spi.Message) (int, error) { return l.PassThrough.Recv(m) }

type preserveLayer struct{ layer.HandlePreserving }
