// SPDX-License-Identifier: Apache-2.0

package run

import (
	"bytes"
	"slices"

	"winsock/internal/sys"
)

// portDNS is where name servers are asked.
const portDNS = 53

// answersFor returns where a socket goes that asks a name server at a.
func (s *Supervisor) answersFor(a *address, domain int) (target address, ok bool) {
	if s.dns == nil || a.port() != portDNS {
		return target, false
	}
	v6 := domain == sys.AF_INET6 && !a.addrPort().Addr().Is4()
	server := s.dns.Addr(v6)
	if !server.IsValid() {
		return target, false
	}
	return fromAddrPort(server, domain)
}

// isAnswerer reports whether a is where name servers are answered for.
func (s *Supervisor) isAnswerer(a *address) bool {
	if s.dns == nil || a.n == 0 {
		return false
	}
	ap := a.addrPort()
	return ap == s.dns.Addr(false) || ap == s.dns.Addr(true)
}

// resolverSockets are where programs ask other resolvers of the machine. They
// then ask name servers.
var resolverSockets = []string{
	"/var/run/nscd/socket",
	"/run/nscd/socket",
	"/run/systemd/resolve/io.systemd.Resolve",
	"/run/avahi-daemon/socket",
	"/var/run/avahi-daemon/socket",
}

// hidesUnix reports whether a is where the program must not find a resolver.
func (s *Supervisor) hidesUnix(a *address) bool {
	if s.dns == nil || a.family() != sys.AF_UNIX || a.n <= 2 {
		return false
	}
	path, _, _ := bytes.Cut(a.buf[2:a.n], []byte{0})
	return slices.Contains(resolverSockets, string(path))
}
