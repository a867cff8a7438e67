// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

var schemes = []string{"socks5", "socks4", "socks4a", "http"}

// The data goes past the layer once the proxies have agreed, and no byte of it
// was taken by the layer.
func TestConnect(t *testing.T) {
	peer := echo(t)
	for _, scheme := range schemes {
		for _, f := range []sockstest.Fault{sockstest.Well, sockstest.Slow, sockstest.Long, sockstest.Eager} {
			if f == sockstest.Long && strings.HasPrefix(scheme, "socks4") {
				continue // its answers are of one length
			}
			t.Run(fmt.Sprint(scheme, " fault ", f), func(t *testing.T) {
				p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = f })
				w := newWorld(t, spi.Options{"server": p.URL(scheme)})
				s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
				if _, ok := spi.HandleOf(s.Socket); ok {
					t.Error("the descriptor can be had before the proxies were asked")
				}
				to := wsa.SockaddrFrom(peer)
				if below := spi.DataPathTo(s.Socket, &to); below != s.Socket {
					t.Error("the layer does not foresee that it will talk first")
				}
				s.mustConnect(&to)
				if data := spi.DataPathOf(s.Socket); data == s.Socket {
					t.Error("the data does not go past the layer")
				}
				if _, ok := spi.HandleOf(s.Socket); !ok {
					t.Error("there is no descriptor")
				}
				if got := s.peer(); got != peer.String() {
					t.Errorf("the peer is %s, want %v", got, peer)
				}
				s.talks()
				if asked := p.Requests(); !slices.Equal(asked, []string{peer.String()}) {
					t.Errorf("the proxy was asked for %q", asked)
				}
				if err := s.Connect(&to); err != wsa.WSAEISCONN {
					t.Errorf("a second connect: %v", err)
				}
			})
		}
	}
}

func TestAuthentication(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	for _, scheme := range []string{"socks5", "http"} {
		p := sockstest.Serve(t, func(s *sockstest.Server) { s.User, s.Pass = "user", "pass" })
		w := newWorld(t, spi.Options{"server": p.URL(scheme)})
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		early := newWorld(t, spi.Options{"server": p.URL(scheme), "early": "true"})
		early.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		open := newWorld(t, spi.Options{"server": sockstest.Serve(t).URL(scheme), "early": "true"})
		open.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		for _, url := range []string{
			scheme + "://" + p.Addr(), strings.Replace(p.URL(scheme), ":pass@", ":wrong@", 1),
		} {
			w := newWorld(t, spi.Options{"server": url})
			if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(&to); err != wsa.WSAEACCES {
				t.Errorf("%s: %v, want WSAEACCES", url, err)
			}
		}
	}
}

