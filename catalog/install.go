// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"slices"

	"winsock/spi"
	"winsock/wsa"
)

// Install adds a provider with its protocols at the end of the catalog
// ("WSCInstallProvider function"). It is for base protocols, layered
// protocols and chains alike; of a chain, all entries must be there already.
// Ids are given out here and are returned in the order of infos; what infos
// have as their id and provider does not matter.
//
// Errors wrap WSAEINVAL for arguments that make no sense, WSANO_RECOVERY for
// a provider that is there already or a catalog that the caller may not
// change, WSAEINPROGRESS when another process does not stop changing it.
func (s *Store) Install(provider wsa.GUID, path string, infos []wsa.ProtocolInfo) ([]uint32, error) {
	if err := checkProvider(provider, path); err != nil {
		return nil, err
	}
	if len(infos) == 0 {
		return nil, invalid("there is nothing to install")
	}
	var ids []uint32
	err := s.change(func(d *draft) error {
		if d.has(provider) {
			return fmt.Errorf("provider %s is installed already: %w", provider, wsa.WSANO_RECOVERY)
		}
		ids = ids[:0]
		for i := range infos {
			e := &Entry{Info: infos[i], Path: path, Enabled: true}
			e.Info.ProviderID = provider
			if err := d.check(e); err != nil {
				return err
			}
			e.setID(d.newID())
			d.entries = append(d.entries, e)
			ids = append(ids, e.ID())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// Deinstall removes a provider ("WSCDeinstallProvider function"), and with it
// the chains that consist of it in part, which nothing could be opened from
// any more. It returns the ids of the entries that went.
//
// Errors wrap WSAEINVAL for a provider that is not there, WSANO_RECOVERY and
// WSAEINPROGRESS as for [Store.Install].
func (s *Store) Deinstall(provider wsa.GUID) (removed []uint32, err error) {
	err = s.change(func(d *draft) error {
		if !d.has(provider) {
			return invalid("provider %s is not installed", provider)
		}
		removed = d.remove(func(e *Entry) bool { return e.Info.ProviderID == provider })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return removed, nil
}

// remove takes out the entries that doomed picks, and the chains that
// consist of any of them.
func (d *draft) remove(doomed func(*Entry) bool) (removed []uint32) {
	for {
		n := len(removed)
		d.entries = slices.DeleteFunc(d.entries, func(e *Entry) bool {
			gone := doomed(e) || slices.ContainsFunc(e.Members(), func(id uint32) bool { return slices.Contains(removed, id) })
			if gone {
				removed = append(removed, e.ID())
			}
			return gone
		})
		if len(removed) == n {
			return removed
		}
	}
}

// Update changes the path of a provider and its protocols
// ("WSCUpdateProvider function"). Each of infos changes the protocol of the
// provider that has its id or else its family, type, protocol and chain
// length, and keeps its place and id; one that there is not is added at the
// end. Protocols that infos do not mention get the new path only.
//
// Errors wrap WSAEINVAL, WSANO_RECOVERY and WSAEINPROGRESS as for
// [Store.Install].
func (s *Store) Update(provider wsa.GUID, path string, infos []wsa.ProtocolInfo) error {
	if err := checkProvider(provider, path); err != nil {
		return err
	}
	return s.change(func(d *draft) error {
		if !d.has(provider) {
			return invalid("provider %s is not installed", provider)
		}
		d.move(provider, path)
		for _, info := range infos {
			info.ProviderID = provider
			e := &Entry{Info: info, Path: path, Enabled: true}
			if err := d.check(e); err != nil {
				return err
			}
			place := d.counterpart(e)
			if place < 0 {
				e.setID(d.newID())
				d.entries = append(d.entries, e)
				continue
			}
			old := d.entries[place]
			e.Enabled, e.Categories = old.Enabled, old.Categories
			if e.Kind() != Layered {
				e.Categories = 0
			}
			e.setID(old.ID())
			d.entries[place] = e
		}
		return nil
	})
}

// counterpart returns the place of the entry that e is to replace, -1 if
// there is none.
func (d *draft) counterpart(e *Entry) int {
	byID := slices.IndexFunc(d.entries, func(x *Entry) bool {
		return x.ID() == e.ID() && x.Info.ProviderID == e.Info.ProviderID
	})
	if byID >= 0 {
		return byID
	}
	return slices.IndexFunc(d.entries, func(x *Entry) bool {
		return x.key() == e.key() && x.Info.Chain.Len == e.Info.Chain.Len
	})
}

// check checks an entry that is to be added.
func (d *draft) check(e *Entry) error {
	if err := checkTexts(e.Path, e.Info.Name); err != nil {
		return invalid("%v", err)
	}
	n := e.Info.Chain.Len
	if n < 0 || n > wsa.MAX_PROTOCOL_CHAIN {
		return invalid("a chain of length %d is none (at most %d)", n, wsa.MAX_PROTOCOL_CHAIN)
	}
	if e.Kind() != Chain {
		e.Info.Chain = wsa.ProtocolChain{Len: n}
		return nil
	}
	members := e.Members()
	for i, id := range members {
		m := d.find(id)
		switch last := i == len(members)-1; {
		case m == nil:
			return invalid("the chain has entry %d, which there is not", id)
		case last && m.Kind() != Base:
			return invalid("the chain ends in entry %d, which is no base protocol", id)
		case !last && m.Kind() == Base:
			return invalid("the chain has the base protocol %d above other entries", id)
		}
	}
	clear(e.Info.Chain.Entries[n:])
	return nil
}

// checkProvider checks what identifies a provider. The options of a driver
// that is compiled in are checked too; another driver may be known to other
// programs.
func checkProvider(provider wsa.GUID, path string) error {
	if provider.IsZero() {
		return invalid("the provider has no GUID")
	}
	return checkPath(path)
}

func checkPath(path string) error {
	if err := checkTexts(path, ""); err != nil {
		return invalid("%v", err)
	}
	if SharedObject(path) {
		return nil
	}
	if _, _, err := spi.ParsePath(path); wsa.ErrnoOf(err) == wsa.WSAEINVAL {
		return err
	}
	return nil
}

func invalid(f string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(f, args...), wsa.WSAEINVAL)
}
