// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"io"
	"net"
	"testing"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/wsa"
)

// BenchmarkConnect connects through a proxy, asks once, and closes: by the
// layer, and by package net with the conversation written out.
func BenchmarkConnect(b *testing.B) {
	peer := echo(b)
	to := wsa.SockaddrFrom(peer)
	p := sockstest.Serve(b)
	b.Run("layer", func(b *testing.B) {
		w := newWorld(b, spi.Options{"server": p.URL("socks5")})
		for b.Loop() {
			s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
			s.mustConnect(&to).talks()
			s.Close()
		}
	})
	b.Run("net", func(b *testing.B) {
		buf := make([]byte, 16)
		for b.Loop() {
			c, err := net.Dial("tcp", p.Addr())
			if err != nil {
				b.Fatal(err)
			}
			c.Write([]byte{5, 1, 0})
			io.ReadFull(c, buf[:2])
			c.Write(appendAddr([]byte{5, 1, 0}, peer))
			io.ReadFull(c, buf[:10])
			io.ReadFull(c, buf[:5])
			c.Write([]byte("ping"))
			if _, err := io.ReadFull(c, buf[:4]); err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
	})
}
