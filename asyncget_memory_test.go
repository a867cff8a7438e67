// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"winsock/wsa"
)

// A cProgram reads a block as a C program does: it follows the pointers. It
// also checks that each part begins where the one before ended.
type cProgram struct {
	t      testing.TB
	memory []byte
	base   uint64
	parts  []part
}

type part struct{ at, size int }

// at returns where a pointer leads, -1 for nil.
func (c *cProgram) at(field int) int {
	c.t.Helper()
	p := binary.LittleEndian.Uint64(c.memory[field:])
	if p == 0 && c.base != 0 {
		return -1
	}
	if p-c.base >= uint64(len(c.memory)) {
		c.t.Fatalf("the pointer at %d leads to %#x, outside of the block", field, p)
	}
	return int(p - c.base)
}

func (c *cProgram) use(at, size int) []byte {
	c.t.Helper()
	if at < 0 || at+size > len(c.memory) {
		c.t.Fatalf("%d bytes at %d are not in the block", size, at)
	}
	c.parts = append(c.parts, part{at, size})
	return c.memory[at : at+size]
}

func (c *cProgram) text(at int) string {
	c.t.Helper()
	end := bytes.IndexByte(c.memory[at:], 0)
	if end < 0 {
		c.t.Fatalf("the string at %d has no end", at)
	}
	return string(c.use(at, end+1)[:end])
}

// list returns where the pointers of a list lead.
func (c *cProgram) list(field int) (all []int) {
	c.t.Helper()
	begin := c.at(field)
	at := begin
	for ; binary.LittleEndian.Uint64(c.memory[at:]) != 0; at += 8 {
		all = append(all, c.at(at))
	}
	c.use(begin, at+8-begin)
	return all
}

func (c *cProgram) texts(all []int) (list []string) {
	c.t.Helper()
	for _, at := range all {
		list = append(list, c.text(at))
	}
	return list
}

func (c *cProgram) short(field int) uint16 { return binary.LittleEndian.Uint16(c.memory[field:]) }

// inOrder checks that the parts that were used are the whole block.
func (c *cProgram) inOrder(size int) {
	c.t.Helper()
	end := size
	for _, p := range c.parts {
		if p.at != end {
			c.t.Fatalf("difference 140: a part begins at %d, and the one before ends at %d", p.at, end)
		}
		end += p.size
	}
	if end != len(c.memory) {
		c.t.Fatalf("the parts end at %d of %d", end, len(c.memory))
	}
}

func readHostent(t testing.TB, memory []byte, base uint64) (h Hostent) {
	t.Helper()
	c := &cProgram{t: t, memory: memory, base: base}
	h.AddrType = int32(int16(c.short(16)))
	length := int(c.short(18))
	aliases := c.list(8)
	for _, at := range c.list(24) {
		a, ok := netip.AddrFromSlice(c.use(at, length))
		if !ok {
			t.Fatalf("h_length is %d", length)
		}
		h.Addrs = append(h.Addrs, a)
	}
	h.Name = c.text(c.at(0))
	h.Aliases = c.texts(aliases)
	c.inOrder(sizeofHostent)
	return h
}

func readServent(t testing.TB, memory []byte, base uint64) (s Servent) {
	t.Helper()
	c := &cProgram{t: t, memory: memory, base: base}
	aliases := c.list(8)
	s.Port = c.short(24)>>8 | c.short(24)<<8
	s.Name, s.Protocol = c.text(c.at(0)), c.text(c.at(16))
	s.Aliases = c.texts(aliases)
	c.inOrder(sizeofServent)
	return s
}

func readProtoent(t testing.TB, memory []byte, base uint64) (p Protoent) {
	t.Helper()
	c := &cProgram{t: t, memory: memory, base: base}
	aliases := c.list(8)
	p.Number = int32(int16(c.short(16)))
	p.Name = c.text(c.at(0))
	p.Aliases = c.texts(aliases)
	c.inOrder(sizeofProtoent)
	return p
}

