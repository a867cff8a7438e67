// SPDX-License-Identifier: Apache-2.0

// Package stack tests all layers of the project in one chain, in different
// orders: with the published conformance suite of net.Conn, with that of
// providers, and by much data over many connections.
package stack

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock/internal/testpki"
	"winsock/layer/socks/sockstest"
	"winsock/provider/kernel"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/test/pairs"
	"winsock/test/transfer"
	"winsock/wsa"
	"winsock/wsnet"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "stack")
	if err != nil {
		panic(err)
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	slog.SetLogLoggerLevel(slog.LevelWarn) // the suite of net.Conn leaves handshakes
	code := leak.Run(m)
	os.RemoveAll(dir)
	os.Exit(code)
}

// A layer is a driver's name and options.
type layer struct {
	driver  string
	options spi.Options
}

// An order is one way to put all six layers into a chain. The same layers
// stand under connecting and under listening sockets; what is only for one
// kind (the proxy, each side of TLS) leaves the other kind alone.
type order struct {
	name   string
	layers []layer // top first
}

// paths returns the layers as paths. Each side's faults are a place of their
// own. Some calls of sockets that are ready fail with WSAEWOULDBLOCK all the
// same, which programs have to bear, but package spitest does not.
func (o order) paths(side string) (list []string) {
	for _, l := range o.layers {
		options := maps.Clone(l.options)
		if l.driver == "fault" {
			options["name"] = o.name + ", " + side
			options["toxics"] += "; would_block toxicity=0.05; would_block toxicity=0.05 stream=upstream"
		}
		list = append(list, spi.FormatPath(l.driver, options))
	}
	return list
}

// orders starts what the chains need, and returns them.
func orders(t testing.TB) []order {
	t.Helper()
	t.Cleanup(func() { pairs.Restart(t) }) // the layers' files are open for as long as there are chains
	pki := testpki.New(t)
	proxy := sockstest.Serve(t)
	trace := layer{"trace", spi.Options{"log": os.DevNull}}
	filter := layer{"filter", spi.Options{"rule": "deny out to 203.0.113.0/24; deny in from 203.0.113.0/24; default allow"}}
	throttle := layer{"throttle", spi.Options{"up": "20gbit", "down": "20gbit", "packets-up": "10000k", "burst": "256k"}}
	socks := layer{"socks", spi.Options{"server": proxy.URL("socks5"), "dns": "local"}}
	tls := layer{"ssl", spi.Options{"originate": "*", "ca": pki.CA.CertFile, "terminate": "*", "cert": pki.Server.CertFile, "key": pki.Server.KeyFile}}
	late := layer{"fault", spi.Options{"toxics": "latency latency=1 jitter=1 toxicity=0.3; latency latency=1 stream=upstream toxicity=0.3; slicer average_size=20000 size_variation=15000"}}
	hesitant := layer{"fault", spi.Options{"toxics": "short size=30000; short size=20000 stream=upstream"}}
	gathering := layer{"fault", spi.Options{"toxics": "coalesce size=10000 delay=1 toxicity=0.3; slicer average_size=9000 size_variation=4000 stream=upstream"}}

	tlsToProxy := layer{"ssl", spi.Options{"originate": "*", "ca": pki.CA.CertFile}}
	terminated := terminator(t, pki, proxy.Addr())
	throughTLS := layer{"socks", spi.Options{"server": "socks5://" + terminated, "dns": "local"}}
	return []order{
		{"TLS through the proxy, faults on the wire", []layer{trace, filter, throttle, tls, socks, late}},
		{"faults on top, limits at the bottom", []layer{hesitant, tls, filter, socks, trace, throttle}},
		{"TLS to the proxy, faults in between", []layer{throttle, filter, throughTLS, gathering, tlsToProxy, trace}},
	}
}

// terminator takes TLS off connections and carries them to an address, as a
// proxy behind TLS has it. It returns its own address.
func terminator(t testing.TB, pki *testpki.PKI, to string) string {
	t.Helper()
	lc := wsnet.ListenConfig{Route: wsnet.Route{Layers: []string{spi.FormatPath("ssl",
		spi.Options{"terminate": "*", "cert": pki.Server.CertFile, "key": pki.Server.KeyFile})}}}
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			work.Go(func() { carry(c, to) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		work.Wait()
	})
	return l.Addr().String()
}

