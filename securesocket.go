// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"strings"

	"winsock/spi"
	"winsock/wsa"
)

// Secure sockets ("Secure Sockets", Windows CE) are made by a layer of the
// chain, driver ssl: SO_SECURE makes a socket one, and the control codes
// SO_SSL_ say how. What is here is what needs more than forwarding them.

// setSecure is SO_SECURE. What a layer made of the data's way before may be
// the wrong one now.
func setSecure(s *socket, value []byte) error {
	top := s.path.Load().top
	err := top.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_SECURE, value)
	if err == nil {
		s.setPath(top)
	}
	return err
}

// setSecurity is SIO_SET_SECURITY, for the same reason.
func (s *socket) setSecurity(in []byte) (int, error) {
	top := s.path.Load().top
	n, err := top.Ioctl(wsa.SIO_SET_SECURITY, in, nil)
	if err == nil {
		s.setPath(top)
	}
	return n, err
}

// performHandshake is SO_SSL_PERFORM_HANDSHAKE, which a provider answers with
// WSAEWOULDBLOCK until the handshake has ended.
func (s *socket) performHandshake(in []byte) (err error) {
	top := s.path.Load().top
	_, err = top.Ioctl(wsa.SO_SSL_PERFORM_HANDSHAKE, in, nil)
	if err != wsa.WSAEWOULDBLOCK || s.nonblocking.Load() {
		return err
	}
	try := func() bool {
		_, err = top.Ioctl(wsa.SO_SSL_PERFORM_HANDSHAKE, nil, nil)
		return err != wsa.WSAEWOULDBLOCK
	}
	if werr := s.await(spi.Sending, spi.EventConnect|spi.EventWrite|spi.EventsEnd, false, try); werr != nil {
		return werr
	}
	return err
}

// SetValidateCertHook sets the function that judges the peer's certificate
// (SO_SSL_SET_VALIDATE_CERT_HOOK); nil for none. It is called during the
// handshake, on another goroutine, with arg as its second argument.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL on a socket that is not
// secure (SO_SECURE) or no longer open to it, WSAEOPNOTSUPP if no layer of the
// chain makes secure sockets.
func SetValidateCertHook(h SOCKET, hook wsa.SSLValidateCertFunc, arg uint64) error {
	if hook == nil {
		return setHook(h, wsa.SO_SSL_SET_VALIDATE_CERT_HOOK, nil, arg)
	}
	return setHook(h, wsa.SO_SSL_SET_VALIDATE_CERT_HOOK, hook, arg)
}

// SetAuthRequestHook sets the function that is asked for the socket's own
// certificate (SO_SSL_SET_AUTH_REQUEST_HOOK): for a client's, when the server
// wants one; for a server's, always.
//
// Errors: those of [SetValidateCertHook].
func SetAuthRequestHook(h SOCKET, hook wsa.SSLAuthRequestFunc, arg uint64) error {
	if hook == nil {
		return setHook(h, wsa.SO_SSL_SET_AUTH_REQUEST_HOOK, nil, arg)
	}
	return setHook(h, wsa.SO_SSL_SET_AUTH_REQUEST_HOOK, hook, arg)
}

// SetKeyExchangeHook sets the function that decrypts with the socket's private
// key where keys are exchanged by RSA (SO_SSL_SET_KEY_EXCH_HOOK).
//
// Errors: those of [SetValidateCertHook].
func SetKeyExchangeHook(h SOCKET, hook wsa.SSLKeyExchangeFunc, arg uint64) error {
	if hook == nil {
		return setHook(h, wsa.SO_SSL_SET_KEY_EXCH_HOOK, nil, arg)
	}
	return setHook(h, wsa.SO_SSL_SET_KEY_EXCH_HOOK, hook, arg)
}

// SetSignatureHook sets the function that signs with the socket's private key
// (SO_SSL_SET_SIGNATURE_HOOK).
//
// Errors: those of [SetValidateCertHook].
func SetSignatureHook(h SOCKET, hook wsa.SSLSignatureFunc, arg uint64) error {
	if hook == nil {
		return setHook(h, wsa.SO_SSL_SET_SIGNATURE_HOOK, nil, arg)
	}
	return setHook(h, wsa.SO_SSL_SET_SIGNATURE_HOOK, hook, arg)
}

func setHook(h SOCKET, code uint32, function any, arg uint64) error {
	in := wsa.SSLHook{Arg: arg}
	if function != nil {
		number, withdraw := spi.OfferHook(function)
		defer withdraw()
		in.Func = number
	}
	_, err := WSAIoctl(h, code, in.Append(nil), nil, nil, nil)
	return err
}

