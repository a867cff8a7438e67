// SPDX-License-Identifier: Apache-2.0

package winsock

// The providers that are compiled in. This is the only place above the SPI
// that names any.
import (
	_ "winsock/layer/trace"
	_ "winsock/namespace/dns"
	_ "winsock/namespace/hosts"
	_ "winsock/provider/kernel"
	_ "winsock/provider/mem"
)
