// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net/netip"
	"strings"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// onMem is one end of a connection on the network in memory, for a goroutine
// that reads and writes.
type onMem struct{ *sock }

func (c onMem) read(n int) string {
	text := ""
	for len(text) < n {
		m := spi.Message{}
		buf := make([]byte, n-len(text))
		m.SetBuffer(buf)
		got, gone := 0, false
		c.wait(spi.EventRead|spi.EventClose, func() bool {
			var err error
			got, err = c.Recv(&m)
			gone = err != nil && err != wsa.WSAEWOULDBLOCK || err == nil && got == 0
			return err != wsa.WSAEWOULDBLOCK
		})
		if gone {
			return text
		}
		text += string(buf[:got])
	}
	return text
}

// Over the network in memory, too, connections go through chains. One peer
// plays all the proxies, one after the other on the same connection, and the
// peer in the end.
func TestOverMem(t *testing.T) {
	for _, c := range []struct {
		options spi.Options
		talks   int
	}{
		{spi.Options{"server": "10.0.0.9:1080 10.0.0.8:1080 10.0.0.7:1080"}, 3},
		{spi.Options{"server": "10.0.0.9:1080 10.0.0.8:1080", "mode": "dynamic"}, 2},
		{spi.Options{"server": "10.0.0.9:1080", "mode": "round-robin"}, 1},
		{spi.Options{"server": "10.0.0.9:1080", "mode": "random", "early": "true"}, 1},
	} {
		w := newWorldOver(t, "mem:network=socks"+c.options["mode"], c.options)
		l := w.openWith(wsa.AF_INET, wsa.SOCK_STREAM)
		if err := l.Bind(at("127.0.0.1:0")); err != nil {
			t.Fatal(err)
		}
		if err := l.Listen(5); err != nil {
			t.Fatal(err)
		}
		var name wsa.Sockaddr
		l.GetSockName(&name)
		w.options["server"] = strings.Replace(c.options["server"], "10.0.0.9:1080", name.String(), 1)
		s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
		var work sync.WaitGroup
		var asked []netip.AddrPort
		work.Go(func() {
			var conn spi.Socket
			l.wait(spi.EventAccept, func() bool {
				var err error
				conn, err = l.Accept(nil)
				return err == nil
			})
			p := onMem{&sock{Socket: conn, w: w}}
			defer conn.Close()
			for range c.talks {
				p.read(3)
				p.send("\x05\x00")
				request := p.read(10)
				addr, _ := netip.AddrFromSlice([]byte(request[4:8]))
				asked = append(asked, netip.AddrPortFrom(addr, uint16(request[8])<<8|uint16(request[9])))
				p.send("\x05\x00\x00\x03\x04name\x00\x00")
			}
			p.send("hello")
			p.send(p.read(4))
			p.read(1)
		})
		s.mustConnect(at("192.0.2.1:80"))
		s.talks()
		s.Close()
		work.Wait()
		if len(asked) != c.talks || asked[c.talks-1] != netip.MustParseAddrPort("192.0.2.1:80") {
			t.Errorf("asked for %v", asked)
		}
	}
}
