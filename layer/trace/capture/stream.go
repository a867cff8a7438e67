// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

const (
	// The window that both ends announce, 65535 << windowShift, is wider
	// than what may be in flight, so that no reader sees it full.
	window      = 65535
	windowShift = 14

	// acknowledgeAfter is how many bytes one end sends before the other
	// acknowledges them by a packet of its own. Most are acknowledged by
	// the data going back.
	acknowledgeAfter = 1 << 20
)

// A Stream is one TCP connection, seen from one of its ends, which is called
// local. Its methods may be called by several goroutines; each is one event
// in the order of the calls. What cannot follow (data after a reset, a
// second FIN) writes nothing.
type Stream struct {
	w     *Writer
	iface int
	pair  pair

	// protected by w.mu
	comments      []string // of the next packet
	local, remote half
	state         streamState
	mute          bool // the connection's other end is captured already
}

// A half is one end of a connection and what it sends.
type half struct {
	addr   netip.AddrPort
	next   uint32 // sequence number of the next byte
	acked  uint32 // how far the other end has acknowledged
	fin    bool
	option *pcapgo.NgEpbFlags // direction of its packets
}

type streamState uint8

const (
	idle streamState = iota
	connecting
	established
	reset
)

// A pair is a connection's two ends at one place, the lower first.
type pair struct {
	place string
	a, b  netip.AddrPort
}

// NewStream returns the connection between local and remote on an interface
// of [Writer.Interface]. The comment, "" for none, is put on its first
// packet.
//
// While a stream lives, a second one at the place of the interface between
// the same addresses is the other end of the same connection (both programs
// are traced) and writes nothing, so that the file has each byte once. Its
// comment is put on the next packet of the first one.
func (w *Writer) NewStream(iface int, local, remote netip.AddrPort, comment string) *Stream {
	return w.newStream(iface, local, remote, comment, rand.Uint32(), rand.Uint32())
}

func (w *Writer) newStream(iface int, local, remote netip.AddrPort, comment string, localISN, remoteISN uint32) *Stream {
	local, remote = samePlane(local, remote)
	s := &Stream{
		w:      w,
		iface:  iface,
		pair:   pair{"", local, remote},
		local:  half{addr: local, next: localISN, acked: localISN, option: &outbound},
		remote: half{addr: remote, next: remoteISN, acked: remoteISN, option: &inbound},
	}
	if remote.Compare(local) < 0 {
		s.pair.a, s.pair.b = remote, local
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if iface < len(w.places) {
		s.pair.place = w.places[iface]
	}
	first := w.pairs[s.pair]
	switch {
	case first == nil:
		w.pairs[s.pair] = s
		if comment != "" {
			s.comments = []string{comment}
		}
	default:
		s.mute = true
		if comment != "" {
			first.comments = append(first.comments, "other end: "+comment)
		}
	}
	return s
}

// Connecting records that the local end asked for the connection.
func (s *Stream) Connecting(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.state == idle {
		s.synLocked(t, &s.local, &s.remote, false)
		s.state = connecting
	}
}

// Connected records that the connection the local end asked for stands. The
// first data does so as well.
func (s *Stream) Connected(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.establishLocked(t)
}

// Accepted records that the local end accepted the connection.
func (s *Stream) Accepted(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.state == idle {
		s.synLocked(t, &s.remote, &s.local, false)
		s.synLocked(t, &s.local, &s.remote, true)
		s.ackLocked(t, &s.remote, &s.local)
		s.state = established
	}
}

// Refused records that the remote end refused the connection.
func (s *Stream) Refused(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.state == idle {
		s.synLocked(t, &s.local, &s.remote, false)
		s.state = connecting
	}
	if s.state == connecting {
		s.resetLocked(t, &s.remote, &s.local)
	}
}

// Sent records n bytes that the local end sent. With urgent set, the last of
// them is urgent data.
func (s *Stream) Sent(t time.Time, payload Payload, n int, urgent bool) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.dataLocked(t, &s.local, &s.remote, payload, n, urgent)
}

// Received is [Stream.Sent] for bytes that the local end received.
func (s *Stream) Received(t time.Time, payload Payload, n int, urgent bool) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.dataLocked(t, &s.remote, &s.local, payload, n, urgent)
}

