// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// A binding says how a socket of the sharing tests is bound.
type binding struct {
	o     spi.Opening
	addr  string // "any", "one", "mapped"
	share sharing
	dual  bool
}

func (b binding) String() string {
	return fmt.Sprintf("%s %s %s dual=%t", describe(b.o), b.addr,
		[]string{"default", "reuse", "exclusive"}[b.share], b.dual)
}

// open makes the socket, unbound.
func (b binding) open(t *testing.T) *socket {
	s := newSock(t, b.o)
	switch b.share {
	case shareReuse:
		setInt(t, s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1)
	case shareExclusive:
		setInt(t, s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1)
	}
	if b.dual {
		setInt(t, s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0)
	}
	return s
}

func (b binding) name(t *testing.T, port uint16) wsa.Sockaddr {
	switch b.addr {
	case "any":
		return anyAddr(b.o, port)
	case "mapped":
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), port))
	}
	return loopback(t, b.o, port)
}

func TestSharingRules(t *testing.T) {
	const (
		def   = shareDefault
		reuse = shareReuse
		excl  = shareExclusive
	)
	v4 := func(o spi.Opening, addr string, share sharing) binding {
		return binding{o: o, addr: addr, share: share}
	}
	for _, transport := range []struct {
		name   string
		v4, v6 spi.Opening
	}{{"TCP", tcp4, tcp6}, {"UDP", udp4, udp6}} {
		one, six := transport.v4, transport.v6
		for _, c := range []struct {
			rule          string
			first, second binding
			code          wsa.Errno
		}{
			{"difference 36", v4(one, "any", def), v4(one, "any", def), wsa.WSAEADDRINUSE},
			{"bind function", v4(one, "one", def), v4(one, "one", def), wsa.WSAEADDRINUSE},
			{"difference 33", v4(one, "one", def), v4(one, "one", reuse), wsa.WSAEACCES},
			{"difference 33", v4(one, "any", def), v4(one, "any", reuse), wsa.WSAEACCES},
			{"Using SO_REUSEADDR", v4(one, "one", reuse), v4(one, "one", def), wsa.WSAEADDRINUSE},
			{"difference 34", v4(one, "one", reuse), v4(one, "one", reuse), 0},
			{"difference 34", v4(one, "any", reuse), v4(one, "any", reuse), 0},
			{"difference 35", v4(one, "any", def), v4(one, "one", def), 0},
			{"difference 35", v4(one, "one", def), v4(one, "any", def), 0},
			{"difference 35", v4(one, "any", def), v4(one, "one", reuse), 0},
			{"difference 38", v4(one, "any", excl), v4(one, "one", def), wsa.WSAEACCES},
			{"difference 38", v4(one, "any", excl), v4(one, "one", reuse), wsa.WSAEACCES},
			{"difference 38", v4(one, "any", excl), v4(one, "one", excl), wsa.WSAEACCES},
			{"difference 38", v4(one, "any", excl), v4(one, "any", def), wsa.WSAEADDRINUSE},
			{"difference 38", v4(one, "any", excl), v4(one, "any", reuse), wsa.WSAEACCES},
			{"difference 38", v4(one, "any", excl), v4(one, "any", excl), wsa.WSAEADDRINUSE},
			{"difference 38", v4(one, "one", def), v4(one, "any", excl), wsa.WSAEADDRINUSE},
			{"difference 38", v4(one, "one", reuse), v4(one, "any", excl), wsa.WSAEADDRINUSE},
			{"difference 38", v4(one, "one", excl), v4(one, "any", def), 0},
			{"difference 38", v4(one, "one", excl), v4(one, "any", reuse), 0},
			{"difference 38", v4(one, "one", excl), v4(one, "any", excl), wsa.WSAEADDRINUSE},
			{"difference 38", v4(one, "one", excl), v4(one, "one", reuse), wsa.WSAEACCES},
			{"difference 38", v4(one, "one", excl), v4(one, "one", def), wsa.WSAEADDRINUSE},
			{"difference 38: mapped is IPv4", v4(one, "one", def), binding{o: six, addr: "mapped", dual: true}, wsa.WSAEADDRINUSE},
			{"difference 38: mapped is IPv4", v4(one, "any", excl), binding{o: six, addr: "mapped", dual: true}, wsa.WSAEACCES},
			{"difference 38: dual-stack and IPv4", binding{o: six, addr: "any", dual: true}, v4(one, "any", def), 0},
			{"difference 38: IPv4 and dual-stack", v4(one, "any", def), binding{o: six, addr: "any", dual: true}, 0},
			{"difference 39", v4(one, "any", def), v4(six, "any", def), 0},
			{"difference 39", v4(six, "any", def), v4(one, "any", def), 0},
			{"difference 40", binding{o: six, addr: "any", dual: true, share: excl}, v4(one, "any", reuse), wsa.WSAEACCES},
			{"difference 40", binding{o: six, addr: "any", dual: true, share: excl}, v4(one, "one", reuse), wsa.WSAEACCES},
		} {
			t.Run(transport.name+"/"+c.first.String()+"/"+c.second.String(), func(t *testing.T) {
				a, b := c.first.open(t), c.second.open(t)
				name := c.first.name(t, 0)
				want(t, c.rule+": first bind", a.Bind(&name), 0)
				var got wsa.Sockaddr
				a.GetSockName(&got)
				name = c.second.name(t, got.Port())
				want(t, c.rule+": second bind", b.Bind(&name), c.code)
				if c.code == 0 && one.SocketType == wsa.SOCK_STREAM {
					want(t, c.rule+": first listen", a.Listen(1), 0)
					want(t, c.rule+": second listen", b.Listen(1), 0)
				}
			})
		}
	}
}

