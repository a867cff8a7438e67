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

// shout starts a peer that answers datagrams in capital letters.
func shout(t testing.TB) *wsa.Sockaddr {
	t.Helper()
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo([]byte(strings.ToUpper(string(b[:n]))), from)
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
	})
	return at(c.LocalAddr().String())
}

func TestDatagrams(t *testing.T) {
	a, b := shout(t), shout(t)
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	s := w.open(wsa.AF_INET, wsa.SOCK_DGRAM)
	for i, to := range []*wsa.Sockaddr{a, b, a} {
		text := fmt.Sprint("datagram ", i)
		if err := s.sendTo(text, to); err != nil {
			t.Fatalf("%v\n%s", err, w.log)
		}
		if got, from := s.recvFrom(wsa.MSG_PEEK); got != strings.ToUpper(text) || from != *to {
			t.Errorf("peeked at %q from %v", got, &from)
		}
		if got, from := s.recvFrom(0); got != strings.ToUpper(text) || from != *to {
			t.Errorf("received %q from %v, want it from %v", got, &from, to)
		}
	}
	if got, want := p.Requests(), []string{"udp", a.String(), b.String(), a.String()}; !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}
	// Connected: nobody else's datagrams are received.
	s = w.open(wsa.AF_INET, wsa.SOCK_DGRAM)
	s.mustConnect(a)
	if got := s.peer(); got != a.String() {
		t.Errorf("the peer is %s", got)
	}
	var own wsa.Sockaddr
	if err := s.GetSockName(&own); err != nil || own.Port() == 0 || own.String() == fmt.Sprint("0.0.0.0:", own.Port()) {
		t.Errorf("the connected socket has the name %v, %v", &own, err)
	}
	stranger, err := net.Dial("udp4", fmt.Sprint("127.0.0.1:", own.Port()))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	stranger.Write([]byte("strange"))
	s.sendTo("to another", b)
	s.send("hello")
	if got, from := s.recvFrom(0); got != "HELLO" || from != *a {
		t.Errorf("received %q from %v", got, &from)
	}
	// Cut.
	s.send("0123456789")
	m := spi.Message{}
	m.SetBuffer(make([]byte, 4))
	var n int
	s.wait(spi.EventRead, func() bool { n, err = s.Recv(&m); return err != wsa.WSAEWOULDBLOCK })
	if n != 4 || err != wsa.WSAEMSGSIZE {
		t.Errorf("a long datagram is %d, %v", n, err)
	}
}

// A connected socket's two addresses are of one kind, which resolvers rely on.
func TestDatagramAddresses(t *testing.T) {
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	for _, peer := range []string{"[::ffff:192.0.2.1]:53", "[2001:db8::1]:53"} {
		s := w.open(wsa.AF_INET6, wsa.SOCK_DGRAM)
		s.mustConnect(at(peer))
		var name wsa.Sockaddr
		s.GetSockName(&name)
		own, _ := name.AddrPort()
		if own.Addr().Is4In6() != strings.Contains(peer, "ffff") || own.Addr().IsUnspecified() || own.Port() == 0 {
			t.Errorf("to %s, the own address is %v", peer, own)
		}
	}
}

func TestDatagramNames(t *testing.T) {
	a := shout(t)
	p := sockstest.Serve(t, func(s *sockstest.Server) { s.Names = map[string]string{"far.example": "127.0.0.1"} })
	w := newWorld(t, spi.Options{"server": p.URL("socks5"), "dns": "remote", "ipv4": "198.18.0.0/15", "ipv6": "none"})
	fake := wsa.SockaddrFrom(netip.AddrPortFrom(hostnames.FakeFor("far.example", netip.MustParsePrefix("198.18.0.0/15")), a.Port()))
	for _, connected := range []bool{false, true} {
		s := w.open(wsa.AF_INET, wsa.SOCK_DGRAM)
		to := &fake
		if connected {
			s.mustConnect(to)
			to = nil
		}
		if err := s.sendTo("hello", to); err != nil {
			t.Fatal(err)
		}
		if got, from := s.recvFrom(0); got != "HELLO" || from != fake {
			t.Errorf("connected %v: received %q from %v, want it from %v", connected, got, &from, &fake)
		}
		if got, want := p.Requests(), []string{"udp", fmt.Sprint("far.example:", a.Port())}; !slices.Equal(got, want) {
			t.Errorf("the proxy was asked for %q, want %q", got, want)
		}
	}
}

