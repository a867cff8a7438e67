// SPDX-License-Identifier: Apache-2.0

package wsnet_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/test/pairs"
	"winsock/wsa"
	"winsock/wsnet"
)

// The layers of the tests: one that forwards every call, one that leaves the
// data to the socket below, and one made of a net.Conn wrapper.
const (
	passing    = "test-pass"
	preserving = "test-preserve"
)

func init() {
	register(passing, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
		return &layer.PassThrough{Base: layer.Base{Socket: below}}, nil
	})
	register(preserving, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
		return &layer.HandlePreserving{PassThrough: layer.PassThrough{Base: layer.Base{Socket: below}}}, nil
	})
}

func register(name string, wrap layer.Wrap) {
	spi.Register(&spi.Driver{
		Name:    name,
		Summary: "forwards everything",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) { return layer.NewProvider(p, wrap), nil },
	})
}

// memory is the description of the in-memory network's TCP, once installed.
var memory *wsa.ProtocolInfo

// installMemory puts the in-memory network at the end of the tests' catalog.
func installMemory() error {
	d := spi.FindDriver("mem")
	infos := d.Entries()
	if _, err := winsock.Catalog().Install(infos[0].ProviderID, "mem", infos); err != nil {
		return err
	}
	for _, e := range winsock.Catalog().Snapshot().Provider(infos[0].ProviderID) {
		if e.Info.AddressFamily == wsa.AF_INET && e.Info.SocketType == wsa.SOCK_STREAM {
			memory = &e.Info
		}
	}
	return nil
}

// routes are the chains that every test of connections runs over.
func routes() map[string]wsnet.Route {
	bases := map[string]*wsa.ProtocolInfo{"kernel": nil, "mem": memory}
	stacks := [][]string{
		nil,
		{"trace"},
		{preserving},
		{passing},
		{"trace", passing, preserving},
		{preserving, "trace", passing},
		{passing, preserving, "trace"},
	}
	all := map[string]wsnet.Route{}
	for base, info := range bases {
		for _, stack := range stacks {
			all[strings.Join(append(append([]string{}, stack...), base), ">")] = wsnet.Route{Protocol: info, Layers: stack}
		}
	}
	return all
}

// pipe makes a connected pair over a route.
func pipe(r wsnet.Route, address string) (c1, c2 net.Conn, stop func(), err error) {
	lc := wsnet.ListenConfig{Route: r}
	l, err := lc.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, nil, nil, err
	}
	d := wsnet.Dialer{Route: r}
	return pairs.Join(l, func(address string) (net.Conn, error) { return d.Dial("tcp", address) })
}

// TestConn runs the standard library's own conformance tests of net.Conn.
func TestConn(t *testing.T) {
	for name, r := range routes() {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pipe(r, "127.0.0.1:0") })
		})
	}
}

// TestConnIPv6 does so over IPv6, for the kernel.
func TestConnIPv6(t *testing.T) {
	nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pipe(wsnet.Route{}, "[::1]:0") })
}
