// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"encoding/binary"
	"testing"

	"winsock"
	"winsock/internal/testpki"
	"winsock/spi"
	"winsock/wsa"
)

func word(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

// offered is a hook in memory, and keeps the function on offer.
func offered(t *testing.T, function any) []byte {
	t.Helper()
	number, withdraw := spi.OfferHook(function)
	t.Cleanup(withdraw)
	return (&wsa.SSLHook{Func: number, Arg: 7}).Append(nil)
}

// TestEveryCode goes through "Secure Socket Control Codes" and the header:
// what a code that sets takes is what the one that gets gives; too little
// memory is WSAEFAULT; without SO_SECURE, and once the handshake has begun,
// setting is WSAEINVAL; what is no code is WSAEOPNOTSUPP.
func TestEveryCode(t *testing.T) {
	started(t)
	p := testpki.New(t)
	tls12 := wsa.SSLProtocols{{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_2}}.Append(nil)
	suite := (&wsa.SSLCiphers{Protocol: wsa.SSL_PROTOCOL_TLS1, Ciphers: []uint32{uint32(tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)}}).Append(nil)
	sessions := (&wsa.SSLSessionOpts{CacheTimeout: 60, CacheEntries: 9}).Append(nil)
	auth := (&wsa.SSLClientAuthOpts{RequestClientAuth: 1, Type: wsa.SSL_CERT_X509, Issuers: [][]byte{p.CA.Cert.Raw}}).Append(nil)
	codes := []struct {
		set, get uint32
		value    []byte // what is set
		in       []byte // what get is given
	}{
		{0, wsa.SO_SSL_GET_CAPABILITIES, word(wsa.SSL_CAP_CLIENT | wsa.SSL_CAP_SERVER | wsa.SSL_CAP_CLIENT_AUTH), nil},
		{wsa.SO_SSL_SET_FLAGS, wsa.SO_SSL_GET_FLAGS, word(wsa.SSL_FLAG_AUTH_CLIENT), nil},
		{wsa.SO_SSL_SET_PROTOCOLS, wsa.SO_SSL_GET_PROTOCOLS, tls12, nil},
		{wsa.SO_SSL_SET_CIPHERS, wsa.SO_SSL_GET_CIPHERS, suite, word(wsa.SSL_PROTOCOL_TLS1)},
		{wsa.SO_SSL_SET_CLIENT_OPTS, wsa.SO_SSL_GET_CLIENT_OPTS, sessions, nil},
		{wsa.SO_SSL_SET_SERVER_OPTS, wsa.SO_SSL_GET_SERVER_OPTS, sessions, nil},
		{wsa.SO_SSL_SET_CLIENT_AUTH_OPTS, wsa.SO_SSL_GET_CLIENT_AUTH_OPTS, auth, nil},
		{wsa.SO_SSL_SET_VALIDATE_CERT_HOOK, wsa.SO_SSL_GET_VALIDATE_CERT_HOOK,
			offered(t, wsa.SSLValidateCertFunc(func(uint32, uint64, [][]byte, uint32) int32 { return wsa.SSL_ERR_OKAY })), nil},
		{wsa.SO_SSL_SET_AUTH_REQUEST_HOOK, wsa.SO_SSL_GET_AUTH_REQUEST_HOOK,
			offered(t, wsa.SSLAuthRequestFunc(func(uint32, uint64, [][]byte, uint32) ([][]byte, crypto.Signer, int32) {
				return nil, nil, wsa.SSL_ERR_NO_CERT
			})), nil},
		{wsa.SO_SSL_SET_KEY_EXCH_HOOK, wsa.SO_SSL_GET_KEY_EXCH_HOOK,
			offered(t, wsa.SSLKeyExchangeFunc(func(uint32, uint64, []byte, uint32) ([]byte, int32) { return nil, wsa.SSL_ERR_FAILED })), nil},
		{wsa.SO_SSL_SET_SIGNATURE_HOOK, wsa.SO_SSL_GET_SIGNATURE_HOOK,
			offered(t, wsa.SSLSignatureFunc(func(uint32, uint64, []byte, uint32) ([]byte, int32) { return nil, wsa.SSL_ERR_FAILED })), nil},
		{wsa.SO_SSL_SET_PEERNAME, 0, []byte("localhost\x00"), nil},
		{wsa.SO_SSL_SET_PEERNAME_OUT, 0, []byte("localhost\x00"), nil},
		{0, wsa.SO_SSL_GET_CONNECTION_INFO, nil, nil}, // its value is the connection's
		{wsa.SO_SSL_PERFORM_HANDSHAKE, 0, nil, nil},   // see TestDeferred
	}
	known := make(map[uint32]bool)
	insecure, s := open(t, layer("ca", p.CA.CertFile)), secured(t, layer("ca", p.CA.CertFile))
	for _, c := range codes {
		known[c.set], known[c.get] = true, true
		if c.set == wsa.SO_SSL_PERFORM_HANDSHAKE || c.get == wsa.SO_SSL_GET_CONNECTION_INFO {
			continue
		}
		if c.set != 0 {
			what := wsa.IoctlName(c.set)
			_, err := control(insecure, c.set, c.value, nil)
			check(t, what+" without SO_SECURE", err, wsa.WSAEINVAL)
			_, err = control(s, c.set, c.value[:0], nil)
			check(t, what+" of nothing", err, wsa.WSAEFAULT)
			if last := len(c.value) - 1; c.get != 0 {
				_, err = control(s, c.set, c.value[:last], nil)
				check(t, what+", too short", err, wsa.WSAEFAULT)
			}
			_, err = control(s, c.set, c.value, nil)
			check(t, what, err, 0)
		}
		if c.get != 0 {
			what, out := wsa.IoctlName(c.get), make([]byte, 4096)
			_, err := control(s, c.get, c.in, out[:len(c.value)-1])
			check(t, what+", no room", err, wsa.WSAEFAULT)
			n, err := control(s, c.get, c.in, out)
			check(t, what, err, 0)
			if !bytes.Equal(out[:n], c.value) {
				t.Errorf("%s is % x, want % x", what, out[:n], c.value)
			}
		}
	}
	for n := uint32(0); n < 32; n++ {
		for _, direction := range []uint32{0, wsa.IOC_IN, wsa.IOC_OUT, wsa.IOC_INOUT} {
			if code := direction | wsa.SO_SSL_FAMILY | n; !known[code] {
				_, err := control(s, code, make([]byte, 64), make([]byte, 64))
				check(t, wsa.IoctlName(code), err, wsa.WSAEOPNOTSUPP)
			}
		}
	}
	wrong := offered(t, func() {})
	for _, code := range []uint32{wsa.SO_SSL_SET_VALIDATE_CERT_HOOK, wsa.SO_SSL_SET_AUTH_REQUEST_HOOK, wsa.SO_SSL_SET_KEY_EXCH_HOOK, wsa.SO_SSL_SET_SIGNATURE_HOOK} {
		_, err := control(s, code, wrong, nil)
		check(t, wsa.IoctlName(code)+", a function of another kind", err, wsa.WSAEFAULT)
	}

	l := newPeer(t, &tls.Config{Certificates: []tls.Certificate{p.Server.TLS()}})
	check(t, "connect", winsock.Connect(s, address(l.Addr())), 0)
	for _, c := range codes {
		if c.set != 0 && c.set != wsa.SO_SSL_PERFORM_HANDSHAKE {
			_, err := control(s, c.set, c.value, nil)
			check(t, wsa.IoctlName(c.set)+" when connected", err, wsa.WSAEINVAL)
		}
	}
	_, err := control(s, wsa.SO_SSL_GET_CONNECTION_INFO, nil, make([]byte, wsa.SizeofSSLConnectionInfo-1))
	check(t, "connection info, no room", err, wsa.WSAEFAULT)
	exchange(t, s, "hello")
	winsock.CloseSocket(s)
}
