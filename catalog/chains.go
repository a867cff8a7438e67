// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"slices"
	"strings"

	"winsock/wsa"
)

// InstallChains installs a layered provider and its chains
// ("WSCInstallProviderAndChains function"): a hidden layered entry at the end
// of the catalog, whose id is returned, and at its beginning, so that they
// win, chains over
//
//   - the topmost entry with the family, type and protocol of each of over,
//     which may be a chain, if over is not nil; entries that come up twice
//     count once;
//   - each base protocol that is enabled, if over is nil.
//
// serviceFlags is XP1_IFS_HANDLES for a provider that leaves handles as they
// are, else 0. Chains over entries of one provider get one new GUID.
//
// Errors wrap WSAEINVAL for arguments that make no sense, a provider or a
// name that is there already, and for an element of over that fits no entry;
// WSANO_RECOVERY when there is no base protocol, when a chain would be longer
// than MAX_PROTOCOL_CHAIN, and when the caller may not change the catalog;
// WSAEINPROGRESS when another process does not stop changing it.
func (s *Store) InstallChains(provider wsa.GUID, path, name string, serviceFlags uint32, over []wsa.ProtocolInfo) (uint32, error) {
	if err := checkProvider(provider, path); err != nil {
		return 0, err
	}
	if err := checkLayer(path, name); err != nil {
		return 0, err
	}
	if over != nil && len(over) == 0 {
		return 0, invalid("the list of protocols is empty")
	}
	var id uint32
	err := s.change(func(d *draft) (err error) {
		id, err = d.installChains(provider, path, name, serviceFlags, over)
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (d *draft) installChains(provider wsa.GUID, path, name string, serviceFlags uint32, over []wsa.ProtocolInfo) (uint32, error) {
	if d.has(provider) {
		return 0, invalid("provider %s is installed already", provider)
	}
	if slices.ContainsFunc(d.entries, func(e *Entry) bool { return e.Kind() == Layered && e.Info.Name == name }) {
		return 0, invalid("a layered provider is named %q already", name)
	}
	lowers, err := d.lowers(over)
	if err != nil {
		return 0, err
	}
	layer := &Entry{Path: path, Enabled: true, Info: wsa.ProtocolInfo{
		ServiceFlags1: serviceFlags & wsa.XP1_IFS_HANDLES,
		ProviderFlags: wsa.PFL_HIDDEN,
		ProviderID:    provider,
		Version:       2,
		Name:          name,
	}}
	layer.setID(d.newID())
	guids := map[wsa.GUID]wsa.GUID{}
	var chains []*Entry
	for _, lower := range lowers {
		c, err := layer.over(lower)
		if err != nil {
			return 0, err
		}
		if _, known := guids[lower.Info.ProviderID]; !known {
			guids[lower.Info.ProviderID] = wsa.NewGUID()
		}
		c.Info.ProviderID = guids[lower.Info.ProviderID]
		c.setID(d.newID())
		chains = append(chains, c)
	}
	d.entries = append(append(chains, d.entries...), layer)
	return layer.ID(), nil
}

// lowers returns what to build chains on.
func (d *draft) lowers(over []wsa.ProtocolInfo) ([]*Entry, error) {
	var lowers []*Entry
	if over == nil {
		for _, e := range d.entries {
			if e.Kind() == Base && e.Enabled && !slices.ContainsFunc(lowers, e.sameProtocol) {
				lowers = append(lowers, e)
			}
		}
		if lowers == nil {
			return nil, fmt.Errorf("there is no base protocol: %w", wsa.WSANO_RECOVERY)
		}
		return lowers, nil
	}
	for i := range over {
		wanted := &Entry{Info: over[i]}
		place := slices.IndexFunc(d.entries, func(e *Entry) bool {
			return e.Kind() != Layered && e.Enabled && e.sameProtocol(wanted)
		})
		if place < 0 {
			return nil, invalid("no entry has %s, %s, protocol %d", wsa.FamilyName(over[i].AddressFamily),
				wsa.SocketTypeName(over[i].SocketType), over[i].Protocol)
		}
		if e := d.entries[place]; !slices.Contains(lowers, e) {
			lowers = append(lowers, e)
		}
	}
	return lowers, nil
}

func (e *Entry) sameProtocol(x *Entry) bool {
	return e.Info.AddressFamily == x.Info.AddressFamily && e.Info.SocketType == x.Info.SocketType &&
		e.Info.Protocol == x.Info.Protocol
}

// over returns the chain of a layered entry over another entry, without id
// and provider.
func (e *Entry) over(lower *Entry) (*Entry, error) {
	members := append([]uint32{e.ID()}, lower.Members()...)
	if len(members) > wsa.MAX_PROTOCOL_CHAIN {
		return nil, fmt.Errorf("the chain over %q would be longer than %d: %w", lower.Info.Name, wsa.MAX_PROTOCOL_CHAIN, wsa.WSANO_RECOVERY)
	}
	c := &Entry{Info: lower.Info, Path: e.Path, Enabled: true}
	if e.Info.ServiceFlags1&wsa.XP1_IFS_HANDLES == 0 {
		c.Info.ServiceFlags1 &^= wsa.XP1_IFS_HANDLES
	}
	c.Info.Chain = wsa.ProtocolChain{Len: int32(len(members))}
	copy(c.Info.Chain.Entries[:], members)
	c.Info.Name = shorten(e.Info.Name + " over [" + lower.Info.Name + "]")
	return c, nil
}

// shorten cuts a name to WSAPROTOCOL_LEN characters.
func shorten(name string) string {
	if r := []rune(name); len(r) > wsa.WSAPROTOCOL_LEN {
		return strings.TrimSpace(string(r[:wsa.WSAPROTOCOL_LEN]))
	}
	return name
}