// TestHostentMemory spells one block out.
func TestHostentMemory(t *testing.T) {
	h := Hostent{Name: "a", Aliases: []string{"bc"}, AddrType: wsa.AF_INET, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	memory := bytes.Repeat([]byte{0xff}, 80)
	n, err := PutHostent(memory, 0x1000, &h)
	must(t, err)
	want := []byte{
		0x44, 0x10, 0, 0, 0, 0, 0, 0, // h_name
		0x20, 0x10, 0, 0, 0, 0, 0, 0, // h_aliases
		2, 0, 4, 0, 0, 0, 0, 0, // h_addrtype, h_length
		0x30, 0x10, 0, 0, 0, 0, 0, 0, // h_addr_list
		0x46, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0x40, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		192, 0, 2, 1, 'a', 0, 'b', 'c', 0,
	}
	if !bytes.Equal(memory[:n], want) {
		t.Errorf("hostent structure:\ngot  %x\nwant %x", memory[:n], want)
	}
	if !bytes.Equal(memory[n:], bytes.Repeat([]byte{0xff}, 80-n)) {
		t.Error("more was written than is told")
	}
}

// TestMemoryTooShort: WSAENOBUFS with the size, and nothing is written.
func TestMemoryTooShort(t *testing.T) {
	for _, c := range []struct {
		what string
		put  func(memory []byte) (int, error)
	}{
		{"hostent", func(m []byte) (int, error) {
			return PutHostent(m, 1, &Hostent{Name: "n", Aliases: []string{"a"}, AddrType: wsa.AF_INET6, Addrs: []netip.Addr{netip.IPv6Loopback()}})
		}},
		{"servent", func(m []byte) (int, error) {
			return PutServent(m, 1, &Servent{Name: "http", Aliases: []string{"www"}, Port: 80, Protocol: "tcp"})
		}},
		{"protoent", func(m []byte) (int, error) {
			return PutProtoent(m, 1, &Protoent{Name: "tcp", Aliases: []string{"TCP"}, Number: 6})
		}},
	} {
		size, err := c.put(nil)
		wantErr(t, c.what+" without memory", err, wsa.WSAENOBUFS)
		for short := range size {
			memory := make([]byte, short)
			n, err := c.put(memory)
			if n != size || err != wsa.WSAENOBUFS || !bytes.Equal(memory, make([]byte, short)) {
				t.Fatalf("%s in %d bytes of %d: %d, %v; %x", c.what, short, size, n, err, memory)
			}
		}
		n, err := c.put(make([]byte, size))
		if n != size || err != nil {
			t.Errorf("%s in %d bytes: %d, %v", c.what, size, n, err)
		}
	}
}

// FuzzMemory reads back what was laid out.
func FuzzMemory(f *testing.F) {
	f.Add("name", "alias1,alias2", []byte{127, 0, 0, 1, 10, 0, 0, 2}, false, uint16(80), uint64(0x7fff00001000))
	f.Add("", "", []byte{}, true, uint16(0), uint64(1))
	f.Add("ze\x00ro", ",,", bytes.Repeat([]byte{1}, 40), true, uint16(0xffff), ^uint64(0)-100)
	f.Fuzz(func(t *testing.T, name, aliases string, addrs []byte, six bool, number uint16, base uint64) {
		if base == 0 || base > ^uint64(0)-1<<20 || len(name)+len(aliases)+len(addrs) > 1<<12 {
			return // no program has such memory
		}
		cut := func(s string) string { s, _, _ = strings.Cut(s, "\x00"); return s }
		var list, cutList []string
		if aliases != "" {
			list = strings.Split(aliases, ",")
			for _, a := range list {
				cutList = append(cutList, cut(a))
			}
		}
		h := Hostent{Name: name, Aliases: list, AddrType: wsa.AF_INET}
		length := 4
		if six {
			h.AddrType, length = wsa.AF_INET6, 16
		}
		for a := range slices.Chunk(addrs, length) {
			if ip, ok := netip.AddrFromSlice(a); ok && len(a) == length {
				h.Addrs = append(h.Addrs, ip)
			}
		}
		if wantHost := (Hostent{cut(name), cutList, h.AddrType, h.Addrs}); true {
			h.Addrs = append(slices.Clone(h.Addrs), netip.Addr{}) // of no family, left out
			memory, n := laidOut(t, func(m []byte) (int, error) { return PutHostent(m, base, &h) })
			if got := readHostent(t, memory[:n], base); !reflect.DeepEqual(got, wantHost) {
				t.Errorf("hostent: got %+v, want %+v", got, wantHost)
			}
		}
		wantServ := Servent{Name: cut(name), Aliases: cutList, Port: number, Protocol: cut(aliases)}
		memory, n := laidOut(t, func(m []byte) (int, error) {
			return PutServent(m, base, &Servent{Name: name, Aliases: list, Port: number, Protocol: aliases})
		})
		if got := readServent(t, memory[:n], base); !reflect.DeepEqual(got, wantServ) {
			t.Errorf("servent: got %+v, want %+v", got, wantServ)
		}
		wantProto := Protoent{Name: cut(name), Aliases: cutList, Number: int32(int16(number))}
		memory, n = laidOut(t, func(m []byte) (int, error) {
			return PutProtoent(m, base, &Protoent{Name: name, Aliases: list, Number: wantProto.Number})
		})
		if got := readProtoent(t, memory[:n], base); !reflect.DeepEqual(got, wantProto) {
			t.Errorf("protoent: got %+v, want %+v", got, wantProto)
		}
	})
}

// laidOut gives put the memory that it asks for.
func laidOut(t *testing.T, put func([]byte) (int, error)) ([]byte, int) {
	t.Helper()
	size, err := put(nil)
	if err != wsa.WSAENOBUFS {
		t.Fatalf("without memory: %v", err)
	}
	memory := bytes.Repeat([]byte{0xee}, size)
	n, err := put(memory)
	must(t, err)
	return memory, n
}
