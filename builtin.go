// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/catalog"
	"winsock/chain"

	// The providers that are compiled in. This is the only place above
	// the SPI that names any.
	_ "winsock/layer/trace"
	_ "winsock/namespace/dns"
	_ "winsock/namespace/hosts"
	_ "winsock/provider/kernel"
	_ "winsock/provider/mem"
)

// store is the process's view of the catalog. Of the drivers above, these
// are the ones whose protocols and name spaces are there without being
// installed, in this order.
var store = catalog.NewStore(catalog.Config{
	Drivers:     []string{"kernel"},
	NameDrivers: []string{"hosts", "dns"},
})

// chains keeps the providers that the process has started.
var chains chain.Manager
