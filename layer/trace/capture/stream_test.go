// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopacket/gopacket/layers"

	"winsock/layer/trace/internal/readback"
)

var (
	local4  = netip.MustParseAddrPort("192.0.2.1:49152")
	remote4 = netip.MustParseAddrPort("198.51.100.7:50007")
	local6  = netip.MustParseAddrPort("[2001:db8::1%3]:49152")
	remote6 = netip.MustParseAddrPort("[2001:db8::2]:50007")
)

// A clock moves by one microsecond per look.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2024, 2, 29, 23, 59, 59, 999_999_000, time.UTC)} }

func (c *clock) now() time.Time { c.at = c.at.Add(time.Microsecond); return c.at }

func noise(n int) Bytes {
	b := make(Bytes, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(b)
	return b
}

func newTestWriter(t testing.TB, out *bytes.Buffer) *Writer {
	w := NewWriter(out, "test", "a comment", func(err error) { t.Errorf("the writer failed: %v", err) })
	w.Interface("trace@1/test", "a test", "")
	return w
}

func TestConversationsReassemble(t *testing.T) {
	tests := []struct {
		name                string
		local, remote       netip.AddrPort
		localISN, remoteISN uint32
		sent, received      []int
	}{
		{"IPv4", local4, remote4, 1, 1000, []int{1, 100, 5}, []int{7, 4096}},
		{"IPv6", local6, remote6, 1, 1000, []int{1, 100, 5}, []int{7, 4096}},
		{"mapped addresses are IPv4", netip.MustParseAddrPort("[::ffff:192.0.2.1]:5"), netip.MustParseAddrPort("[::ffff:192.0.2.2]:6"), 1, 2, []int{9}, []int{9}},
		{"IPv4 here and IPv6 there", local4, remote6, 1, 2, []int{9}, []int{9}},
		{"several segments", local4, remote4, 1, 1, []int{200_000}, []int{maxSegment, maxSegment + 1}},
		{"several segments of IPv6", local6, remote6, 1, 1, []int{200_000}, []int{maxSegment, maxSegment + 1}},
		{"more than is acknowledged at once", local4, remote4, 1, 1, []int{3 << 20}, nil},
		{"wrap at 2^32 in the handshake", local4, remote4, 0xffffffff, 0xffffffff, []int{10}, []int{20}},
		{"wrap at 2^32 inside data", local6, remote6, 0xffffffff - 50, 0xffffffff - 70_000, []int{40, 40}, []int{60_000, 200_000}},
		{"nothing sent", local4, remote4, 1, 1, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			c := newClock()
			w := newTestWriter(t, &file)
			s := w.newStream(0, test.local, test.remote, "socket #1", test.localISN, test.remoteISN)
			s.Connecting(c.now())
			s.Connected(c.now())
			var sent, received []byte
			for i := range max(len(test.sent), len(test.received)) {
				if i < len(test.sent) {
					p := noise(test.sent[i])
					s.Sent(c.now(), p, len(p), false)
					sent = append(sent, p...)
				}
				if i < len(test.received) {
					p := noise(test.received[i] + 1)[1:]
					s.Received(c.now(), p, len(p), false)
					received = append(received, p...)
				}
			}
			s.FinishReceiving(c.now())
			s.Close(c.now())
			w.Close()

			packets := readback.ReadAll(t, file.Bytes())
			readback.CheckTCP(t, packets)
			for i, p := range packets {
				if n := len(p.Data()); n > 65535 {
					t.Errorf("packet %d has %d bytes, more than IP allows", i+1, n)
				}
			}
			list := readback.Reassemble(packets)
			if len(list) != 1 {
				t.Fatalf("%d connections, want 1", len(list))
			}
			if got := list[0].Bytes[test.local.Port()]; !bytes.Equal(got, sent) {
				t.Errorf("sent: %d bytes read back, want the %d that went in", len(got), len(sent))
			}
			if got := list[0].Bytes[test.remote.Port()]; !bytes.Equal(got, received) {
				t.Errorf("received: %d bytes read back, want the %d that went in", len(got), len(received))
			}
			if list[0].Lost != 0 {
				t.Errorf("%d gaps", list[0].Lost)
			}
		})
	}
}

// flagsOf writes the segments as "C:S R:SA ...": who sends (local C, remote
// R) and which flags.
func flagsOf(t *testing.T, local netip.AddrPort, file []byte) string {
	t.Helper()
	packets := readback.ReadAll(t, file)
	readback.CheckTCP(t, packets)
	var list []string
	for _, p := range packets {
		tcp := p.TransportLayer().(*layers.TCP)
		who := "R:"
		if src, _ := readback.Ends(p); src.Port() == local.Port() {
			who = "C:"
		}
		for _, f := range []struct {
			set  bool
			name string
		}{{tcp.SYN, "S"}, {tcp.FIN, "F"}, {tcp.RST, "R"}, {tcp.URG, "U"}, {tcp.PSH, "P"}, {tcp.ACK, "A"}} {
			if f.set {
				who += f.name
			}
		}
		list = append(list, who)
	}
	return strings.Join(list, " ")
}

