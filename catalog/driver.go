// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"winsock/spi"
	"winsock/wsa"
)

// InstallDriver installs a base provider that is compiled in, with all the
// protocols that it serves, at the end of the catalog. It returns their ids.
//
// Errors wrap WSAEPROVIDERFAILEDINIT for an unknown driver, WSAEINVAL for bad
// options and for a driver that is no base provider, and else are those of
// [Store.Install].
func (s *Store) InstallDriver(path string) ([]uint32, error) {
	d, _, err := spi.ParsePath(path)
	if err != nil {
		return nil, err
	}
	if !d.Base() {
		return nil, invalid("%s is a layer and has no protocols of its own", d.Name)
	}
	infos := d.Entries()
	var provider wsa.GUID
	for i, info := range infos {
		if i > 0 && info.ProviderID != provider {
			return nil, invalid("%s serves several providers, which must be installed one by one", d.Name)
		}
		provider = info.ProviderID
		infos[i].Chain = wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL}
	}
	return s.Install(provider, path, infos)
}

// Files returns the file that the catalog is read from, empty when only the
// defaults are in force, and the one that a change would be written to.
func (s *Store) Files() (read, write string) {
	l := s.config.locate()
	return l.read, l.write
}
