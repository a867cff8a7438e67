// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
)

// A ListenConfig holds how to listen. Its zero value listens through the
// catalog's own choice of provider.
type ListenConfig struct {
	// Route is the chain to use.
	Route

	// Backlog is the length of the queue of connections not yet accepted;
	// 0 leaves it to the provider.
	Backlog int32
}

// Listen listens on a stream network: "tcp", "tcp4", "tcp6" or "unix".
func Listen(network, address string) (net.Listener, error) {
	return (&ListenConfig{}).Listen(context.Background(), network, address)
}

// ListenPacket opens a datagram socket on "udp", "udp4" or "udp6".
func ListenPacket(network, address string) (net.PacketConn, error) {
	return (&ListenConfig{}).ListenPacket(context.Background(), network, address)
}

// Listen is [Listen] with the configuration. ctx ends the look-up of the
// address.
func (lc *ListenConfig) Listen(ctx context.Context, network, address string) (net.Listener, error) {
	t, err := parseNetwork(network)
	if err == nil && !t.stream() {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	s, local, _, err := lc.bind(ctx, t, address)
	if err != nil {
		return nil, err
	}
	backlog := lc.Backlog
	if backlog == 0 {
		backlog = wsa.SOMAXCONN
	}
	if err := winsock.Listen(s, backlog); err != nil {
		winsock.CloseSocket(s)
		return nil, opError("listen", network, nil, local, "listen", err)
	}
	var name wsa.Sockaddr
	if winsock.GetSockName(s, &name) == nil { // a layer may listen elsewhere
		local = t.netAddr(&name)
	}
	return &Listener{transport: t, sock: s, local: local}, nil
}

// ListenPacket is [ListenPacket] with the configuration.
func (lc *ListenConfig) ListenPacket(ctx context.Context, network, address string) (net.PacketConn, error) {
	t, err := parseNetwork(network)
	if err == nil && t.stream() {
		err = net.UnknownNetworkError(network)
	}
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	s, local, family, err := lc.bind(ctx, t, address)
	if err != nil {
		return nil, err
	}
	return &PacketConn{Conn: Conn{transport: t, sock: s, local: local}, family: family}, nil
}

// bind opens a socket on the first address that works.
func (lc *ListenConfig) bind(ctx context.Context, t transport, address string) (winsock.SOCKET, net.Addr, int32, error) {
	if err := start(); err != nil {
		return 0, nil, 0, &net.OpError{Op: "listen", Net: t.network, Err: err}
	}
	candidates, err := resolve(ctx, t, address, true)
	if err != nil {
		return 0, nil, 0, &net.OpError{Op: "listen", Net: t.network, Err: err}
	}
	for _, c := range candidates {
		var s winsock.SOCKET
		if s, err = lc.bindTo(t, &c); err == nil {
			var sa wsa.Sockaddr
			winsock.GetSockName(s, &sa)
			return s, t.netAddr(&sa), c.name.Family(), nil
		}
	}
	return 0, nil, 0, err
}

func (lc *ListenConfig) bindTo(t transport, c *candidate) (winsock.SOCKET, error) {
	addr := t.netAddr(&c.name)
	s, err := lc.open(c.name.Family(), t)
	if err != nil {
		return 0, opError("listen", t.network, nil, addr, "WSASocket", err)
	}
	if c.dual {
		if err := winsock.SetSockOptInt(s, wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, 0); err != nil {
			winsock.CloseSocket(s)
			return 0, opError("listen", t.network, nil, addr, "setsockopt", err)
		}
	}
	if err := winsock.Bind(s, &c.name); err != nil {
		winsock.CloseSocket(s)
		return 0, opError("listen", t.network, nil, addr, "bind", err)
	}
	return s, nil
}

// A Listener is a listening socket as a net.Listener.
type Listener struct {
	transport transport
	sock      winsock.SOCKET
	local     net.Addr
}

var _ net.Listener = (*Listener)(nil)

// Accept waits for the next connection.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		s, err := winsock.Accept(l.sock, nil)
		if errors.Is(err, wsa.WSAECONNRESET) || errors.Is(err, wsa.WSAECONNABORTED) {
			continue // this peer has gone already; the next one counts
		}
		if err != nil {
			return nil, opError("accept", l.transport.network, nil, l.local, "accept", err)
		}
		if l.transport.protocol == wsa.IPPROTO_TCP {
			_ = winsock.SetSockOptInt(s, wsa.IPPROTO_TCP, wsa.TCP_NODELAY, 1) // as package net; a chain without the option does without
		}
		return newConn(l.transport, s), nil
	}
}

// Close stops listening. Calls of Accept end with net.ErrClosed.
func (l *Listener) Close() error {
	if err := winsock.CloseSocket(l.sock); err != nil {
		return opError("close", l.transport.network, nil, l.local, "closesocket", err)
	}
	return nil
}

// Addr returns the local address.
func (l *Listener) Addr() net.Addr { return l.local }

// Socket returns the socket, which stays the Listener's.
func (l *Listener) Socket() winsock.SOCKET { return l.sock }

// SetDeadline sets the deadline of Accept.
func (l *Listener) SetDeadline(t time.Time) error {
	if err := winsock.SetDeadline(l.sock, spi.Receiving, t); err != nil {
		return opError("set", l.transport.network, nil, l.local, "SetDeadline", err)
	}
	return nil
}

// A candidate is one address to try.
type candidate struct {
	name wsa.Sockaddr
	dual bool // an IPv6 wildcard that is to serve IPv4 as well
}

// wildcards are the addresses that an empty host stands for when listening.
func wildcards(t transport, port uint16) []candidate {
	v4 := candidate{name: wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv4Unspecified(), port))}
	v6 := candidate{name: wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Unspecified(), port))}
	switch t.family {
	case wsa.AF_INET:
		return []candidate{v4}
	case wsa.AF_INET6:
		return []candidate{v6}
	}
	v6.dual = true
	return []candidate{v6, v4}
}
