// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"bytes"
	"encoding/binary"
	"math"

	"winsock/spi"
	"winsock/wsa"
)

// A code is what a control code of secure sockets does. It is called with
// the socket's lock held.
type code func(s *socket, in, out []byte) (int, error)

var codes = map[uint32]code{
	wsa.SO_SSL_GET_CAPABILITIES: func(_ *socket, _, out []byte) (int, error) {
		return putUint32(out, wsa.SSL_CAP_CLIENT|wsa.SSL_CAP_SERVER|wsa.SSL_CAP_CLIENT_AUTH)
	},
	wsa.SO_SSL_GET_FLAGS:              func(s *socket, _, out []byte) (int, error) { return putUint32(out, s.settings.flags) },
	wsa.SO_SSL_SET_FLAGS:              setFlags,
	wsa.SO_SSL_GET_PROTOCOLS:          getProtocols,
	wsa.SO_SSL_SET_PROTOCOLS:          setProtocols,
	wsa.SO_SSL_GET_CIPHERS:            getCiphers,
	wsa.SO_SSL_SET_CIPHERS:            setCiphers,
	wsa.SO_SSL_GET_CLIENT_OPTS:        func(s *socket, _, out []byte) (int, error) { return getSessionOpts(s.settings.client, out) },
	wsa.SO_SSL_SET_CLIENT_OPTS:        func(s *socket, in, _ []byte) (int, error) { return setSessionOpts(s, &s.settings.client, in) },
	wsa.SO_SSL_GET_SERVER_OPTS:        func(s *socket, _, out []byte) (int, error) { return getSessionOpts(s.settings.sessions, out) },
	wsa.SO_SSL_SET_SERVER_OPTS:        func(s *socket, in, _ []byte) (int, error) { return setSessionOpts(s, &s.settings.sessions, in) },
	wsa.SO_SSL_GET_CLIENT_AUTH_OPTS:   getAuthOpts,
	wsa.SO_SSL_SET_CLIENT_AUTH_OPTS:   setAuthOpts,
	wsa.SO_SSL_GET_VALIDATE_CERT_HOOK: func(s *socket, _, out []byte) (int, error) { return put(out, s.settings.validate.Append(nil)) },
	wsa.SO_SSL_SET_VALIDATE_CERT_HOOK: func(s *socket, in, _ []byte) (int, error) { return setHook(s, &s.settings.validate.hook, in) },
	wsa.SO_SSL_GET_AUTH_REQUEST_HOOK:  func(s *socket, _, out []byte) (int, error) { return put(out, s.settings.request.Append(nil)) },
	wsa.SO_SSL_SET_AUTH_REQUEST_HOOK:  func(s *socket, in, _ []byte) (int, error) { return setHook(s, &s.settings.request.hook, in) },
	wsa.SO_SSL_GET_KEY_EXCH_HOOK:      func(s *socket, _, out []byte) (int, error) { return put(out, s.settings.exchange.Append(nil)) },
	wsa.SO_SSL_SET_KEY_EXCH_HOOK:      func(s *socket, in, _ []byte) (int, error) { return setHook(s, &s.settings.exchange.hook, in) },
	wsa.SO_SSL_GET_SIGNATURE_HOOK:     func(s *socket, _, out []byte) (int, error) { return put(out, s.settings.sign.Append(nil)) },
	wsa.SO_SSL_SET_SIGNATURE_HOOK:     func(s *socket, in, _ []byte) (int, error) { return setHook(s, &s.settings.sign.hook, in) },
	wsa.SO_SSL_SET_PEERNAME:           setPeerName,
	wsa.SO_SSL_SET_PEERNAME_OUT:       setPeerName,
	wsa.SO_SSL_GET_CONNECTION_INFO:    connectionInfo,

	// Of the desktop's functions.
	wsa.SIO_SET_SECURITY:            setSecurity,
	wsa.SIO_QUERY_SECURITY:          querySecurity,
	wsa.SIO_SET_PEER_TARGET_NAME:    setTargetName,
	wsa.SIO_DELETE_PEER_TARGET_NAME: deleteTargetName,
}