// Faults of proxies and what they answer, as the program is told.
func TestErrors(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	nobody := *at(closedPort(t))
	for _, c := range []struct {
		scheme string
		change func(*sockstest.Server)
		to     *wsa.Sockaddr
		want   wsa.Errno
	}{
		{"socks5", nil, &nobody, wsa.WSAECONNREFUSED},
		{"socks4", nil, &nobody, wsa.WSAECONNREFUSED},
		{"http", nil, &nobody, wsa.WSAECONNREFUSED},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(1) }, &to, wsa.WSAENETUNREACH},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(2) }, &to, wsa.WSAEACCES},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(3) }, &to, wsa.WSAENETUNREACH},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(4) }, &to, wsa.WSAEHOSTUNREACH},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(5) }, &to, wsa.WSAECONNREFUSED},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(6) }, &to, wsa.WSAETIMEDOUT},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(7) }, &to, wsa.WSAEOPNOTSUPP},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(8) }, &to, wsa.WSAEAFNOSUPPORT},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(99) }, &to, wsa.WSAENETUNREACH},
		{"http", func(s *sockstest.Server) { s.Status.Store(403) }, &to, wsa.WSAEACCES},
		{"http", func(s *sockstest.Server) { s.Status.Store(503) }, &to, wsa.WSAECONNREFUSED},
		{"http", func(s *sockstest.Server) { s.Status.Store(504) }, &to, wsa.WSAETIMEDOUT},
		{"http", func(s *sockstest.Server) { s.Status.Store(500) }, &to, wsa.WSAENETUNREACH},
		{"http", func(s *sockstest.Server) { s.Status.Store(302) }, &to, wsa.WSAENETUNREACH},
	} {
		p := sockstest.Serve(t)
		if c.change != nil {
			c.change(p)
		}
		w := newWorld(t, spi.Options{"server": p.URL(c.scheme)})
		s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
		if err := s.connect(c.to); err != c.want.Err() {
			t.Errorf("%s: %v, want %v", c.scheme, err, c.want)
			continue
		}
		if err := s.ConnectResult(); err != c.want.Err() {
			t.Errorf("the result afterwards is %v", err)
		}
		if s.Ready(spi.EventAll) != spi.EventConnectFail {
			t.Errorf("ready is %v", s.Ready(spi.EventAll))
		}
		var value [4]byte
		if s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, value[:]); uint32(c.want) != uint32(value[0])|uint32(value[1])<<8 {
			t.Errorf("SO_ERROR is % x, want %d", value, c.want)
		}
		// And the socket is as good as new.
		p.Code.Store(0)
		p.Status.Store(0)
		s.mustConnect(&to).talks()
	}
	for _, f := range []sockstest.Fault{sockstest.Garbage, sockstest.Early, sockstest.Late, sockstest.Silent} {
		for _, scheme := range schemes {
			p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = f })
			o, code := spi.Options{"server": p.URL(scheme)}, wsa.WSAENETUNREACH
			if f == sockstest.Silent {
				o["timeout"], code = "300ms", wsa.WSAETIMEDOUT
			}
			w := newWorld(t, o)
			if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(&to); err != code.Err() {
				t.Errorf("%s, fault %d: %v, want %v", scheme, f, err, code)
			}
		}
	}
	w := newWorld(t, spi.Options{"server": "socks5://" + closedPort(t)})
	if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(&to); err != wsa.WSAENETUNREACH {
		t.Errorf("a proxy that is not there: %v", err)
	}
}

// The socket keeps its options and its address when the one below is replaced.
func TestRenewed(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	bad, good := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Garbage }), sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": bad.URL("socks5") + ";" + good.URL("socks5"), "mode": "dynamic"})
	// All of it is one chain through both at first, and then through the good one.
	s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := s.Bind(at("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	var before, after wsa.Sockaddr
	s.GetSockName(&before)
	on := []byte{1, 0, 0, 0}
	if err := s.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, on); err != nil {
		t.Fatal(err)
	}
	s.mustConnect(&to).talks()
	s.GetSockName(&after)
	value := make([]byte, 4)
	s.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE, value)
	if before != after || value[0] != 1 {
		t.Errorf("the address was %v and is %v, the option is % x", before, after, value)
	}
}

