// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/wsa"
)

// ConnectEx connects a bound socket to name and sends data, which may be
// empty, as soon as it is connected ("ConnectEx function"). The bytes that
// the operation is said to have transferred are those of data.
// SO_UPDATE_CONNECT_CONTEXT gives the connection the properties that one of
// [Connect] has.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK; ERROR_INVALID_PARAMETER without an
// overlapped structure; WSAEINVAL on a socket that is unbound, listens, or is
// not connection-oriented; WSAEISCONN; WSAEALREADY; WSAEFAULT,
// WSAEAFNOSUPPORT, WSAEADDRNOTAVAIL for a bad name; else WSA_IO_PENDING. The
// operation ends with the reason for which there is no connection, such as
// ERROR_CONNECTION_REFUSED.
func ConnectEx(h SOCKET, name *wsa.Sockaddr, data []byte, overlapped *Overlapped) (sent uint32, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("ConnectEx", &err)
	defer s.selection.hold().release()
	if overlapped == nil {
		return 0, wsa.ERROR_INVALID_PARAMETER
	}
	if _, err := s.overlaps(overlapped, nil); err != nil {
		return 0, err
	}
	if err := s.mayConnectEx(); err != nil {
		atomic.StoreUint64(&overlapped.Internal, uint64(wsa.STATUS_PENDING)) // difference 67
		return 0, err
	}
	return 0, s.startConnect(name, data, overlapped)
}

// mayConnectEx tells whether ConnectEx may go on, as far as that is not the
// provider's to judge.
func (s *socket) mayConnectEx() error {
	var name wsa.Sockaddr
	switch {
	case s.connectionless(), s.accepting.Load() != nil:
		return wsa.WSAEINVAL
	case s.context.Load() == contextConnected, s.context.Load() == contextAccepted:
		return wsa.WSAEISCONN
	}
	return s.path.Load().top.GetSockName(&name) // WSAEINVAL on an unbound socket
}

func (s *socket) startConnect(name *wsa.Sockaddr, data []byte, overlapped *Overlapped) error {
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.newRequestLocked(nil, overlapped)
	r.msg.SetBuffer(data)
	high := overlapped.InternalHigh
	if err := a.beginLocked(r); err != nil {
		a.dropLocked(r)
		return err
	}
	r.mark()
	x := a.ofSeldomLocked()
	switch {
	case a.closed:
		_, err := a.refuseLocked(r, wsa.WSAENOTSOCK)
		return err
	case x.connect != nil:
		a.dropLocked(r)
		return wsa.WSAEALREADY
	}
	if a.watched == nil {
		a.watchLocked()
	}
	before := s.context.Swap(contextConnecting)
	err := s.path.Load().top.Connect(name)
	if err != nil && err != wsa.WSAEWOULDBLOCK && !ofNetwork(err) {
		s.context.CompareAndSwap(contextConnecting, before)
		a.dropLocked(r)
		overlapped.InternalHigh = high // difference 67, as is that Internal stays
		return err
	}
	s.selection.connecting(s)
	x.connect, r.ofExtras().end = r, endConnect
	if r.err = err; err == nil || err == wsa.WSAEWOULDBLOCK {
		s.connecting.Store(true)
		a.pumpConnectLocked()
	} else {
		a.endConnectLocked()
	}
	return wsa.WSA_IO_PENDING
}

// ofNetwork tells whether an attempt failed by what the network answered,
// which ends the operation, and not by its arguments, which ends the call.
func ofNetwork(err error) bool {
	switch err {
	case wsa.WSAECONNREFUSED, wsa.WSAECONNRESET, wsa.WSAECONNABORTED, wsa.WSAETIMEDOUT, wsa.WSAENETDOWN,
		wsa.WSAENETUNREACH, wsa.WSAEHOSTDOWN, wsa.WSAEHOSTUNREACH, wsa.WSAENETRESET:
		return true
	}
	return false
}

// pumpConnectLocked goes on with the ConnectEx under way: first it connects,
// then it sends.
func (a *async) pumpConnectLocked() {
	r, s := a.seldomLocked().connect, a.sock
	if r == nil {
		return
	}
	if s.context.Load() == contextConnecting {
		failed := !s.guard("ConnectEx", func() { r.err = s.path.Load().top.ConnectResult() })
		switch {
		case failed:
			r.err = wsa.WSAECONNABORTED
		case r.err == wsa.WSAEWOULDBLOCK:
			return
		case r.err == nil:
			s.connectProgress()
			s.context.Store(contextConnected)
		}
		if r.err != nil {
			a.endConnectLocked()
			return
		}
	}
	r.try = trySend
	if r.msg.Len() == 0 || a.attempt(r) {
		a.endConnectLocked()
	}
}

func (a *async) endConnectLocked() {
	r := a.seldom.Load().connect
	a.seldom.Load().connect = nil
	a.completeLocked(r, later)
}

// endConnect leaves the socket fit for another attempt if there is no
// connection.
func endConnect(r *request, a *async) {
	s := a.sock
	if r.err == nil {
		return
	}
	s.connecting.Store(false)
	if r.err == wsa.WSA_OPERATION_ABORTED && !s.Closing() {
		s.resetLocked() // else the attempt would go on
	}
	s.context.CompareAndSwap(contextConnecting, contextWhole)
}
