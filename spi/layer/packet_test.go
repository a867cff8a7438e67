// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"testing"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest"
	"winsock/wsa"
)

func packing(config func(o *spi.Opening) layer.PacketConfig) spitest.Startup {
	return func(p *spi.StartupParams) (spi.Provider, error) { return layer.NewPacketProvider(p, config), nil }
}

// sealed adds a byte to each datagram and turns its bits around; a datagram
// without the byte is dropped.
func sealed(*spi.Opening) layer.PacketConfig {
	return layer.PacketConfig{
		Overhead: 1,
		Encode: func(dst, p []byte, _ *wsa.Sockaddr) ([]byte, error) {
			for _, c := range p {
				dst = append(dst, ^c)
			}
			return append(dst, 's'), nil
		},
		Decode: func(dst, p []byte, _ *wsa.Sockaddr) ([]byte, error) {
			if len(p) == 0 || p[len(p)-1] != 's' {
				return dst, layer.ErrDrop
			}
			for _, c := range p[:len(p)-1] {
				dst = append(dst, ^c)
			}
			return dst, nil
		},
	}
}

func datagramsOnly(n spitest.Network) spitest.Network {
	return n.Only(func(info *wsa.ProtocolInfo) bool { return info.SocketType == wsa.SOCK_DGRAM })
}

func TestPacket(t *testing.T) { conform(t, packing(sealed), datagramsOnly) }

// udp4 returns a bound UDP socket of the network and its address.
func udp4(t testing.TB, n spitest.Network) (spi.Socket, wsa.Sockaddr) {
	t.Helper()
	for i := range n.Entries {
		if e := &n.Entries[i]; e.AddressFamily == wsa.AF_INET && e.SocketType == wsa.SOCK_DGRAM {
			s, err := n.Open(e)
			if err != nil {
				t.Fatalf("WSPSocket: %v", err)
			}
			t.Cleanup(func() { s.Close() })
			name := loopback
			if err := s.Bind(&name); err != nil {
				t.Fatalf("bind: %v", err)
			}
			if err := s.GetSockName(&name); err != nil {
				t.Fatalf("getsockname: %v", err)
			}
			return s, name
		}
	}
	t.Fatal("the network has no UDP over IPv4")
	return nil, wsa.Sockaddr{}
}

func sendTo(t testing.TB, s spi.Socket, text string, to wsa.Sockaddr) {
	t.Helper()
	m := spi.Message{Name: &to}
	m.SetBuffer([]byte(text))
	if n, err := s.Send(&m); n != len(text) || err != nil {
		t.Fatalf("sendto: %d, %v", n, err)
	}
}

// TestPacketDrops checks that dropped datagrams are as if they had never
// come: neither received nor announced.
func TestPacketDrops(t *testing.T) {
	base := kernelNetwork(t)
	s, name := udp4(t, base.With(t, packing(sealed), nil))
	stranger, _ := udp4(t, base)
	sendTo(t, stranger, "unsealed", name)
	sendTo(t, stranger, string([]byte{^byte('o'), ^byte('k'), 's'}), name)
	await(t, s, spi.EventRead)
	if got, err := recv(t, s); got != "ok" || err != nil {
		t.Errorf("recv: %q, %v", got, err)
	}
	sendTo(t, stranger, "unsealed again", name)
	if got := s.Ready(spi.EventRead); got != 0 {
		t.Errorf("Ready with only a datagram to drop: %v", got)
	}
	var m spi.Message
	m.SetBuffer(make([]byte, 10))
	if _, err := s.Recv(&m); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("recv with only a datagram to drop: %v", err)
	}
}

