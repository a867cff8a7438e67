// SPDX-License-Identifier: Apache-2.0

package bed

import (
	"testing"

	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi/spitest"
	"winsock/wsa"
)

// Kernel is the network of the machine, for the conformance suite.
func Kernel(t testing.TB) spitest.Network {
	n := spitest.Base(t, kernel.Startup, kernel.Entries())
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
	return n
}

// Mem is a network in memory, for the conformance suite.
func Mem(t testing.TB) spitest.Network { return spitest.Base(t, mem.Startup, mem.Entries()) }

// Networks are both, by name.
var Networks = map[string]func(testing.TB) spitest.Network{"kernel": Kernel, "mem": Mem}
