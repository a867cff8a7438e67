// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

var (
	loop4 = netip.MustParseAddr("127.0.0.1")
	loop6 = netip.MustParseAddr("::1")
	any4  = netip.IPv4Unspecified()
	any6  = netip.IPv6Unspecified()
	addrA = netip.MustParseAddr("10.0.0.1")
	addrB = netip.MustParseAddr("10.0.0.2")
)

// A world is a network with a fake clock and two hosts, A and B.
type world struct {
	*testing.T
	net   *Network
	clock *FakeClock
	a, b  *Host
}

func newWorld(t *testing.T, o Options) *world {
	clock := NewFakeClock(time.Unix(0, 0))
	o.Clock = clock
	n := NewNetwork(o)
	w := &world{t, n, clock, n.Host(addrA), n.Host(addrB)}
	t.Cleanup(func() {
		if n := clock.Timers(); w.net.Sockets() == 0 && n != 0 {
			t.Errorf("%d timers are left although all sockets are closed", n)
		}
	})
	return w
}

func (w *world) open(h *Host, family, sockType int32) *socket {
	w.Helper()
	s, err := h.Provider().Socket(&spi.Opening{AddressFamily: family, SocketType: sockType})
	if err != nil {
		w.Fatalf("WSPSocket: %v", err)
	}
	w.Cleanup(func() { s.Close() })
	return s.(*socket)
}

func (w *world) stream(h *Host) *socket   { w.Helper(); return w.open(h, wsa.AF_INET, wsa.SOCK_STREAM) }
func (w *world) datagram(h *Host) *socket { w.Helper(); return w.open(h, wsa.AF_INET, wsa.SOCK_DGRAM) }

func sockaddr(a netip.Addr, port uint16) *wsa.Sockaddr {
	sa := wsa.SockaddrFrom(netip.AddrPortFrom(a, port))
	return &sa
}

func (w *world) bind(s *socket, a netip.Addr, port uint16) *socket {
	w.Helper()
	if err := s.Bind(sockaddr(a, port)); err != nil {
		w.Fatalf("bind to %v:%d: %v", a, port, err)
	}
	return s
}

func (w *world) listener(h *Host, a netip.Addr, port uint16, backlog int32) *socket {
	w.Helper()
	l := w.bind(w.stream(h), a, port)
	if err := l.Listen(backlog); err != nil {
		w.Fatalf("listen: %v", err)
	}
	return l
}

// pair returns a connection from host A to host B.
func (w *world) pair() (client, server *socket) {
	w.Helper()
	l := w.listener(w.b, addrB, 0, 1)
	client = w.stream(w.a)
	if err := client.Connect(sockaddr(addrB, l.local.Port())); err != nil && err != wsa.WSAEWOULDBLOCK {
		w.Fatalf("connect: %v", err)
	}
	for client.Ready(spi.EventConnect|spi.EventConnectFail) == 0 {
		w.step()
	}
	if err := client.ConnectResult(); err != nil {
		w.Fatalf("connect: %v", err)
	}
	s, err := l.Accept(nil)
	if err != nil {
		w.Fatalf("accept: %v", err)
	}
	w.Cleanup(func() { s.Close() })
	l.Close()
	return client, s.(*socket)
}

// step moves the clock to the next thing to happen.
func (w *world) step() {
	w.Helper()
	d, ok := w.clock.Next()
	if !ok {
		w.Fatal("nothing is left to happen")
	}
	w.clock.Advance(d)
}

func trySend(s *socket, data []byte, flags uint32) (int, error) {
	m := spi.Message{Flags: flags}
	m.SetBuffer(data)
	return s.Send(&m)
}

func (w *world) send(s *socket, text string) {
	w.Helper()
	if n, err := trySend(s, []byte(text), 0); n != len(text) || err != nil {
		w.Fatalf("send of %d bytes: %d, %v", len(text), n, err)
	}
}

func tryRecv(s *socket, room int, flags uint32) (string, error) {
	m := spi.Message{Flags: flags}
	buf := make([]byte, room)
	m.SetBuffer(buf)
	n, err := s.Recv(&m)
	return string(buf[:n]), err
}

func (w *world) expect(rule string, s *socket, want string) {
	w.Helper()
	if got, err := tryRecv(s, len(want)+10, 0); got != want || err != nil {
		w.Fatalf("%s: recv: %q, %v; want %q", rule, got, err, want)
	}
}

func (w *world) want(rule string, err error, want wsa.Errno) {
	w.Helper()
	if wsa.ErrnoOf(err) != want {
		w.Errorf("%s: %v, want %v", rule, err, want)
	}
}

func sendTo(s *socket, data []byte, to *wsa.Sockaddr) (int, error) {
	m := spi.Message{Name: to}
	m.SetBuffer(data)
	return s.Send(&m)
}

func (w *world) set(s *socket, level, name int32, v uint32) {
	w.Helper()
	if err := s.SetSockOpt(level, name, binary.LittleEndian.AppendUint32(nil, v)); err != nil {
		w.Fatalf("setsockopt %d: %v", name, err)
	}
}

func (w *world) ioctl(s *socket, code uint32) uint32 {
	w.Helper()
	var out [4]byte
	if _, err := s.Ioctl(code, nil, out[:]); err != nil {
		w.Fatalf("ioctl %#x: %v", code, err)
	}
	return binary.LittleEndian.Uint32(out[:])
}