// TestPacketPeer checks that a layer can send datagrams through a relay, and
// that the application sees the peer it means.
func TestPacketPeer(t *testing.T) {
	base := kernelNetwork(t)
	relay, relayName := udp4(t, base)
	wanted := loopback
	wanted.SetPort(9)
	s, name := udp4(t, base.With(t, packing(func(*spi.Opening) layer.PacketConfig {
		return layer.PacketConfig{
			Route: func(*wsa.Sockaddr) (wsa.Sockaddr, error) { return relayName, nil },
			Encode: func(dst, p []byte, peer *wsa.Sockaddr) ([]byte, error) {
				dst = append(append(dst, byte(peer.Port())), p...)
				*peer = relayName
				return dst, nil
			},
			Decode: func(dst, p []byte, peer *wsa.Sockaddr) ([]byte, error) {
				*peer = loopback
				peer.SetPort(uint16(p[0]))
				return append(dst, p[1:]...), nil
			},
		}
	}), nil))
	sendTo(t, s, "unconnected", wanted)
	if got, err := recv(t, relay); got != "\x09unconnected" || err != nil {
		t.Errorf("the relay receives %q, %v", got, err)
	}
	if err := s.Connect(&wanted); err != nil {
		t.Fatalf("connect: %v", err)
	}
	send(t, s, "connected")
	if got, err := recv(t, relay); got != "\x09connected" || err != nil {
		t.Errorf("the relay receives %q, %v", got, err)
	}
	sendTo(t, relay, "\x08of another", name)
	sendTo(t, relay, "\x09answer", name)
	var from wsa.Sockaddr
	m := spi.Message{Name: &from}
	m.SetBuffer(make([]byte, 100))
	await(t, s, spi.EventRead)
	if n, err := s.Recv(&m); err != nil || string(m.Bufs[0][:n]) != "answer" || from != wanted {
		t.Errorf("recvfrom: %q, %v from %v; want the answer from %v", m.Bufs[0][:max(n, 0)], err, &from, &wanted)
	}
	var peer wsa.Sockaddr
	if err := s.GetPeerName(&peer); err != nil || peer != wanted {
		t.Errorf("getpeername: %v, %v; want %v", &peer, err, &wanted)
	}
}

// TestPacketPanic checks that a panic of the layer's code fails its socket
// and nothing else.
func TestPacketPanic(t *testing.T) {
	base := kernelNetwork(t)
	n := base.With(t, packing(func(*spi.Opening) layer.PacketConfig {
		return layer.PacketConfig{
			Encode: func(dst, p []byte, _ *wsa.Sockaddr) ([]byte, error) { panic("on purpose") },
			Decode: func(dst, p []byte, _ *wsa.Sockaddr) ([]byte, error) { panic("on purpose") },
		}
	}), nil)
	sender, name := udp4(t, n)
	m := spi.Message{Name: &name}
	m.SetBuffer([]byte("x"))
	for range 2 {
		if _, err := sender.Send(&m); err != wsa.WSAECONNABORTED {
			t.Errorf("sendto: %v, want WSAECONNABORTED", err)
		}
	}
	receiver, name := udp4(t, n)
	healthy, _ := udp4(t, base)
	sendTo(t, healthy, "x", name)
	await(t, receiver, spi.EventReset)
	for range 2 {
		if _, err := recv(t, receiver); err != wsa.WSAECONNABORTED {
			t.Errorf("recvfrom: %v, want WSAECONNABORTED", err)
		}
	}
}

func TestPacketAllocs(t *testing.T) {
	n := kernelNetwork(t).With(t, packing(sealed), nil)
	a, _ := udp4(t, n)
	b, name := udp4(t, n)
	out, in := new(spi.Message), new(spi.Message)
	out.SetBuffer(make([]byte, 100))
	in.SetBuffer(make([]byte, 100))
	in.Name = new(wsa.Sockaddr)
	if err := a.Connect(&name); err != nil {
		t.Fatalf("connect: %v", err)
	}
	if allocs := testing.AllocsPerRun(100, func() {
		if _, err := a.Send(out); err != nil {
			t.Fatalf("send: %v", err)
		}
		if _, err := b.Recv(in); err != nil {
			t.Fatalf("recvfrom: %v", err)
		}
	}); allocs != 0 {
		t.Errorf("a datagram allocates %v times", allocs)
	}
}