func TestLifeOfAConnection(t *testing.T) {
	x := Bytes("x")
	const (
		active  = "C:S R:SA C:A"
		passive = "R:S C:SA R:A"
	)
	tests := []struct {
		name string
		do   func(s *Stream, c *clock)
		want string
	}{
		{"connected and closed", func(s *Stream, c *clock) { s.Connecting(c.now()); s.Connected(c.now()) }, active + " C:FA R:A"},
		{"accepted and closed", func(s *Stream, c *clock) { s.Accepted(c.now()) }, passive + " C:FA R:A"},
		{"never used", func(*Stream, *clock) {}, ""},
		{"no answer", func(s *Stream, c *clock) { s.Connecting(c.now()) }, "C:S"},
		{"asked twice", func(s *Stream, c *clock) { s.Connecting(c.now()); s.Connecting(c.now()) }, "C:S"},
		{"refused", func(s *Stream, c *clock) { s.Connecting(c.now()); s.Refused(c.now()) }, "C:S R:RA"},
		{"refused at once", func(s *Stream, c *clock) { s.Refused(c.now()) }, "C:S R:RA"},
		{"given up", func(s *Stream, c *clock) { s.Connecting(c.now()); s.Reset(c.now()) }, "C:S C:R"},
		{"data completes the handshake", func(s *Stream, c *clock) { s.Connecting(c.now()); s.Sent(c.now(), x, 1, false) }, active + " C:PA C:FA R:A"},
		{"half-close here", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.FinishSending(c.now())
			s.Received(c.now(), x, 1, false)
			s.FinishReceiving(c.now())
		}, active + " C:FA R:A R:PA R:FA C:A"},
		{"half-close there", func(s *Stream, c *clock) {
			s.Accepted(c.now())
			s.FinishReceiving(c.now())
			s.Sent(c.now(), x, 1, false)
		}, passive + " R:FA C:A C:PA C:FA R:A"},
		{"each end once", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.FinishSending(c.now())
			s.FinishSending(c.now())
			s.FinishReceiving(c.now())
			s.FinishReceiving(c.now())
		}, active + " C:FA R:A R:FA C:A"},
		{"reset here", func(s *Stream, c *clock) { s.Connected(c.now()); s.Reset(c.now()); s.Reset(c.now()) }, active + " C:RA"},
		{"reset there", func(s *Stream, c *clock) { s.Connected(c.now()); s.ResetByRemote(c.now()); s.Reset(c.now()) }, active + " R:RA"},
		{"nothing after a reset", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.ResetByRemote(c.now())
			s.Sent(c.now(), x, 1, false)
			s.FinishSending(c.now())
		}, active + " R:RA"},
		{"no data after FIN", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.FinishSending(c.now())
			s.Sent(c.now(), x, 1, false)
		}, active + " C:FA R:A"},
		{"no reset after both ends", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.FinishSending(c.now())
			s.FinishReceiving(c.now())
			s.Reset(c.now())
		}, active + " C:FA R:A R:FA C:A"},
		{"urgent data", func(s *Stream, c *clock) {
			s.Connected(c.now())
			s.Sent(c.now(), Bytes("abc"), 3, true)
			s.Received(c.now(), x, 1, true)
		}, active + " C:UPA R:UPA C:FA R:A"},
	}
	for _, ends := range [][2]netip.AddrPort{{local4, remote4}, {local6, remote6}} {
		for _, test := range tests {
			t.Run(test.name+" "+ends[0].Addr().String(), func(t *testing.T) {
				var file bytes.Buffer
				c := newClock()
				w := newTestWriter(t, &file)
				s := w.NewStream(0, ends[0], ends[1], "")
				test.do(s, c)
				s.Close(c.now())
				w.Close()
				if got := flagsOf(t, ends[0], file.Bytes()); got != test.want {
					t.Errorf("segments %q, want %q", got, test.want)
				}
			})
		}
	}
}

func TestUrgentPointerNamesTheByteAfter(t *testing.T) {
	var file bytes.Buffer
	c := newClock()
	w := newTestWriter(t, &file)
	s := w.NewStream(0, local4, remote4, "")
	s.Connected(c.now())
	s.Sent(c.now(), noise(maxSegment+5), maxSegment+5, true)
	s.Close(c.now())
	w.Close()
	packets := readback.ReadAll(t, file.Bytes())
	first, second := packets[3].TransportLayer().(*layers.TCP), packets[4].TransportLayer().(*layers.TCP)
	if first.URG || !second.URG || second.Urgent != 5 {
		t.Errorf("URG %v, %v pointer %d; RFC 6093: only the segment with the urgent byte, pointer 5", first.URG, second.URG, second.Urgent)
	}
}

