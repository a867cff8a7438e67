// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"strconv"
	"strings"

	"winsock/namespace/hostname"
	"winsock/namespace/netdb"
	"winsock/wsa"
)

// GetNameInfo returns the names of the host and of the service that a socket
// address stands for ("getnameinfo function", "GetNameInfoW function"), or
// the numbers where there are no names. flags are NI_ constants. Whoever
// wants the service only passes NI_NUMERICHOST, so that no name space is
// asked.
//
// Errors: WSANOTINITIALISED; WSAEFAULT for an address that is nil or too
// short for its family; WSAEAFNOSUPPORT for a family other than AF_INET and
// AF_INET6; WSAEINVAL for unknown flags, and for NI_NUMERICHOST together with
// NI_NAMEREQD; with NI_NAMEREQD, WSAHOST_NOT_FOUND when there is no name, and
// WSATRY_AGAIN or WSANO_RECOVERY when that could not be found out.
func GetNameInfo(sa *wsa.Sockaddr, flags uint32) (host, service string, err error) {
	if err := requireStartup(); err != nil {
		return "", "", err
	}
	if sa == nil || sa.Len() < 2 {
		return "", "", wsa.WSAEFAULT
	}
	if f := sa.Family(); f != wsa.AF_INET && f != wsa.AF_INET6 {
		return "", "", wsa.WSAEAFNOSUPPORT
	}
	ap, ok := sa.AddrPort()
	if !ok {
		return "", "", wsa.WSAEFAULT
	}
	const known = wsa.NI_NOFQDN | wsa.NI_NUMERICHOST | wsa.NI_NAMEREQD | wsa.NI_NUMERICSERV | wsa.NI_DGRAM
	const contrary = wsa.NI_NUMERICHOST | wsa.NI_NAMEREQD
	if flags&^known != 0 || flags&contrary == contrary {
		return "", "", wsa.WSAEINVAL
	}
	host = ap.Addr().String()
	if flags&wsa.NI_NUMERICHOST == 0 {
		h, err := hostByAddr(context.Background(), ap.Addr())
		switch {
		case err == nil:
			host = h.Name
			if flags&wsa.NI_NOFQDN != 0 {
				host = withoutOwnDomain(host)
			}
		case flags&wsa.NI_NAMEREQD == 0:
		case err == wsa.WSANO_DATA:
			return "", "", wsa.WSAHOST_NOT_FOUND
		default:
			return "", "", err
		}
	}
	return host, serviceName(ap.Port(), flags), nil
}

func serviceName(port uint16, flags uint32) string {
	protocol := "tcp"
	if flags&wsa.NI_DGRAM != 0 {
		protocol = "udp"
	}
	if flags&wsa.NI_NUMERICSERV == 0 {
		if s, ok := netdb.System().ByPort(port, protocol); ok {
			return s.Name
		}
	}
	return strconv.Itoa(int(port))
}

// withoutOwnDomain cuts the domain off a name that is in this host's.
func withoutOwnDomain(name string) string {
	_, domain, _ := strings.Cut(hostname.Key(ownName()), ".")
	label, itsDomain, _ := strings.Cut(name, ".")
	if domain != "" && hostname.Key(itsDomain) == domain {
		return label
	}
	return name
}