// FinishSending records that the local end will send no more.
func (s *Stream) FinishSending(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.finLocked(t, &s.local, &s.remote)
}

// FinishReceiving records that the local end has received all there is.
func (s *Stream) FinishReceiving(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.finLocked(t, &s.remote, &s.local)
}

// Reset records that the local end aborted the connection.
func (s *Stream) Reset(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.resetLocked(t, &s.local, &s.remote)
}

// ResetByRemote records that the remote end aborted the connection.
func (s *Stream) ResetByRemote(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.resetLocked(t, &s.remote, &s.local)
}

// Close ends the local end's sending direction if the connection stands, and
// flushes. The stream must not be used any more.
func (s *Stream) Close(t time.Time) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.state == established {
		s.finLocked(t, &s.local, &s.remote)
	}
	s.state = reset
	if s.w.pairs[s.pair] == s {
		delete(s.w.pairs, s.pair)
	}
	s.w.flushLocked()
}

func (s *Stream) establishLocked(t time.Time) {
	if s.state == idle {
		s.synLocked(t, &s.local, &s.remote, false)
		s.state = connecting
	}
	if s.state == connecting {
		s.synLocked(t, &s.remote, &s.local, true)
		s.ackLocked(t, &s.local, &s.remote)
		s.state = established
	}
}

// synOptions are maximum segment size and window scale.
var synOptions = []layers.TCPOption{
	{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{maxSegment >> 8, maxSegment & 0xff}},
	{OptionType: layers.TCPOptionKindNop},
	{OptionType: layers.TCPOptionKindWindowScale, OptionLength: 3, OptionData: []byte{windowShift}},
}

func (s *Stream) synLocked(t time.Time, from, to *half, answer bool) {
	s.emitLocked(t, from, to, layers.TCP{SYN: true, ACK: answer, Options: synOptions}, nil, 0, 0)
}

func (s *Stream) ackLocked(t time.Time, from, to *half) {
	s.emitLocked(t, from, to, layers.TCP{ACK: true}, nil, 0, 0)
}

func (s *Stream) dataLocked(t time.Time, from, to *half, payload Payload, n int, urgent bool) {
	s.establishLocked(t)
	if s.state != established || from.fin {
		return
	}
	for skip := 0; skip < n; {
		size := min(n-skip, maxSegment)
		h := layers.TCP{ACK: true, PSH: skip+size == n}
		if urgent && h.PSH {
			// RFC 6093: the pointer names the byte after the urgent one.
			h.URG, h.Urgent = true, uint16(size)
		}
		s.emitLocked(t, from, to, h, payload, skip, size)
		skip += size
		if from.next-from.acked >= acknowledgeAfter {
			s.ackLocked(t, to, from)
		}
	}
}

func (s *Stream) finLocked(t time.Time, from, to *half) {
	s.establishLocked(t)
	if s.state != established || from.fin {
		return
	}
	s.emitLocked(t, from, to, layers.TCP{FIN: true, ACK: true}, nil, 0, 0)
	from.fin = true
	s.ackLocked(t, to, from)
}

func (s *Stream) resetLocked(t time.Time, from, to *half) {
	if s.local.fin && s.remote.fin {
		return // there is nothing left to reset
	}
	if s.state == connecting || s.state == established {
		s.emitLocked(t, from, to, layers.TCP{RST: true, ACK: s.state == established || from == &s.remote}, nil, 0, 0)
		s.state = reset
	}
}

// emitLocked writes one segment and counts it.
func (s *Stream) emitLocked(t time.Time, from, to *half, header layers.TCP, payload Payload, skip, n int) {
	if s.mute {
		return
	}
	w := s.w
	header.Seq, header.Window = from.next, window
	if header.ACK {
		header.Ack = to.next
		to.acked = to.next
	}
	err := w.packer.payload(payload, skip, n)
	if err == nil {
		w.packer.tcp = header
		var data []byte
		if data, err = w.packer.tcpPacket(from.addr, to.addr); err == nil {
			options := pcapgo.NgPacketOptions{Flags: from.option, Comments: s.comments}
			s.comments = nil
			w.packetLocked(t, s.iface, data, options)
		}
	}
	w.failLocked(err)
	from.next += uint32(n)
	if header.SYN || header.FIN {
		from.next++
	}
}
