// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"winsock"
	"winsock/internal/testpki"
	"winsock/wsa"
)

// A card holds a key and uses it for the hooks, as the documentation of the
// structures describes them.
type card struct {
	key    crypto.Signer
	fails  bool
	signed atomic.Uint32 // the last type
	calls  atomic.Int32
}

// sign is a SIGNATURE hook.
func (c *card) sign(signType uint32, arg uint64, source []byte, flags uint32) ([]byte, int32) {
	c.calls.Add(1)
	c.signed.Store(signType)
	if c.fails || arg != 5 {
		return nil, wsa.SSL_ERR_FAILED
	}
	var o crypto.SignerOpts
	hashes := map[int]crypto.Hash{20: crypto.SHA1, 36: crypto.MD5SHA1, 32: crypto.SHA256, 48: crypto.SHA384, 64: crypto.SHA512}
	switch {
	case flags == wsa.SSL_SIGN_PERFORM_HASH:
		o = crypto.Hash(0)
	case signType>>8 == 8:
		o = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hashes[len(source)]}
	default:
		o = hashes[len(source)]
	}
	b, err := c.key.Sign(rand.Reader, source, o)
	if err != nil {
		return nil, wsa.SSL_ERR_BAD_DATA
	}
	return b, wsa.SSL_ERR_OKAY
}

// decrypt is a KEY_EXCH hook.
func (c *card) decrypt(exchType uint32, arg uint64, source []byte, _ uint32) ([]byte, int32) {
	c.calls.Add(1)
	if c.fails || exchType != wsa.SSL_EXCH_RSADECRYPT || arg != 6 {
		return nil, wsa.SSL_ERR_FAILED
	}
	//lint:ignore SA1019 it is what a KEY_EXCH hook is for
	b, err := rsa.DecryptPKCS1v15(nil, c.key.(*rsa.PrivateKey), source)
	if err != nil {
		return nil, wsa.SSL_ERR_BAD_DATA
	}
	return b, wsa.SSL_ERR_OKAY
}

// cards makes keys of each kind with certificates.
func cards(t *testing.T, p *testpki.PKI) map[string]*testpki.Identity {
	t.Helper()
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	list := make(map[string]*testpki.Identity)
	for name, key := range map[string]crypto.Signer{"RSA": r, "ECDSA": e, "Ed25519": d} {
		list[name] = testpki.IssueFor(t, p.Dir, name, key, p.CA, nil)
	}
	return list
}

// chainOnly answers an AUTH_REQUEST hook without a key.
func chainOnly(id *testpki.Identity) wsa.SSLAuthRequestFunc {
	return func(uint32, uint64, [][]byte, uint32) ([][]byte, crypto.Signer, int32) {
		return [][]byte{id.Cert.Raw}, nil, wsa.SSL_ERR_OKAY
	}
}

func only(t *testing.T, s winsock.SOCKET, version uint32) {
	t.Helper()
	_, err := control(s, wsa.SO_SSL_SET_PROTOCOLS, wsa.SSLProtocols{{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: version}}.Append(nil), nil)
	check(t, "protocols", err, 0)
}

