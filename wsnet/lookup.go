// SPDX-License-Identifier: Apache-2.0

package wsnet

import (
	"context"
	"net"
	"strconv"

	"winsock"
	"winsock/wsa"
)

// lookup asks the name space providers for a host and a service.
func lookup(ctx context.Context, t transport, host, service string) ([]candidate, error) {
	hints := &winsock.AddrInfo{Family: t.family, SockType: t.socketType, Protocol: t.protocol}
	list, err := winsock.GetAddrInfoEx(ctx, &host, &service, wsa.NS_ALL, nil, hints)
	if err != nil {
		return nil, lookupError(host, err)
	}
	all := make([]candidate, len(list))
	for i := range list {
		all[i].name = list[i].Addr
	}
	return all, nil
}

// lookupError says what package net would say of a look-up that failed.
func lookupError(host string, err error) error {
	return &net.DNSError{
		Err:         err.Error(),
		Name:        host,
		IsNotFound:  err == wsa.WSAHOST_NOT_FOUND || err == wsa.WSANO_DATA,
		IsTimeout:   err == wsa.WSAETIMEDOUT,
		IsTemporary: err == wsa.WSATRY_AGAIN,
		UnwrapErr:   err,
	}
}

// lookupPort returns the port of a service, by number or name.
func lookupPort(ctx context.Context, t transport, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if port, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(port), nil
	}
	host := "127.0.0.1"
	if t.family == wsa.AF_INET6 {
		host = "::1"
	}
	list, err := lookup(ctx, t, host, service)
	if err != nil || len(list) == 0 {
		return 0, &net.AddrError{Err: "unknown port", Addr: service}
	}
	return list[0].name.Port(), nil
}