// WSASetSocketSecurity makes a socket a secure one ("WSASetSocketSecurity
// function"). Where Windows has IPsec, there is TLS here, for streams. nil
// settings are the default ones.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for a protocol other than
// the default and for unknown flags, WSAEISCONN on a connected socket,
// WSAEOPNOTSUPP if no layer of the chain makes secure sockets.
func WSASetSocketSecurity(h SOCKET, settings *wsa.SocketSecuritySettings) error {
	var in []byte
	if settings != nil {
		in = settings.Append(nil)
	}
	_, err := WSAIoctl(h, wsa.SIO_SET_SECURITY, in, nil, nil, nil)
	return err
}

// WSAQuerySocketSecurity tells whether a connection is secure
// ("WSAQuerySocketSecurity function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAEOPNOTSUPP if no
// layer of the chain makes secure sockets.
func WSAQuerySocketSecurity(h SOCKET) (q wsa.SocketSecurityQueryInfo, err error) {
	var out [wsa.SizeofSocketSecurityQueryInfo]byte
	n, err := WSAIoctl(h, wsa.SIO_QUERY_SECURITY, nil, out[:], nil, nil)
	if err != nil {
		return q, err
	}
	return q, q.Decode(out[:n])
}

// WSASetSocketPeerTargetName sets the name by which the peer is to prove
// itself ("WSASetSocketPeerTargetName function"). Without one, it is the name
// that was looked up, or the address.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for nil, WSAEINVAL for an
// empty name, WSAEISCONN, WSAEOPNOTSUPP if no layer of the chain makes secure
// sockets.
func WSASetSocketPeerTargetName(h SOCKET, target *wsa.SocketPeerTargetName) error {
	if target == nil {
		if s, err := use(h); err != nil {
			return err
		} else {
			s.Release()
		}
		return wsa.WSAEFAULT
	}
	_, err := WSAIoctl(h, wsa.SIO_SET_PEER_TARGET_NAME, target.Append(nil), nil, nil, nil)
	return err
}

// WSADeleteSocketPeerTargetName takes the name back
// ("WSADeleteSocketPeerTargetName function"). peer is the address that it was
// set for; a stream has one peer only.
//
// Errors: those of [WSASetSocketPeerTargetName].
func WSADeleteSocketPeerTargetName(h SOCKET, peer *wsa.Sockaddr) error {
	var in []byte
	if peer != nil {
		in = peer.Bytes()
	}
	_, err := WSAIoctl(h, wsa.SIO_DELETE_PEER_TARGET_NAME, in, nil, nil, nil)
	return err
}

// SslCrackCertificate reads a certificate in DER (Windows CE's schnlsp.h). If
// verify is set, it also checks the signature of one that signs itself; that
// of others is by a key that is not there.
//
// Errors: WSAEFAULT for what is no certificate, WSAEACCES for a signature that
// is wrong.
func SslCrackCertificate(der []byte, verify bool) (*wsa.X509Certificate, error) {
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, wsa.WSAEFAULT
	}
	if verify && string(c.RawIssuer) == string(c.RawSubject) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) != nil {
		return nil, wsa.WSAEACCES
	}
	x := &wsa.X509Certificate{
		Version:    uint32(c.Version),
		ValidFrom:  c.NotBefore,
		ValidUntil: c.NotAfter,
		Issuer:     distinguishedName(c.Issuer),
		Subject:    distinguishedName(c.Subject),
		PublicKey:  c.RawSubjectPublicKeyInfo,
	}
	switch c.SignatureAlgorithm {
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS:
		x.SignatureAlgorithm = wsa.CALG_RSA_SIGN
	case x509.ECDSAWithSHA1, x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512:
		x.SignatureAlgorithm = wsa.CALG_ECDSA
	case x509.DSAWithSHA1, x509.DSAWithSHA256:
		x.SignatureAlgorithm = wsa.CALG_DSS_SIGN
	}
	word := new(big.Int).Set(c.SerialNumber)
	for i := range x.SerialNumber {
		x.SerialNumber[i] = uint32(new(big.Int).And(word, big.NewInt(0xffffffff)).Uint64())
		word.Rsh(word, 32)
	}
	return x, nil
}

// distinguishedName writes a name as the samples look for it: "CN=" and
// other items, in the certificate's order, with ", " between.
func distinguishedName(name pkix.Name) string {
	var items []string
	for _, a := range name.Names {
		label := a.Type.String()
		if known, ok := attributeLabels[label]; ok {
			label = known
		}
		items = append(items, fmt.Sprintf("%s=%v", label, a.Value))
	}
	return strings.Join(items, ", ")
}

var attributeLabels = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "S", "2.5.4.10": "O", "2.5.4.11": "OU",
	"1.2.840.113549.1.9.1": "E", "0.9.2342.19200300.100.1.25": "DC",
}
