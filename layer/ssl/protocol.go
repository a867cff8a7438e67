// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"

	"winsock/wsa"
)

// A protocol is what may be spoken on the wire. There is one implementation,
// for TLS; older protocols take their place beside it.
type protocol interface {
	// versions returns those that the protocol has, oldest first.
	versions() []wsa.SSLProtocol

	// begin makes a session on the wire, on which nothing was sent yet.
	begin(w *wire, p *parameters) (session, error)
}

// A session is one end of a secure connection.
type session interface {
	// handshake makes the connection a secure one, waiting as the wire
	// does. Having returned, the peer is verified.
	handshake() error

	// Read returns plain text: io.EOF at the proper end of the protocol, an
	// error of the wire as that one is. After errWouldBlock it can be tried
	// again.
	Read(p []byte) (int, error)

	// Write takes all of p.
	Write(p []byte) (int, error)

	// CloseWrite tells the peer that no more will come.
	CloseWrite() error

	// info tells what the connection uses.
	info() wsa.SSLConnectionInfo

	// overhead is by how much a record, without its header, is longer than
	// its plain text, at least.
	overhead() int

	// late reports whether the peer may send something of the protocol's own
	// when the handshake is over.
	late() bool
}

// protocols are those that there are.
var protocols = []protocol{tlsProtocol{}}

// protocolOf returns the protocol that speaks a version, nil for none.
func protocolOf(v wsa.SSLProtocol) protocol {
	for _, p := range protocols {
		for _, have := range p.versions() {
			if have.Protocol == v.Protocol && have.Version == v.Version {
				return p
			}
		}
	}
	return nil
}

// parameters are what a session is made with.
type parameters struct {
	server bool
	tls    *tls.Config
}

// tlsProtocol is TLS by Go's own package.
type tlsProtocol struct{}

func (tlsProtocol) versions() []wsa.SSLProtocol {
	return []wsa.SSLProtocol{
		{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_0},
		{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_1},
		{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_2},
		{Protocol: wsa.SSL_PROTOCOL_TLS1, Version: wsa.SSL_VERSION_TLS1_3},
	}
}

func (tlsProtocol) begin(w *wire, p *parameters) (session, error) {
	if p.server {
		return &tlsSession{tls.Server(w, p.tls), true}, nil
	}
	return &tlsSession{tls.Client(w, p.tls), false}, nil
}

type tlsSession struct {
	*tls.Conn
	server bool
}

// handshake: the wire itself gives up when it is to.
func (s *tlsSession) handshake() error { return s.Handshake() }

// overhead: the tag, and the explicit nonce or the inner type (RFC 8446, 5.2;
// RFC 5288, 3).
func (s *tlsSession) overhead() int {
	state := s.ConnectionState()
	if state.Version == tls.VersionTLS13 {
		return 17
	}
	return suites[state.CipherSuite].overhead
}

// late: a server of TLS 1.3 sends its tickets at any time.
func (s *tlsSession) late() bool {
	return !s.server && s.ConnectionState().Version == tls.VersionTLS13
}

func (s *tlsSession) info() wsa.SSLConnectionInfo {
	state := s.ConnectionState()
	i := wsa.SSLConnectionInfo{}
	switch state.Version {
	case tls.VersionTLS10:
		i.Protocol = wsa.SSL_PROT_TLS1_CLIENT
	case tls.VersionTLS11:
		i.Protocol = wsa.SSL_PROT_TLS1_1_CLIENT
	case tls.VersionTLS12:
		i.Protocol = wsa.SSL_PROT_TLS1_2_CLIENT
	case tls.VersionTLS13:
		i.Protocol = wsa.SSL_PROT_TLS1_3_CLIENT
	}
	if s.server {
		i.Protocol >>= 1
	}
	suite := suites[state.CipherSuite]
	i.Cipher, i.CipherStrength = suite.cipher, suite.bits
	i.Hash, i.HashStrength = suite.hash, suite.hashBits
	switch {
	case suite.rsa:
		i.Exch = wsa.CALG_RSA_KEYX
		if certs := state.PeerCertificates; len(certs) > 0 {
			i.ExchStrength = uint32(keyBits(certs[0].PublicKey))
		}
	default:
		i.Exch = wsa.CALG_ECDH_EPHEM
		i.ExchStrength = curveBits[state.CurveID]
	}
	return i
}

var curveBits = map[tls.CurveID]uint32{
	tls.CurveP256: 256, tls.CurveP384: 384, tls.CurveP521: 521, tls.X25519: 253, tls.X25519MLKEM768: 253,
}
