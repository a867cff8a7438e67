// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"syscall"

	"winsock/namespace/hostname"
	"winsock/wsa"
)

// A Hostent is a HOSTENT: a host's name, its other names, and its addresses,
// all of one family.
type Hostent struct {
	Name     string
	Aliases  []string
	AddrType int32 // AF_INET or AF_INET6
	Addrs    []netip.Addr
}

// GetHostByName returns the IPv4 addresses of a host ("gethostbyname
// function"). The empty name, and this host's own, stand for the addresses
// of this host. A numeric address is answered with itself, as Windows does,
// although its documentation says otherwise. Programs that know of IPv6 call
// [GetAddrInfo].
//
// Errors: WSANOTINITIALISED, WSAHOST_NOT_FOUND, WSANO_DATA for a host without
// an IPv4 address, WSATRY_AGAIN, WSANO_RECOVERY.
func GetHostByName(name string) (*Hostent, error) {
	return hostByName(context.Background(), name)
}

func hostByName(ctx context.Context, name string) (*Hostent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	if isOwnName(name) {
		return ownHostent()
	}
	if addr, ok := hostname.ParseIPv4(name); ok {
		return &Hostent{Name: name, AddrType: wsa.AF_INET, Addrs: []netip.Addr{addr}}, nil
	}
	ascii, ok := hostname.ToASCII(name)
	if !ok || !hostname.Valid(ascii) {
		return nil, wsa.WSAHOST_NOT_FOUND
	}
	return askForHost(ctx, &wsa.QuerySet{
		ServiceInstanceName: ascii,
		ServiceClassID:      wsa.SVCID_INET_HOSTADDRBYNAME,
		Protocols:           []wsa.AFProtocols{{AddressFamily: wsa.AF_INET}},
	}, 0)
}

func ownHostent() (*Hostent, error) {
	h := &Hostent{Name: ownName(), AddrType: wsa.AF_INET}
	for _, addr := range ownAddrs() {
		if addr.Is4() {
			h.Addrs = append(h.Addrs, addr)
		}
	}
	if len(h.Addrs) == 0 {
		return nil, wsa.WSANO_DATA
	}
	return h, nil
}

// GetHostByAddr returns the name of the host with an address, given in
// network order ("gethostbyaddr function").
//
// Errors: WSANOTINITIALISED; WSAEAFNOSUPPORT for a family other than AF_INET
// and AF_INET6; WSAEFAULT for an address too short for its family;
// WSAHOST_NOT_FOUND, WSANO_DATA, WSATRY_AGAIN, WSANO_RECOVERY.
func GetHostByAddr(addr []byte, family int32) (*Hostent, error) {
	return hostByBytes(context.Background(), addr, family)
}

func hostByBytes(ctx context.Context, addr []byte, family int32) (*Hostent, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	size := map[int32]int{wsa.AF_INET: 4, wsa.AF_INET6: 16}[family]
	switch {
	case size == 0:
		return nil, wsa.WSAEAFNOSUPPORT
	case len(addr) < size:
		return nil, wsa.WSAEFAULT
	}
	ip, _ := netip.AddrFromSlice(addr[:size]) // of a valid length
	h, err := hostByAddr(ctx, ip)
	if err != nil {
		return nil, err
	}
	h.AddrType, h.Addrs = family, []netip.Addr{ip}
	return h, nil
}

// hostByAddr asks the hosts file, this host itself and then the other name
// spaces for the name of an address.
func hostByAddr(ctx context.Context, addr netip.Addr) (*Hostent, error) {
	plain := addr.Unmap().WithZone("")
	query := wsa.QuerySet{
		ServiceInstanceName: plain.String(),
		ServiceClassID:      wsa.SVCID_INET_HOSTADDRBYINETSTRING,
		NameSpace:           wsa.NS_TCPIP_HOSTS,
	}
	if h, err := askForHost(ctx, &query, 0); err == nil {
		return h, nil
	}
	isOwn := func(own netip.Addr) bool { return own.WithZone("") == plain }
	if !plain.IsLoopback() && slices.ContainsFunc(ownAddrs(), isOwn) {
		return &Hostent{Name: ownName()}, nil
	}
	query.NameSpace = wsa.NS_ALL
	return askForHost(ctx, &query, 0)
}

// askForHost looks a host up and returns what the first name space that has
// it says. AddrType is that of the first address.
func askForHost(ctx context.Context, q *wsa.QuerySet, flags uint32) (*Hostent, error) {
	l, err := beginLookup(ctx, q, flags|wsa.LUP_RETURN_NAME|wsa.LUP_RETURN_ADDR|wsa.LUP_RETURN_ALIASES)
	if err != nil {
		if err == wsa.WSASERVICE_NOT_FOUND {
			err = wsa.WSAHOST_NOT_FOUND
		}
		return nil, err
	}
	defer l.end()
	sets, err := l.first()
	switch err {
	case nil:
	case wsa.WSA_E_NO_MORE, wsa.WSASERVICE_NOT_FOUND:
		return nil, wsa.WSAHOST_NOT_FOUND
	default:
		return nil, err
	}
	h := &Hostent{}
	for _, set := range sets {
		if set.OutputFlags&wsa.RESULT_IS_ALIAS != 0 {
			h.Aliases = append(h.Aliases, set.ServiceInstanceName)
			continue
		}
		if h.Name == "" {
			h.Name = set.ServiceInstanceName
		}
		for i := range set.Addrs {
			if ap, ok := set.Addrs[i].RemoteAddr.AddrPort(); ok && !slices.Contains(h.Addrs, ap.Addr()) {
				h.Addrs = append(h.Addrs, ap.Addr())
			}
		}
	}
	if len(h.Addrs) == 0 {
		return nil, wsa.WSANO_DATA
	}
	if h.AddrType = wsa.AF_INET; h.Addrs[0].Is6() {
		h.AddrType = wsa.AF_INET6
	}
	return h, nil
}

// GetHostName returns the name of this host ("gethostname function").
//
// Errors: WSANOTINITIALISED. That a buffer is too short, WSAEFAULT in C,
// cannot happen here.
func GetHostName() (string, error) {
	if err := requireStartup(); err != nil {
		return "", err
	}
	return ownName(), nil
}

// maxHostName is the longest name that the Linux kernel takes for the host.
const maxHostName = 64

// setHostName is replaced by tests, which must not rename their machine.
var setHostName = func(name string) error { return syscall.Sethostname([]byte(name)) }

// SetHostName renames this host ("sethostname", a function of Windows CE).
//
// Errors: WSANOTINITIALISED; WSAEFAULT for an empty name; WSAENAMETOOLONG for
// one of more than 64 bytes; WSAEINVAL for what cannot be the name of a host;
// WSAEACCES for a caller without the right.
func SetHostName(name string) error {
	if err := requireStartup(); err != nil {
		return err
	}
	switch {
	case name == "":
		return wsa.WSAEFAULT
	case len(name) > maxHostName:
		return wsa.WSAENAMETOOLONG
	case !hostname.Valid(name) || strings.HasSuffix(name, "."):
		return wsa.WSAEINVAL
	}
	if err := setHostName(name); err != nil {
		return wsa.ErrnoOf(err).Err()
	}
	return nil
}
