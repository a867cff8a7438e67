// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"winsock/layer/socks/sockstest"
	"winsock/spi"
	"winsock/wsa"
)

// listen binds and listens, and waits for what the proxy answers.
func (s *sock) listen(name *wsa.Sockaddr) error {
	s.w.t.Helper()
	if err := s.Bind(name); err != nil {
		s.w.t.Fatal(err)
	}
	var err error
	s.wait(spi.EventAccept, func() bool {
		err = s.Listen(5)
		return err != wsa.WSAEWOULDBLOCK
	})
	return err
}

// accepts takes a connection.
func (s *sock) accepts() (*sock, wsa.Sockaddr) {
	s.w.t.Helper()
	var peer wsa.Sockaddr
	var conn spi.Socket
	s.wait(spi.EventAccept, func() bool {
		var err error
		conn, err = s.Accept(&peer)
		if err != nil && err != wsa.WSAEWOULDBLOCK {
			s.w.t.Fatalf("accept: %v\n%s", err, s.w.log)
		}
		return err == nil
	})
	s.chain.Retain()
	own := &sock{Socket: conn, w: s.w, chain: s.chain}
	s.w.t.Cleanup(func() { own.Close() })
	return own, peer
}

// dial connects to where a proxy listens, or will do so soon.
func dial(t *testing.T, name func() string) net.Conn {
	t.Helper()
	for late := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		c, err := net.Dial("tcp", name())
		if err == nil {
			t.Cleanup(func() { c.Close() })
			return c
		}
		if time.Now().After(late) {
			t.Fatal(err)
		}
	}
}

func (s *sock) name() string {
	var name wsa.Sockaddr
	if err := s.GetSockName(&name); err != nil {
		return err.(wsa.Errno).Name()
	}
	return name.String()
}

// A socket that listens does so at the proxy: its name is what the proxy says,
// and what it accepts comes from there.
func TestListenAtProxy(t *testing.T) {
	for _, scheme := range []string{"socks5", "socks4", "socks4a"} {
		for _, f := range []sockstest.Fault{sockstest.Well, sockstest.Slow} {
			p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = f })
			w := newWorld(t, spi.Options{"server": p.URL(scheme), "listen": "proxy"})
			l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
			if err := l.listen(at("127.0.0.1:0")); err != nil {
				t.Fatalf("%s: listen: %v", scheme, err)
			}
			below := l.Socket.(*stream).bound.Load().below
			if _, err := l.Accept(nil); err != wsa.WSAEWOULDBLOCK {
				t.Errorf("accept before somebody has come: %v", err)
			}
			for i := range 3 {
				// Who comes past the proxy is not let in.
				stranger, err := net.Dial("tcp", below.String())
				if err != nil {
					t.Fatal(err)
				}
				if l.Ready(spi.EventAccept) != 0 {
					t.Error("a connection past the proxy is there to be accepted")
				}
				stranger.SetDeadline(time.Now().Add(patience))
				if _, err := stranger.Read(make([]byte, 1)); err == nil {
					t.Error("a connection past the proxy lives")
				}
				stranger.Close()
				name := l.name()
				if name == below.String() {
					t.Errorf("the name is %s, which is not the proxy's", name)
				}
				peer := dial(t, l.name)
				name = l.name()
				peer.SetDeadline(time.Now().Add(patience))
				peer.Write([]byte("hello"))
				if i == 0 {
					l.wait(spi.EventAccept, func() bool { return l.Ready(spi.EventAccept) != 0 })
				}
				conn, from := l.accepts()
				if from.String() != peer.LocalAddr().String() || conn.peer() != from.String() || conn.name() != name {
					t.Errorf("accepted %v to %s from %v: peer %s, to %s", &from, name, peer.LocalAddr(), conn.peer(), conn.name())
				}
				if _, ok := spi.HandleOf(conn.Socket); !ok {
					t.Error("there is no descriptor of the connection")
				}
				conn.expect("hello")
				conn.send("ping")
				buf := make([]byte, 4)
				if _, err := peer.Read(buf); err != nil || string(buf) != "ping" {
					t.Errorf("the peer received %q, %v", buf, err)
				}
				peer.Close()
			}
		}
	}
}

// The port that was asked for, and whom connections are expected from.
func TestListenRequest(t *testing.T) {
	peer := echo(t)
	to := wsa.SockaddrFrom(peer)
	for _, c := range []struct{ expect, host string }{{"", "0.0.0.0"}, {"any", "0.0.0.0"}, {"192.0.2.7", "192.0.2.7"}, {"far.example", "far.example"}} {
		p := sockstest.Serve(t)
		w := newWorld(t, spi.Options{"server": p.URL("socks5"), "listen": "proxy", "expect": c.expect})
		l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
		if err := l.listen(at("127.0.0.1:0")); err != nil {
			t.Fatal(err)
		}
		if got := p.Requests(); !slices.Equal(got, []string{"bind " + c.host + ":0"}) {
			t.Errorf("expect=%s: the proxy was asked for %q", c.expect, got)
		}
		if c.expect != "" {
			continue
		}
		// As with FTP: from whom the process has connected to last.
		w.open(wsa.AF_INET, wsa.SOCK_STREAM).mustConnect(&to).talks()
		again := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
		if err := again.listen(at("127.0.0.1:0")); err != nil {
			t.Fatal(err)
		}
		if got := p.Requests(); !slices.Equal(got, []string{peer.String(), "bind 127.0.0.1:0"}) {
			t.Errorf("the proxy was asked for %q", got)
		}
	}
}

