// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"slices"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// Listed returns the name spaces that are asked, in their order: those of the
// catalog, and those of the guards in force.
func Listed(snap *catalog.Snapshot) []catalog.NameSpace {
	guards := spi.NameGuards()
	all := snap.NameSpaces()
	if len(guards) == 0 {
		return all
	}
	var local, guarding, rest []catalog.NameSpace
	for _, n := range all {
		if n.Info.NameSpace == wsa.NS_TCPIP_HOSTS {
			local = append(local, n)
		} else {
			rest = append(rest, n)
		}
	}
	for _, g := range guards {
		d, _, err := spi.ParseNamePath(g.Path)
		if err != nil || slices.ContainsFunc(guarding, func(n catalog.NameSpace) bool { return n.Path == g.Path }) {
			continue // without its provider, nobody answers
		}
		n := catalog.NameSpace{Info: d.Info, Path: g.Path, Default: true}
		n.Info.Active = true
		rest = slices.DeleteFunc(rest, func(n catalog.NameSpace) bool { return n.Info.ProviderID == d.Info.ProviderID })
		guarding = append(guarding, n)
	}
	return slices.Concat(local, guarding, rest)
}

// mayAsk reports whether a provider may be asked for a name: not on the
// network while a guard is in force and does not let the name pass, and not a
// guard's for one that passes.
func (p *Provider) mayAsk(name string) bool {
	guards := spi.NameGuards()
	if len(guards) == 0 || p.info.NameSpace == wsa.NS_TCPIP_HOSTS {
		return true
	}
	passes, own := true, false
	for _, g := range guards {
		passes = passes && g.Passes != nil && g.Passes(name)
		own = own || g.Path == p.key.path
	}
	return passes != own
}
