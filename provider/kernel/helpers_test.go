// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

// patience is how long a test waits for what must happen.
const patience = time.Minute

// TestMain checks that the tests leave no descriptor and no goroutine.
func TestMain(m *testing.M) { leak.Main(m) }

// The kinds of socket that the tests open.
var (
	tcp4 = spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP}
	tcp6 = spi.Opening{AddressFamily: wsa.AF_INET6, SocketType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP}
	udp4 = spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_DGRAM, Protocol: wsa.IPPROTO_UDP}
	udp6 = spi.Opening{AddressFamily: wsa.AF_INET6, SocketType: wsa.SOCK_DGRAM, Protocol: wsa.IPPROTO_UDP}
	unix = spi.Opening{AddressFamily: wsa.AF_UNIX, SocketType: wsa.SOCK_STREAM}
)

func describe(o spi.Opening) string {
	k, _, err := chooseKind(&o)
	if err != nil {
		return err.Error()
	}
	return k.name
}

// each runs a test for several kinds of socket.
func each(t *testing.T, list []spi.Opening, test func(t *testing.T, o spi.Opening)) {
	for _, o := range list {
		t.Run(describe(o), func(t *testing.T) { test(t, o) })
	}
}

var (
	streams   = []spi.Opening{tcp4, tcp6, unix}
	tcps      = []spi.Opening{tcp4, tcp6}
	datagrams = []spi.Opening{udp4, udp6}
)

// newSock opens a socket that the test's end closes.
func newSock(t testing.TB, o spi.Opening) *socket {
	t.Helper()
	p, err := Startup(&spi.StartupParams{})
	if err != nil {
		t.Fatalf("WSPStartup: %v", err)
	}
	s, err := p.Socket(&o)
	if err != nil {
		t.Fatalf("WSPSocket %s: %v", describe(o), err)
	}
	b := base(s)
	closeLater(t, b)
	return b
}

// base is the socket in what the provider returned.
func base(s spi.Socket) *socket {
	if d, ok := s.(*datagram); ok {
		return &d.socket
	}
	return s.(*socket)
}

func closeLater(t testing.TB, s *socket) {
	t.Cleanup(func() {
		if _, closed := closedEarly.LoadAndDelete(s); !closed {
			s.Close()
		}
	})
}

// closedEarly holds the sockets that shut closed.
var closedEarly sync.Map

// shut closes a socket before the test's end.
func shut(s *socket) {
	closedEarly.Store(s, true)
	s.Close()
}

// loopback is the loopback address of the socket's family with a port, or a
// path in the test's folder.
func loopback(t testing.TB, o spi.Opening, port uint16) wsa.Sockaddr {
	switch o.AddressFamily {
	case wsa.AF_INET6:
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Loopback(), port))
	case wsa.AF_UNIX:
		return wsa.SockaddrUnix(filepath.Join(t.TempDir(), "s"))
	}
	return wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
}

// anyAddr is the wildcard of the family with a port.
func anyAddr(o spi.Opening, port uint16) wsa.Sockaddr {
	if o.AddressFamily == wsa.AF_INET6 {
		return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Unspecified(), port))
	}
	return wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv4Unspecified(), port))
}

// bound opens a socket and binds it to the loopback address.
func bound(t testing.TB, o spi.Opening) (*socket, wsa.Sockaddr) {
	t.Helper()
	s := newSock(t, o)
	name := loopback(t, o, 0)
	if err := s.Bind(&name); err != nil {
		t.Fatalf("bind to %v: %v", &name, err)
	}
	var got wsa.Sockaddr
	if err := s.GetSockName(&got); err != nil {
		t.Fatalf("getsockname: %v", err)
	}
	return s, got
}

func listener(t testing.TB, o spi.Opening) (*socket, wsa.Sockaddr) {
	t.Helper()
	s, name := bound(t, o)
	if err := s.Listen(16); err != nil {
		t.Fatalf("listen: %v", err)
	}
	return s, name
}

// pair returns the two ends of a connection.
func pair(t testing.TB, o spi.Opening) (client, server *socket) {
	t.Helper()
	l, name := listener(t, o)
	client = newSock(t, o)
	connect(t, client, &name)
	return client, accept(t, l)
}

// connect connects and waits for the end of it.
func connect(t testing.TB, s *socket, name *wsa.Sockaddr) {
	t.Helper()
	if err := s.Connect(name); err != nil && err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect to %v: %v", name, err)
	}
	waitFor(t, s, spi.EventConnect|spi.EventConnectFail)
	if err := s.ConnectResult(); err != nil {
		t.Fatalf("connect to %v ended with %v", name, err)
	}
}

func accept(t testing.TB, l *socket) *socket {
	t.Helper()
	waitFor(t, l, spi.EventAccept)
	a, err := l.Accept(nil)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	closeLater(t, a.(*socket))
	return a.(*socket)
}

// waitFor waits until one of the events holds, by a watcher.
func waitFor(t testing.TB, s *socket, mask spi.Events) spi.Events {
	t.Helper()
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: mask, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	s.Watch(&w)
	defer s.Unwatch(&w)
	end := time.After(patience)
	for {
		if e := s.Ready(mask); e != 0 {
			return e
		}
		select {
		case <-woken:
		case <-end:
			t.Fatalf("none of %v happened; ready are %v", mask, s.Ready(spi.EventAll))
		}
	}
}

// send sends all of data.
func send(t testing.TB, s *socket, data string) {
	t.Helper()
	var m spi.Message
	for left := []byte(data); len(left) > 0; {
		m.SetBuffer(left)
		n, err := s.Send(&m)
		if err == wsa.WSAEWOULDBLOCK {
			waitFor(t, s, spi.EventWrite)
			continue
		}
		if err != nil {
			t.Fatalf("send: %v", err)
		}
		left = left[n:]
	}
}

// recv receives once, when there is something.
func recv(t testing.TB, s *socket, room int) (string, error) {
	t.Helper()
	buf := make([]byte, room)
	var m spi.Message
	m.SetBuffer(buf)
	for {
		n, err := s.Recv(&m)
		if err != wsa.WSAEWOULDBLOCK {
			return string(buf[:n]), err
		}
		waitFor(t, s, spi.EventRead|spi.EventClose|spi.EventReset)
	}
}

// expect receives and compares.
func expect(t testing.TB, s *socket, want string) {
	t.Helper()
	if got, err := recv(t, s, len(want)+1); got != want || err != nil {
		t.Fatalf("recv: %q, %v; want %q", got, err, want)
	}
}

// want compares an error.
func want(t testing.TB, rule string, got error, code wsa.Errno) {
	t.Helper()
	if got != code.Err() {
		t.Errorf("%s: got %v, want %v", rule, got, code.Err())
	}
}
