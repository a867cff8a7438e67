// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"testing"

	"winsock/wsa"
)

const (
	stream = wsa.SOCK_STREAM
	dgram  = wsa.SOCK_DGRAM
	raw    = wsa.SOCK_RAW
	tcp    = wsa.IPPROTO_TCP
	udp    = wsa.IPPROTO_UDP
	inet   = wsa.AF_INET
	inet6  = wsa.AF_INET6
	bad    = 0xdead
)

func TestSelect(t *testing.T) {
	s, _ := newTestStore(t)
	snap := s.Snapshot()
	tests := []struct {
		rule             string
		family, typ, pro int32
		want             string // the entry's name and the final triple
		err              wsa.Errno
	}{
		{"socket function", inet, stream, tcp, "TCP/IPv4 2 1 6", 0},
		{"socket function", inet6, dgram, udp, "UDP/IPv6 23 2 17", 0},
		{"socket function: protocol 0", inet, stream, 0, "TCP/IPv4 2 1 6", 0},
		{"socket function: protocol 0", inet6, dgram, 0, "UDP/IPv6 23 2 17", 0},
		{"PFL_HIDDEN stays selectable", inet, raw, 1, "RAW/IPv4 2 3 1", 0},
		{"iProtocolMaxOffset", inet, raw, 255, "RAW/IPv4 2 3 255", 0},
		{"iProtocolMaxOffset", inet, raw, 256, "", wsa.WSAEPROTONOSUPPORT},
		{"iProtocolMaxOffset", inet, raw, -1, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 15: raw with protocol 0", inet, raw, 0, "RAW/IPv4 2 3 0", 0},
		{"no PFL_MATCHES_PROTOCOL_ZERO", wsa.AF_IRDA, stream, 0, "", wsa.WSAEPROTONOSUPPORT},
		{"no PFL_MATCHES_PROTOCOL_ZERO", wsa.AF_IRDA, stream, 1, "infrared 26 1 1", 0},

		{"difference 10: all zero", 0, 0, 0, "", wsa.WSAEINVAL},
		{"difference 10: family from the protocol", 0, 0, tcp, "TCP/IPv4 2 1 6", 0},
		{"difference 10: family from the protocol", 0, 0, udp, "UDP/IPv4 2 2 17", 0},
		{"difference 10: family from the protocol", 0, stream, tcp, "TCP/IPv4 2 1 6", 0},
		{"difference 10: family from the type", 0, dgram, 0, "UDP/IPv4 2 2 17", 0},
		{"difference 11: AF_INET alone is TCP", inet, 0, 0, "TCP/IPv4 2 1 6", 0},
		{"difference 11: type from the protocol", inet, 0, udp, "UDP/IPv4 2 2 17", 0},
		{"difference 11: type from the protocol", inet6, 0, udp, "UDP/IPv6 23 2 17", 0},

		{"difference 12: bad type", inet, bad, 0, "", wsa.WSAESOCKTNOSUPPORT},
		{"difference 12: bad type", 0, bad, 0, "", wsa.WSAESOCKTNOSUPPORT},
		{"difference 12: bad type beats bad protocol", inet, bad, bad, "", wsa.WSAESOCKTNOSUPPORT},
		{"difference 12: bad type beats bad family", bad, bad, 0, "", wsa.WSAESOCKTNOSUPPORT},
		{"difference 12: bad type beats both", bad, bad, bad, "", wsa.WSAESOCKTNOSUPPORT},
		{"difference 12: negative type", inet, -1, 0, "", wsa.WSAESOCKTNOSUPPORT},
		{"type that the family has not", inet6, raw, 0, "", wsa.WSAESOCKTNOSUPPORT},

		{"difference 13: mismatch", inet, stream, udp, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 13: mismatch", inet6, dgram, tcp, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 13: unknown protocol", inet, 0, bad, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 13: unknown protocol", 0, 0, bad, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 13: unknown protocol", 0, stream, bad, "", wsa.WSAEPROTONOSUPPORT},

		{"unknown family", bad, stream, tcp, "", wsa.WSAEAFNOSUPPORT},
		{"unknown family", bad, 0, 0, "", wsa.WSAEAFNOSUPPORT},
		{"unknown family beats bad protocol", bad, stream, bad, "", wsa.WSAEAFNOSUPPORT},
		{"a driver that is not among the defaults", 99, stream, 1, "", wsa.WSAEAFNOSUPPORT},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s/%d,%d,%d", tt.rule, tt.family, tt.typ, tt.pro), func(t *testing.T) {
			c, err := snap.Select(Request{AddressFamily: tt.family, SocketType: tt.typ, Protocol: tt.pro})
			if wsa.ErrnoOf(err) != tt.err {
				t.Fatalf("error %v, want %s", err, tt.err.Name())
			}
			if err == nil {
				if got := fmt.Sprintf("%s %d %d %d", c.Entry.Info.Name, c.AddressFamily, c.SocketType, c.Protocol); got != tt.want {
					t.Errorf("chose %s, want %s", got, tt.want)
				}
			} else if _, plain := err.(wsa.Errno); !plain {
				t.Errorf("the error is a %T, not a plain code", err)
			}
		})
	}
}

