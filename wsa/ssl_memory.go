// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"crypto"
	"encoding/binary"
	"time"
)

// The structures of secure sockets, in the layout of 64-bit programs. A
// pointer inside a buffer of a control code is the offset of what it points
// to from the buffer's start, as a provider cannot follow the pointers of
// every door; a door that has real pointers converts them.

// Sizes of the structures in memory, in bytes.
const (
	SizeofSSLProtocol       = 12
	SizeofSSLSessionOpts    = 16
	SizeofSSLClientAuthOpts = 32
	SizeofSSLHook           = 16
	SizeofSSLConnectionInfo = 28

	sizeofBlob = 16
)

// SSL_PROTOCOL_TLS1 stands beside SSL_PROTOCOL_SSL3 for all versions of TLS,
// which Version of an SSLProtocol tells apart: the headers of the time have
// no number for it.
const SSL_PROTOCOL_TLS1 = 4

// Versions on the wire, as SSLProtocol has them.
const (
	SSL_VERSION_PCT1   = 0x8001
	SSL_VERSION_SSL2   = 0x0002
	SSL_VERSION_SSL3   = 0x0300
	SSL_VERSION_TLS1_0 = 0x0301
	SSL_VERSION_TLS1_1 = 0x0302
	SSL_VERSION_TLS1_2 = 0x0303
	SSL_VERSION_TLS1_3 = 0x0304
)

// Protocols of a connection and algorithms that came after those headers,
// numbered as in today's.
const (
	SSL_PROT_TLS1_1_SERVER = 0x100
	SSL_PROT_TLS1_1_CLIENT = 0x200
	SSL_PROT_TLS1_2_SERVER = 0x400
	SSL_PROT_TLS1_2_CLIENT = 0x800
	SSL_PROT_TLS1_3_SERVER = 0x1000
	SSL_PROT_TLS1_3_CLIENT = 0x2000

	CALG_AES_128    = 0x660e
	CALG_AES_256    = 0x6610
	CALG_SHA_256    = 0x800c
	CALG_SHA_384    = 0x800d
	CALG_SHA_512    = 0x800e
	CALG_ECDH_EPHEM = 0xae06
	CALG_ECDSA      = 0x2203
)

// An SSLProtocol is an SSLPROTOCOL: one protocol and version that a secure
// socket may speak.
type SSLProtocol struct {
	Protocol uint32 // SSL_PROTOCOL_
	Version  uint32 // as on the wire, such as SSL_VERSION_TLS1_2
	Flags    uint32
}

// SSLProtocols is an SSLPROTOCOLS.
type SSLProtocols []SSLProtocol

// Append appends the memory of an SSLPROTOCOLS.
func (p SSLProtocols) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
	for _, x := range p {
		b = binary.LittleEndian.AppendUint32(b, x.Protocol)
		b = binary.LittleEndian.AppendUint32(b, x.Version)
		b = binary.LittleEndian.AppendUint32(b, x.Flags)
	}
	return b
}

// Decode reads the memory of an SSLPROTOCOLS.
func (p *SSLProtocols) Decode(b []byte) error {
	n, b, err := takeCount(b, SizeofSSLProtocol)
	if err != nil {
		return err
	}
	list := make(SSLProtocols, n)
	for i := range list {
		list[i] = SSLProtocol{
			Protocol: binary.LittleEndian.Uint32(b[0:]),
			Version:  binary.LittleEndian.Uint32(b[4:]),
			Flags:    binary.LittleEndian.Uint32(b[8:]),
		}
		b = b[SizeofSSLProtocol:]
	}
	*p = list
	return nil
}

// takeCount reads how many elements of a size follow.
func takeCount(b []byte, size int) (int, []byte, error) {
	if len(b) < 4 {
		return 0, nil, WSAEFAULT
	}
	n := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if uint64(n)*uint64(size) > uint64(len(b)) {
		return 0, nil, WSAEFAULT
	}
	return int(n), b, nil
}

// SSLCiphers is an SSLCIPHERS: the ciphers of a protocol. A cipher is a
// cipher suite's number, or in a list that is set also an ALG_ID, which
// stands for all suites with it.
type SSLCiphers struct {
	Protocol uint32
	Ciphers  []uint32
}

