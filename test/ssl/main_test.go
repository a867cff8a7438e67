// SPDX-License-Identifier: Apache-2.0

// Package ssl tests the layer ssl from a program's side: with the calls of
// package winsock, through package wsnet, with the programs of others as
// peers, and under winsock run.
package ssl

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"winsock/internal/testpki"
	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsnet"
)

// patience bounds waits; it decides only how soon a broken layer fails.
const patience = time.Minute

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ssl")
	if err != nil {
		panic(err)
	}
	os.Setenv("WINSOCK_CATALOG", filepath.Join(dir, "catalog.toml"))
	code := leak.Run(m)
	os.RemoveAll(dir)
	os.Exit(code)
}

// layer returns the path of the layer with options, in pairs.
func layer(pairs ...string) string {
	o := spi.Options{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i]] = pairs[i+1]
	}
	return spi.FormatPath("ssl", o)
}

// server and client are layers that secure everything.
func server(p *testpki.PKI, more ...string) string {
	return layer(append([]string{"terminate", "*", "cert", p.Server.CertFile, "key", p.Server.KeyFile}, more...)...)
}

func client(p *testpki.PKI, more ...string) string {
	return layer(append([]string{"originate", "*", "ca", p.CA.CertFile}, more...)...)
}

func listen(t testing.TB, layers ...string) net.Listener {
	t.Helper()
	lc := wsnet.ListenConfig{Route: wsnet.Route{Layers: layers}}
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func dial(address string, layers ...string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	d := wsnet.Dialer{Route: wsnet.Route{Layers: layers}}
	c, err := d.DialContext(ctx, "tcp", address)
	if err == nil {
		c.SetDeadline(time.Now().Add(patience))
	}
	return c, err
}

// pipe connects two ends.
func pipe(t testing.TB, serverLayers, clientLayers []string) (a, b net.Conn, stop func(), err error) {
	l := listen(t, serverLayers...)
	defer l.Close()
	type accepted struct {
		c   net.Conn
		err error
	}
	ch := make(chan accepted, 1)
	go func() {
		c, err := l.Accept()
		ch <- accepted{c, err}
	}()
	if a, err = dial(l.Addr().String(), clientLayers...); err != nil {
		return nil, nil, nil, fmt.Errorf("dial: %w", err)
	}
	a.SetDeadline(time.Time{})
	got := <-ch
	if got.err != nil {
		a.Close()
		return nil, nil, nil, got.err
	}
	return a, got.c, func() { a.Close(); got.c.Close() }, nil
}
