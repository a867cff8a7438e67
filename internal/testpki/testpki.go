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
	return must(issue(dir, name, nil, by, change))(t)
}

// IssueFor is Issue for a key that is there.
func IssueFor(t testing.TB, dir, name string, key crypto.Signer, by *Identity, change func(*x509.Certificate)) *Identity {
	t.Helper()
	return must(issue(dir, name, key, by, change))(t)
}

// must returns what a test goes on with.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func issue(dir, name string, key crypto.Signer, by *Identity, change func(*x509.Certificate)) (*Identity, error) {
	if key == nil {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		key = k
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
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
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	i := &Identity{cert, key, filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")}
	return i, i.write()
}

// Write writes the files.
func (i *Identity) Write(t testing.TB) {
	t.Helper()
	if err := i.write(); err != nil {
		t.Fatal(err)
	}
}

func (i *Identity) write() error {
	der, err := x509.MarshalPKCS8PrivateKey(i.Key)
	if err != nil {
		return err
	}
	for file, block := range map[string]*pem.Block{
		i.CertFile: {Type: "CERTIFICATE", Bytes: i.Cert.Raw},
		i.KeyFile:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
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
	t.Helper()
	return must(Make(t.TempDir()))(t)
}

// Make makes a PKI in a directory, for programs that are no test.
func Make(dir string) (p *PKI, err error) {
	p = &PKI{Dir: dir, Roots: x509.NewCertPool()}
	if p.CA, err = issue(dir, "ca", nil, nil, asAuthority); err != nil {
		return nil, err
	}
	if p.Server, err = issue(dir, "server", nil, p.CA, nil); err != nil {
		return nil, err
	}
	if p.Client, err = issue(dir, "client", nil, p.CA, nil); err != nil {
		return nil, err
	}
	p.Roots.AddCert(p.CA.Cert)
	return p, nil
}

// Authority makes an identity that can issue others.
func Authority(t testing.TB, dir, name string) *Identity {
	t.Helper()
	return Issue(t, dir, name, nil, asAuthority)
}

func asAuthority(c *x509.Certificate) {
	c.IsCA = true
	c.KeyUsage = x509.KeyUsageCertSign
	c.DNSNames, c.IPAddresses, c.ExtKeyUsage = nil, nil, nil
}