func TestSelectWithInfo(t *testing.T) {
	s, _ := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	const from = wsa.FROM_PROTOCOL_INFO
	base := find(t, snap, "TCP/IPv4").Info
	over := find(t, snap, "layer over [TCP/IPv4]").Info
	six := find(t, snap, "UDP/IPv6").Info
	rawInfo := find(t, snap, "RAW/IPv4").Info
	dummy := find(t, snap, "layer").Info
	foreign := base
	foreign.CatalogEntryID = 7
	stranger := over
	stranger.CatalogEntryID = 7
	tests := []struct {
		rule             string
		family, typ, pro int32
		info             wsa.ProtocolInfo
		want             string
		err              wsa.Errno
	}{
		{"the newest chain wins without info", inet, stream, 0, wsa.ProtocolInfo{AddressFamily: inet}, "layer over [TCP/IPv4] 6", 0},
		{"difference 14: FROM_PROTOCOL_INFO", from, from, from, base, "TCP/IPv4 6", 0},
		{"difference 14: zero arguments come from the info", 0, 0, 0, base, "TCP/IPv4 6", 0},
		{"difference 14: equal arguments", inet, stream, tcp, base, "TCP/IPv4 6", 0},
		{"an info selects its very chain", from, from, from, over, "layer over [TCP/IPv4] 6", 0},
		{"difference 14: explicit type and protocol win", inet, dgram, udp, base, "layer over [UDP/IPv4] 17", 0},
		{"difference 14: explicit family wins", inet, 0, 0, six, "layer over [UDP/IPv4] 17", 0},
		{"difference 14: explicit protocol mismatch", 0, 0, udp, base, "", wsa.WSAEPROTONOSUPPORT},
		{"difference 14: explicit bad family", bad, 0, 0, base, "", wsa.WSAEAFNOSUPPORT},
		{"difference 14: explicit bad type", 0, bad, 0, base, "", wsa.WSAESOCKTNOSUPPORT},
		{"a protocol within the info's range", from, from, 58, rawInfo, "RAW/IPv4 58", 0},
		{"difference 14: empty info", 0, 0, 0, wsa.ProtocolInfo{}, "", wsa.WSAEAFNOSUPPORT},
		{"difference 14: empty info", from, from, from, wsa.ProtocolInfo{}, "", wsa.WSAEAFNOSUPPORT},
		{"an info made by hand", 0, 0, 0, wsa.ProtocolInfo{AddressFamily: inet6, SocketType: dgram}, "layer over [UDP/IPv6] 17", 0},
		{"a base entry that is gone", from, from, from, foreign, "layer over [TCP/IPv4] 6", 0},
		{"a chain that is gone", from, from, from, stranger, "", wsa.WSAEINVALIDPROVIDER},
		{"a layered entry is no protocol", inet, stream, tcp, dummy, "layer over [TCP/IPv4] 6", 0},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			c, err := snap.Select(Request{AddressFamily: tt.family, SocketType: tt.typ, Protocol: tt.pro, Info: &tt.info})
			if wsa.ErrnoOf(err) != tt.err {
				t.Fatalf("error %v, want %s", err, tt.err.Name())
			}
			if err == nil {
				if got := fmt.Sprintf("%s %d", c.Entry.Info.Name, c.Protocol); got != tt.want {
					t.Errorf("chose %s, want %s", got, tt.want)
				}
			}
		})
	}
}

func TestSelectPassesOver(t *testing.T) {
	s, _ := newTestStore(t)
	layer, err := s.InstallChains(layerID, "cat-layer", "layer", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	choose := func(r Request) string {
		t.Helper()
		c, err := s.Snapshot().Select(r)
		if err != nil {
			return wsa.ErrnoOf(err).Name()
		}
		return c.Entry.Info.Name
	}
	request := Request{AddressFamily: inet, SocketType: stream}
	chainEntry := find(t, s.Snapshot(), "layer over [TCP/IPv4]")
	base := find(t, s.Snapshot(), "TCP/IPv4")
	steps := []struct {
		what string
		do   func() error
		want string
	}{
		{"as installed", func() error { return nil }, "layer over [TCP/IPv4]"},
		{"chain disabled", func() error { return s.Enable(chainEntry.ID(), false) }, "TCP/IPv4"},
		{"chain enabled", func() error { return s.Enable(chainEntry.ID(), true) }, "layer over [TCP/IPv4]"},
		{"its layer disabled", func() error { return s.Enable(layer, false) }, "TCP/IPv4"},
		{"its layer enabled", func() error { return s.Enable(layer, true) }, "layer over [TCP/IPv4]"},
		{"its base disabled", func() error { return s.Enable(base.ID(), false) }, "WSAESOCKTNOSUPPORT"}, // AF_INET has no stream any more
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if got := choose(request); got != step.want {
			t.Errorf("%s: chose %s, want %s", step.what, got, step.want)
		}
	}
	exact := Request{Info: &chainEntry.Info}
	if got := choose(exact); got != "WSAEPROVIDERFAILEDINIT" {
		t.Errorf("the info of an unusable chain gave %s", got)
	}
}

func TestSelectDoesNotAllocate(t *testing.T) {
	s, _ := newTestStore(t)
	r := Request{AddressFamily: inet, SocketType: stream}
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := s.Snapshot().Select(r); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("choosing an entry allocates %v times", n)
	}
}

// BenchmarkSelect chooses the last of many entries.
func BenchmarkSelect(b *testing.B) {
	d := &draft{}
	gather([]string{"cat-inet", "cat-irda"}, nil).merge(d)
	for n := range uint32(5) {
		id := wsa.GUID{Data1: 0x600 + n}
		if _, err := d.installChains(id, "cat-layer", fmt.Sprint(n), 0, nil); err != nil {
			b.Fatal(err)
		}
	}
	snap := newSnapshot(d)
	r := Request{AddressFamily: wsa.AF_IRDA, SocketType: stream, Protocol: 1, Permission: Permission{Restricted: true}}
	b.ReportAllocs()
	for b.Loop() {
		if c, err := snap.Select(r); err != nil || c.Entry.Kind() != Base {
			b.Fatal(c, err)
		}
	}
}