// Append appends the memory of an SSLCIPHERS.
func (c *SSLCiphers) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, c.Protocol)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(c.Ciphers)))
	for _, x := range c.Ciphers {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// Decode reads the memory of an SSLCIPHERS.
func (c *SSLCiphers) Decode(b []byte) error {
	if len(b) < 4 {
		return WSAEFAULT
	}
	protocol := binary.LittleEndian.Uint32(b)
	n, b, err := takeCount(b[4:], 4)
	if err != nil {
		return err
	}
	list := make([]uint32, n)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	c.Protocol, c.Ciphers = protocol, list
	return nil
}

// SSLSessionOpts is an SSLCLIENTOPTS and an SSLSERVEROPTS: how long and how
// many sessions are remembered for resumption. No entries means none.
type SSLSessionOpts struct {
	CacheTimeout int64 // seconds
	CacheEntries uint32
	Flags        uint32
}

// Append appends the memory of an SSLCLIENTOPTS.
func (o *SSLSessionOpts) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(o.CacheTimeout))
	b = binary.LittleEndian.AppendUint32(b, o.CacheEntries)
	return binary.LittleEndian.AppendUint32(b, o.Flags)
}

// Decode reads the memory of an SSLCLIENTOPTS.
func (o *SSLSessionOpts) Decode(b []byte) error {
	if len(b) < SizeofSSLSessionOpts {
		return WSAEFAULT
	}
	o.CacheTimeout = int64(binary.LittleEndian.Uint64(b))
	o.CacheEntries = binary.LittleEndian.Uint32(b[8:])
	o.Flags = binary.LittleEndian.Uint32(b[12:])
	return nil
}

// SSLClientAuthOpts is an SSLCLIENTAUTHOPTS: what a server asks of a
// client's certificate.
type SSLClientAuthOpts struct {
	RequestClientAuth uint32
	RedoHandshake     uint32
	Type              uint32   // SSL_CERT_X509
	Issuers           [][]byte // certificates of those whose clients are taken, DER
	Flags             uint32
}

// Append appends the memory of an SSLCLIENTAUTHOPTS, with what its pointers
// lead to behind it.
func (o *SSLClientAuthOpts) Append(b []byte) []byte {
	at := SizeofSSLClientAuthOpts
	list := uint64(at)
	if len(o.Issuers) == 0 {
		list = 0
	}
	b = binary.LittleEndian.AppendUint32(b, o.RequestClientAuth)
	b = binary.LittleEndian.AppendUint32(b, o.RedoHandshake)
	b = binary.LittleEndian.AppendUint32(b, o.Type)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(o.Issuers)))
	b = binary.LittleEndian.AppendUint64(b, list)
	b = binary.LittleEndian.AppendUint32(b, o.Flags)
	b = binary.LittleEndian.AppendUint32(b, 0)
	at += sizeofBlob * len(o.Issuers)
	for _, x := range o.Issuers {
		b = binary.LittleEndian.AppendUint64(b, uint64(len(x)))
		b = binary.LittleEndian.AppendUint64(b, uint64(at))
		at += len(x)
	}
	for _, x := range o.Issuers {
		b = append(b, x...)
	}
	return b
}

// Decode reads the memory of an SSLCLIENTAUTHOPTS. The issuers are parts of b.
func (o *SSLClientAuthOpts) Decode(b []byte) error {
	if len(b) < SizeofSSLClientAuthOpts {
		return WSAEFAULT
	}
	n, list := binary.LittleEndian.Uint32(b[12:]), binary.LittleEndian.Uint64(b[16:])
	var issuers [][]byte
	if n > 0 {
		blobs, ok := part(b, list, uint64(n)*sizeofBlob)
		if !ok {
			return WSAEFAULT
		}
		for ; len(blobs) > 0; blobs = blobs[sizeofBlob:] {
			x, ok := part(b, binary.LittleEndian.Uint64(blobs[8:]), uint64(binary.LittleEndian.Uint32(blobs)))
			if !ok {
				return WSAEFAULT
			}
			issuers = append(issuers, x)
		}
	}
	o.RequestClientAuth = binary.LittleEndian.Uint32(b[0:])
	o.RedoHandshake = binary.LittleEndian.Uint32(b[4:])
	o.Type = binary.LittleEndian.Uint32(b[8:])
	o.Issuers = issuers
	o.Flags = binary.LittleEndian.Uint32(b[24:])
	return nil
}

// part returns n bytes of b from an offset on.
func part(b []byte, at, n uint64) ([]byte, bool) {
	if at > uint64(len(b)) || n > uint64(len(b))-at {
		return nil, false
	}
	return b[at : at+n : at+n], true
}

