// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"net/netip"
	"testing"

	"winsock/internal/testpki"
)

var netLoopback = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)

func pinOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// subjectOf returns who a server says that it is.
func subjectOf(t *testing.T, address string, p *testpki.PKI) string {
	t.Helper()
	c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: p.Roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].Subject.CommonName
}
