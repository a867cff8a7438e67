// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"winsock/layer/trace/internal/readback"
)

func TestDatagrams(t *testing.T) {
	unspecified6 := netip.MustParseAddrPort("[::]:9")
	tests := []struct {
		name          string
		local, remote netip.AddrPort
		sent          bool
		size, want    int
		src, dst      string
		comments      int
	}{
		{"sent over IPv4", local4, remote4, true, 10, 10, "192.0.2.1:49152", "198.51.100.7:50007", 1},
		{"received over IPv4", local4, remote4, false, 10, 10, "198.51.100.7:50007", "192.0.2.1:49152", 1},
		{"sent over IPv6", local6, remote6, true, 10, 10, "[2001:db8::1]:49152", "[2001:db8::2]:50007", 1},
		{"empty", local4, remote4, true, 0, 0, "192.0.2.1:49152", "198.51.100.7:50007", 1},
		{"longest of IPv4", local4, remote4, true, 65507, 65507, "192.0.2.1:49152", "198.51.100.7:50007", 1},
		{"too long for IPv4", local4, remote4, true, 65508, 65507, "192.0.2.1:49152", "198.51.100.7:50007", 2},
		{"longest of IPv6", local6, remote6, true, 65527, 65527, "[2001:db8::1]:49152", "[2001:db8::2]:50007", 1},
		{"too long for IPv6", local6, remote6, true, 65528, 65527, "[2001:db8::1]:49152", "[2001:db8::2]:50007", 2},
		{"from an unbound socket", netip.AddrPort{}, remote6, true, 1, 1, "[::]:0", "[2001:db8::2]:50007", 1},
		{"dual-stack wildcard to a mapped address", unspecified6, netip.MustParseAddrPort("[::ffff:192.0.2.9]:7"), true, 1, 1, "0.0.0.0:9", "192.0.2.9:7", 1},
		{"nobody known", netip.AddrPort{}, netip.AddrPort{}, false, 1, 1, "0.0.0.0:0", "0.0.0.0:0", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			w := newTestWriter(t, &file)
			p := noise(test.size)
			w.Datagram(&Datagram{Time: time.Unix(1, 2), Local: test.local, Remote: test.remote, Sent: test.sent, Comment: "socket #1"}, p, len(p))
			w.Close()
			packets := readback.ReadAll(t, file.Bytes())
			if len(packets) != 1 {
				t.Fatalf("%d packets, want 1", len(packets))
			}
			src, dst := readback.Ends(packets[0])
			if src.String() != test.src || dst.String() != test.dst {
				t.Errorf("from %v to %v, want from %s to %s", src, dst, test.src, test.dst)
			}
			if got := packets[0].TransportLayer().(*layers.UDP).Payload; !bytes.Equal(got, p[:test.want]) {
				t.Errorf("%d bytes, want the first %d", len(got), test.want)
			}
			if !packets[0].Info.Timestamp.Equal(time.Unix(1, 2)) {
				t.Errorf("time %v, want nanoseconds to be kept", packets[0].Info.Timestamp)
			}
			direction := pcapgo.NgEpbFlagDirectionInbound
			if test.sent {
				direction = pcapgo.NgEpbFlagDirectionOutbound
			}
			options := packets[0].Options
			if options.Flags == nil || options.Flags.Direction != direction || len(options.Comments) != test.comments {
				t.Errorf("flags %v and comments %q", options.Flags, options.Comments)
			}
		})
	}
}

// RFC 768 and RFC 8200: a checksum that comes out as zero is sent as ones.
func TestZeroChecksumIsSentAsOnes(t *testing.T) {
	var file bytes.Buffer
	w := newTestWriter(t, &file)
	for i := range 1 << 16 {
		w.Datagram(&Datagram{Local: local6, Remote: remote6, Sent: true}, Bytes{byte(i >> 8), byte(i)}, 2)
	}
	w.Close()
	ones := 0
	for _, p := range readback.ReadAll(t, file.Bytes()) {
		switch p.TransportLayer().(*layers.UDP).Checksum {
		case 0:
			t.Fatal("a checksum of zero means that there is none")
		case 0xffff:
			ones++
		}
	}
	if ones == 0 {
		t.Error("no datagram of 65536 different ones came out as zero")
	}
}

