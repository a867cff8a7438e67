// SPDX-License-Identifier: Apache-2.0

package spitest_test

import (
	"testing"

	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// TestKernel runs the suite on the provider that everything else is measured
// by.
func TestKernel(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		n := spitest.Base(t, kernel.Startup, kernel.Entries())
		n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
		return n
	})
}

func TestMem(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		return spitest.Base(t, mem.Startup, mem.Entries())
	})
}
