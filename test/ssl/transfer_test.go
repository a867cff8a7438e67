// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"testing"

	"winsock/internal/testpki"
	"winsock/test/transfer"
)

// TestTransfer: much data over 200 secure connections at once, overlapped, on
// the kernel's sockets.
func TestTransfer(t *testing.T) {
	p := testpki.New(t)
	took := transfer.Run(t, transfer.Plan{Connections: 200, Bytes: transfer.Size(t, 64<<20), Client: []string{client(p)}, Server: []string{server(p)}})
	t.Logf("it took %v", took)
}
