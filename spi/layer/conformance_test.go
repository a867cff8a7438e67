// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"

	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// bases are the base providers that layers are checked on.
var bases = map[string]func(t testing.TB) spitest.Network{
	"kernel": kernelNetwork,
	"mem": func(t testing.TB) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries())
	},
}

func kernelNetwork(t testing.TB) spitest.Network {
	n := spitest.Base(t, kernel.Startup, kernel.Entries())
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
	return n
}

// conform runs the suite on a layer over each base, and over itself over it.
func conform(t *testing.T, startup spitest.Startup, prepare func(spitest.Network) spitest.Network) {
	for name, base := range bases {
		t.Run("over "+name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network { return prepare(base(t)).With(t, startup, nil) })
		})
		t.Run("twice over "+name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return prepare(base(t)).With(t, startup, nil).With(t, startup, nil)
			})
		})
	}
}

func wrapping(wrap layer.Wrap) spitest.Startup {
	return func(p *spi.StartupParams) (spi.Provider, error) { return layer.NewProvider(p, wrap), nil }
}

func transforming(cfg layer.ConnConfig) spitest.Startup {
	return func(p *spi.StartupParams) (spi.Provider, error) { return layer.NewConnProvider(p, cfg), nil }
}

func all(n spitest.Network) spitest.Network { return n }

// streamsOnly leaves out what a Conn leaves to the socket below, and the
// urgent data that it cannot carry.
func streamsOnly(n spitest.Network) spitest.Network {
	return n.Without(wsa.XP1_EXPEDITED_DATA).Only(func(info *wsa.ProtocolInfo) bool {
		return info.SocketType == wsa.SOCK_STREAM
	})
}

func TestBase(t *testing.T) {
	conform(t, wrapping(func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		return &layer.Base{Socket: below}, nil
	}), all)
}

func passThrough(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := new(layer.PassThrough)
	s.Socket = below
	return s, nil
}

func TestPassThrough(t *testing.T) { conform(t, wrapping(passThrough), all) }

func handlePreserving(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := new(layer.HandlePreserving)
	s.Socket = below
	return s, nil
}

func TestHandlePreserving(t *testing.T) { conform(t, wrapping(handlePreserving), all) }

func TestConn(t *testing.T) {
	conform(t, transforming(layer.ConnConfig{Transform: untouched}), streamsOnly)
}

func untouched(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
	return below, nil
}

// TestConnSmallBuffers checks the edges of the rings, which are crossed all
// the time.
func TestConnSmallBuffers(t *testing.T) {
	conform(t, transforming(layer.ConnConfig{Transform: untouched, BufferSize: 4093}), streamsOnly)
}

// TestConnTLS checks with a transformation that changes the data, frames it,
// and has its own end.
func TestConnTLS(t *testing.T) {
	conform(t, transforming(layer.ConnConfig{Transform: encrypted(t)}), streamsOnly)
}

func encrypted(t testing.TB) func(context.Context, *layer.Handshake, net.Conn) (net.Conn, error) {
	cert, pool := certificate(t)
	return func(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
		var c *tls.Conn
		if h.Server {
			c = tls.Server(below, &tls.Config{Certificates: []tls.Certificate{cert}})
		} else {
			c = tls.Client(below, &tls.Config{RootCAs: pool, ServerName: "localhost"})
		}
		return c, c.HandshakeContext(ctx)
	}
}
