// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/wsa"
)

// Bind gives a socket its local address ("bind function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a nil or short name,
// WSAEAFNOSUPPORT, WSAEINVAL when it is bound already, WSAEADDRINUSE,
// WSAEADDRNOTAVAIL, WSAEACCES.
func Bind(h SOCKET, name *wsa.Sockaddr) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPBind", &err)
	if s.accepting.Load() != nil {
		return wsa.WSAEINVAL
	}
	return s.path.Load().top.Bind(name)
}

// Listen makes a bound socket wait for connections ("listen function"). Where
// a layer has to ask somebody for that, such as a proxy, it waits for the
// answer, also on a non-blocking socket: there is no code for anything else.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL on an unbound socket,
// WSAEISCONN, WSAEOPNOTSUPP, WSAEADDRINUSE, WSAEMFILE, WSAENOBUFS.
func Listen(h SOCKET, backlog int32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPListen", &err)
	if s.accepting.Load() != nil {
		return wsa.WSAEINVAL
	}
	top := s.path.Load().top
	if err = top.Listen(backlog); err != wsa.WSAEWOULDBLOCK {
		return err
	}
	try := func() bool {
		err = top.Listen(backlog)
		return err != wsa.WSAEWOULDBLOCK
	}
	if werr := s.await(spi.Sending, spi.EventAccept|spi.EventsEnd, false, try); werr != nil {
		return werr
	}
	return err
}

// Connect connects a socket, or sets the peer of a datagram socket ("connect
// function"). On a non-blocking socket it answers WSAEWOULDBLOCK and goes on
// in the background; a further call then answers WSAEALREADY, WSAEISCONN or
// the reason of the failure.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEWOULDBLOCK, WSAEALREADY,
// WSAEISCONN, WSAEFAULT, WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL, WSAECONNREFUSED,
// WSAETIMEDOUT, WSAENETUNREACH, WSAEHOSTUNREACH, WSAEINVAL on a listening
// socket, WSAEACCES, WSAEINTR.
func Connect(h SOCKET, name *wsa.Sockaddr) error {
	return WSAConnect(h, name, nil, nil, nil, nil)
}

// WSAConnect is Connect with data that goes along with the request and its
// answer, for protocols that carry it, and a quality of service ("WSAConnect
// function").
//
// Errors: those of [Connect]; WSAEOPNOTSUPP for connect data that the
// protocol does not carry.
func WSAConnect(h SOCKET, name *wsa.Sockaddr, callerData []byte, calleeData *[]byte, sqos, gqos *wsa.QOS) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPConnect", &err)
	defer s.selection.hold().release()
	if !s.mayConnect() {
		return wsa.WSAEINVAL
	}
	top := s.path.Load().top
	if callerData == nil && calleeData == nil {
		err = top.Connect(name)
	} else if cd, ok := spi.As[spi.ConnectDataer](top); ok {
		err = cd.ConnectWithData(name, callerData, calleeData, sqos, gqos)
	} else {
		return wsa.WSAEOPNOTSUPP
	}
	if err != wsa.WSAEWOULDBLOCK {
		switch {
		case err == nil:
			s.setPath(top)
			s.selection.connecting(s)
		case !s.nonblocking.Load() && err == top.ConnectResult():
			s.forgetError()
		}
		return err
	}
	s.connecting.Store(true)
	s.selection.connecting(s)
	if s.nonblocking.Load() {
		return err
	}
	return s.awaitConnect()
}

// awaitConnect waits for the end of a connect that has begun. Only where no
// layer has a part in the connect can the wait be parked on the data path.
func (s *socket) awaitConnect() error {
	p := s.path.Load()
	var result error
	try := func() bool {
		result = p.top.ConnectResult()
		return result != wsa.WSAEWOULDBLOCK
	}
	events := spi.EventConnect | spi.EventConnectFail | spi.EventsEnd
	if err := s.await(spi.Sending, events, p.top == p.data, try); err != nil {
		return err
	}
	s.connectProgress()
	if result != nil {
		s.forgetError()
	}
	return result
}

// forgetError takes the failure of a connect back from SO_ERROR, which keeps
// only what a caller was not told (difference 50).
func (s *socket) forgetError() {
	// A provider without the option has nothing to forget.
	_ = s.path.Load().top.SetSockOpt(wsa.SOL_SOCKET, wsa.SO_ERROR, make([]byte, 4))
}

// connectProgress looks whether a connect that was begun has ended, and if
// so finds the way of the data anew: a layer may have finished its part.
func (s *socket) connectProgress() {
	top := s.path.Load().top
	switch top.ConnectResult() {
	case wsa.WSAEWOULDBLOCK:
	case nil:
		if s.connecting.CompareAndSwap(true, false) {
			s.setPath(top)
		}
	default:
		s.connecting.Store(false)
	}
}

// Shutdown ends one or both directions ("shutdown function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for another direction,
// WSAENOTCONN.
func Shutdown(h SOCKET, how int32) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPShutdown", &err)
	if how < wsa.SD_RECEIVE || how > wsa.SD_BOTH {
		return wsa.WSAEINVAL
	}
	if s.context.Load() != contextWhole {
		return wsa.WSAENOTCONN
	}
	return s.shutdown(how)
}

// WSASendDisconnect ends the sending direction, with data for protocols that
// carry it ("WSASendDisconnect function").
//
// Errors: those of [Shutdown]; WSAENOPROTOOPT for data that the protocol
// does not carry.
func WSASendDisconnect(h SOCKET, data []byte) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPSendDisconnect", &err)
	top := s.path.Load().top
	if dd, ok := spi.As[spi.DisconnectDataer](top); ok {
		return dd.SendDisconnect(data)
	}
	if len(data) > 0 {
		return wsa.WSAENOPROTOOPT
	}
	return top.Shutdown(wsa.SD_SEND)
}

// WSARecvDisconnect ends the receiving direction and returns the peer's
// disconnect data, for protocols that carry it ("WSARecvDisconnect
// function").
//
// Errors: those of [Shutdown]; WSAENOPROTOOPT when data is asked for that the
// protocol does not carry.
func WSARecvDisconnect(h SOCKET, data []byte) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPRecvDisconnect", &err)
	top := s.path.Load().top
	if dd, ok := spi.As[spi.DisconnectDataer](top); ok {
		return dd.RecvDisconnect(data)
	}
	if len(data) > 0 {
		return 0, wsa.WSAENOPROTOOPT
	}
	return 0, s.shutdown(wsa.SD_RECEIVE)
}

// GetSockName stores a socket's local address in name ("getsockname
// function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL on an unbound socket,
// WSAEFAULT for a nil name.
func GetSockName(h SOCKET, name *wsa.Sockaddr) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPGetSockName", &err)
	if name == nil {
		return wsa.WSAEFAULT
	}
	if s.context.Load() == contextAccepted {
		return wsa.WSAEINVAL
	}
	return s.path.Load().top.GetSockName(name)
}

// GetPeerName stores the peer's address in name ("getpeername function").
//
// Errors, in this order: WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN,
// WSAEFAULT for a nil name.
func GetPeerName(h SOCKET, name *wsa.Sockaddr) (err error) {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.done("WSPGetPeerName", &err)
	if s.context.Load() != contextWhole {
		return wsa.WSAENOTCONN
	}
	var peer wsa.Sockaddr
	if err := s.path.Load().top.GetPeerName(&peer); err != nil {
		return err
	}
	if name == nil {
		return wsa.WSAEFAULT
	}
	*name = peer
	return nil
}