// TestSignatureHook: the program itself signs, as a client and as a server,
// with every kind of key, and is told which kind of signature it is to be.
func TestSignatureHook(t *testing.T) {
	started(t)
	p := testpki.New(t)
	all := cards(t, p)
	for _, test := range []struct {
		key     string
		version uint32
		want    tls.SignatureScheme
		fails   bool
	}{
		{"RSA", wsa.SSL_VERSION_TLS1_1, wsa.SSL_SIGN_RSA_SHAMD5, false},
		{"RSA", wsa.SSL_VERSION_TLS1_2, tls.PSSWithSHA256, false},
		{"RSA", wsa.SSL_VERSION_TLS1_3, tls.PSSWithSHA256, false},
		{"ECDSA", wsa.SSL_VERSION_TLS1_1, tls.ECDSAWithSHA1, false},
		{"ECDSA", wsa.SSL_VERSION_TLS1_3, tls.ECDSAWithP384AndSHA384, false},
		{"Ed25519", wsa.SSL_VERSION_TLS1_2, tls.Ed25519, false},
		{"Ed25519", wsa.SSL_VERSION_TLS1_3, tls.Ed25519, false},
		{"RSA", wsa.SSL_VERSION_TLS1_3, tls.PSSWithSHA256, true},
	} {
		id := all[test.key]
		name := fmt.Sprintf("%s %#x", test.key, test.version)
		if test.fails {
			name += " refused"
		}
		t.Run("client "+name, func(t *testing.T) {
			c := &card{key: id.Key, fails: test.fails}
			l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}, ClientCAs: p.Roots, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS10})
			s := secured(t, layer("ca", p.CA.CertFile))
			only(t, s, test.version)
			check(t, "request hook", winsock.SetAuthRequestHook(s, chainOnly(id), 0), 0)
			check(t, "signature hook", winsock.SetSignatureHook(s, c.sign, 5), 0)
			err := winsock.Connect(s, address(l.Addr()))
			if test.fails {
				check(t, "connect", err, wsa.WSAECONNABORTED)
				return
			}
			check(t, "connect", err, 0)
			if err == nil {
				exchange(t, s, "signed")
			}
			if got := c.signed.Load(); got != uint32(test.want) || c.calls.Load() != 1 {
				t.Errorf("the hook was called %d times, with %#x, want %#x", c.calls.Load(), got, uint32(test.want))
			}
		})
		t.Run("server "+name, func(t *testing.T) {
			c := &card{key: id.Key, fails: test.fails}
			s := secured(t, layer())
			only(t, s, test.version)
			check(t, "request hook", winsock.SetAuthRequestHook(s, chainOnly(id), 0), 0)
			check(t, "signature hook", winsock.SetSignatureHook(s, c.sign, 5), 0)
			got, err := once(t, s, &tls.Config{RootCAs: p.Roots, ServerName: "localhost", MinVersion: tls.VersionTLS10})
			if test.fails {
				if err == nil {
					t.Errorf("the client has received %q", got)
				}
				return
			}
			if got != "signed" || err != nil {
				t.Errorf("the client has received %q, %v", got, err)
			}
			if got := c.signed.Load(); got != uint32(test.want) || c.calls.Load() != 1 {
				t.Errorf("the hook was called %d times, with %#x, want %#x", c.calls.Load(), got, uint32(test.want))
			}
		})
	}
}

// once serves one client of crypto/tls and returns what that has received.
func once(t *testing.T, s winsock.SOCKET, config *tls.Config) (string, error) {
	t.Helper()
	address := serveText(t, s, "signed")
	d := &net.Dialer{Timeout: patience}
	c, err := tls.DialWithDialer(d, "tcp", address, config)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	b, err := io.ReadAll(c)
	return string(b), err
}

// serveText listens, sends a text to whoever comes, and returns the address.
func serveText(t *testing.T, s winsock.SOCKET, text string) string {
	t.Helper()
	name := wsa.SockaddrFrom(netLoopback)
	check(t, "bind", winsock.Bind(s, &name), 0)
	check(t, "listen", winsock.Listen(s, 5), 0)
	check(t, "name", winsock.GetSockName(s, &name), 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := winsock.Accept(s, nil)
			if err != nil {
				return
			}
			winsock.Send(c, []byte(text), 0)
			winsock.CloseSocket(c)
		}
	}()
	t.Cleanup(func() { winsock.CloseSocket(s); <-done })
	ap, _ := name.AddrPort()
	return ap.String()
}

