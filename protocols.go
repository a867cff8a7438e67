// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"os"
	"sync"

	"winsock/catalog"
)

// theCatalog is the catalog of this process. Only the providers named here
// are in it by themselves; all others have to be installed.
var theCatalog = catalog.NewStore(catalog.Config{
	Drivers:     []string{"kernel"},
	NameDrivers: []string{"hosts", "dns"},
})

// ownPermission returns which layered providers this program admits. As on
// Windows, that is settled for good when it is first asked for, which
// WSAStartup does ("WSCSetApplicationCategory function").
var ownPermission = sync.OnceValue(func() catalog.Permission {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return theCatalog.Snapshot().Permission(path, os.Args[1:])
})