// The end of the connection ends the association, and the next datagram
// begins another one.
func TestAssociationEnds(t *testing.T) {
	a := shout(t)
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	s := w.open(wsa.AF_INET, wsa.SOCK_DGRAM)
	s.sendTo("one", a)
	s.recvFrom(0)
	d := s.Socket.(*datagram)
	d.mu.Lock()
	assoc := d.assoc
	assoc.hint.Store(false)
	d.mu.Unlock()
	p.Disconnect()
	for end := time.Now().Add(patience); !assoc.hint.Load() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	s.sendTo("two", a)
	if got, _ := s.recvFrom(0); got != "TWO" {
		t.Errorf("received %q", got)
	}
	if got, want := p.Requests(), []string{"udp", a.String(), "udp", a.String()}; !slices.Equal(got, want) {
		t.Errorf("the proxy was asked for %q, want %q", got, want)
	}
}

func TestDatagramFailures(t *testing.T) {
	a := shout(t)
	p := sockstest.Serve(t)
	for what, o := range map[string]spi.Options{
		"SOCKS 4":       {"server": p.URL("socks4")},
		"two in a row":  {"server": p.URL("socks5") + " " + p.URL("socks5")},
		"a closed port": {"server": "socks5://" + closedPort(t)},
	} {
		if err := newWorld(t, o).open(wsa.AF_INET, wsa.SOCK_DGRAM).sendTo("x", a); err != wsa.WSAENETUNREACH {
			t.Errorf("%s: %v", what, err)
		}
	}
	p.Code.Store(7)
	if err := newWorld(t, spi.Options{"server": p.URL("socks5")}).open(wsa.AF_INET, wsa.SOCK_DGRAM).sendTo("x", a); err != wsa.WSAEOPNOTSUPP {
		t.Errorf("a proxy without datagrams: %v", err)
	}
	// A direct peer needs none.
	s := newWorld(t, spi.Options{"server": p.URL("socks4"), "direct": "127.0.0.1"}).open(wsa.AF_INET, wsa.SOCK_DGRAM)
	s.sendTo("direct", a)
	if got, from := s.recvFrom(0); got != "DIRECT" || from != *a {
		t.Errorf("received %q from %v", got, &from)
	}
}

func TestDatagramsDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	a := shout(t)
	p := sockstest.Serve(t)
	w := newWorld(t, spi.Options{"server": p.URL("socks5")})
	s := w.open(wsa.AF_INET, wsa.SOCK_DGRAM)
	s.sendTo("one", a)
	s.recvFrom(0)
	out := spi.Message{Name: a}
	out.SetBuffer([]byte("hello"))
	if n := testing.AllocsPerRun(100, func() {
		out.Name = a
		if _, err := s.Send(&out); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("a send allocates %v times", n)
	}
}

// FuzzHeaders: what a proxy puts before a datagram is never read past its end.
func FuzzDatagramHeader(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x7f\x00\x00\x01\x00\x50data"))
	f.Add([]byte("\x00\x00\x00\x03\x04name\x00\x50data"))
	f.Add([]byte("\x00\x00\x00\x04................\x00\x50"))
	f.Fuzz(func(t *testing.T, b []byte) {
		from, host, size, ok := readHeader(b)
		if ok && (size > len(b) || size < 4+2 || host == "" && !from.Addr().IsValid() || b[2] != 0) {
			t.Errorf("%q has a header of %d bytes, from %v %q", b, size, from, host)
		}
	})
}
