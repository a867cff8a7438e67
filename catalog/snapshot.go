// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"slices"

	"winsock/wsa"
)

// A Snapshot is the whole catalog at one moment. It never changes, and any
// number of goroutines may use it.
type Snapshot struct {
	generation uint64 // how many snapshots this process had before it
	serial     uint64
	nextID     uint32
	source     string // the file it came from, "" for the defaults

	entries []*Entry
	byID    map[uint32]*Entry
	usable  map[*Entry]bool // what sockets can be opened from
	names   []NameSpace
	apps    []Application

	removed      []key      // defaults that were deinstalled
	removedNames []wsa.GUID // likewise

	problems   []Problem
	superseded chan struct{} // closed when a store publishes the next one
}

// newSnapshot seals what a draft holds.
func newSnapshot(d *draft) *Snapshot {
	s := &Snapshot{
		serial:       d.serial,
		nextID:       d.nextID,
		source:       d.source,
		entries:      d.entries,
		byID:         make(map[uint32]*Entry, len(d.entries)),
		usable:       make(map[*Entry]bool, len(d.entries)),
		names:        d.names,
		apps:         d.apps,
		removed:      d.removed,
		removedNames: d.removedNames,
		problems:     d.problems,
		superseded:   make(chan struct{}),
	}
	for _, e := range s.entries {
		s.byID[e.ID()] = e
	}
	for _, e := range s.entries {
		s.usable[e] = e.Kind() != Layered && s.whole(e)
	}
	return s
}

// whole reports whether the entry and all that it stands on are present and
// enabled.
func (s *Snapshot) whole(e *Entry) bool {
	if !e.Enabled {
		return false
	}
	if e.Kind() != Chain {
		return true
	}
	for _, id := range e.Members() {
		if m := s.byID[id]; m == nil || m == e || !m.Enabled {
			return false
		}
	}
	return true
}

// Serial is the number of changes that led to this catalog. It is 0 as long
// as there is no file.
func (s *Snapshot) Serial() uint64 { return s.serial }

// Generation is how many snapshots the store has published before this one.
// A later snapshot has a higher one, whoever changed the catalog and how.
func (s *Snapshot) Generation() uint64 { return s.generation }

// Source is the file that the catalog came from, empty for the defaults.
func (s *Snapshot) Source() string { return s.source }

// Superseded returns a channel that is closed when the store has published
// a newer snapshot.
func (s *Snapshot) Superseded() <-chan struct{} { return s.superseded }

// Entries returns all transport protocols in the order in which they are
// considered: layered and hidden ones too ("WSCEnumProtocols function").
func (s *Snapshot) Entries() []*Entry { return slices.Clone(s.entries) }

// Visible returns the transport protocols that programs are shown: neither
// layered nor hidden nor unusable ones ("WSAEnumProtocols function").
func (s *Snapshot) Visible() []*Entry {
	var list []*Entry
	for _, e := range s.entries {
		if s.usable[e] && e.Info.ProviderFlags&wsa.PFL_HIDDEN == 0 {
			list = append(list, e)
		}
	}
	return list
}

// Usable reports whether a socket can be opened from the entry as far as the
// catalog can tell: it is no layered protocol, and it and everything it
// stands on is present and enabled.
func (s *Snapshot) Usable(e *Entry) bool { return s.usable[e] }

// Entry returns the entry with that catalog id, nil if there is none.
func (s *Snapshot) Entry(id uint32) *Entry { return s.byID[id] }

// Provider returns the entries of one provider, in order.
func (s *Snapshot) Provider(id wsa.GUID) []*Entry {
	var list []*Entry
	for _, e := range s.entries {
		if e.Info.ProviderID == id {
			list = append(list, e)
		}
	}
	return list
}

// NameSpaces returns the name space providers in order, disabled ones too
// ("WSAEnumNameSpaceProviders function").
func (s *Snapshot) NameSpaces() []NameSpace {
	list := make([]NameSpace, len(s.names))
	for i, n := range s.names {
		list[i] = n.clone()
	}
	return list
}

// Applications returns the programs for which categories are set.
func (s *Snapshot) Applications() []Application { return slices.Clone(s.apps) }

// Problems returns what was wrong when the catalog was read.
func (s *Snapshot) Problems() []Problem { return slices.Clone(s.problems) }

// With returns a private snapshot that has further entries at its end, for
// chains that are not installed. Their ids must not be in use.
func (s *Snapshot) With(entries ...*Entry) *Snapshot {
	d := s.draft()
	d.entries = append(d.entries, entries...)
	d.problems = s.problems
	with := newSnapshot(d)
	with.generation, with.superseded = s.generation, s.superseded
	return with
}
