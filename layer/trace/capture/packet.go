// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// A Payload is where a packet's bytes come from. Gather copies them to p,
// from offset skip on; spi.Message has it.
type Payload interface {
	Gather(p []byte, skip int) int
}

// Bytes is a payload that lies in one piece.
type Bytes []byte

// Gather copies the bytes from offset skip on to p.
func (b Bytes) Gather(p []byte, skip int) int { return copy(p, b[min(skip, len(b)):]) }

// The largest payloads of an IP packet without extensions.
const (
	maxUDP4 = 65535 - 20 - 8
	maxUDP6 = 65535 - 8

	// maxSegment is the size of a TCP segment that makes an IPv6 packet of
	// 65535 bytes. One call's bytes are one segment, mostly.
	maxSegment = 65535 - 40 - 20
)

var serialize = gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}

// A packer makes IP packets, one at a time, in memory it uses again.
type packer struct {
	buf      gopacket.SerializeBuffer
	ip4      layers.IPv4
	ip6      layers.IPv6
	tcp      layers.TCP
	udp      layers.UDP
	src, dst [16]byte
}

func newPacker() packer {
	return packer{buf: gopacket.NewSerializeBufferExpectedSize(128, maxSegment)}
}

// payload starts a packet with n bytes of p.
func (p *packer) payload(from Payload, skip, n int) error {
	if err := p.buf.Clear(); err != nil || n == 0 {
		return err
	}
	room, err := p.buf.PrependBytes(n)
	if err != nil {
		return err
	}
	got := from.Gather(room, skip)
	clear(room[got:])
	return nil
}

// udpPacket finishes the packet as a datagram. The result is valid until the
// packer's next use.
func (p *packer) udpPacket(src, dst netip.AddrPort) ([]byte, error) {
	p.udp = layers.UDP{SrcPort: layers.UDPPort(src.Port()), DstPort: layers.UDPPort(dst.Port())}
	ip := p.network(src.Addr(), dst.Addr(), layers.IPProtocolUDP)
	if err := p.udp.SetNetworkLayerForChecksum(ip); err != nil {
		return nil, err
	}
	return p.finish(&p.udp, ip)
}

// tcpPacket finishes the packet as a segment with the header in p.tcp, less
// the ports.
func (p *packer) tcpPacket(src, dst netip.AddrPort) ([]byte, error) {
	p.tcp.SrcPort, p.tcp.DstPort = layers.TCPPort(src.Port()), layers.TCPPort(dst.Port())
	ip := p.network(src.Addr(), dst.Addr(), layers.IPProtocolTCP)
	if err := p.tcp.SetNetworkLayerForChecksum(ip); err != nil {
		return nil, err
	}
	return p.finish(&p.tcp, ip)
}

// A networkLayer is *layers.IPv4 or *layers.IPv6.
type networkLayer interface {
	gopacket.NetworkLayer
	gopacket.SerializableLayer
}

func (p *packer) network(src, dst netip.Addr, protocol layers.IPProtocol) networkLayer {
	p.src, p.dst = src.As16(), dst.As16()
	if src.Is4() {
		p.ip4 = layers.IPv4{
			Version:  4,
			Id:       p.ip4.Id + 1,
			Flags:    layers.IPv4DontFragment,
			TTL:      64,
			Protocol: protocol,
			SrcIP:    p.src[12:],
			DstIP:    p.dst[12:],
		}
		return &p.ip4
	}
	p.ip6 = layers.IPv6{Version: 6, HopLimit: 64, NextHeader: protocol, SrcIP: p.src[:], DstIP: p.dst[:]}
	return &p.ip6
}

func (p *packer) finish(transport, ip gopacket.SerializableLayer) ([]byte, error) {
	if err := transport.SerializeTo(p.buf, serialize); err != nil {
		return nil, err
	}
	if err := ip.SerializeTo(p.buf, serialize); err != nil {
		return nil, err
	}
	return p.buf.Bytes(), nil
}

// samePlane brings two addresses into one family, as an IP header needs.
// Mapped addresses are IPv4 on the wire; an address that is not known yet is
// the unspecified one; IPv4 beside true IPv6 (the peer of a proxy's client)
// is written in its mapped form.
func samePlane(a, b netip.AddrPort) (netip.AddrPort, netip.AddrPort) {
	x, y := a.Addr().Unmap().WithZone(""), b.Addr().Unmap().WithZone("")
	switch {
	case !x.IsValid() && !y.IsValid():
		x, y = netip.IPv4Unspecified(), netip.IPv4Unspecified()
	case !x.IsValid() || x.IsUnspecified():
		x = unspecifiedLike(y)
	case !y.IsValid() || y.IsUnspecified():
		y = unspecifiedLike(x)
	}
	if x.Is4() != y.Is4() {
		x, y = netip.AddrFrom16(x.As16()), netip.AddrFrom16(y.As16())
	}
	return netip.AddrPortFrom(x, a.Port()), netip.AddrPortFrom(y, b.Port())
}

func unspecifiedLike(a netip.Addr) netip.Addr {
	if !a.IsValid() || a.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
