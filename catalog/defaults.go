// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"slices"

	"winsock/spi"
	"winsock/wsa"
)

// defaults is what the program brings along, without ids.
type defaults struct {
	entries []*Entry
	names   []NameSpace
}

// gather asks the named drivers for what they serve. A driver that is not
// compiled in brings nothing.
func gather(drivers, nameDrivers []string) defaults {
	var def defaults
	for _, name := range drivers {
		d := spi.FindDriver(name)
		if d == nil || !d.Base() {
			continue
		}
		for _, info := range d.Entries() {
			info.CatalogEntryID = 0
			info.Chain = wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL}
			def.entries = append(def.entries, &Entry{Info: info, Path: name, Enabled: true, Default: true})
		}
	}
	known := spi.NameDrivers()
	for _, name := range nameDrivers {
		i := slices.IndexFunc(known, func(d *spi.NameDriver) bool { return d.Name == name })
		if i >= 0 {
			def.names = append(def.names, NameSpace{Info: known[i].Info, Path: name, Default: true})
		}
	}
	return def
}

// merge brings the draft up to what the program serves: defaults that it has
// are described anew, unless somebody has given them another path; others are
// added at the end, unless they were deinstalled. All programs with the same drivers give the added ones the
// same ids, as they continue from the same number in the same order.
func (def defaults) merge(d *draft) {
	for _, e := range def.entries {
		i := slices.IndexFunc(d.entries, func(x *Entry) bool { return x.Kind() == Base && x.key() == e.key() })
		switch {
		case i >= 0 && d.entries[i].Default && d.edited(d.entries[i].ID(), d.entries[i].Path, e.Path, verifyBase):
			own := *d.entries[i]
			own.Default = false
			d.entries[i] = &own
		case i >= 0 && d.entries[i].Default:
			renewed := *e
			renewed.Enabled = d.entries[i].Enabled
			renewed.setID(d.entries[i].ID())
			d.entries[i] = &renewed
		case i < 0 && !slices.Contains(d.removed, e.key()):
			added := *e
			added.setID(d.newID())
			d.entries = append(d.entries, &added)
		}
	}
	for _, n := range def.names {
		i := d.name(n.Info.ProviderID)
		switch {
		case i >= 0 && d.names[i].Default && d.edited(0, d.names[i].Path, n.Path, verifyNameDriver):
			d.names[i].Default = false
		case i >= 0 && d.names[i].Default:
			active := d.names[i].Info.Active
			d.names[i] = n.clone()
			d.names[i].Info.Active = active
		case i < 0 && !slices.Contains(d.removedNames, n.Info.ProviderID):
			d.names = append(d.names, n.clone())
		}
	}
}

// edited reports whether the path of a default in a file is one that somebody
// wrote there, another one than the program's. One that cannot be used is
// reported and passed over.
func (d *draft) edited(id uint32, path, standard string, verify func(path string) string) bool {
	if path == standard {
		return false
	}
	text := verify(path)
	if text != "" {
		d.problems = append(d.problems, Problem{File: d.source, Entry: id, Text: fmt.Sprintf("%s; the default %q is used", text, standard)})
	}
	return text == ""
}

func verifyBase(path string) string {
	return verifyDriver(&Entry{Info: wsa.ProtocolInfo{Chain: wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL}}, Path: path})
}

// noteRemoved records which defaults the draft does without, so that they
// are not merged in again.
func (def defaults) noteRemoved(d *draft) {
	d.removed = slices.DeleteFunc(d.removed, func(k key) bool {
		return slices.ContainsFunc(d.entries, func(e *Entry) bool { return e.key() == k })
	})
	for _, e := range def.entries {
		there := slices.ContainsFunc(d.entries, func(x *Entry) bool { return x.Kind() == Base && x.key() == e.key() })
		if !there && !slices.Contains(d.removed, e.key()) {
			d.removed = append(d.removed, e.key())
		}
	}
	d.removedNames = slices.DeleteFunc(d.removedNames, func(id wsa.GUID) bool { return d.name(id) >= 0 })
	for _, n := range def.names {
		if id := n.Info.ProviderID; d.name(id) < 0 && !slices.Contains(d.removedNames, id) {
			d.removedNames = append(d.removedNames, id)
		}
	}
}

// setID gives the entry its catalog id. A base protocol's chain is itself.
func (e *Entry) setID(id uint32) {
	e.Info.CatalogEntryID = id
	if e.Info.Chain.Len == wsa.BASE_PROTOCOL {
		e.Info.Chain.Entries = [wsa.MAX_PROTOCOL_CHAIN]uint32{id}
	}
}
