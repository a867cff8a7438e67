// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsnet"
)

// A subject is one way to have connections.
type subject struct {
	name   string
	listen func() (net.Listener, error)
	dial   func(address string) (net.Conn, error)
}

const loopback = "127.0.0.1:0"

func goNet() subject {
	return subject{
		name:   "Go net",
		listen: func() (net.Listener, error) { return net.Listen("tcp", loopback) },
		dial:   func(address string) (net.Conn, error) { return net.Dial("tcp", address) },
	}
}

func winsock(name string, layers ...string) subject {
	return subject{
		name: name,
		listen: func() (net.Listener, error) {
			return (&wsnet.ListenConfig{Route: wsnet.Route{Layers: layers}}).Listen(context.Background(), "tcp", loopback)
		},
		dial: func(address string) (net.Conn, error) {
			return (&wsnet.Dialer{Route: wsnet.Route{Layers: layers}}).Dial("tcp", address)
		},
	}
}

// The layers that only the benchmark has: one that forwards every call, and
// one that leaves the data to the socket below.
const (
	passing    = "bench-pass"
	preserving = "bench-preserve"
)

func init() {
	register(passing, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
		return &passLayer{layer.PassThrough{Base: layer.Base{Socket: below}}}, nil
	})
	register(preserving, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
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
