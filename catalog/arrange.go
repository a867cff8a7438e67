// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"slices"

	"winsock/wsa"
)

// SetOrder puts the entries in a new order, the order in which they are
// listed and considered ("WSCWriteProviderOrder function"). ids must have
// every catalog id, layered and hidden entries too, exactly once, else the
// error wraps WSAEINVAL; WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) SetOrder(ids []uint32) error {
	return s.change(func(d *draft) error {
		if len(ids) != len(d.entries) {
			return invalid("the order has %d entries, but the catalog has %d", len(ids), len(d.entries))
		}
		ordered := make([]*Entry, 0, len(ids))
		for _, id := range ids {
			e := d.find(id)
			if e == nil {
				return invalid("there is no entry %d", id)
			}
			if slices.Contains(ordered, e) {
				return invalid("entry %d is in the order twice", id)
			}
			ordered = append(ordered, e)
		}
		d.entries = ordered
		return nil
	})
}

// Enable says whether an entry is considered when a socket is opened. A
// chain can be used only while everything it stands on is enabled. Errors
// wrap WSAEINVAL for an id that there is not; WSANO_RECOVERY and
// WSAEINPROGRESS as for [Store.Install].
func (s *Store) Enable(id uint32, enabled bool) error {
	return s.change(func(d *draft) error {
		i := slices.IndexFunc(d.entries, func(e *Entry) bool { return e.ID() == id })
		if i < 0 {
			return invalid("there is no entry %d", id)
		}
		e := *d.entries[i]
		e.Enabled = enabled
		d.entries[i] = &e
		return nil
	})
}

// Categories returns the LSP_ categories of a layered provider
// ("WSCGetProviderInfo function"). The error wraps WSAEINVALIDPROVIDER for a
// provider that there is not, and WSAEINVAL for one that is not layered.
func (s *Snapshot) Categories(provider wsa.GUID) (uint32, error) {
	list := s.Provider(provider)
	if len(list) == 0 {
		return 0, noProvider(provider)
	}
	for _, e := range list {
		if e.Kind() == Layered {
			return e.Categories, nil
		}
	}
	return 0, invalid("provider %s has no layered protocol", provider)
}

// SetCategories sets the LSP_ categories of a layered provider
// ("WSCSetProviderInfo function"). Errors are those of
// [Snapshot.Categories]; WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) SetCategories(provider wsa.GUID, categories uint32) error {
	return s.change(func(d *draft) error {
		if !d.has(provider) {
			return noProvider(provider)
		}
		found := false
		for i, e := range d.entries {
			if e.Info.ProviderID == provider && e.Kind() == Layered {
				changed := *e
				changed.Categories = categories
				d.entries[i], found = &changed, true
			}
		}
		if !found {
			return invalid("provider %s has no layered protocol", provider)
		}
		return nil
	})
}
