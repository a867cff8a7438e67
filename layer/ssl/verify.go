// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"winsock/spi/hostnames"
	"winsock/wsa"
)

// A hookError is a hook's answer other than SSL_ERR_OKAY.
type hookError struct{ result int32 }

func (e hookError) Error() string {
	return fmt.Sprintf("the program's hook answered %d", e.result)
}

// errPin is a peer without a pinned key.
var errPin = errors.New("the peer's key is none of those that are pinned")

// isTruncated reports whether a session has ended without its protocol's end.
func isTruncated(err error) bool { return errors.Is(err, errTruncated) }

// reason names what a failure is, as Schannel does.
func reason(err error) string {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		hook    hookError
		alert   tls.AlertError
		header  tls.RecordHeaderError
		wire    wireError
	)
	switch {
	case errors.As(err, &name):
		return "SEC_E_WRONG_PRINCIPAL"
	case errors.As(err, &unknown), errors.Is(err, errPin):
		return "SEC_E_UNTRUSTED_ROOT"
	case errors.As(err, &invalid):
		if invalid.Reason == x509.Expired {
			return "SEC_E_CERT_EXPIRED"
		}
		return "SEC_E_CERT_UNKNOWN"
	case errors.As(err, &hook):
		switch hook.result {
		case wsa.SSL_ERR_CERT_EXPIRED:
			return "SEC_E_CERT_EXPIRED"
		case wsa.SSL_ERR_CERT_REVOKED:
			return "CRYPT_E_REVOKED"
		}
		return "SEC_E_CERT_UNKNOWN"
	case isTruncated(err), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "SEC_E_INCOMPLETE_MESSAGE"
	case errors.Is(err, context.DeadlineExceeded):
		return "WSAETIMEDOUT"
	case errors.As(err, &wire):
		return wire.errno.Name()
	case errors.As(err, &alert), errors.As(err, &header):
		return "SEC_E_ILLEGAL_MESSAGE"
	}
	return "SEC_E_INTERNAL_ERROR"
}

// nameOf returns the name by which a peer is to prove itself, its address
// if it has no other.
func nameOf(peer *wsa.Sockaddr) string {
	ap, ok := peer.AddrPort()
	if !ok {
		return ""
	}
	if names := hostnames.Of(ap.Addr()); len(names) > 0 {
		return names[0]
	}
	return ap.Addr().Unmap().WithZone("").String()
}

// parameters makes the session's, from what the program has set and the
// rules.
func (s *socket) parameters() (p plan, err error) {
	s.mu.Lock()
	set, r, peer, server := s.settings, s.byRule, s.peer, s.isServer()
	s.mu.Unlock()
	p.protocol = tlsProtocol{}
	p.server = server
	switch {
	case server && r != nil:
		p.tls, err = s.rules.serverConfig()
	case server && set.config != nil:
		p.tls = set.config
	case server:
		p.tls, err = s.serverConfig(&set)
	case r != nil:
		p.tls = s.ruleConfig(&peer)
	default:
		p.tls, err = s.clientConfig(&set, &peer)
	}
	return p, err
}

// ruleConfig is for a connection that a rule makes a secure one.
func (s *socket) ruleConfig(peer *wsa.Sockaddr) *tls.Config {
	c := s.rules.client.Clone()
	if c.ServerName == "" {
		c.ServerName = nameOf(peer)
	}
	if s.sessions != nil {
		c.ClientSessionCache = &targetCache{cache: s.sessions, target: peer.String()}
	}
	s.verifyBy(c, c.ServerName, s.insecure)
	return c
}

// verifyBy makes a client verify its server as the options say: by Go's own
// rules if there is nothing else to look at.
func (x *secure) verifyBy(c *tls.Config, name string, insecure bool) {
	if len(x.pins) == 0 {
		c.InsecureSkipVerify = insecure
		return
	}
	c.InsecureSkipVerify = true
	also(c, func(state tls.ConnectionState) error {
		leaf := state.PeerCertificates[0]
		own := slices.Contains(x.pins, pinOf(leaf)) || slices.Contains(x.pins, sha256.Sum256(leaf.Raw))
		if insecure {
			if !own {
				return errPin
			}
			return nil
		}
		o := verifyOptions(state, x.roots, name, time.Now())
		if own { // the key is known, whoever vouches for it
			o.Roots = x509.NewCertPool()
			o.Roots.AddCert(leaf)
		}
		chains, err := leaf.Verify(o)
		if err != nil || own {
			return err
		}
		for _, chain := range chains {
			if slices.ContainsFunc(chain, func(cert *x509.Certificate) bool { return slices.Contains(x.pins, pinOf(cert)) }) {
				return nil
			}
		}
		return errPin
	})
}

// also makes a check one more of those that a connection has to pass.
func also(c *tls.Config, check func(tls.ConnectionState) error) {
	before := c.VerifyConnection
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if before != nil {
			if err := before(state); err != nil {
				return err
			}
		}
		return check(state)
	}
}

// pinOf is what a pin is compared with: the hash of the public key.
func pinOf(cert *x509.Certificate) [sha256.Size]byte {
	return sha256.Sum256(cert.RawSubjectPublicKeyInfo)
}

func verifyOptions(state tls.ConnectionState, roots *x509.CertPool, name string, now time.Time) x509.VerifyOptions {
	o := x509.VerifyOptions{Roots: roots, DNSName: name, CurrentTime: now, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		o.Intermediates.AddCert(cert)
	}
	return o
}

