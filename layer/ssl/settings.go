// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"crypto/tls"

	"winsock/wsa"
)

// settings are what the program has set on a socket. Accepted sockets have
// their listener's. What slices hold is not changed.
type settings struct {
	asked     uint32 // SO_SEC_ of SO_SECURE, 0 if it was not set
	flags     uint32 // SSL_FLAG_
	connected bool   // the connection stood before the handshake began
	told      bool   // SO_SSL_PERFORM_HANDSHAKE has answered how it ended

	protocols wsa.SSLProtocols // nil: the default
	ciphers   []uint16         // nil: the default
	peerName  string
	client    *wsa.SSLSessionOpts
	sessions  *wsa.SSLSessionOpts // of a server
	auth      *wsa.SSLClientAuthOpts

	validate validateHook
	request  requestHook
	exchange exchangeHook
	sign     signHook

	config *tls.Config // of a listener, which its connections share for their tickets
}

// A hook is a function of the program.
type hook[F any] struct {
	wsa.SSLHook
	f F // nil: none
}

type (
	validateHook struct{ hook[wsa.SSLValidateCertFunc] }
	requestHook  struct{ hook[wsa.SSLAuthRequestFunc] }
	exchangeHook struct{ hook[wsa.SSLKeyExchangeFunc] }
	signHook     struct{ hook[wsa.SSLSignatureFunc] }
)

// isServer reports whether the socket's end of the handshake is the server's.
func (s *socket) isServer() bool { return s.server || s.settings.flags&wsa.SSL_FLAG_SERVER != 0 }