// control answers a control code that is the layer's own.
func (s *socket) control(n uint32, in, out []byte) (int, error, bool) {
	if n == wsa.SO_SSL_PERFORM_HANDSHAKE {
		return 0, s.performHandshake(in), true
	}
	f := codes[n]
	if f == nil {
		return 0, nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := f(s, in, out)
	if err == nil && n&wsa.IOC_IN != 0 {
		s.settings.config = nil // it was made of what has changed
	}
	return k, err, true
}

// performHandshake is SO_SSL_PERFORM_HANDSHAKE: it begins the handshake and
// answers WSAEWOULDBLOCK until it has ended, and then, once, how.
func (s *socket) performHandshake(in []byte) error {
	s.mu.Lock()
	switch phase := s.phase.Load(); {
	case phase == through:
	case !s.settings.connected:
		s.mu.Unlock()
		if phase == open {
			return wsa.WSAEISCONN
		}
		return wsa.WSAEINVAL
	case phase == shaking:
		s.mu.Unlock()
		return wsa.WSAEWOULDBLOCK
	case phase == spent:
		defer s.mu.Unlock()
		return s.failure
	case phase == open:
		defer s.mu.Unlock()
		if s.settings.told {
			return wsa.WSAEISCONN
		}
		s.settings.told = true
		return nil
	default:
		s.mu.Unlock()
		return wsa.WSAEINVAL
	}
	if !s.secured {
		s.mu.Unlock()
		return wsa.WSAEINVAL
	}
	if len(in) > 0 {
		name, err := cString(in)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		if name != "" {
			s.settings.peerName = name
		}
	}
	s.mu.Unlock()
	if err := s.perform(); err != nil {
		return err
	}
	return wsa.WSAEWOULDBLOCK
}

// cString reads a string that ends with a NUL, if not before.
func cString(in []byte) (string, error) {
	if i := bytes.IndexByte(in, 0); i >= 0 {
		in = in[:i]
	}
	if len(in) > 255 {
		return "", wsa.WSAEINVAL
	}
	return string(in), nil
}

func putUint32(out []byte, v uint32) (int, error) {
	if len(out) < 4 {
		return 0, wsa.WSAEFAULT
	}
	binary.LittleEndian.PutUint32(out, v)
	return 4, nil
}

func put(out, b []byte) (int, error) {
	if len(out) < len(b) {
		return 0, wsa.WSAEFAULT
	}
	return copy(out, b), nil
}

// mayBeSet checks that the socket is one whose handshake has not begun, and
// was made a secure one.
func (s *socket) mayBeSet() error {
	if !s.secured {
		return wsa.WSAEINVAL
	}
	if s.is(through) || s.is(refused) || s.is(waiting) {
		return nil
	}
	return wsa.WSAEINVAL
}

func setFlags(s *socket, in, _ []byte) (int, error) {
	const known = wsa.SSL_FLAG_SERVER | wsa.SSL_FLAG_AUTH_CLIENT | wsa.SSL_FLAG_DEFER_HANDSHAKE
	if len(in) < 4 {
		return 0, wsa.WSAEFAULT
	}
	v := binary.LittleEndian.Uint32(in)
	if v&^known != 0 {
		return 0, wsa.WSAEINVAL
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	s.settings.flags = v
	return 0, nil
}

func getProtocols(s *socket, _, out []byte) (int, error) {
	list := s.settings.protocols
	if list == nil {
		list = s.defaultProtocols()
	}
	return put(out, list.Append(nil))
}

// setProtocols answers WSAEPROTONOSUPPORT for a protocol that there is not.
func setProtocols(s *socket, in, _ []byte) (int, error) {
	var list wsa.SSLProtocols
	if err := list.Decode(in); err != nil {
		return 0, err
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, wsa.WSAEINVAL
	}
	for _, p := range list {
		if protocolOf(p) == nil {
			return 0, wsa.WSAEPROTONOSUPPORT
		}
	}
	s.settings.protocols = list
	return 0, nil
}

func getCiphers(s *socket, in, out []byte) (int, error) {
	protocol := uint32(wsa.SSL_PROTOCOL_TLS1)
	if len(in) >= 4 {
		protocol = binary.LittleEndian.Uint32(in)
	}
	if protocol != wsa.SSL_PROTOCOL_TLS1 {
		return 0, wsa.WSAEPROTONOSUPPORT
	}
	c := wsa.SSLCiphers{Protocol: protocol}
	if s.settings.ciphers == nil {
		c.Ciphers = defaultCiphers()
	}
	for _, id := range s.settings.ciphers {
		c.Ciphers = append(c.Ciphers, uint32(id))
	}
	return put(out, c.Append(nil))
}

func setCiphers(s *socket, in, _ []byte) (int, error) {
	var c wsa.SSLCiphers
	if err := c.Decode(in); err != nil {
		return 0, err
	}
	if c.Protocol != wsa.SSL_PROTOCOL_TLS1 {
		return 0, wsa.WSAEPROTONOSUPPORT
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	if len(c.Ciphers) == 0 {
		return 0, wsa.WSAEINVAL
	}
	ids, err := expandCiphers(c.Ciphers)
	if err != nil {
		return 0, err
	}
	s.settings.ciphers = ids
	return 0, nil
}

// defaultSessions is what is remembered of sessions if nobody says.
var defaultSessions = wsa.SSLSessionOpts{CacheTimeout: 7 * 24 * 3600, CacheEntries: cacheEntries}

func getSessionOpts(o *wsa.SSLSessionOpts, out []byte) (int, error) {
	if o == nil {
		o = &defaultSessions
	}
	return put(out, o.Append(nil))
}

func setSessionOpts(s *socket, to **wsa.SSLSessionOpts, in []byte) (int, error) {
	o := new(wsa.SSLSessionOpts)
	if err := o.Decode(in); err != nil {
		return 0, err
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	if o.CacheTimeout < 0 || o.CacheTimeout > math.MaxInt64/int64(1e9) {
		return 0, wsa.WSAEINVAL
	}
	*to = o
	return 0, nil
}

func getAuthOpts(s *socket, _, out []byte) (int, error) {
	o := s.settings.auth
	if o == nil {
		o = &wsa.SSLClientAuthOpts{Type: wsa.SSL_CERT_X509}
	}
	return put(out, o.Append(nil))
}

// setAuthOpts answers WSAEOPNOTSUPP for a further handshake on the same
// connection, which is never made.
func setAuthOpts(s *socket, in, _ []byte) (int, error) {
	o := new(wsa.SSLClientAuthOpts)
	if err := o.Decode(in); err != nil {
		return 0, err
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	switch {
	case o.RedoHandshake != 0:
		return 0, wsa.WSAEOPNOTSUPP
	case o.Type != wsa.SSL_CERT_X509 && o.Type != 0:
		return 0, wsa.WSAEINVAL
	}
	for i := range o.Issuers {
		o.Issuers[i] = bytes.Clone(o.Issuers[i])
	}
	if _, err := certPool(o.Issuers); err != nil {
		return 0, wsa.WSAEINVAL
	}
	s.settings.auth = o
	return 0, nil
}

// setHook takes a function that the program offers, or none.
//
// Errors: WSAEFAULT if nobody offers it, or it is one of another kind.
func setHook[F any](s *socket, to *hook[F], in []byte) (int, error) {
	var h hook[F]
	if err := h.Decode(in); err != nil {
		return 0, err
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	if h.Func != 0 {
		var ok bool
		if h.f, ok = spi.TakeHook(h.Func).(F); !ok {
			return 0, wsa.WSAEFAULT
		}
	}
	*to = h
	return 0, nil
}

func setPeerName(s *socket, in, _ []byte) (int, error) {
	if len(in) == 0 {
		return 0, wsa.WSAEFAULT
	}
	if err := s.mayBeSet(); err != nil {
		return 0, err
	}
	name, err := cString(in)
	if err != nil {
		return 0, err
	}
	s.settings.peerName = name
	return 0, nil
}

func connectionInfo(s *socket, _, out []byte) (int, error) {
	if !s.is(open) {
		return 0, wsa.WSAENOTCONN
	}
	info := s.session.info()
	return put(out, info.Append(nil))
}

// setSecurity is WSASetSocketSecurity: the peer is verified without a hook.
// IPsec is not offered.
func setSecurity(s *socket, in, _ []byte) (int, error) {
	o := wsa.SocketSecuritySettings{}
	if len(in) > 0 { // else the default
		if err := o.Decode(in); err != nil {
			return 0, err
		}
	}
	if o.SecurityProtocol != wsa.SOCKET_SECURITY_PROTOCOL_DEFAULT {
		return 0, wsa.WSAEINVAL
	}
	if o.SecurityFlags&^(wsa.SOCKET_SETTINGS_GUARANTEE_ENCRYPTION|wsa.SOCKET_SETTINGS_ALLOW_INSECURE) != 0 {
		return 0, wsa.WSAEINVAL
	}
	if err := s.clearLocked(); err != nil {
		return 0, err
	}
	s.settings.asked, s.secured = wsa.SO_SEC_SSL, true
	return 0, nil
}

// querySecurity is WSAQuerySocketSecurity.
func querySecurity(s *socket, _, out []byte) (int, error) {
	q := wsa.SocketSecurityQueryInfo{}
	switch {
	case s.is(open):
		q.Flags = wsa.SOCKET_INFO_CONNECTION_SECURED | wsa.SOCKET_INFO_CONNECTION_ENCRYPTED
	case s.is(through) && s.Socket.ConnectResult() == nil:
	default:
		return 0, wsa.WSAENOTCONN
	}
	return put(out, q.Append(nil))
}

func setTargetName(s *socket, in, _ []byte) (int, error) {
	var p wsa.SocketPeerTargetName
	if err := p.Decode(in); err != nil {
		return 0, err
	}
	if p.SecurityProtocol != wsa.SOCKET_SECURITY_PROTOCOL_DEFAULT || p.PeerTargetName == "" || len(p.PeerTargetName) > 255 {
		return 0, wsa.WSAEINVAL
	}
	if err := s.clearLocked(); err != nil {
		return 0, err
	}
	s.settings.peerName = p.PeerTargetName
	return 0, nil
}

func deleteTargetName(s *socket, _, _ []byte) (int, error) {
	if err := s.clearLocked(); err != nil {
		return 0, err
	}
	s.settings.peerName = ""
	return 0, nil
}
