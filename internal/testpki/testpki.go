// SPDX-License-Identifier: Apache-2.0

// Package testpki makes certificates for tests.
package testpki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An Identity is a certificate with its key, and the files that hold them.
type Identity struct {
	Cert              *x509.Certificate
	Key               crypto.Signer
	CertFile, KeyFile string
}

// Issue makes a certificate for localhost, as changed by change, and writes
// it to dir. by is nil for one that signs itself.
func Issue(t testing.TB, dir, name string, by *Identity, change func(*x509.Certificate)) *Identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return IssueFor(t, dir, name, key, by, change)
}

// IssueFor is Issue for a key that is there.
func IssueFor(t testing.TB, dir, name string, key crypto.Signer, by *Identity, change func(*x509.Certificate)) *Identity {
	t.Helper()
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: name},
		NotBefore:             time.Now().Add(-48 * time.Hour),
		NotAfter:              time.Now().Add(48 * time.Hour),
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(c)
	}
	parent, signer := c, key
	if by != nil {
		parent, signer = by.Cert, by.Key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	i := &Identity{cert, key, filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")}
	i.Write(t)
	return i
}

// Write writes the files.
func (i *Identity) Write(t testing.TB) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		i.CertFile: {Type: "CERTIFICATE", Bytes: i.Cert.Raw},
		i.KeyFile:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TLS returns the identity as package tls has it.
func (i *Identity) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{i.Cert.Raw}, PrivateKey: i.Key, Leaf: i.Cert}
}

// A PKI is an authority with a server and a client that it vouches for.
type PKI struct {
	Dir                string
	CA, Server, Client *Identity
	Roots              *x509.CertPool
}

// New makes a PKI in a new directory.
func New(t testing.TB) *PKI {
	p := &PKI{Dir: t.TempDir()}
	p.CA = Authority(t, p.Dir, "ca")
	p.Server = Issue(t, p.Dir, "server", p.CA, nil)
	p.Client = Issue(t, p.Dir, "client", p.CA, nil)
	p.Roots = x509.NewCertPool()
	p.Roots.AddCert(p.CA.Cert)
	return p
}

// Authority makes an identity that can issue others.
func Authority(t testing.TB, dir, name string) *Identity {
	return Issue(t, dir, name, nil, func(c *x509.Certificate) {
		c.IsCA = true
		c.KeyUsage = x509.KeyUsageCertSign
		c.DNSNames, c.IPAddresses, c.ExtKeyUsage = nil, nil, nil
	})
}