func TestChains(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	urls := func(list ...*sockstest.Server) string {
		text := ""
		for i, p := range list {
			text += " " + p.URL([]string{"socks5", "http", "socks4"}[i%3])
		}
		return text
	}
	addr := func(p *sockstest.Server) string { return p.Addr() }
	check := func(t *testing.T, p *sockstest.Server, want ...string) {
		t.Helper()
		if asked := p.Requests(); !slices.Equal(asked, want) {
			t.Errorf("a proxy was asked for %q, want %q", asked, want)
		}
	}
	t.Run("strict", func(t *testing.T) {
		a, b, c := sockstest.Serve(t), sockstest.Serve(t), sockstest.Serve(t)
		w := newWorld(t, spi.Options{"server": urls(a, b, c)})
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		check(t, a, addr(b))
		check(t, b, addr(c))
		check(t, c, peer.String())
		b.Stop()
		if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(&to); err != wsa.WSAENETUNREACH {
			t.Errorf("with one that is dead: %v", err)
		}
	})
	t.Run("dynamic", func(t *testing.T) {
		a, b, c := sockstest.Serve(t), sockstest.Serve(t), sockstest.Serve(t)
		w := newWorld(t, spi.Options{"server": urls(a, b, c), "mode": "dynamic", "retry": "1h"})
		b.Stop()
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		check(t, a, addr(b), addr(c))
		check(t, c, peer.String())
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		check(t, a, addr(c)) // the dead one is avoided
		a.Stop()
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		c.Stop()
		if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(&to); err != wsa.WSAENETUNREACH {
			t.Errorf("when all are dead: %v", err)
		}
	})
	for _, mode := range []string{"round-robin", "random"} {
		t.Run(mode, func(t *testing.T) {
			a, b, c := sockstest.Serve(t), sockstest.Serve(t), sockstest.Serve(t)
			w := newWorld(t, spi.Options{"server": urls(a, b, c), "mode": mode, "retry": "1h"})
			for range 30 {
				w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
			}
			for _, p := range []*sockstest.Server{a, b, c} {
				if n := len(p.Requests()); n == 0 || mode == "round-robin" && n != 10 {
					t.Errorf("a proxy was asked %d times", n)
				}
			}
			b.Stop()
			tried := func() int { return strings.Count(w.log.String(), "no connection") }
			for n := 0; n < 500 && tried() == 0; n++ { // chance may take its time
				w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
			}
			for range 10 {
				w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
			}
			if n := tried(); n != 1 {
				t.Errorf("the dead one was tried %d times", n)
			}
			two := newWorld(t, spi.Options{"server": urls(a, c), "mode": mode, "length": "2"})
			a.Requests()
			c.Requests()
			two.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
			if len(a.Requests()) != 1 || len(c.Requests()) != 1 {
				t.Error("not both of two were asked")
			}
		})
	}
}

func TestDirect(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "direct": "10.0.0.0/8;127.0.0.1;named.example *.below.example"})
	s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if below := spi.DataPathTo(s.Socket, &to); below == s.Socket {
		t.Error("the layer does not foresee that the peer is a direct one")
	}
	s.mustConnect(&to).talks()
	hostnames.Learn("named.example", netip.MustParseAddr("127.0.0.2"))
	hostnames.Learn("a.below.example", netip.MustParseAddr("127.0.0.3"))
	for _, addr := range []string{"127.0.0.2", "127.0.0.3"} {
		l, err := net.Listen("tcp4", addr+":0")
		if err != nil {
			t.Fatal(err)
		}
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(at(l.Addr().String()))
		l.Close()
	}
	if asked := p.Requests(); len(asked) > 0 {
		t.Errorf("the proxy was asked for %q", asked)
	}
	// A failed direct connect does not keep the socket from a proxied one.
	s = w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := s.connect(at(closedPort(t))); err != wsa.WSAECONNREFUSED {
		t.Errorf("direct, to nobody: %v", err)
	}
}

// A name that was given a fake address reaches the proxy as the name.
func TestNames(t *testing.T) {
	peer := echo(t)
	in := netip.MustParsePrefix("198.18.0.0/15")
	for _, scheme := range []string{"socks5", "socks4a", "http"} {
		p := sockstest.Serve(t, func(s *sockstest.Server) { s.Names = map[string]string{"far.example": "127.0.0.1"} })
		w := newWorld(t, spi.Options{"server": p.URL(scheme), "dns": "remote", "ipv4": "198.18.0.0/15", "ipv6": "none"})
		name := wsa.SockaddrFrom(netip.AddrPortFrom(hostnames.FakeFor("far.example", in), peer.Port()))
		s := w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&name)
		s.talks()
		if got := s.peer(); got != name.String() {
			t.Errorf("the peer is %s, want %v", got, &name)
		}
		if asked, want := p.Requests(), []string{fmt.Sprint("far.example:", peer.Port())}; !slices.Equal(asked, want) {
			t.Errorf("%s: the proxy was asked for %q, want %q", scheme, asked, want)
		}
		if err := w.open(wsa.AF_INET, wsa.SOCK_STREAM).connect(at("198.19.255.254:80")); err != wsa.WSAEHOSTUNREACH {
			t.Errorf("an address that stands for no name: %v", err)
		}
	}
}

