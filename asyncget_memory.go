// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"math/bits"
	"strings"

	"winsock/wsa"
)

// The structures as 64-bit C programs have them, in bytes:
//
//	HOSTENT   0 h_name  8 h_aliases  16 h_addrtype  18 h_length  24 h_addr_list
//	SERVENT   0 s_name  8 s_aliases  16 s_proto     24 s_port
//	PROTOENT  0 p_name  8 p_aliases  16 p_proto
const (
	sizeofHostent  = 32
	sizeofServent  = 32
	sizeofProtoent = 24
	sizeofPointer  = 8
)

// A layout is a structure in memory with all that it points to: one block in
// which the parts follow each other. It is gone through twice, first without
// memory to find out the size.
type layout struct {
	memory []byte // nil at first
	base   uint64 // the address of memory
	size   int    // of the parts so far
}

// lay goes through a structure that begins with size bytes of fields.
//
// Errors: WSAENOBUFS when the block does not fit.
func lay(memory []byte, base uint64, size int, parts func(*layout)) (int, error) {
	measure := layout{size: size}
	parts(&measure)
	if len(memory) < measure.size {
		return measure.size, wsa.WSAENOBUFS
	}
	clear(memory[:measure.size])
	parts(&layout{memory, base, size})
	return measure.size, nil
}

// part appends n bytes and returns where they begin.
func (l *layout) part(n int) int {
	l.size += n
	return l.size - n
}

// list appends n pointers with the nil that ends them.
func (l *layout) list(n int) int { return l.part((n + 1) * sizeofPointer) }

// bytes appends bytes, and makes the pointer at field lead to them.
func (l *layout) bytes(field int, b []byte) {
	at := l.part(len(b))
	l.point(field, at)
	if l.memory != nil {
		copy(l.memory[at:], b)
	}
}

// text appends a string with the zero that ends it. One that has a zero in it
// is cut there, as C programs would read it.
func (l *layout) text(field int, s string) {
	s, _, _ = strings.Cut(s, "\x00")
	at := l.part(len(s) + 1)
	l.point(field, at)
	if l.memory != nil {
		copy(l.memory[at:], s)
	}
}

// texts appends the strings of a list.
func (l *layout) texts(list int, all []string) {
	for i, s := range all {
		l.text(list+i*sizeofPointer, s)
	}
}

// point makes the pointer at field lead to the part that begins at target.
func (l *layout) point(field, target int) {
	if l.memory != nil {
		binary.LittleEndian.PutUint64(l.memory[field:], l.base+uint64(target))
	}
}

func (l *layout) short(field int, v uint16) {
	if l.memory != nil {
		binary.LittleEndian.PutUint16(l.memory[field:], v)
	}
}

// PutHostent lays a HOSTENT out in memory that begins at address, as 64-bit C
// programs have it ("hostent structure"), and returns the size of the block.
// What it points to follows it in the order that Windows keeps (difference
// 140): the pointers to the aliases, the pointers to the addresses, the
// addresses, the name, the aliases. Addresses of another family than the
// structure's are left out.
//
// Errors: WSAENOBUFS with the size when memory is too short; it is left
// alone then.
func PutHostent(memory []byte, address uint64, h *Hostent) (int, error) {
	length, addrs := 4, make([][]byte, 0, len(h.Addrs))
	if h.AddrType == wsa.AF_INET6 {
		length = 16
	}
	for _, addr := range h.Addrs {
		if length == 16 && addr.Is6() {
			b := addr.As16()
			addrs = append(addrs, b[:])
		} else if addr = addr.Unmap(); length == 4 && addr.Is4() {
			b := addr.As4()
			addrs = append(addrs, b[:])
		}
	}
	return lay(memory, address, sizeofHostent, func(l *layout) {
		aliases := l.list(len(h.Aliases))
		l.point(8, aliases)
		l.short(16, uint16(h.AddrType))
		l.short(18, uint16(length))
		list := l.list(len(addrs))
		l.point(24, list)
		for i, b := range addrs {
			l.bytes(list+i*sizeofPointer, b)
		}
		l.text(0, h.Name)
		l.texts(aliases, h.Aliases)
	})
}

// PutServent lays a SERVENT out in memory ("servent structure"), the port in
// network order. What it points to follows it: the pointers to the aliases,
// the name, the protocol, the aliases. See [PutHostent] for the rest.
//
// Errors: those of [PutHostent].
func PutServent(memory []byte, address uint64, s *Servent) (int, error) {
	return lay(memory, address, sizeofServent, func(l *layout) {
		aliases := l.list(len(s.Aliases))
		l.point(8, aliases)
		l.short(24, bits.ReverseBytes16(s.Port))
		l.text(0, s.Name)
		l.text(16, s.Protocol)
		l.texts(aliases, s.Aliases)
	})
}

// PutProtoent lays a PROTOENT out in memory ("protoent structure"). What it
// points to follows it: the pointers to the aliases, the name, the aliases.
// See [PutHostent] for the rest.
//
// Errors: those of [PutHostent].
func PutProtoent(memory []byte, address uint64, p *Protoent) (int, error) {
	return lay(memory, address, sizeofProtoent, func(l *layout) {
		aliases := l.list(len(p.Aliases))
		l.point(8, aliases)
		l.short(16, uint16(p.Number))
		l.text(0, p.Name)
		l.texts(aliases, p.Aliases)
	})
}
