// SPDX-License-Identifier: Apache-2.0

package readback

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"
)

// A Packet is one that was read back.
type Packet struct {
	gopacket.Packet
	Info    gopacket.CaptureInfo
	Options pcapgo.NgPacketOptions
}

// ReadAll reads a capture, fails on anything that is malformed, and checks
// every length and checksum.
func ReadAll(t testing.TB, file []byte) []Packet {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatalf("the file does not begin as pcapng: %v", err)
	}
	var packets []Packet
	var last time.Time
	for {
		data, info, options, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatalf("packet %d cannot be read: %v", len(packets)+1, err)
		}
		if info.Timestamp.Before(last) {
			t.Errorf("packet %d: time goes back from %v to %v", len(packets)+1, last, info.Timestamp)
		}
		last = info.Timestamp
		p := gopacket.NewPacket(bytes.Clone(data), layers.LinkTypeRaw, gopacket.Default)
		if e := p.ErrorLayer(); e != nil {
			t.Fatalf("packet %d is malformed: %v", len(packets)+1, e.Error())
		}
		switch l := p.TransportLayer().(type) {
		case *layers.TCP:
			_ = l.SetNetworkLayerForChecksum(p.NetworkLayer())
		case *layers.UDP:
			_ = l.SetNetworkLayerForChecksum(p.NetworkLayer())
		}
		if err, bad := p.VerifyChecksums(); err != nil || len(bad) > 0 {
			t.Fatalf("packet %d: checksums are wrong: %v %v", len(packets)+1, err, bad)
		}
		packets = append(packets, Packet{p, info, options})
	}
}

// A Connection is one that was put together again: the bytes of each direction, by the source port.
type Connection struct {
	Bytes map[uint16][]byte // in order
	Lost  int               // gaps
}

type factory struct{ all map[string]*Connection }

func (f *factory) New(network, transport gopacket.Flow, tcp *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	r := &Connection{Bytes: map[uint16][]byte{}}
	f.all[network.String()+" "+transport.String()] = r
	return &assembling{r, uint16(tcp.SrcPort), uint16(tcp.DstPort)}
}

type assembling struct {
	*Connection
	client, server uint16
}

func (s *assembling) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (s *assembling) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	dir, _, _, skip := sg.Info()
	if skip != 0 {
		s.Lost++
	}
	port := s.client
	if dir == reassembly.TCPDirServerToClient {
		port = s.server
	}
	n, _ := sg.Lengths()
	s.Bytes[port] = append(s.Bytes[port], sg.Fetch(n)...)
}

func (s *assembling) ReassemblyComplete(reassembly.AssemblerContext) bool {
	return false // the last acknowledgement is still to come
}

// Reassemble puts the TCP connections of the packets together by an
// assembler that is not ours.
func Reassemble(packets []Packet) []*Connection {
	f := &factory{map[string]*Connection{}}
	a := reassembly.NewAssembler(reassembly.NewStreamPool(f))
	for _, p := range packets {
		if tcp, ok := p.TransportLayer().(*layers.TCP); ok {
			a.AssembleWithContext(p.NetworkLayer().NetworkFlow(), tcp, context{p.Info})
		}
	}
	a.FlushAll()
	var list []*Connection
	for _, r := range f.all {
		list = append(list, r)
	}
	return list
}

type context struct{ info gopacket.CaptureInfo }

func (c context) GetCaptureInfo() gopacket.CaptureInfo { return c.info }

// CheckTCP checks by its own arithmetic, not by the writer's, that each
// direction's sequence numbers leave no gap, that nothing is acknowledged
// before it was sent, and that SYN, FIN and RST come once each.
func CheckTCP(t testing.TB, packets []Packet) {
	t.Helper()
	type side struct {
		next     uint32
		syn, fin int
	}
	sides := map[netip.AddrPort]*side{}
	resets := 0
	for i, p := range packets {
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok {
			continue
		}
		src, dst := Ends(p)
		from, to := sides[src], sides[dst]
		switch {
		case from == nil && tcp.SYN:
			from = &side{next: tcp.Seq}
			sides[src] = from
		case from == nil && tcp.RST: // a refusal is all that its sender says
			from = &side{next: tcp.Seq}
		case from == nil:
			t.Fatalf("packet %d: %v speaks before its SYN", i+1, src)
		}
		if resets > 0 {
			t.Errorf("packet %d follows a reset", i+1)
		}
		if tcp.Seq != from.next {
			t.Errorf("packet %d: sequence number %d, want %d", i+1, tcp.Seq, from.next)
		}
		if tcp.ACK && (to == nil || tcp.Ack != to.next) {
			t.Errorf("packet %d: acknowledges %d, which is not where %v is", i+1, tcp.Ack, dst)
		}
		if !tcp.ACK && !tcp.RST && !(tcp.SYN && to == nil) {
			t.Errorf("packet %d: a segment without ACK that begins nothing", i+1)
		}
		if len(tcp.Payload) > 0 && from.fin > 0 {
			t.Errorf("packet %d: data after FIN", i+1)
		}
		from.next += uint32(len(tcp.Payload))
		if tcp.SYN {
			from.next++
			from.syn++
		}
		if tcp.FIN {
			from.next++
			from.fin++
		}
		if tcp.RST {
			resets++
		}
	}
	for addr, s := range sides {
		if s.syn != 1 || s.fin > 1 {
			t.Errorf("%v: %d SYN and %d FIN, want 1 and at most 1", addr, s.syn, s.fin)
		}
	}
	if resets > 1 {
		t.Errorf("%d resets, want at most 1", resets)
	}
}

// Ends returns the addresses of a packet.
func Ends(p Packet) (src, dst netip.AddrPort) {
	s, _ := netip.AddrFromSlice(p.NetworkLayer().NetworkFlow().Src().Raw())
	d, _ := netip.AddrFromSlice(p.NetworkLayer().NetworkFlow().Dst().Raw())
	switch l := p.TransportLayer().(type) {
	case *layers.TCP:
		return netip.AddrPortFrom(s, uint16(l.SrcPort)), netip.AddrPortFrom(d, uint16(l.DstPort))
	case *layers.UDP:
		return netip.AddrPortFrom(s, uint16(l.SrcPort)), netip.AddrPortFrom(d, uint16(l.DstPort))
	}
	return netip.AddrPort{}, netip.AddrPort{}
}
