// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"net"
	"net/netip"
	"sync"

	"winsock"
	"winsock/wsa"
)

// A PacketConn is a datagram socket as a net.PacketConn. Its methods Read
// and Write work when it is connected, which Dialer does.
type PacketConn struct {
	Conn
	family int32
}

var (
	_ net.PacketConn = (*PacketConn)(nil)
	_ net.Conn       = (*PacketConn)(nil)
)

// names are addresses for the calls under way, so that none allocates.
var names = sync.Pool{New: func() any { return new(wsa.Sockaddr) }}

// ReadFrom receives a datagram. Bytes that do not fit in p are lost, as with
// package net.
func (c *PacketConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.ReadFromAddrPort(p)
	if err != nil {
		return n, nil, err
	}
	return n, net.UDPAddrFromAddrPort(namedZone(from)), nil
}

// ReadFromAddrPort is ReadFrom with an address that costs no allocation. Its
// zone is numeric.
func (c *PacketConn) ReadFromAddrPort(p []byte) (int, netip.AddrPort, error) {
	name := names.Get().(*wsa.Sockaddr)
	defer names.Put(name)
	n, err := winsock.RecvFrom(c.sock, p, 0, name)
	if err != nil && err != wsa.WSAEMSGSIZE {
		return n, netip.AddrPort{}, c.opError("read", "recvfrom", err)
	}
	from, _ := name.AddrPort()
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), nil
}

// Read receives a datagram from the connected peer. Bytes that do not fit in
// p are lost.
func (c *PacketConn) Read(p []byte) (int, error) {
	n, err := winsock.Recv(c.sock, p, 0)
	if err != nil && err != wsa.WSAEMSGSIZE {
		return n, c.opError("read", "recv", err)
	}
	return n, nil
}

// WriteTo sends a datagram to a *net.UDPAddr.
func (c *PacketConn) WriteTo(p []byte, addr net.Addr) (int, error) {
	udp, ok := addr.(*net.UDPAddr)
	if !ok {
		return 0, opError("write", c.transport.network, c.local, addr, "sendto", wsa.WSAEAFNOSUPPORT)
	}
	return c.WriteToAddrPort(p, udp.AddrPort())
}

// WriteToAddrPort sends a datagram without allocating.
func (c *PacketConn) WriteToAddrPort(p []byte, to netip.AddrPort) (int, error) {
	name := names.Get().(*wsa.Sockaddr)
	defer names.Put(name)
	*name = sockaddr(to, c.family)
	n, err := winsock.SendTo(c.sock, p, 0, name)
	if err != nil {
		return n, opError("write", c.transport.network, c.local, net.UDPAddrFromAddrPort(to), "sendto", err)
	}
	return n, nil
}

// LocalAddr returns the local address, which may have become known only by
// the first send.
func (c *PacketConn) LocalAddr() net.Addr {
	var sa wsa.Sockaddr
	if winsock.GetSockName(c.sock, &sa) == nil {
		return c.transport.netAddr(&sa)
	}
	return c.local
}
