// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"slices"

	"winsock/spi"
	"winsock/wsa"
)

// InstallNameSpace adds a name space provider at the end, active
// ("WSCInstallNameSpace function", "WSCInstallNameSpaceEx function"). A
// provider of several name spaces is installed once for each, with a GUID
// each.
//
// Errors wrap WSAEINVAL for arguments that make no sense, WSANO_RECOVERY for
// a provider that is there already or a catalog that the caller may not
// change, WSAEINPROGRESS when another process does not stop changing it.
func (s *Store) InstallNameSpace(path string, info wsa.NamespaceInfo) error {
	switch {
	case info.ProviderID.IsZero():
		return invalid("the provider has no GUID")
	case info.NameSpace == wsa.NS_ALL:
		return invalid("NS_ALL is no name space")
	}
	if err := checkTexts(path, info.Identifier); err != nil {
		return invalid("%v", err)
	}
	if !SharedObject(path) {
		if _, _, err := spi.ParseNamePath(path); wsa.ErrnoOf(err) == wsa.WSAEINVAL {
			return err
		}
	}
	info.Active = true
	return s.change(func(d *draft) error {
		if d.name(info.ProviderID) >= 0 {
			return fmt.Errorf("name space provider %s is installed already: %w", info.ProviderID, wsa.WSANO_RECOVERY)
		}
		d.names = append(d.names, NameSpace{Info: info, Path: path}.clone())
		return nil
	})
}

// UninstallNameSpace removes a name space provider ("WSCUnInstallNameSpace
// function"). Errors wrap WSAEINVAL for one that is not there; WSANO_RECOVERY
// and WSAEINPROGRESS as for [Store.InstallNameSpace].
func (s *Store) UninstallNameSpace(provider wsa.GUID) error {
	return s.changeName(provider, func(d *draft, i int) { d.names = slices.Delete(d.names, i, i+1) })
}

// EnableNameSpace says whether a name space provider is asked
// ("WSCEnableNSProvider function"). Errors are those of
// [Store.UninstallNameSpace].
func (s *Store) EnableNameSpace(provider wsa.GUID, active bool) error {
	return s.changeName(provider, func(d *draft, i int) { d.names[i].Info.Active = active })
}

func (s *Store) changeName(provider wsa.GUID, apply func(d *draft, i int)) error {
	return s.change(func(d *draft) error {
		i := d.name(provider)
		if i < 0 {
			return invalid("name space provider %s is not installed", provider)
		}
		apply(d, i)
		return nil
	})
}

// SetNameSpaceOrder puts the name space providers in a new order, the order
// in which they are asked ("WSCWriteNameSpaceOrder function"). providers must
// have each exactly once, else the error wraps WSAEINVAL; WSANO_RECOVERY and
// WSAEINPROGRESS as for [Store.InstallNameSpace].
func (s *Store) SetNameSpaceOrder(providers []wsa.GUID) error {
	return s.change(func(d *draft) error {
		if len(providers) != len(d.names) {
			return invalid("the order has %d name spaces, but the catalog has %d", len(providers), len(d.names))
		}
		var ordered []NameSpace
		for i, id := range providers {
			place := d.name(id)
			if place < 0 {
				return invalid("name space provider %s is not installed", id)
			}
			if slices.Contains(providers[:i], id) {
				return invalid("name space provider %s is in the order twice", id)
			}
			ordered = append(ordered, d.names[place])
		}
		d.names = ordered
		return nil
	})
}
