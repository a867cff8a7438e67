// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"slices"

	"winsock/wsa"
)

// A draft is a catalog in the making. The entries it points to may be shared
// with snapshots: whoever changes one puts a changed copy in its place.
type draft struct {
	serial       uint64
	nextID       uint32
	source       string
	entries      []*Entry
	names        []NameSpace
	apps         []Application
	removed      []key
	removedNames []wsa.GUID
	problems     []Problem
}

// draft returns a copy to work on. Problems do not go along: they are about
// what was read, not about what will be written.
func (s *Snapshot) draft() *draft {
	return &draft{
		serial:       s.serial,
		nextID:       s.nextID,
		source:       s.source,
		entries:      slices.Clone(s.entries),
		names:        s.NameSpaces(),
		apps:         slices.Clone(s.apps),
		removed:      slices.Clone(s.removed),
		removedNames: slices.Clone(s.removedNames),
	}
}

// newID gives out the next catalog id.
func (d *draft) newID() uint32 {
	id := max(d.nextID, FirstID)
	d.nextID = id + 1
	return id
}

// find returns the entry with that id, nil if there is none.
func (d *draft) find(id uint32) *Entry {
	for _, e := range d.entries {
		if e.ID() == id {
			return e
		}
	}
	return nil
}

// has reports whether the provider has entries.
func (d *draft) has(provider wsa.GUID) bool {
	return slices.ContainsFunc(d.entries, func(e *Entry) bool { return e.Info.ProviderID == provider })
}

// name returns the place of a name space provider, -1 if there is none.
func (d *draft) name(provider wsa.GUID) int {
	return slices.IndexFunc(d.names, func(n NameSpace) bool { return n.Info.ProviderID == provider })
}
