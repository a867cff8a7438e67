// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"net"

	"winsock/spi"
)

// ReleasedNetConn is [NetConn] that tells when it has closed its socket, which
// may be after its own Close.
func ReleasedNetConn(s spi.Socket, released func()) net.Conn {
	return newNetConn(s, func() error {
		defer released()
		return s.Close()
	})
}
