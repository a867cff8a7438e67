// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"context"
	"io"
	"net"
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

func init() {
	spi.Register(&spi.Driver{Name: "mask", Summary: "exchanges a key and masks the data with it", Startup: startMask})
}

func startMask(p *spi.StartupParams) (spi.Provider, error) {
	return layer.NewConnProvider(p, layer.ConnConfig{Transform: mask}), nil
}

// mask sends a byte, receives the peer's, and masks with both.
func mask(ctx context.Context, h *layer.Handshake, below net.Conn) (net.Conn, error) {
	mine, theirs := []byte{0x5a}, make([]byte, 1)
	if h.Server {
		mine[0] = 0x33
	}
	if _, err := below.Write(mine); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(below, theirs); err != nil {
		return nil, err
	}
	return &masked{Conn: below, key: mine[0] ^ theirs[0]}, nil
}

type masked struct {
	net.Conn
	key byte
	out []byte
}

func (c *masked) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	for i := range p[:n] {
		p[i] ^= c.key
	}
	return n, err
}

func (c *masked) Write(p []byte) (int, error) {
	c.out = append(c.out[:0], p...)
	for i := range c.out {
		c.out[i] ^= c.key
	}
	return c.Conn.Write(c.out)
}

func TestMask(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries()).
			With(t, startMask, nil).
			Without(wsa.XP1_EXPEDITED_DATA)
	})
}
