// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"errors"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func start(t *testing.T, path string) (spi.Provider, error) {
	t.Helper()
	d, options, err := spi.ParsePath(path)
	if err != nil {
		return nil, err
	}
	return d.Startup(&spi.StartupParams{Version: 0x0202, Options: options})
}

func TestDriverOptions(t *testing.T) {
	for path, ok := range map[string]bool{
		"mem": true,
		"mem:latency=5ms,jitter=1ms,loss=0.5,duplicate=1,reorder=0,bandwidth=64k,seed=9": true,
		"mem:loss=1.5":    false,
		"mem:loss=-1":     false,
		"mem:loss=NaN":    false,
		"mem:loss=x":      false,
		"mem:duplicate":   false,
		"mem:latency=-1s": false,
		"mem:bandwidth=z": false,
		"mem:unknown=1":   false,
	} {
		p, err := start(t, path)
		if (err == nil) != ok {
			t.Errorf("path %q: %v", path, err)
		}
		if err != nil && !errors.Is(err, wsa.WSAEINVAL) {
			t.Errorf("path %q: %v, want WSAEINVAL", path, err)
		}
		if p != nil {
			p.Cleanup()
		}
	}
	p, err := start(t, "mem:latency=5ms,loss=0.5,bandwidth=64k,seed=9")
	if err != nil {
		t.Fatal(err)
	}
	got := p.(*provider).host.net.options
	if want := (Link{Latency: 5 * ms, Loss: 0.5, Bandwidth: 64 << 10}); got.Link != want || got.Seed != 9 {
		t.Errorf("the path's options became %+v", got)
	}
}

func TestSharedNetwork(t *testing.T) {
	var providers []spi.Provider
	for _, path := range []string{"mem:network=office", "mem:network=office", "mem:network=home", "mem"} {
		p, err := start(t, path)
		if err != nil {
			t.Fatal(err)
		}
		providers = append(providers, p)
	}
	open := func(p spi.Provider) spi.Socket {
		s, err := p.Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	l := open(providers[0])
	l.Bind(sockaddr(loop4, 5000))
	l.Listen(5)
	for i, want := range []wsa.Errno{0, 0, wsa.WSAECONNREFUSED, wsa.WSAECONNREFUSED} {
		if err := open(providers[i]).Connect(sockaddr(loop4, 5000)); wsa.ErrnoOf(err) != want {
			t.Errorf("connect from provider %d: %v, want %v", i, err, want)
		}
	}
	for _, p := range providers {
		p.Cleanup()
		p.Cleanup() // once is enough, and twice does no harm
	}
	if len(shared.byName) != 0 {
		t.Errorf("%d shared networks are left after the last provider's end", len(shared.byName))
	}
}

func TestSocketArguments(t *testing.T) {
	p := NewNetwork(Options{}).Provider()
	for _, c := range []struct {
		rule                       string
		family, sockType, protocol int32
		want                       wsa.Errno
	}{
		{"difference 12", wsa.AF_INET, 42, 0, wsa.WSAESOCKTNOSUPPORT},
		{"difference 12", 99, 42, 42, wsa.WSAESOCKTNOSUPPORT},
		{"socket function", wsa.AF_IRDA, wsa.SOCK_STREAM, 0, wsa.WSAEAFNOSUPPORT},
		{"difference 13", wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_UDP, wsa.WSAEPROTONOSUPPORT},
		{"difference 13", wsa.AF_UNIX, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, wsa.WSAEPROTONOSUPPORT},
		{"socket function", wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, 0},
	} {
		s, err := p.Socket(&spi.Opening{AddressFamily: c.family, SocketType: c.sockType, Protocol: c.protocol})
		if wsa.ErrnoOf(err) != c.want {
			t.Errorf("%s: socket(%d, %d, %d): %v, want %v", c.rule, c.family, c.sockType, c.protocol, err, c.want)
		}
		if s != nil {
			s.Close()
		}
	}
	for _, info := range Entries() {
		s, err := p.Socket(&spi.Opening{Info: &info})
		if err != nil {
			t.Errorf("socket of entry %q: %v", info.Name, err)
			continue
		}
		s.Close()
		if info.ProviderID != ProviderID || info.Chain.Len != wsa.BASE_PROTOCOL {
			t.Errorf("entry %q is not a base protocol of this provider", info.Name)
		}
	}
}

func TestZeroNetwork(t *testing.T) {
	var n Network
	s, err := n.Provider().Socket(&spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_DGRAM})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Bind(sockaddr(loop4, 0)); err != nil {
		t.Error(err)
	}
	s.Close()
}