// An IPv6 socket reaches a proxy that has IPv4 only.
func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("there is no IPv6")
	}
	defer l.Close()
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	w.open(wsa.AF_INET6, wsa.SOCK_STREAM).mustConnect(at(l.Addr().String()))
	if asked := p.Requests(); !slices.Equal(asked, []string{l.Addr().String()}) {
		t.Errorf("the proxy was asked for %q", asked)
	}
}

// A socket that is closed while it talks ends at once, and its connection to
// the proxy with it.
func TestCloseWhileTalking(t *testing.T) {
	p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Silent })
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := s.Connect(at("192.0.2.1:80")); err != wsa.WSAEWOULDBLOCK {
		t.Fatal(err)
	}
	if err := s.Connect(at("192.0.2.1:80")); err != wsa.WSAEALREADY {
		t.Errorf("a second connect: %v", err)
	}
	var m spi.Message
	m.SetBuffer([]byte("x"))
	if _, err := s.Send(&m); err != wsa.WSAENOTCONN {
		t.Errorf("a send: %v", err)
	}
	if _, err := s.Recv(&m); err != wsa.WSAENOTCONN {
		t.Errorf("a receive: %v", err)
	}
	s.Close()
}

func TestOptions(t *testing.T) {
	for _, o := range []spi.Options{
		{}, {"server": " "}, {"server": "127.0.0.1:x"}, {"server": "ftp://127.0.0.1"}, {"server": "socks5://"},
		{"server": "socks5://h:0"}, {"server": "socks5://h:99999"}, {"server": "socks5://h", "mode": "clever"},
		{"server": "socks5://h", "dns": "elsewhere"}, {"server": "socks5://h", "direct": "10.0.0.0/99"},
		{"server": "socks5://h", "dns": "remote", "ipv4": "::/64"},
	} {
		if _, err := startup(&spi.StartupParams{Options: o}); wsa.ErrnoOf(err) != wsa.WSAEINVAL {
			t.Errorf("%v: %v", o, err)
		}
	}
	list, err := parseServers("127.0.0.1:99 [::1] http://user%40:p%2Cw@h.example;socks4a://h:7")
	if err != nil || len(list) != 4 {
		t.Fatalf("%d proxies, %v", len(list), err)
	}
	var got []string
	for _, p := range list {
		got = append(got, fmt.Sprint(p.kind, p.target(), p.user, p.pass))
	}
	want := []string{"0 127.0.0.1:99", "0 [::1]:1080", "3 h.example:8080user@p,w", "2 h:7"}
	if !slices.Equal(got, want) {
		t.Errorf("the proxies are %q, want %q", got, want)
	}
}

// A proxy that says nothing to a request is avoided, though it may be the
// peer's fault; in a chain, it is.
func TestSilentProxy(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	for _, scheme := range []string{"http", "socks4"} {
		silent := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Silent })
		well := sockstest.Serve(t)
		for _, mode := range []string{"round-robin", "dynamic"} {
			w := newWorld(t, spi.Options{"server": silent.URL(scheme) + ";" + well.URL("socks5"), "mode": mode, "timeout": "500ms", "retry": "1h"})
			s := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
			// Whatever becomes of the first, which the machine may be too slow for.
			if err := s.connect(&to); mode == "round-robin" && err == nil {
				t.Errorf("%s, %s: connected", scheme, mode)
			}
			proxy := s.Socket.(*stream).router.proxies[0]
			if proxy.well(time.Now()) {
				t.Errorf("%s, %s: it is still taken", scheme, mode)
			}
		}
	}
}
