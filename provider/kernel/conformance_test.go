// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"testing"

	"winsock/spi/spitest"
	"winsock/wsa"
)

func TestConformance(t *testing.T) {
	spitest.Run(t, func(t *testing.T) spitest.Network {
		n := spitest.Base(t, Startup, Entries())
		n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
		return n
	})
}
