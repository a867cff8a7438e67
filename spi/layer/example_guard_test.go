// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"testing"

	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

var guardDriver = &spi.Driver{
	Name:    "guard",
	Summary: "lets nobody connect to one port",
	Options: []spi.Option{
		{Key: "port", Kind: spi.Int, Default: "25", Help: "the port"},
	},
	Check:   checkGuard,
	Startup: startGuard,
}

func checkGuard(o spi.Options) error {
	if n := o.Int("port"); n < 1 || n > 65535 {
		return spi.BadOption("guard", "port", "want 1 to 65535, not %d", n)
	}
	return nil
}

func startGuard(p *spi.StartupParams) (spi.Provider, error) {
	if err := checkGuard(p.Options); err != nil {
		return nil, err
	}
	port := uint16(p.Options.Int("port"))
	return layer.NewProvider(p, func(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
		s := &guard{port: port}
		s.Socket = below
		return s, nil
	}), nil
}

type guard struct {
	layer.HandlePreserving
	port uint16
}

func (s *guard) Connect(name *wsa.Sockaddr) error {
	if name != nil && name.Port() == s.port {
		return wsa.WSAEACCES
	}
	return s.HandlePreserving.Connect(name)
}

func init() { spi.Register(guardDriver) }

func TestGuard(t *testing.T) {
	driver, options, err := spi.ParsePath("guard:port=7")
	if err != nil {
		t.Fatal(err)
	}
	n := spitest.Base(t, mem.Startup, mem.Entries()).With(t, driver.Startup, options)
	s := open(t, n)
	defer s.Close()
	name := loopback
	name.SetPort(7)
	if err := s.Connect(&name); err != wsa.WSAEACCES {
		t.Errorf("connect to port 7: %v, want WSAEACCES", err)
	}

	_, options, err = spi.ParsePath("guard:port=70000")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.Startup(&spi.StartupParams{Options: options}); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
		t.Errorf("port 70000: %v, want WSAEINVAL", err)
	}

	_, options, _ = spi.ParsePath("guard:port=7")
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries()).With(t, driver.Startup, options)
	})
}
