// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"winsock/provider/kernel"
	"winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// An identity is a certificate with its key.
type identity struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// issue makes a certificate. by is nil for one that signs itself.
func issue(t testing.TB, by *identity, change func(*x509.Certificate)) *identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "localhost"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
	if change != nil {
		change(c)
	}
	parent, signer := c, crypto.Signer(key)
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &identity{cert, key}
}

func authority(t testing.TB) *identity {
	return issue(t, nil, func(c *x509.Certificate) {
		c.Subject.CommonName = "Test authority"
		c.IsCA = true
		c.KeyUsage = x509.KeyUsageCertSign
		c.DNSNames, c.IPAddresses = nil, nil
	})
}

// write writes the certificate and key to files.
func (i *identity) write(t testing.TB, dir, name string) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	der, err := x509.MarshalPKCS8PrivateKey(i.key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: i.cert.Raw},
		key:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// A pki is what tests authenticate with.
type pki struct {
	ca, server, client    *identity
	caFile                string
	serverCert, serverKey string
	clientCert, clientKey string
	dir                   string
}

var shared struct {
	once sync.Once
	pki
}

// keys returns the identities that tests share.
func keys(t testing.TB) *pki {
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "ssltest")
		if err != nil {
			t.Fatal(err)
		}
		p := &shared.pki
		p.dir = dir
		p.ca = authority(t)
		p.server = issue(t, p.ca, nil)
		p.client = issue(t, p.ca, func(c *x509.Certificate) { c.Subject.CommonName = "client" })
		p.caFile, _ = p.ca.write(t, dir, "ca")
		p.serverCert, p.serverKey = p.server.write(t, dir, "server")
		p.clientCert, p.clientKey = p.client.write(t, dir, "client")
	})
	return &shared.pki
}

// options returns the driver's, with defaults as a path would have them.
func options(t testing.TB, set spi.Options) spi.Options {
	t.Helper()
	_, all, err := spi.ParsePath(spi.FormatPath("ssl", set))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func both(t testing.TB) spi.Options {
	k := keys(t)
	return options(t, spi.Options{"originate": "*", "terminate": "*", "cert": k.serverCert, "key": k.serverKey, "ca": k.caFile})
}

func kernelNetwork(t testing.TB) spitest.Network {
	n := spitest.Base(t, kernel.Startup, kernel.Entries())
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return info.AddressFamily == wsa.AF_UNIX }
	return n
}

func memNetwork(t testing.TB) spitest.Network { return spitest.Base(t, mem.Startup, mem.Entries()) }

var bases = map[string]func(testing.TB) spitest.Network{"kernel": kernelNetwork, "mem": memNetwork}

// TestConformance: a layer that secures nothing keeps every rule of what is
// below it.
func TestConformance(t *testing.T) {
	for name, base := range bases {
		for what, set := range map[string]spi.Options{
			"on demand": {},
			"rules":     {"originate": "203.0.113.0/24"},
		} {
			t.Run(what+" over "+name, func(t *testing.T) {
				spitest.Run(t, func(t *testing.T) spitest.Network {
					return base(t).With(t, driver.Startup, options(t, set))
				})
			})
		}
	}
}

// TestConformanceSecure: secure sockets, at both ends, keep them as well, but
// for urgent data.
func TestConformanceSecure(t *testing.T) {
	for name, base := range bases {
		t.Run(name, func(t *testing.T) {
			spitest.Run(t, func(t *testing.T) spitest.Network {
				return base(t).With(t, driver.Startup, both(t)).Without(wsa.XP1_EXPEDITED_DATA).
					Only(func(info *wsa.ProtocolInfo) bool {
						return info.SocketType == wsa.SOCK_STREAM && info.AddressFamily != wsa.AF_UNIX
					})
			})
		})
	}
}