// TestKeyExchangeHook: the program itself decrypts the secret that a client
// has encrypted for its key.
func TestKeyExchangeHook(t *testing.T) {
	started(t)
	p := testpki.New(t)
	id := cards(t, p)["RSA"]
	for name, signs := range map[string]bool{"alone": false, "with signatures": true} {
		for _, fails := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s fails=%v", name, fails), func(t *testing.T) {
				c := &card{key: id.Key, fails: fails}
				s := secured(t, layer())
				check(t, "request hook", winsock.SetAuthRequestHook(s, chainOnly(id), 0), 0)
				check(t, "exchange hook", winsock.SetKeyExchangeHook(s, c.decrypt, 6), 0)
				if signs {
					check(t, "signature hook", winsock.SetSignatureHook(s, c.sign, 5), 0)
				}
				got, err := once(t, s, &tls.Config{RootCAs: p.Roots, ServerName: "localhost", MaxVersion: tls.VersionTLS12,
					CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}})
				if fails {
					if err == nil {
						t.Errorf("the client has received %q", got)
					}
				} else if got != "signed" || err != nil {
					t.Errorf("the client has received %q, %v", got, err)
				}
				if n := c.calls.Load(); n != 1 {
					t.Errorf("the hook was called %d times", n)
				}
			})
		}
	}
	t.Run("openssl", func(t *testing.T) {
		openssl := need(t, "openssl")
		c := &card{key: id.Key}
		s := secured(t, layer())
		check(t, "request hook", winsock.SetAuthRequestHook(s, chainOnly(id), 0), 0)
		check(t, "exchange hook", winsock.SetKeyExchangeHook(s, c.decrypt, 6), 0)
		cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-connect", serveText(t, s, "signed"), "-CAfile", p.CA.CertFile, "-verify_return_error", "-ign_eof")
		cmd.Stdin = silence(t)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "signed") || !strings.Contains(string(out), "Cipher is AES") {
			t.Errorf("%v: %s", err, out)
		}
	})
	// A client that does not exchange keys by RSA finds nothing in common.
	c := &card{key: id.Key}
	s := secured(t, layer())
	check(t, "request hook", winsock.SetAuthRequestHook(s, chainOnly(id), 0), 0)
	check(t, "exchange hook", winsock.SetKeyExchangeHook(s, c.decrypt, 6), 0)
	if got, err := once(t, s, &tls.Config{RootCAs: p.Roots, ServerName: "localhost"}); err == nil {
		t.Errorf("the client has received %q", got)
	}
}

// TestServerSessions: a server's sessions are resumed for as long as
// SO_SSL_SET_SERVER_OPTS says.
func TestServerSessions(t *testing.T) {
	started(t)
	p := testpki.New(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, test := range []struct {
			name string
			opts wsa.SSLSessionOpts
			wait time.Duration
			want bool
		}{
			{"long", wsa.SSLSessionOpts{CacheTimeout: 3600, CacheEntries: 1}, 0, true},
			{"for ever", wsa.SSLSessionOpts{CacheEntries: 1}, 0, true},
			{"over", wsa.SSLSessionOpts{CacheTimeout: 1, CacheEntries: 1}, 2100 * time.Millisecond, false},
			{"none", wsa.SSLSessionOpts{}, 0, false},
		} {
			t.Run(fmt.Sprintf("%#x %s", version, test.name), func(t *testing.T) {
				t.Parallel()
				s := secured(t, layer("cert", p.Server.CertFile, "key", p.Server.KeyFile))
				_, err := control(s, wsa.SO_SSL_SET_SERVER_OPTS, test.opts.Append(nil), nil)
				check(t, "server options", err, 0)
				address := serveText(t, s, "signed")
				config := &tls.Config{RootCAs: p.Roots, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
				for i, want := range []bool{false, test.want} {
					c, err := tls.Dial("tcp", address, config)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := io.ReadAll(c); err != nil {
						t.Error(err)
					}
					if got := c.ConnectionState().DidResume; got != want {
						t.Errorf("connection %d is resumed: %v", i, got)
					}
					c.Close()
					time.Sleep(test.wait)
				}
			})
		}
	}
}
