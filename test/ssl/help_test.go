// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
)

var netLoopback = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)

func pinOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
