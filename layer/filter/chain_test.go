// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock"
	"winsock/provider/kernel"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/test/pairs"
	"winsock/wsa"
	"winsock/wsnet"
)

// The layers that rules put in between: one that forwards every call, and one
// made of a net.Conn.
func init() {
	spi.Register(&spi.Driver{Name: "filter-pass", Startup: func(p *spi.StartupParams) (spi.Provider, error) {
		return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
			return &layer.PassThrough{Base: layer.Base{Socket: below}}, nil
		}), nil
	}})
	spi.Register(&spi.Driver{Name: "filter-conn", Startup: func(p *spi.StartupParams) (spi.Provider, error) {
		return layer.NewConnProvider(p, layer.ConnConfig{
			Transform: func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) { return below, nil },
		}), nil
	}})
}

func filter(rule string) string { return spi.FormatPath("filter", spi.Options{"rule": rule}) }

// pipe makes a connected pair over a route.
func pipe(r wsnet.Route) (c1, c2 net.Conn, stop func(), err error) {
	lc := wsnet.ListenConfig{Route: r}
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, nil, err
	}
	d := wsnet.Dialer{Route: r}
	return pairs.Join(l, func(address string) (net.Conn, error) { return d.Dial("tcp", address) })
}

// TestConn runs the standard library's own conformance tests of net.Conn.
func TestConn(t *testing.T) {
	for name, layers := range map[string][]string{
		"allow":         {filter("deny to 203.0.113.0/24; deny in from 203.0.113.0/24")},
		"three":         {filter("allow to 203.0.113.0/24"), filter("log port 1"), filter("chain filter-pass port 1")},
		"chain":         {filter("chain filter-pass over trace")},
		"chain, a conn": {filter("chain filter-conn")},
		"chains":        {filter("chain filter-pass"), filter("chain filter-conn over filter-pass")},
	} {
		t.Run(name, func(t *testing.T) {
			nettest.TestConn(t, func() (net.Conn, net.Conn, func(), error) { return pipe(wsnet.Route{Layers: layers}) })
		})
	}
}

// The first connection of all is judged by the name that was looked up before
// there was a filter.
func TestFirstName(t *testing.T) {
	t.Cleanup(func() { pairs.Restart(t) }) // else the rule's chain goes on to ask for names
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{filter("deny WSAENETDOWN to localhost")}}}
	for range 2 {
		if c, err := d.Dial("tcp4", "localhost:"+port); wsa.ErrnoOf(err) != wsa.WSAENETDOWN {
			t.Errorf("dial by a denied name: %v", err)
			if err == nil {
				c.Close()
			}
		}
	}
}

// A program sees no more of a filter than what the rules say.
func TestHTTP(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })}
	go server.Serve(l)
	defer server.Close()
	for rule, want := range map[string]error{
		"redirect " + l.Addr().String() + " to 192.0.2.1 port 80": nil,
		"deny WSAENETDOWN to 192.0.2.0/24":                        wsa.WSAENETDOWN,
		"redirect " + l.Addr().String() + "; default deny":        nil,
	} {
		d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{filter(rule)}}}
		client := &http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
		answer, err := client.Get("http://192.0.2.1/")
		if err != nil {
			if wsa.ErrnoOf(err).Err() != want {
				t.Errorf("%s: %v, want %v", rule, err, want)
			}
			continue
		}
		text, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(text) != "hello" || err != nil || want != nil {
			t.Errorf("%s: %q, %v", rule, text, err)
		}
	}
}

// existing is a base provider that stands for a socket which exists already.
type existing struct {
	opened int
	last   spi.Socket
}

func (b *existing) Socket(o *spi.Opening) (spi.Socket, error) {
	s, err := o.Next(o)
	b.opened++
	b.last = s
	return s, err
}

func (*existing) Cleanup() error { return nil }

// TestSupervised goes the way of a supervisor: a chain for another process, on
// a socket that it has.
func TestSupervised(t *testing.T) {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Fatal(err)
	}
	defer winsock.WSACleanup()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	rule := fmt.Sprintf("deny WSAECONNREFUSED program curl port 1; redirect :%d port 2 program /usr/bin/*; "+
		"chain filter-conn port %[1]d user 1234; drop udp port 3", port)
	open := func(socketType int32) (winsock.SOCKET, *existing) {
		c, err := winsock.Compose(wsa.AF_INET, socketType, 0, nil, filter(rule))
		if err != nil {
			t.Fatal(err)
		}
		base := new(existing)
		h, err := c.SocketFrom(winsock.Origin{Base: base, Process: &spi.Process{ID: 4711, Path: "/usr/bin/curl", Name: "curl", UserID: 1234}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { winsock.CloseSocket(h) })
		return h, base
	}
	name := func(port uint16) *wsa.Sockaddr {
		sa := wsa.SockaddrBytes([]byte{2, 0, byte(port >> 8), byte(port), 127, 0, 0, 1, 15: 0})
		return &sa
	}
	below := func(h winsock.SOCKET, to *wsa.Sockaddr) spi.Socket {
		s, err := winsock.BaseSocket(h, to)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}

	h, base := open(wsa.SOCK_STREAM)
	if below(h, nil) != base.last || below(h, name(2)) != base.last || below(h, name(1)) != base.last {
		t.Error("the data of a connection without layers goes elsewhere than to the base")
	}
	if err := winsock.Connect(h, name(1)); err != wsa.WSAECONNREFUSED {
		t.Errorf("connect of a denied program: %v", err)
	}
	if err := winsock.Connect(h, name(2)); err != nil {
		t.Errorf("connect of a redirected program: %v", err)
	}
	var peer wsa.Sockaddr
	if err := winsock.GetPeerName(h, &peer); err != nil || peer != *name(2) {
		t.Errorf("the peer is %v, %v", &peer, err)
	}
	if below(h, nil) != base.last || base.opened != 1 {
		t.Error("a connection without layers was opened anew")
	}

	h, base = open(wsa.SOCK_STREAM)
	first := base.last
	if _, ok := below(h, name(port)).(*layer.Conn); !ok {
		t.Error("the layer of a chain rule is not foreseen")
	}
	if err := winsock.Connect(h, name(port)); err != nil {
		t.Fatal(err)
	}
	if _, ok := below(h, nil).(*layer.Conn); !ok || base.opened != 2 || base.last == first {
		t.Error("not diverted")
	}

	u, base := open(wsa.SOCK_DGRAM)
	if below(u, name(9)) != base.last || below(u, name(3)) == base.last {
		t.Error("of datagrams, those that are dropped must be seen, and others not")
	}
	if err := winsock.Connect(u, name(9)); err != nil {
		t.Fatal(err)
	}
	// By a name, it can still be told to send to others.
	three := name(3)
	if n, err := winsock.SendTo(u, []byte("x"), 0, three); n != 1 || err != nil {
		t.Errorf("a datagram to drop: %d, %v", n, err)
	}
}