// A socket that is bound to a direct address listens there.
func TestListenDirect(t *testing.T) {
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "listen": "proxy", "direct": "127.0.0.0/8"})
	l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := l.listen(at("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	peer := dial(t, l.name)
	conn, _ := l.accepts()
	peer.Write([]byte("hello"))
	conn.expect("hello")
	if got := p.Requests(); len(got) > 0 {
		t.Errorf("the proxy was asked for %q", got)
	}
}

// What a proxy says to a request that it refuses is the error of listen.
func TestListenRefused(t *testing.T) {
	for _, c := range []struct {
		scheme string
		change func(*sockstest.Server)
		want   wsa.Errno
	}{
		{"http", nil, wsa.WSAEOPNOTSUPP},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(7) }, wsa.WSAEOPNOTSUPP},
		{"socks5", func(s *sockstest.Server) { s.Code.Store(2) }, wsa.WSAEACCES},
		{"socks5", func(s *sockstest.Server) { s.Fault = sockstest.Garbage }, wsa.WSAENETUNREACH},
		{"socks4", func(s *sockstest.Server) { s.Fault = sockstest.Silent }, wsa.WSAETIMEDOUT},
		{"socks4", func(s *sockstest.Server) { s.User = "somebody" }, wsa.WSAEACCES},
	} {
		p := sockstest.Serve(t)
		if c.change != nil {
			c.change(p)
		}
		w := newWorld(t, spi.Options{"server": p.URL(c.scheme), "listen": "proxy", "timeout": "200ms"})
		if c.scheme == "socks4" && p.User != "" {
			w = newWorld(t, spi.Options{"server": "socks4://" + p.Addr(), "listen": "proxy"})
		}
		l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
		if err := l.listen(at("127.0.0.1:0")); err != c.want.Err() {
			t.Errorf("%s: listen: %v, want %v", c.scheme, err, c.want)
		}
	}
}

// A request that ends without a connection is made again.
func TestListenAgain(t *testing.T) {
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "listen": "proxy", "retry": "1ms"})
	l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := l.listen(at("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	p.Disconnect()
	// It is the new place that is connected to, and the old one is gone if
	// that has the same port.
	for late := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if at, times := p.Bound(); times == 2 && at == l.name() {
			break
		}
		if time.Now().After(late) {
			t.Fatalf("the proxy is not asked again\n%s", w.log)
		}
	}
	peer := dial(t, l.name)
	defer peer.Close()
	conn, _ := l.accepts()
	peer.Write([]byte("hello"))
	conn.expect("hello")
}

// Of two calls at once, one asks the proxy.
func TestListenTwice(t *testing.T) {
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "listen": "proxy"})
	l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := l.Bind(at("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	s := l.Socket.(*stream)
	s.mu.Lock()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := l.Listen(5); err != wsa.WSAEWOULDBLOCK {
				t.Errorf("listen: %v", err)
			}
		})
	}
	time.Sleep(20 * time.Millisecond) // for both to come to the lock; if not, the test finds less
	s.mu.Unlock()
	both.Wait()
	var err error
	l.wait(spi.EventAccept, func() bool { err = l.Listen(5); return err != wsa.WSAEWOULDBLOCK })
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, times := p.Bound(); times != 1 {
		t.Errorf("the proxy was asked %d times", times)
	}
}

// A socket that is closed while the proxy is asked lets go of it.
func TestListenClosed(t *testing.T) {
	p := sockstest.Serve(t, func(s *sockstest.Server) { s.Fault = sockstest.Silent })
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "listen": "proxy"})
	l := w.open(wsa.AF_INET, wsa.SOCK_STREAM)
	if err := l.Bind(at("127.0.0.1:0")); err != nil {
		t.Fatal(err)
	}
	if err := l.Listen(5); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("listen: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Through a chain it is the last proxy that listens, and a socket of IPv6 has
// the proxy's address in its own form.
func TestListenThroughChain(t *testing.T) {
	for family, own := range map[int32]string{wsa.AF_INET: "127.0.0.1:0", wsa.AF_INET6: "[::1]:0"} {
		first, last := sockstest.Serve(t), sockstest.Serve(t)
		w := newWorld(t, spi.Options{"server": first.URL("http") + ";" + last.URL("socks5"), "listen": "proxy"})
		l := w.open(family, wsa.SOCK_STREAM)
		if family == wsa.AF_INET6 { // the proxy has an address of IPv4
			if err := l.SetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, make([]byte, 4)); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.listen(at(own)); err != nil {
			t.Fatal(err)
		}
		if asked, bound := first.Requests(), last.Requests(); !slices.Equal(asked, []string{last.Addr()}) || !slices.Equal(bound, []string{"bind 0.0.0.0:0"}) {
			t.Errorf("the proxies were asked for %q and %q", asked, bound)
		}
		peer := dial(t, l.name)
		conn, from := l.accepts()
		if from.Family() != family {
			t.Errorf("the peer is %v", &from)
		}
		peer.Write([]byte("hello"))
		conn.expect("hello")
	}
}
