// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/pem"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"winsock/internal/testpki"
	"winsock/wsa"
)

// FuzzCrackCertificate: SslCrackCertificate takes any memory, as it comes
// from a peer, and answers with one of its two errors or a certificate.
func FuzzCrackCertificate(f *testing.F) {
	p := testpki.New(f)
	for _, id := range []*testpki.Identity{p.CA, p.Server} {
		f.Add(id.Cert.Raw, true)
		f.Add(id.Cert.Raw[:len(id.Cert.Raw)/2], false)
	}
	text, err := os.ReadFile(p.CA.CertFile)
	if err != nil {
		f.Fatal(err)
	}
	block, _ := pem.Decode(text)
	block.Bytes[len(block.Bytes)-1] ^= 1 // a signature that is wrong
	f.Add(block.Bytes, true)
	f.Fuzz(func(t *testing.T, der []byte, verify bool) {
		c, err := SslCrackCertificate(der, verify)
		switch err {
		case nil:
			if len(c.PublicKey) == 0 || c.Subject != "" && !strings.Contains(c.Subject, "=") && utf8.ValidString(c.Subject) {
				t.Errorf("the certificate is %+v", c)
			}
		case wsa.WSAEFAULT:
		case wsa.WSAEACCES:
			if !verify {
				t.Error("a signature was verified unasked")
			}
		default:
			t.Errorf("%v", err)
		}
	})
}