// same is a base that is asked twice for the one socket it has.
type same struct {
	sameSocket
	asked int
}

type sameSocket struct {
	spi.Socket
	closes chan struct{}
}

func (b *same) Socket(o *spi.Opening) (_ spi.Socket, err error) {
	b.asked++
	if b.sameSocket.Socket == nil {
		b.sameSocket.Socket, err = o.Next(o)
	}
	return &b.sameSocket, err
}

func (s *sameSocket) Close() error {
	s.closes <- struct{}{}
	return s.Socket.Close()
}

func (*same) Cleanup() error { return nil }

// TestExistingSocketIsKept: what a socket that exists already stands below is
// replaced, and it stays open and bound.
func TestExistingSocketIsKept(t *testing.T) {
	if _, err := winsock.WSAStartup(winsock.Version22); err != nil {
		t.Fatal(err)
	}
	defer winsock.WSACleanup()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, below := range [][]string{nil, {"filter-pass"}, {filter("deny port 1")}} {
		rule := filter("chain filter-conn over filter-pass out")
		c, err := winsock.Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, append([]string{rule}, below...)...)
		if err != nil {
			t.Fatal(err)
		}
		base := &same{sameSocket: sameSocket{closes: make(chan struct{}, 10)}}
		h, err := c.SocketFrom(winsock.Origin{Base: base, Process: &spi.Process{ID: 1}}, 0)
		if err != nil {
			t.Fatal(err)
		}
		loopback := wsa.SockaddrBytes([]byte{2, 0, 0, 0, 127, 0, 0, 1, 15: 0})
		if err := base.Bind(&loopback); err != nil {
			t.Fatal(err)
		}
		var before, after wsa.Sockaddr
		if err := base.GetSockName(&before); err != nil {
			t.Fatal(err)
		}
		to := loopback
		to.SetPort(uint16(l.Addr().(*net.TCPAddr).Port))
		if _, err := winsock.BaseSocket(h, &to); err != nil {
			t.Fatal(err)
		}
		if err := winsock.Connect(h, &to); err != nil {
			t.Fatal(err)
		}
		if err := winsock.GetSockName(h, &after); err != nil || after != before {
			t.Errorf("the socket was bound to %v, and now to %v, %v", &before, &after, err)
		}
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.RemoteAddr().String(); got != before.String() {
			t.Errorf("connected from %s", got)
		}
		if base.asked != 2 || len(base.closes) != 0 {
			t.Errorf("the socket was asked for %d times, and closed %d times", base.asked, len(base.closes))
		}
		if err := winsock.CloseSocket(h); err != nil {
			t.Error(err)
		}
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("after the close: %v", err)
		}
		conn.Close()
		<-base.closes // a little later
		if len(base.closes) != 0 {
			t.Error("the socket was closed more than once")
		}
	}
}

// The handle of the descriptor is there as without a filter.
func TestHandle(t *testing.T) {
	p, err := spi.FindDriver("filter").Startup(&spi.StartupParams{Options: spi.Options{"rule": "deny port 1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Cleanup()
	base, err := kernel.Startup(&spi.StartupParams{})
	if err != nil {
		t.Fatal(err)
	}
	info := kernel.Entries()[0]
	s, err := p.Socket(&spi.Opening{Info: &info, Next: func(o *spi.Opening) (spi.Socket, error) {
		own := *o
		own.Next = nil
		return base.Socket(&own)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := spi.HandleOf(s); !ok {
		t.Error("the descriptor cannot be had")
	}
}

// The options of the documentation are those that there are.
func TestDocumentedOptions(t *testing.T) {
	_, options, err := spi.ParsePath(`filter:rules=mine,log=/tmp/decisions,reload=5s`)
	if err != nil || options.Text("log") != "/tmp/decisions" {
		t.Error(err)
	}
	_, options, err = spi.ParsePath(`filter:rule=deny out tcp port 25; allow`)
	if err != nil || !strings.HasPrefix(options.Text("rule"), "deny") || options.Text("reload") != "200ms" {
		t.Error(options, err)
	}
}
