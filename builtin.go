// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/chain"

	// The providers that are compiled in. This is the only place above
	// the SPI that names any.
	_ "winsock/layer/fault"
	_ "winsock/layer/filter"
	_ "winsock/layer/socks"
	_ "winsock/layer/ssl"
	_ "winsock/layer/throttle"
	_ "winsock/layer/trace"
	_ "winsock/namespace/dns"
	_ "winsock/namespace/fakeip"
	_ "winsock/namespace/hosts"
	_ "winsock/provider/kernel"
	_ "winsock/provider/mem"
)

// chains keeps the providers that the process has started.
var chains chain.Manager
