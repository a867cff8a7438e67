// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// tcp4 returns the network's entry for TCP over IPv4.
func tcp4(t testing.TB, n spitest.Network) *wsa.ProtocolInfo {
	t.Helper()
	for i := range n.Entries {
		if e := &n.Entries[i]; e.AddressFamily == wsa.AF_INET && e.SocketType == wsa.SOCK_STREAM {
			return e
		}
	}
	t.Fatal("the network has no TCP over IPv4")
	return nil
}

// pair returns both ends of a connection of the network.
func pair(t testing.TB, n spitest.Network) (client, server spi.Socket) {
	t.Helper()
	l, name := listen(t, n)
	defer l.Close()
	client = open(t, n)
	if err := client.Connect(&name); err != nil && err != wsa.WSAEWOULDBLOCK {
		t.Fatalf("connect: %v", err)
	}
	server = accept(t, l)
	await(t, client, spi.EventConnect|spi.EventConnectFail)
	if err := client.ConnectResult(); err != nil {
		t.Fatalf("connect ended with %v", err)
	}
	return client, server
}

func open(t testing.TB, n spitest.Network) spi.Socket {
	t.Helper()
	s, err := n.Open(tcp4(t, n))
	if err != nil {
		t.Fatalf("WSPSocket: %v", err)
	}
	return s
}

func listen(t testing.TB, n spitest.Network) (spi.Socket, wsa.Sockaddr) {
	t.Helper()
	l := open(t, n)
	name := loopback
	if err := l.Bind(&name); err != nil {
		t.Fatalf("bind: %v", err)
	}
	if err := l.Listen(16); err != nil {
		t.Fatalf("listen: %v", err)
	}
	if err := l.GetSockName(&name); err != nil {
		t.Fatalf("getsockname: %v", err)
	}
	return l, name
}

func accept(t testing.TB, l spi.Socket) spi.Socket {
	t.Helper()
	await(t, l, spi.EventAccept)
	s, err := l.Accept(nil)
	if err != nil {
		t.Fatalf("accept: %v", err)
	}
	return s
}

// patience is how long a test waits for what must happen.
const patience = time.Minute

// await waits until one of the events holds.
func await(t testing.TB, s spi.Socket, mask spi.Events) spi.Events {
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
	timeout := time.After(patience)
	for {
		if e := s.Ready(mask); e != 0 {
			return e
		}
		select {
		case <-woken:
		case <-timeout:
			t.Fatalf("none of %v came about; what holds is %v", mask, s.Ready(spi.EventAll))
		}
	}
}

func netPair(t testing.TB, n spitest.Network) (client, server net.Conn) {
	t.Helper()
	c, s := pair(t, n)
	var open sync.WaitGroup
	open.Add(2)
	client, server = layer.ReleasedNetConn(c, open.Done), layer.ReleasedNetConn(s, open.Done)
	t.Cleanup(func() {
		client.Close()
		server.Close()
		open.Wait() // for calls under way, as the provider may go only after the socket
	})
	return client, server
}

// networks are those whose sockets NetConn is checked on: with and without
// the ability to park.
func networks(t testing.TB) map[string]func() spitest.Network {
	list := map[string]func() spitest.Network{}
	for name, base := range bases {
		list[name] = func() spitest.Network { return base(t) }
		list["base over "+name] = func() spitest.Network {
			return base(t).With(t, wrapping(func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &layer.Base{Socket: below}, nil
			}), nil)
		}
		list["conn over "+name] = func() spitest.Network {
			return base(t).With(t, transforming(layer.ConnConfig{Transform: untouched}), nil)
		}
	}
	return list
}

// TestNetConn runs the published conformance suite of net.Conn.
func TestNetConn(t *testing.T) {
	for name, network := range networks(t) {
		t.Run(name, func(t *testing.T) {
			n := network()
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				c1, c2 = netPair(t, n)
				return c1, c2, func() { c1.Close(); c2.Close() }, nil
			})
		})
	}
}

func TestNetConnErrors(t *testing.T) {
	for name, network := range networks(t) {
		t.Run(name, func(t *testing.T) {
			a, b := netPair(t, network())
			buf := make([]byte, 10)
			a.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			if _, err := a.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("Read after the deadline: %v", err)
			}
			a.SetReadDeadline(time.Time{})
			if err := b.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Errorf("CloseWrite: %v", err)
			}
			if _, err := a.Read(buf); err != io.EOF {
				t.Errorf("Read after the peer's CloseWrite: %v, want io.EOF", err)
			}
			if _, err := b.Write(buf); wsa.ErrnoOf(err) != wsa.WSAESHUTDOWN {
				t.Errorf("Write after CloseWrite: %v, want WSAESHUTDOWN", err)
			}
			if a.LocalAddr().String() != b.RemoteAddr().String() {
				t.Errorf("LocalAddr is %v, the peer's RemoteAddr %v", a.LocalAddr(), b.RemoteAddr())
			}
			if err := a.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			if err := a.Close(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("second Close: %v, want net.ErrClosed", err)
			}
			if _, err := a.Read(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("Read after Close: %v, want net.ErrClosed", err)
			}
			if err := a.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
				t.Errorf("SetDeadline after Close: %v, want net.ErrClosed", err)
			}
		})
	}
}

// TestNetConnAllocs checks that reads and writes that need not wait allocate
// nothing.
func TestNetConnAllocs(t *testing.T) {
	a, b := netPair(t, kernelNetwork(t))
	buf := make([]byte, 100)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := a.Write(buf); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(b, buf); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("a write and a read allocate %v times", allocs)
	}
}
