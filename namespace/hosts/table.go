// SPDX-License-Identifier: Apache-2.0

package hosts

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"

	"winsock/namespace/hostname"
)

// A table is the content of a hosts file.
type table struct {
	byName map[string]*entry     // by hostname.Key
	byAddr map[netip.Addr]*entry // the first line with the address
}

// An entry is what the file says of one name or of one address.
type entry struct {
	names []string     // the first is the canonical one
	addrs []netip.Addr // with zones as written
}

// parse reads a hosts file: an address, a name and aliases on each line,
// comments from # on. What is not of this form is passed over: a mistake in
// one line must not take the other names away. A name on several lines has
// all their addresses.
func parse(file []byte) *table {
	t := &table{byName: map[string]*entry{}, byAddr: map[netip.Addr]*entry{}}
	file = bytes.TrimPrefix(file, []byte("\ufeff")) // some editors of Windows write it
	for len(file) > 0 {
		var line []byte
		line, file, _ = bytes.Cut(file, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		t.addLine(string(line))
	}
	return t
}

func (t *table) addLine(line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return
	}
	addr, err := netip.ParseAddr(fields[0])
	if err != nil {
		return
	}
	names := validNames(fields[1:])
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		t.add(name, names, addr)
	}
	// The file's first word on an address is its name, as in glibc.
	if key := addr.WithZone(""); t.byAddr[key] == nil {
		t.byAddr[key] = &entry{names: names, addrs: []netip.Addr{addr}}
	}
}

func (t *table) add(name string, line []string, addr netip.Addr) {
	key := hostname.Key(name)
	e := t.byName[key]
	if e == nil {
		t.byName[key] = &entry{names: slices.Clone(line), addrs: []netip.Addr{addr}}
		return
	}
	if len(e.names) < maxAliases {
		e.names = appendNew(e.names, line)
	}
	if !slices.Contains(e.addrs, addr) && len(e.addrs) < maxAddrs {
		e.addrs = append(e.addrs, addr)
	}
}

// A name with more aliases or addresses than this is a list of blocked sites
// or a mistake; what lies beyond would only make every look-up slower.
const (
	maxAliases = 256
	maxAddrs   = 256
)

// validNames returns the names of a line that can be names, once each.
func validNames(fields []string) []string {
	var names []string
	for _, f := range fields {
		if !hostname.Valid(f) {
			ascii, ok := hostname.ToASCII(f)
			if !ok || !hostname.Valid(ascii) {
				continue
			}
			f = ascii
		}
		if names = appendNew(names, []string{strings.TrimSuffix(f, ".")}); len(names) == maxAliases {
			break
		}
	}
	return names
}

func appendNew(names, more []string) []string {
	for _, name := range more {
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			names = append(names, name)
		}
	}
	return names
}