// carry carries one connection, each direction with its end. What fails ends
// both with a reset.
func carry(c net.Conn, to string) {
	defer c.Close()
	d, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer d.Close()
	type halves interface {
		CloseWrite() error
		SetLinger(seconds int) error
	}
	one := func(to, from net.Conn) {
		if _, err := io.Copy(struct{ io.Writer }{to}, struct{ io.Reader }{from}); err != nil {
			for _, c := range []net.Conn{to, from} {
				c.(halves).SetLinger(0)
				c.Close()
			}
			return
		}
		to.(halves).CloseWrite()
	}
	var back sync.WaitGroup
	back.Go(func() { one(c, d) })
	one(d, c)
	back.Wait()
}

// TestConn runs the published conformance suite of net.Conn.
func TestConn(t *testing.T) {
	for _, o := range orders(t) {
		t.Run(o.name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return o.pipe() })
		})
	}
}

// pipe makes a connected pair.
func (o order) pipe() (c1, c2 net.Conn, stop func(), err error) {
	lc := wsnet.ListenConfig{Route: wsnet.Route{Layers: o.paths("listener")}}
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	d := wsnet.Dialer{Route: wsnet.Route{Layers: o.paths("client")}}
	return pairs.Join(l, func(address string) (net.Conn, error) { return d.Dial("tcp", address) })
}

// TestConformance runs the conformance suite of providers, without urgent
// data, which neither TLS nor proxies carry. The datagrams go past the proxy:
// two sockets that reach each other by name need it that neither is behind
// one. WINSOCK_STACK=all has every order checked for every family, and with
// datagrams that are late; IPv6 and AF_UNIX are otherwise for the order that
// takes the least time.
func TestConformance(t *testing.T) {
	all := os.Getenv("WINSOCK_STACK") == "all"
	for i, o := range orders(t) {
		for kind, socketType := range map[string]int32{"streams": wsa.SOCK_STREAM, "datagrams": wsa.SOCK_DGRAM} {
			t.Run(o.name+", "+kind, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					n := spitest.Base(t, kernel.Startup, kernel.Entries()).Without(wsa.XP1_EXPEDITED_DATA)
					n = n.Only(func(info *wsa.ProtocolInfo) bool {
						return info.SocketType == socketType && (info.AddressFamily == wsa.AF_INET || i == 1 || all)
					})
					n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
					n.Translated = socketType == wsa.SOCK_STREAM
					for _, l := range slices.Backward(o.layers) {
						options := maps.Clone(l.options)
						switch {
						case l.driver == "fault":
							options["name"] = t.Name()
							if socketType == wsa.SOCK_DGRAM { // one that is late while another is not is overtaken
								options["toxics"] = strings.ReplaceAll(options["toxics"], "toxicity=0.3", "")
							}
							if socketType == wsa.SOCK_DGRAM && !all { // one after the other, they take long
								options["toxics"] = strings.NewReplacer("latency=1", "latency=0", "jitter=1", "").Replace(options["toxics"])
							}
						case l.driver == "socks" && socketType == wsa.SOCK_DGRAM:
							options["direct"] = "0.0.0.0/0 ::/0"
						}
						n = n.With(t, spi.FindDriver(l.driver).Startup, options)
					}
					return n
				})
			})
		}
	}
}

// TestDatagrams sends datagrams through all layers, and thereby through the
// proxy.
func TestDatagrams(t *testing.T) {
	peer, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	work.Go(func() {
		b := make([]byte, 3000)
		for {
			n, from, err := peer.ReadFrom(b)
			if err != nil {
				return
			}
			peer.WriteTo(b[:n], from)
		}
	})
	defer work.Wait()
	defer peer.Close()
	for _, o := range orders(t) {
		t.Run(o.name, func(t *testing.T) {
			d := wsnet.Dialer{Route: wsnet.Route{Layers: o.paths("client")}}
			c, err := d.Dial("udp", peer.LocalAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(time.Minute))
			got := make([]byte, 3000)
			for _, size := range []int{1, 700, 1400, 2800} {
				sent := bytes.Repeat([]byte{byte(size)}, size)
				if _, err := c.Write(sent); err != nil {
					t.Fatal(err)
				}
				if n, err := c.Read(got); err != nil || !bytes.Equal(got[:n], sent) {
					t.Errorf("of %d bytes %d came back: %v", size, n, err)
				}
			}
		})
	}
}

// TestTransfer moves much data over 200 connections at once, each byte of
// which is checked. WINSOCK_TRANSFER=1GiB has it move more.
func TestTransfer(t *testing.T) {
	size := transfer.Size(t, 24<<20)
	for _, o := range orders(t) {
		t.Run(o.name, func(t *testing.T) {
			took := transfer.Run(t, transfer.Plan{Connections: 200, Bytes: size, Client: o.paths("client"), Server: o.paths("listener")})
			t.Logf("%d MiB in %v", size>>20, took)
		})
	}
}
