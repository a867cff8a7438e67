// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/wsa"
)

// A proxy is found out to follow a client that says all at once, or not, by a
// connection that is nobody's. Until then, and if not, none fails.
func TestEarly(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	for _, c := range []struct {
		change func(*sockstest.Server)
		user   bool // is named to the proxy
		want   int32
	}{
		{func(s *sockstest.Server) {}, false, followsYes},
		{func(s *sockstest.Server) { s.User, s.Pass = "user", "pass" }, true, followsYes},
		{func(s *sockstest.Server) { s.Fault = sockstest.Lossy }, false, followsNot},
		{func(s *sockstest.Server) { s.Code.Store(0) }, true, followsNot}, // wants no password, and is offered nothing else
	} {
		p := sockstest.Serve(t, c.change)
		url := p.URL("socks5")
		if c.user && p.User == "" {
			url = "socks5://user:pass@" + p.Addr()
		}
		w := newWorld(t, spi.Options{"server": url})
		layer := w.open(wsa.AF_INET, wsa.SOCK_STREAM).Socket.(*stream).socks
		if layer.prober.patience = patience; p.Fault == sockstest.Lossy {
			layer.prober.patience = 100 * time.Millisecond
		}
		proxy := layer.router.proxies[0]
		for i := range probeAfter + 2 {
			w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
			if i >= probeAfter-1 {
				layer.prober.asking.Wait()
			}
		}
		if got := proxy.follows.Load(); got != c.want {
			t.Errorf("%+v: %d, want %d", p.Fault, got, c.want)
		}
		if got := layer.prober.earlyFor(proxy); got != (c.want == followsYes) {
			t.Errorf("all is said at once: %v", got)
		}
		if asked := p.Requests(); len(asked) != probeAfter+2 {
			t.Errorf("the proxy was asked for %q", asked)
		}
	}
}

// One that followed and does not any more is talked to as ever.
func TestEarlyNoMore(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Garbage })
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	proxy := s.Socket.(*stream).router.proxies[0]
	proxy.follows.Store(followsYes)
	if err := s.connect(&to); err != wsa.WSAENETUNREACH {
		t.Errorf("connect: %v", err)
	}
	if proxy.follows.Load() != followsNot {
		t.Error("all is still said at once")
	}
}
