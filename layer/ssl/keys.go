// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"winsock/wsa"
)

// A private key need not be there: the hooks for signatures and key exchange
// do its work, in a card perhaps. They are called whenever they are set, also
// beside a key. Two of their uses are not TLS's any more, or nobody's but the
// protocol's own, and never come: SSL_EXCH_RSAENCRYPT, by which a client
// encrypts with the server's public key, and SSL_SIGN_VERIFY_SIGNATURE. Both
// need nothing secret, and crypto/tls does them itself.

// ownCertificate asks the program's hook for its certificate.
func (set *settings) ownCertificate(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	chain, key, result := set.request.f(wsa.SSL_CERT_X509, set.request.Arg, info.AcceptableCAs, 0)
	if result != wsa.SSL_ERR_OKAY || len(chain) == 0 || key == nil && !set.hasKeyHook() {
		return new(tls.Certificate), nil
	}
	cert := &tls.Certificate{Certificate: chain}
	if key != nil {
		cert.PrivateKey = key
	}
	return set.keyed(cert)
}

func (set *settings) hasKeyHook() bool { return set.sign.f != nil || set.exchange.f != nil }

// keyed returns a certificate whose key is that of the program's hooks, as
// far as they are set.
func (set *settings) keyed(cert *tls.Certificate) (*tls.Certificate, error) {
	if !set.hasKeyHook() {
		return cert, nil
	}
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		return nil, err
	}
	public := publicKey{leaf.PublicKey}
	signer, _ := cert.PrivateKey.(crypto.Signer)
	if set.sign.f != nil {
		signer = hookSigner{public, set.sign}
	}
	with := *cert
	switch {
	case set.exchange.f == nil:
		with.PrivateKey = signer
		if old, ok := cert.PrivateKey.(crypto.Decrypter); ok {
			with.PrivateKey = signerDecrypter{signer, old}
		}
	case signer == nil:
		with.PrivateKey = hookDecrypter{public, set.exchange}
	default:
		with.PrivateKey = signerDecrypter{signer, hookDecrypter{public, set.exchange}}
	}
	return &with, nil
}

// publicKey is the part of a key that is in the certificate.
type publicKey struct{ key crypto.PublicKey }

func (p publicKey) Public() crypto.PublicKey { return p.key }

// A hookSigner is a key whose signatures the program makes.
type hookSigner struct {
	publicKey
	hook signHook
}

// Sign asks the hook.
func (k hookSigner) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	kind, err := signType(k.key, o)
	if err != nil {
		return nil, err
	}
	flags := uint32(0)
	if o.HashFunc() == 0 {
		flags = wsa.SSL_SIGN_PERFORM_HASH
	}
	signature, result := k.hook.f(kind, k.hook.Arg, digest, flags)
	if result != wsa.SSL_ERR_OKAY {
		return nil, hookError{result}
	}
	return signature, nil
}

// signType returns how a kind of signature is told to the hook.
func signType(public crypto.PublicKey, o crypto.SignerOpts) (uint32, error) {
	_, pss := o.(*rsa.PSSOptions)
	type kind struct {
		hash crypto.Hash
		pss  bool
	}
	var schemes map[kind]uint32
	switch public.(type) {
	case *rsa.PublicKey:
		schemes = map[kind]uint32{
			{crypto.MD5SHA1, false}: wsa.SSL_SIGN_RSA_SHAMD5,
			{crypto.SHA1, false}:    wsa.SSL_SIGN_RSA_SHA,
			{crypto.SHA256, false}:  uint32(tls.PKCS1WithSHA256),
			{crypto.SHA384, false}:  uint32(tls.PKCS1WithSHA384),
			{crypto.SHA512, false}:  uint32(tls.PKCS1WithSHA512),
			{crypto.SHA256, true}:   uint32(tls.PSSWithSHA256),
			{crypto.SHA384, true}:   uint32(tls.PSSWithSHA384),
			{crypto.SHA512, true}:   uint32(tls.PSSWithSHA512),
		}
	case *ecdsa.PublicKey:
		schemes = map[kind]uint32{
			{crypto.SHA1, false}:   uint32(tls.ECDSAWithSHA1),
			{crypto.SHA256, false}: uint32(tls.ECDSAWithP256AndSHA256),
			{crypto.SHA384, false}: uint32(tls.ECDSAWithP384AndSHA384),
			{crypto.SHA512, false}: uint32(tls.ECDSAWithP521AndSHA512),
		}
	case ed25519.PublicKey:
		schemes = map[kind]uint32{{0, false}: uint32(tls.Ed25519)}
	}
	n, ok := schemes[kind{o.HashFunc(), pss}]
	if !ok {
		return 0, fmt.Errorf("no hook makes signatures of a %T with %v", public, o.HashFunc())
	}
	return n, nil
}

// A hookDecrypter is a key by which the program decrypts what a client has
// encrypted for it.
type hookDecrypter struct {
	publicKey
	hook exchangeHook
}

// Decrypt asks the hook. A failure is answered with a random secret, with
// which the handshake fails at its end: a peer that could tell one failure
// from another could decrypt what was sent to others (RFC 5246, 7.4.7.1).
func (k hookDecrypter) Decrypt(_ io.Reader, sealed []byte, o crypto.DecrypterOpts) ([]byte, error) {
	//lint:ignore SA1019 a handshake with an exchange of RSA keys asks in this way only
	options, ok := o.(*rsa.PKCS1v15DecryptOptions)
	if !ok || options.SessionKeyLen == 0 {
		return nil, errors.New("no hook decrypts in this way")
	}
	random := make([]byte, options.SessionKeyLen)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	secret, result := k.hook.f(wsa.SSL_EXCH_RSADECRYPT, k.hook.Arg, sealed, 0)
	if result != wsa.SSL_ERR_OKAY || len(secret) != len(random) {
		return random, nil
	}
	return secret, nil
}

// A signerDecrypter is a key that does both.
type signerDecrypter struct {
	crypto.Signer
	by crypto.Decrypter
}

// Decrypt is that of the decrypter.
func (k signerDecrypter) Decrypt(r io.Reader, sealed []byte, o crypto.DecrypterOpts) ([]byte, error) {
	return k.by.Decrypt(r, sealed, o)
}