// Both ends of a connection in one file would read as retransmissions.
func TestConnectionOfTwoTracedEndsIsThereOnce(t *testing.T) {
	var file bytes.Buffer
	c := newClock()
	w := newTestWriter(t, &file)
	a := w.NewStream(0, local4, remote4, "a")
	a.Connecting(c.now())
	b := w.NewStream(0, remote4, local4, "b")
	b.Accepted(c.now())
	a.Connected(c.now())
	a.Sent(c.now(), Bytes("hello"), 5, false)
	b.Received(c.now(), Bytes("hello"), 5, false)
	b.Close(c.now())
	a.FinishReceiving(c.now())
	a.Close(c.now())
	// The addresses may serve a new connection now.
	a = w.NewStream(0, local4, remote4, "a")
	a.Connecting(c.now())
	a.Close(c.now())
	w.Close()
	if n := len(readback.ReadAll(t, file.Bytes())); n != 3+1+2+2+1 {
		t.Errorf("%d packets, want 9: each event of both ends once", n)
	}
}

// The ends of a connection may belong to two processes, each with an
// interface of its own at the place.
func TestOtherEndOfAnotherProcess(t *testing.T) {
	var file bytes.Buffer
	c := newClock()
	w := NewWriter(&file, "test", "", nil)
	first, second := w.Interface("a@1/x", "here", "x"), w.Interface("a@2/y", "here", "y")
	elsewhere := w.Interface("a@2/y", "there", "y")
	a := w.NewStream(first, local4, remote4, "a")
	a.Connecting(c.now())
	b := w.NewStream(second, remote4, local4, "b")
	b.Accepted(c.now())
	a.Connected(c.now())
	b.Close(c.now())
	a.Close(c.now())
	w.Close()
	var got []string
	for _, p := range readback.ReadAll(t, file.Bytes()) {
		if p.Info.InterfaceIndex != first {
			t.Errorf("a packet is on interface %d, want that of the end that came first", p.Info.InterfaceIndex)
		}
		got = append(got, strings.Join(p.Options.Comments, ","))
	}
	if want := "a|other end: b|||"; strings.Join(got, "|") != want {
		t.Errorf("comments %q, want %q", strings.Join(got, "|"), want)
	}
	w = NewWriter(&file, "test", "", nil)
	w.Interface("a@1/x", "here", "x")
	w.Interface("a@2/y", "there", "y")
	w.NewStream(first, local4, remote4, "")
	if s := w.NewStream(1, remote4, local4, ""); s.mute || elsewhere == second {
		t.Error("a connection at another place is taken for the other end")
	}
	w.Close()
}

func TestConcurrentDirectionsStayInOrder(t *testing.T) {
	var file bytes.Buffer
	w := newTestWriter(t, &file)
	s := w.NewStream(0, local4, remote4, "")
	s.Connected(time.Now())
	data := noise(100_000)
	var both sync.WaitGroup
	for _, record := range []func(time.Time, Payload, int, bool){s.Sent, s.Received} {
		both.Go(func() {
			for i := 0; i < len(data); i += 100 {
				record(time.Now(), data[i:], 100, false)
			}
		})
	}
	both.Wait()
	s.Close(time.Now())
	w.Close()
	packets := readback.ReadAll(t, file.Bytes())
	readback.CheckTCP(t, packets)
	r := readback.Reassemble(packets)[0]
	for port, got := range r.Bytes {
		if !bytes.Equal(got, data) {
			t.Errorf("port %d: the bytes are not those that went in", port)
		}
	}
}

// Readers take bytes that stay unacknowledged for a stalled connection.
func TestOneWayDataIsAcknowledged(t *testing.T) {
	var file bytes.Buffer
	c := newClock()
	w := newTestWriter(t, &file)
	s := w.NewStream(0, local4, remote4, "")
	s.Connected(c.now())
	s.Sent(c.now(), noise(5<<20), 5<<20, false)
	s.Close(c.now())
	w.Close()
	var acked, farthest uint32
	for i, p := range readback.ReadAll(t, file.Bytes()) {
		tcp := p.TransportLayer().(*layers.TCP)
		if src, _ := readback.Ends(p); src == remote4 {
			acked = tcp.Ack
		} else if i > 0 {
			farthest = max(farthest, tcp.Seq+uint32(len(tcp.Payload))-acked)
		}
	}
	if limit := uint32(acknowledgeAfter + maxSegment); farthest == 0 || farthest > limit {
		t.Errorf("up to %d bytes are in flight, want some and at most %d", farthest, limit)
	}
}
