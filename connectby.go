// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"net/netip"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// WSAConnectByName connects a stream socket to a host and a service, trying
// its addresses one after the other ("WSAConnectByNameW function"). timeout
// limits the whole attempt; 0 means no limit. An IPv6 socket that is to reach
// IPv4 hosts as well needs IPV6_V6ONLY off. It returns the local and the
// peer's address.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for an empty node or
// service and on a socket that is no stream, WSATYPE_NOT_FOUND for an unknown
// service, WSAETIMEDOUT, WSAEHOSTUNREACH when there is no address to try;
// else those of [Connect] for the last address and of [GetAddrInfo].
func WSAConnectByName(h SOCKET, node, service string, timeout time.Duration) (local, remote wsa.Sockaddr, err error) {
	s, err := use(h)
	if err != nil {
		return local, remote, err
	}
	defer s.done("WSPConnect", &err)
	if node == "" || service == "" || !s.stream() {
		return local, remote, wsa.WSAEINVAL
	}
	ctx := context.Background()
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline)
		defer cancel()
	}
	hints := &AddrInfo{SockType: s.info().SocketType}
	if s.info().AddressFamily == wsa.AF_INET || s.v6only() {
		hints.Family = s.info().AddressFamily
	}
	list, err := GetAddrInfoEx(ctx, &node, &service, wsa.NS_ALL, nil, hints)
	if err != nil {
		return local, remote, err
	}
	names := make([]wsa.Sockaddr, len(list))
	for i := range list {
		names[i] = list[i].Addr
	}
	return s.connectToOne(names, deadline)
}

// WSAConnectByList connects a stream socket to the first of several
// addresses that answers ("WSAConnectByList function"). timeout limits the
// whole attempt; 0 means no limit. It returns the local and the peer's
// address.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEINVAL for an empty list and on
// a socket that is no stream, WSAETIMEDOUT; else those of [Connect] for the
// last address.
func WSAConnectByList(h SOCKET, names []wsa.Sockaddr, timeout time.Duration) (local, remote wsa.Sockaddr, err error) {
	s, err := use(h)
	if err != nil {
		return local, remote, err
	}
	defer s.done("WSPConnect", &err)
	if len(names) == 0 || !s.stream() {
		return local, remote, wsa.WSAEINVAL
	}
	var deadline time.Time
	if timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	return s.connectToOne(names, deadline)
}

// v6only reports whether an IPv6 socket serves IPv6 alone.
func (s *socket) v6only() bool {
	var value [4]byte
	_, err := s.path.Load().top.GetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, value[:])
	return err == nil && value[0] != 0
}

// connectToOne connects to the first address that answers before the
// deadline. Connects wait here even on a non-blocking socket, as documented.
func (s *socket) connectToOne(names []wsa.Sockaddr, deadline time.Time) (local, remote wsa.Sockaddr, err error) {
	if !deadline.IsZero() {
		defer SetDeadline(s.SOCKET(), spi.Sending, time.Time{})
		if err := SetDeadline(s.SOCKET(), spi.Sending, deadline); err != nil {
			return local, remote, err
		}
	}
	err = wsa.WSAEHOSTUNREACH
	top := s.path.Load().top
	for i := range names {
		if err = top.Connect(s.reachable(&names[i])); err == wsa.WSAEWOULDBLOCK {
			s.connecting.Store(true)
			err = s.awaitConnect()
		}
		switch err {
		case nil:
			s.setPath(top)
			_ = top.GetSockName(&local)  // a connected socket has both; an
			_ = top.GetPeerName(&remote) // odd provider's stay empty
			return local, remote, nil
		case wsa.WSAETIMEDOUT:
			if !deadline.IsZero() && !time.Now().Before(deadline) {
				return local, remote, err
			}
		case wsa.WSAEISCONN, wsa.WSAEALREADY, wsa.WSAEINTR:
			return local, remote, err // no matter of the address
		}
	}
	return local, remote, err
}

// reachable returns the address as a socket of this family can connect to
// it: mapped, for IPv4 from an IPv6 socket.
func (s *socket) reachable(name *wsa.Sockaddr) *wsa.Sockaddr {
	ap, ok := name.AddrPort()
	if !ok || s.info().AddressFamily != wsa.AF_INET6 || !ap.Addr().Is4() {
		return name
	}
	mapped := wsa.SockaddrFrom(netip.AddrPortFrom(netip.AddrFrom16(ap.Addr().As16()), ap.Port()))
	return &mapped
}