// clientConfig is for a connection of a program that has asked for security.
func (s *socket) clientConfig(set *settings, peer *wsa.Sockaddr) (*tls.Config, error) {
	c := s.rules.base.Clone()
	c.RootCAs = s.roots
	if err := limit(c, set); err != nil {
		return nil, err
	}
	known := nameOf(peer)
	c.ServerName = known
	if set.peerName != "" {
		c.ServerName = set.peerName
	}
	s.cacheFor(c, set, peer)
	if set.request.f != nil {
		c.GetClientCertificate = set.ownCertificate
	} else if s.certificate != nil {
		c.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			have, err := s.certificate.forServer(info)
			if err != nil || len(have.Certificate) == 0 {
				return have, err
			}
			return set.keyed(have)
		}
	}
	if set.validate.f == nil {
		s.verifyBy(c, c.ServerName, false)
		return c, nil
	}
	// The hook decides. It is told whether somebody vouches for the
	// certificate, and the name is looked at only if one was set.
	c.InsecureSkipVerify = true
	validate, name := set.validate, set.peerName
	also(c, func(state tls.ConnectionState) error {
		return validate.judge(state, s.roots, name, x509.ExtKeyUsageServerAuth)
	})
	return c, nil
}

// judge calls the hook.
func (h *validateHook) judge(state tls.ConnectionState, roots *x509.CertPool, name string, usage x509.ExtKeyUsage) error {
	leaf := state.PeerCertificates[0]
	o := verifyOptions(state, roots, name, time.Now())
	o.KeyUsages = []x509.ExtKeyUsage{usage}
	// The dates are the program's business.
	if o.CurrentTime.After(leaf.NotAfter) {
		o.CurrentTime = leaf.NotAfter
	} else if o.CurrentTime.Before(leaf.NotBefore) {
		o.CurrentTime = leaf.NotBefore
	}
	flags := uint32(0)
	if _, err := leaf.Verify(o); err != nil {
		flags = wsa.SSL_CERT_FLAG_ISSUER_UNKNOWN
	}
	if result := h.f(wsa.SSL_CERT_X509, h.Arg, [][]byte{slices.Clone(leaf.Raw)}, flags); result != wsa.SSL_ERR_OKAY {
		return hookError{result}
	}
	return nil
}

// limit applies the program's protocols and ciphers.
func limit(c *tls.Config, set *settings) error {
	if set.protocols != nil {
		allowed := make([]uint16, 0, len(set.protocols))
		for _, p := range set.protocols {
			allowed = append(allowed, uint16(p.Version))
		}
		c.MinVersion, c.MaxVersion = slices.Min(allowed), slices.Max(allowed)
		also(c, func(state tls.ConnectionState) error {
			if !slices.Contains(allowed, state.Version) {
				return errors.New("the program does not allow the version that was agreed on")
			}
			return nil
		})
	}
	if set.ciphers != nil {
		c.CipherSuites = set.ciphers
	}
	return nil
}

// serverConfig is for the server's end of a program that has asked for
// security.
func (s *socket) serverConfig(set *settings) (*tls.Config, error) {
	c := s.rules.base.Clone()
	if err := limit(c, set); err != nil {
		return nil, err
	}
	switch {
	case set.request.f != nil:
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			cert, err := set.ownCertificate(&tls.CertificateRequestInfo{})
			if err == nil && cert.PrivateKey == nil {
				err = errors.New("the program's hook gave no certificate")
			}
			return cert, err
		}
	case s.certificate != nil:
		c.GetCertificate = func(info *tls.ClientHelloInfo) (*tls.Certificate, error) {
			have, err := s.certificate.forClient(info)
			if err != nil {
				return nil, err
			}
			return set.keyed(have)
		}
	default:
		return nil, errors.New("there is no certificate for a server: no options cert and key, no SO_SSL_SET_AUTH_REQUEST_HOOK")
	}
	if set.exchange.f != nil {
		if set.ciphers == nil {
			c.CipherSuites = append(suiteIDs(tls.CipherSuites()), exchangeSuites...)
		}
		if set.sign.f == nil { // in 1.3 a key has nothing to do but to sign
			c.MaxVersion = min(c.MaxVersion, tls.VersionTLS12)
		}
	}
	if o := set.sessions; o != nil {
		limitTickets(c, o)
	}
	ask := set.flags&wsa.SSL_FLAG_AUTH_CLIENT != 0
	if o := set.auth; o != nil {
		ask = ask || o.RequestClientAuth != 0
		if len(o.Issuers) > 0 {
			c.ClientCAs, _ = certPool(o.Issuers)
		}
	}
	if !ask {
		return c, nil
	}
	if c.ClientCAs == nil {
		c.ClientCAs = s.clientRoots
	}
	c.ClientAuth = tls.RequireAndVerifyClientCert
	if set.validate.f != nil {
		c.ClientAuth = tls.RequireAnyClientCert
		roots, validate := c.ClientCAs, set.validate
		also(c, func(state tls.ConnectionState) error {
			return validate.judge(state, roots, "", x509.ExtKeyUsageClientAuth)
		})
	}
	return c, nil
}

// serverReadyLocked makes what the connections of a listener share.
//
// Errors: WSAEINVAL without a certificate.
func (s *socket) serverReadyLocked() error {
	c, err := s.serverConfig(&s.settings)
	if err != nil {
		s.log().Error("listen", "err", err)
		return wsa.WSAEINVAL
	}
	s.settings.config = c
	return nil
}

// certPool makes a pool of certificates in DER.
func certPool(list [][]byte) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	for _, der := range list {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		pool.AddCert(cert)
	}
	return pool, nil
}

// defaultProtocols are the versions that are spoken if the program does not
// choose.
func (s *socket) defaultProtocols() (list wsa.SSLProtocols) {
	for _, p := range protocols {
		for _, v := range p.versions() {
			if v.Version >= uint32(s.rules.base.MinVersion) && v.Version <= uint32(s.rules.base.MaxVersion) {
				list = append(list, v)
			}
		}
	}
	return list
}