// An SSLHook is an SSLVALIDATECERTHOOK, an SSLAUTHREQUESTHOOK and the like: a
// function and what it is given. The function is a number under which it was
// offered to the providers; 0 is none.
type SSLHook struct {
	Func uint64
	Arg  uint64
}

// Append appends the memory of a hook.
func (h *SSLHook) Append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, h.Func)
	return binary.LittleEndian.AppendUint64(b, h.Arg)
}

// Decode reads the memory of a hook.
func (h *SSLHook) Decode(b []byte) error {
	if len(b) < SizeofSSLHook {
		return WSAEFAULT
	}
	h.Func, h.Arg = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	return nil
}

// An SSLValidateCertFunc judges the peer's certificate during the handshake
// and answers SSL_ERR_OKAY to go on. chain has the peer's own certificate,
// DER; flags has SSL_CERT_FLAG_ISSUER_UNKNOWN if no trusted authority vouches
// for it, or if it is not for the name of SO_SSL_SET_PEERNAME.
type SSLValidateCertFunc func(certType uint32, arg uint64, chain [][]byte, flags uint32) int32

// An SSLAuthRequestFunc is asked for the client's certificate chain, its own
// certificate first, with the key to it. issuers are the names of the
// authorities that the server takes, DER. The key may be nil where an
// [SSLSignatureFunc] or an [SSLKeyExchangeFunc] does its work. Another answer
// than SSL_ERR_OKAY goes on without a certificate.
type SSLAuthRequestFunc func(certType uint32, arg uint64, issuers [][]byte, flags uint32) (chain [][]byte, key crypto.Signer, result int32)

// An SSLKeyExchangeFunc uses a private key that only the program has, where
// keys are exchanged by RSA: it decrypts source (SSL_EXCH_RSADECRYPT, with the
// padding of PKCS #1) to dest. An answer other than SSL_ERR_OKAY makes the
// handshake fail, though only at its end, as a peer must not learn why.
type SSLKeyExchangeFunc func(exchType uint32, arg uint64, source []byte, flags uint32) (dest []byte, result int32)

// An SSLSignatureFunc signs with a private key that only the program has.
// signType is one of SSL_SIGN_, or for what they have no number the one that
// TLS gives to the scheme, such as 0x0804 for RSA-PSS with SHA-256 (RFC 8446,
// 4.2.3). source is the hash to sign (for SSL_SIGN_RSA_SHAMD5 that of MD5 and
// then that of SHA-1), or with SSL_SIGN_PERFORM_HASH among the flags the
// message itself. dest is the signature as it goes over the wire. An answer
// other than SSL_ERR_OKAY makes the handshake fail.
type SSLSignatureFunc func(signType uint32, arg uint64, source []byte, flags uint32) (dest []byte, result int32)

// SSLConnectionInfo is an SSLCONNECTIONINFO: what a secure connection uses.
type SSLConnectionInfo struct {
	Protocol       uint32 // one of SSL_PROT_
	Cipher         uint32 // an ALG_ID, 0 for an algorithm without one
	CipherStrength uint32 // bits
	Hash           uint32
	HashStrength   uint32
	Exch           uint32
	ExchStrength   uint32
}

// Append appends the memory of an SSLCONNECTIONINFO.
func (c *SSLConnectionInfo) Append(b []byte) []byte {
	for _, x := range [...]uint32{c.Protocol, c.Cipher, c.CipherStrength, c.Hash, c.HashStrength, c.Exch, c.ExchStrength} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return b
}

// Decode reads the memory of an SSLCONNECTIONINFO.
func (c *SSLConnectionInfo) Decode(b []byte) error {
	if len(b) < SizeofSSLConnectionInfo {
		return WSAEFAULT
	}
	for i, x := range [...]*uint32{&c.Protocol, &c.Cipher, &c.CipherStrength, &c.Hash, &c.HashStrength, &c.Exch, &c.ExchStrength} {
		*x = binary.LittleEndian.Uint32(b[4*i:])
	}
	return nil
}

// An X509Certificate is what SslCrackCertificate makes of a certificate.
type X509Certificate struct {
	Version            uint32
	SerialNumber       [4]uint32 // its lowest 128 bits, the least significant first
	SignatureAlgorithm uint32    // an ALG_ID, 0 for an algorithm without one
	ValidFrom          time.Time
	ValidUntil         time.Time
	Issuer             string // a distinguished name such as "CN=name, O=organisation"
	Subject            string
	PublicKey          []byte // DER, a SubjectPublicKeyInfo
}