// What is bound can be bound again when it has gone.
func TestSharingEnds(t *testing.T) {
	wild, _ := newSock(t, tcp4), 0
	name := anyAddr(tcp4, 0)
	want(t, "bind", wild.Bind(&name), 0)
	var got wsa.Sockaddr
	wild.GetSockName(&got)
	one := newSock(t, tcp4)
	at := loopback(t, tcp4, got.Port())
	want(t, "difference 35", one.Bind(&at), 0)
	shut(one)
	if wild.claim.isShared() {
		t.Error("the wildcard is still shared though it is alone")
	}
	again := newSock(t, tcp4)
	want(t, "bind again", again.Bind(&at), 0)
}

// The specific address gets the connection, the first of two equal ones too.
func TestSharedListeners(t *testing.T) {
	t.Run("difference 35: the specific address wins", func(t *testing.T) {
		wild := newSock(t, tcp4)
		name := anyAddr(tcp4, 0)
		want(t, "bind", wild.Bind(&name), 0)
		want(t, "listen", wild.Listen(8), 0)
		var got wsa.Sockaddr
		wild.GetSockName(&got)
		at := loopback(t, tcp4, got.Port())
		one := newSock(t, tcp4)
		want(t, "bind", one.Bind(&at), 0)
		want(t, "listen", one.Listen(8), 0)
		connect(t, newSock(t, tcp4), &at)
		accept(t, one)
	})
	t.Run("difference 34: the first gets the connection", func(t *testing.T) {
		b := binding{o: tcp4, addr: "one", share: shareReuse}
		first, second := b.open(t), b.open(t)
		name := loopback(t, tcp4, 0)
		want(t, "bind", first.Bind(&name), 0)
		first.GetSockName(&name)
		want(t, "bind", second.Bind(&name), 0)
		want(t, "listen", first.Listen(32), 0)
		want(t, "listen", second.Listen(32), 0)
		for range 16 {
			connect(t, newSock(t, tcp4), &name)
			accept(t, first)
		}
	})
}

// A socket that is only bound keeps other processes out, whatever they allow.
func TestBoundIsOurs(t *testing.T) {
	_, name := bound(t, tcp4)
	fd, e := sys.Socket(sys.AF_INET, wsa.SOCK_STREAM, 0)
	if e != 0 {
		t.Fatal(e)
	}
	defer sys.Close(fd)
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1)
	sys.SetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_REUSEPORT, 1)
	if e := sys.Bind(fd, name.Bytes()); e != sys.EADDRINUSE {
		t.Errorf("another process's bind to our address: %v, want EADDRINUSE", e)
	}
}

// A client that chose its port can have it again at once.
func TestRebindClient(t *testing.T) {
	name := loopback(t, tcp4, 0)
	for range 2 {
		c := newSock(t, tcp4)
		want(t, "bind while the old connection is in TIME_WAIT", c.Bind(&name), 0)
		c.GetSockName(&name)
		l, to := listener(t, tcp4) // a fresh peer, as the old connection's is taken
		connect(t, c, &to)
		a := accept(t, l)
		shut(c)
		expect(t, a, "")
		shut(a)
	}
}

// A server can be started again at once, though its old connections are in
// TIME_WAIT.
func TestRestart(t *testing.T) {
	each(t, tcps, func(t *testing.T, o spi.Opening) {
		name := loopback(t, o, 0)
		for _, share := range []sharing{shareDefault, shareExclusive, shareDefault, shareReuse, shareReuse} {
			l := binding{o: o, share: share}.open(t)
			want(t, "bind while old connections are in TIME_WAIT", l.Bind(&name), 0)
			l.GetSockName(&name)
			want(t, "listen", l.Listen(1), 0)
			c := newSock(t, o)
			connect(t, c, &name)
			a := accept(t, l)
			shut(a) // the server ends first, so that TIME_WAIT is its
			expect(t, c, "")
			shut(c)
			shut(l)
		}
	})
}

// Programs beyond this process are seen too.
func TestForeignListener(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	name := wsa.SockaddrFrom(l.Addr().(*net.TCPAddr).AddrPort())
	want(t, "bind to a foreign listener's address", newSock(t, tcp4).Bind(&name), wsa.WSAEADDRINUSE)
	reuse := binding{o: tcp4, share: shareReuse}.open(t)
	want(t, "difference 33: the same with SO_REUSEADDR", reuse.Bind(&name), wsa.WSAEACCES)
}

func TestExclusiveOptions(t *testing.T) {
	s := newSock(t, tcp4)
	setInt(t, s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1)
	want(t, "difference 37", trySetInt(s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1), wsa.WSAEINVAL)
	s = newSock(t, tcp4)
	setInt(t, s, wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE, 1)
	want(t, "difference 37", trySetInt(s, wsa.SOL_SOCKET, wsa.SO_REUSEADDR, 1), wsa.WSAEINVAL)
}
