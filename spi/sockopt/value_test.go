// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"encoding/binary"
	"testing"

	"winsock/wsa"
)

func dword(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// Lengths that getsockopt reports when it is given 1, 2 and 4 bytes of room
// (difference 42); 0 means WSAEFAULT.
func TestEncodeLengths(t *testing.T) {
	const (
		sol = wsa.SOL_SOCKET
		tcp = wsa.IPPROTO_TCP
		ip  = wsa.IPPROTO_IP
		ip6 = wsa.IPPROTO_IPV6
	)
	for _, c := range []struct {
		level, name int32
		lengths     [3]int
		short       bool // setsockopt takes 1 and 2 bytes
		empty       bool // ... and none
		large       wsa.Errno
		readBack    uint32 // of 0x100, read into 0xdeadbeef
	}{
		{sol, wsa.SO_BROADCAST, [3]int{1, 1, 4}, true, true, 0, 1},
		{sol, wsa.SO_DONTLINGER, [3]int{1, 1, 4}, true, true, 0, 1},
		{sol, wsa.SO_LINGER, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{sol, wsa.SO_OOBINLINE, [3]int{1, 1, 4}, true, true, 0, 1},
		{sol, wsa.SO_RCVBUF, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{sol, wsa.SO_KEEPALIVE, [3]int{1, 1, 1}, true, false, 0, 0xdeadbe00},
		{sol, wsa.SO_DONTROUTE, [3]int{1, 1, 1}, true, false, 0, 0xdeadbe00},
		{sol, wsa.SO_RCVTIMEO, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{sol, wsa.SO_REUSEADDR, [3]int{1, 1, 4}, true, true, 0, 1},
		{sol, wsa.SO_EXCLUSIVEADDRUSE, [3]int{1, 1, 4}, true, true, 0, 1},
		{sol, wsa.SO_SNDBUF, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{sol, wsa.SO_OPENTYPE, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{tcp, wsa.TCP_NODELAY, [3]int{1, 1, 1}, true, false, 0, 0xdeadbe00},
		{tcp, wsa.TCP_KEEPALIVE, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{tcp, wsa.TCP_KEEPCNT, [3]int{0, 0, 4}, false, false, wsa.WSAEINVAL, 0},
		{tcp, wsa.TCP_KEEPINTVL, [3]int{0, 0, 4}, false, false, 0, 0x100},
		{ip, wsa.IP_MULTICAST_LOOP, [3]int{1, 1, 4}, true, false, 0, 1},
		{ip, wsa.IP_MULTICAST_TTL, [3]int{1, 1, 4}, true, false, wsa.WSAEINVAL, 0},
		{ip, wsa.IP_PKTINFO, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip, wsa.IP_RECVTOS, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip, wsa.IP_RECVTTL, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip, wsa.IP_TOS, [3]int{1, 1, 4}, true, false, wsa.WSAEINVAL, 0},
		{ip, wsa.IP_TTL, [3]int{1, 1, 4}, true, false, wsa.WSAEINVAL, 0},
		{ip6, wsa.IPV6_DONTFRAG, [3]int{1, 1, 4}, true, false, 0, 1},
		{ip6, wsa.IPV6_HOPLIMIT, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip6, wsa.IPV6_MULTICAST_HOPS, [3]int{1, 1, 4}, true, false, wsa.WSAEINVAL, 0},
		{ip6, wsa.IPV6_MULTICAST_LOOP, [3]int{1, 1, 4}, true, false, 0, 1},
		{ip6, wsa.IPV6_PKTINFO, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip6, wsa.IPV6_RECVTCLASS, [3]int{0, 0, 4}, false, false, 0, 1},
		{ip6, wsa.IPV6_UNICAST_HOPS, [3]int{1, 1, 4}, true, false, wsa.WSAEINVAL, 0},
		{ip6, wsa.IPV6_V6ONLY, [3]int{1, 1, 1}, true, false, 0, 0xdeadbe00},
	} {
		r := Find(c.level, c.name)
		if r == nil {
			t.Errorf("level %#x option %#x is not declared", c.level, c.name)
			continue
		}
		for i, want := range c.lengths {
			n, err := r.Encode(1, make([]byte, 1<<i))
			if n != want || (want == 0) != (err == wsa.WSAEFAULT) {
				t.Errorf("difference 42: %s read into %d bytes gives length %d, %v; want %d", r.Symbol, 1<<i, n, err, want)
			}
			_, err = r.Decode(make([]byte, 1<<i))
			if ok := c.short || i == 2; ok != (err == nil) || !ok && err != wsa.WSAEFAULT {
				t.Errorf("difference 42: %s set with %d bytes: %v", r.Symbol, 1<<i, err)
			}
		}
		if _, err := r.Encode(1, nil); err != wsa.WSAEFAULT {
			t.Errorf("difference 44: %s read into no room: %v, want WSAEFAULT", r.Symbol, err)
		}
		if _, err := r.Decode(nil); c.empty != (err == nil) || !c.empty && err != wsa.WSAEFAULT {
			t.Errorf("difference 44: %s set with no bytes: %v", r.Symbol, err)
		}
		if _, err := r.Decode([]byte{1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}); err != nil {
			t.Errorf("difference 42: %s set with 8 bytes: %v", r.Symbol, err)
		}
		v, err := r.Decode(dword(0x100))
		if wsa.ErrnoOf(err) != c.large {
			t.Errorf("difference 55: %s set to 0x100: %v, want %v", r.Symbol, err, c.large)
		}
		if c.large == 0 {
			room := dword(0xdeadbeef)
			if _, err := r.Encode(v, room); err != nil || binary.LittleEndian.Uint32(room) != c.readBack {
				t.Errorf("difference 43: %s = 0x100 reads back as %#x, %v; want %#x", r.Symbol, binary.LittleEndian.Uint32(room), err, c.readBack)
			}
		}
	}
}

func TestMulticastTTLWidths(t *testing.T) {
	r := Find(wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL)
	for n, raw := range map[int]uint32{1: 0xffffff0a, 2: 0xffff000b, 3: 0xff00000c, 4: 0x0d} {
		v, err := r.Decode(dword(raw)[:n])
		if err != nil || v != int64(raw&0xff) {
			t.Errorf("difference 55: IP_MULTICAST_TTL from %d bytes of %#x = %d, %v", n, raw, v, err)
		}
	}
}

func TestLingerPacking(t *testing.T) {
	for _, l := range []wsa.Linger{{}, {Linger: 73}, {OnOff: 1}, {OnOff: 5, Linger: 189}, {OnOff: 0xffff, Linger: 0xffff}} {
		r := Find(wsa.SOL_SOCKET, wsa.SO_LINGER)
		room := make([]byte, 4)
		if n, err := r.Encode(LingerValue(l), room); n != 4 || err != nil {
			t.Fatalf("SO_LINGER: %d, %v", n, err)
		}
		v, err := r.Decode(room)
		if err != nil || LingerOf(v) != l {
			t.Errorf("SO_LINGER: %v reads back as %v, %v", l, LingerOf(v), err)
		}
	}
}

// Whatever Decode takes, Encode gives back in a form that Decode takes as the
// same value, and neither touches memory beyond its slice.
func FuzzDecodeEncode(f *testing.F) {
	all := Rules()
	f.Add(uint16(0), []byte{1}, uint8(4))
	f.Add(uint16(5), dword(0x100), uint8(1))
	f.Add(uint16(9), []byte{}, uint8(0))
	f.Fuzz(func(t *testing.T, which uint16, value []byte, room uint8) {
		r := all[int(which)%len(all)]
		v, err := r.Decode(value)
		if err != nil {
			if err != wsa.WSAEFAULT && err != wsa.WSAEINVAL && err != wsa.WSAENOPROTOOPT {
				t.Fatalf("%s: error %v", r.Symbol, err)
			}
			return
		}
		if r.Format.Boolean() && v != 0 && v != 1 {
			t.Fatalf("%s: boolean is %d", r.Symbol, v)
		}
		out := make([]byte, int(room)%9)
		n, err := r.Encode(v, out)
		if n > len(out) {
			t.Fatalf("%s: wrote %d of %d bytes", r.Symbol, n, len(out))
		}
		if err != nil {
			return
		}
		again, err := r.Decode(out[:n])
		if err != nil || again != v && n == 4 {
			t.Fatalf("%s: %d reads back as %d, %v", r.Symbol, v, again, err)
		}
	})
}