func TestInterfacesAndSections(t *testing.T) {
	var file bytes.Buffer
	for range 2 { // a file that is added to
		w := NewWriter(&file, "test", "process 1", nil)
		a := w.Interface("a@1/x", "first", "")
		b := w.Interface("b@1/x", "second", "x")
		if again := w.Interface("a@1/x", "first", ""); again != a || a == b {
			t.Errorf("interfaces %d, %d and again %d", a, b, again)
		}
		w.Datagram(&Datagram{Interface: b, Local: local4, Remote: remote4}, Bytes("x"), 1)
		w.Close()
	}
	r, err := pcapgo.NewNgReader(bytes.NewReader(file.Bytes()), pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, info, err := r.ReadPacketData()
		if err != nil {
			t.Fatal(err)
		}
		intf, err := r.Interface(info.InterfaceIndex)
		if err != nil || intf.Name != "b@1/x" || intf.Description != "second; x" || intf.LinkType != layers.LinkTypeRaw || intf.TimestampResolution.Exponent() != 9 {
			t.Errorf("interface of the packet is %+v, %v", intf, err)
		}
		if s := r.SectionInfo(); s.Application != "test" || s.Comment != "process 1" {
			t.Errorf("section is %+v", s)
		}
	}
}

// A section of which nothing came is one that readers open.
func TestEmptySection(t *testing.T) {
	name := filepath.Join(t.TempDir(), "empty.pcapng")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	NewWriter(f, "test", "", func(err error) { t.Error(err) }).Close()
	f.Close()
	if n := readback.NewTshark(t, name).CheckClean(); n != 0 {
		t.Errorf("%d packets", n)
	}
}

// counted counts writes.
type counted struct{ atomic.Int64 }

func (c *counted) Write(p []byte) (int, error) { c.Add(1); return len(p), nil }

func TestFlushWithinASecondAndNothingWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out counted
		w := NewWriter(&out, "test", "", nil)
		w.Interface("a", "", "")
		time.Sleep(FlushInterval)
		synctest.Wait()
		d := Datagram{Time: time.Now(), Local: local4, Remote: remote4}
		for round := int64(2); round < 5; round++ {
			w.Datagram(&d, Bytes("x"), 1)
			w.Datagram(&d, Bytes("y"), 1)
			time.Sleep(FlushInterval - 1)
			synctest.Wait()
			if n := out.Load(); n != round-1 {
				t.Fatalf("%d writes before the second is over, want %d", n, round-1)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if n := out.Load(); n != round {
				t.Fatalf("%d writes after a second, want %d", n, round)
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if n := out.Load(); n != round {
				t.Fatalf("%d writes while idle, want none", n-round)
			}
		}
		w.Close()
		time.Sleep(time.Hour) // a timer that lived on would keep the bubble alive or write
	})
}

func TestStreamCloseFlushesAndBlocksAreWhole(t *testing.T) {
	var file bytes.Buffer
	c := newClock()
	w := newTestWriter(t, &file)
	s := w.NewStream(0, local4, remote4, "")
	s.Sent(c.now(), noise(1<<20), 1<<20, false)
	if file.Len() < 1<<20-2*blockRoom {
		t.Errorf("%d bytes written of a megabyte, want memory to stay bounded", file.Len())
	}
	readback.ReadAll(t, file.Bytes()) // whole packets at any time
	s.Close(c.now())
	if n := len(readback.ReadAll(t, file.Bytes())); n < 3+17+2 {
		t.Errorf("%d packets in the file after Close", n)
	}
	w.Close()
}

type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestFailureIsToldOnceAndEndsTheCapture(t *testing.T) {
	var told []error
	w := NewWriter(&failing{200_000}, "test", "", func(err error) { told = append(told, err) })
	w.Interface("a", "", "")
	c := newClock()
	s := w.NewStream(0, local4, remote4, "")
	for range 20 {
		s.Sent(c.now(), noise(50_000), 50_000, false)
	}
	s.Close(c.now())
	w.Close()
	if len(told) != 1 || errors.Is(told[0], io.ErrClosedPipe) {
		t.Errorf("told %v, want the disk's error once", told)
	}
}
