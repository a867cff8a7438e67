// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"os"
	"slices"
	"sync"

	"winsock/catalog"
	"winsock/wsa"
)

// theCatalog is the catalog of this process. Only the providers named here
// are in it by themselves; all others have to be installed.
var theCatalog = catalog.NewStore(catalog.Config{
	Drivers:     []string{"kernel"},
	NameDrivers: []string{"hosts", "dns"},
})

// ownPermission returns which layered providers this program admits. As on
// Windows, that is settled for good when it is first asked for
// ("WSCSetApplicationCategory function").
var ownPermission = sync.OnceValue(func() catalog.Permission {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return theCatalog.Snapshot().Permission(path, os.Args[1:])
})

// WSAEnumProtocols lists the transport protocols that the program can open
// sockets of ("WSAEnumProtocolsW function"): base protocols and chains, in
// the order in which they are considered, without hidden ones. A list of
// protocol numbers, when not nil, leaves out all others; unknown numbers in
// it are ignored.
//
// Errors: WSANOTINITIALISED.
func WSAEnumProtocols(protocols []int32) ([]wsa.ProtocolInfo, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	snap := theCatalog.Refresh()
	entries := slices.DeleteFunc(snap.Visible(), func(e *catalog.Entry) bool { return !snap.Admits(ownPermission(), e) })
	return infosOf(entries, protocols), nil
}

// WSCEnumProtocols lists all transport protocols of the catalog as it is now
// ("WSCEnumProtocols function"), layered and hidden ones too. It needs no
// WSAStartup. See [WSAEnumProtocols] for the list of protocol numbers.
func WSCEnumProtocols(protocols []int32) ([]wsa.ProtocolInfo, error) {
	return infosOf(theCatalog.Refresh().Entries(), protocols), nil
}

func infosOf(entries []*catalog.Entry, protocols []int32) []wsa.ProtocolInfo {
	var list []wsa.ProtocolInfo
	for _, e := range entries {
		if protocols == nil || slices.Contains(protocols, e.Info.Protocol) {
			list = append(list, e.Info)
		}
	}
	return list
}
