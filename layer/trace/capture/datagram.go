// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net/netip"
	"time"

	"github.com/gopacket/gopacket/pcapgo"
)

// A Datagram is one datagram as a socket saw it.
type Datagram struct {
	Time      time.Time
	Interface int // from [Writer.Interface]
	Local     netip.AddrPort
	Remote    netip.AddrPort
	Sent      bool   // by the socket; otherwise it received it
	Comment   string // "" for none
}

// Datagram adds a UDP packet with the first n bytes of payload. What is more
// than a UDP packet can hold is left out, and the packet's comment says so.
func (w *Writer) Datagram(d *Datagram, payload Payload, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	local, remote := samePlane(d.Local, d.Remote)
	var options pcapgo.NgPacketOptions
	if d.Comment != "" {
		options.Comments = append(options.Comments, d.Comment)
	}
	room := maxUDP6
	if local.Addr().Is4() {
		room = maxUDP4
	}
	if n > room {
		options.Comments = append(options.Comments, "cut: the datagram is longer than UDP allows")
		n = room
	}
	options.Flags = &inbound
	src, dst := remote, local
	if d.Sent {
		options.Flags = &outbound
		src, dst = local, remote
	}
	err := w.packer.payload(payload, 0, n)
	if err == nil {
		var data []byte
		if data, err = w.packer.udpPacket(src, dst); err == nil {
			w.packetLocked(d.Time, d.Interface, data, options)
		}
	}
	w.failLocked(err)
}

// The direction of a packet, for its flags option.
var (
	inbound  = pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionInbound}
	outbound = pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
)
