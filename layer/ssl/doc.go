// SPDX-License-Identifier: Apache-2.0

// Package ssl is the layered provider "ssl", the ssllsp of Winsock's
// documentation: secure sockets, for programs that ask for them and, by
// rules, for programs that know nothing of it.
//
//	ssl                                              on demand only
//	ssl:originate=443+8443,ca=/etc/our-ca.pem        plain inside, TLS on the wire
//	ssl:originate=*.example.com:6379,sni=redis.example.com
//	ssl:terminate=443,cert=site.pem,key=site.key     a plain server behind TLS
//
// The options are those of the driver (winsock layer help ssl). Lists have "+"
// between their items. A rule with a name knows the host by the look-up that
// the program made.
//
// # On demand
//
// A program sets SO_SECURE of SOL_SOCKET to SO_SEC_SSL before it connects or
// listens. Connect and accept then end after the handshake, and what is sent
// and received is plain text. Nothing of the program goes out before the peer
// is verified. The control codes SO_SSL_ are those of Windows CE's secure
// sockets; they need SO_SECURE first, else they answer WSAEINVAL, as they do
// when it is too late. WSASetSocketSecurity is SO_SECURE on the desktop. Rules
// are not for a program that has set SO_SECURE, be it to SO_SEC_NONE.
//
// With a hook (SO_SSL_SET_VALIDATE_CERT_HOOK) the program judges the peer's
// certificate, and the name is checked only if SO_SSL_SET_PEERNAME gave one.
// Without, where the documentation wants the handshake to fail, the layer
// itself verifies: the authorities, the dates, and the name, which is that of
// SO_SSL_SET_PEERNAME, else the one that the program looked up, else the
// address.
//
// With SSL_FLAG_DEFER_HANDSHAKE the connection is a plain one until
// SO_SSL_PERFORM_HANDSHAKE. That waits, on a blocking socket; on a
// non-blocking one it answers WSAEWOULDBLOCK until the handshake has ended,
// and then once how. Data calls answer WSAEWOULDBLOCK meanwhile.
//
// A server's certificate is that of option cert, or what the hook of
// SO_SSL_SET_AUTH_REQUEST_HOOK gives. SO_SSL_SET_PROTOCOLS may name TLS 1.0
// and 1.1, which are not spoken otherwise; what is older answers
// WSAEPROTONOSUPPORT. A key may stay with the program: the hooks of
// SO_SSL_SET_SIGNATURE_HOOK and SO_SSL_SET_KEY_EXCH_HOOK sign and decrypt.
// With the latter alone, keys are exchanged by RSA, and TLS 1.3 is not spoken.
//
// # Ends and errors
//
// SD_SEND is TLS's close_notify, after all that was sent; the other direction
// stays open. A peer's close_notify is the end of data. A connection that ends
// without is cut off: after what came before, receives answer
// WSAECONNABORTED, unless option truncated says that it is well.
//
// A handshake that fails is WSAECONNABORTED (its time-out WSAETIMEDOUT, what
// the connection below has to say its own), and the log has the reason under
// the name that Schannel gives it: SEC_E_WRONG_PRINCIPAL for a certificate of
// somebody else, SEC_E_CERT_EXPIRED, SEC_E_UNTRUSTED_ROOT, and so on. A peer
// that asks for another handshake on the same connection is refused.
//
// # What it costs
//
// A socket that is no secure one lets its data past the layer. A secure one
// encrypts and decrypts in the calls of the program: no goroutine and no
// further buffer stands between the program and the socket below, except for
// handshakes and for what that one does not take at once.
package ssl
