// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"net"
	"net/netip"

	"winsock/internal/sys"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Bind is WSPBind.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	if err := s.kind.checkLen(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.state.CheckBind(); err != nil {
		return err
	}
	if err := s.kind.checkFamily(name); err != nil {
		return err
	}
	var err error
	if s.kind.inet && s.kind.typ != wsa.SOCK_RAW {
		err = s.bindInetLocked(name)
	} else {
		err = s.bindPlainLocked(name)
	}
	if err != nil {
		return err
	}
	s.state.SetBound()
	return nil
}

// bindPlainLocked binds where there are no ports to share.
func (s *socket) bindPlainLocked(name *wsa.Sockaddr) error {
	var raw rawName
	raw.set(s.kind, name)
	switch e := sys.Bind(s.fd, raw.bytes()); e {
	case sys.ENOENT, sys.ENOTDIR: // AF_UNIX: no such folder
		return wsa.WSAEADDRNOTAVAIL
	case sys.EROFS:
		return wsa.WSAEACCES
	default:
		return wsa.FromErrno(e).Err()
	}
}

// bindInetLocked binds to an address and port by Winsock's rules for sharing
// them.
func (s *socket) bindInetLocked(name *wsa.Sockaddr) error {
	ap, ok := name.AddrPort()
	if !ok {
		return wsa.WSAEFAULT
	}
	addr := ap.Addr()
	if addr.Unmap().IsMulticast() || addr.Unmap() == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return wsa.WSAEADDRNOTAVAIL // difference 22
	}
	if id := name.ScopeID(); id != 0 {
		if _, err := net.InterfaceByIndex(int(id)); err != nil {
			return wsa.WSAEADDRNOTAVAIL // the kernel would keep the wrong scope for later binds (difference 23)
		}
	}
	v6only := s.opts.Bool(ruleV6Only)
	if addr.Is4In6() && v6only {
		return wsa.WSAEADDRNOTAVAIL
	}
	c := &claim{
		fd:    s.fd,
		typ:   s.kind.typ,
		port:  ap.Port(),
		addr:  addr.Unmap(),
		dual:  addr.Is6() && addr.IsUnspecified() && !v6only,
		share: s.sharing(),
	}
	if err := claims.bind(c, func(share bool) (wsa.Sockaddr, error) {
		return s.kernelBind(name, share)
	}); err != nil {
		return err
	}
	s.claim = c
	return nil
}

func (s *socket) sharing() sharing {
	switch {
	case s.opts.Bool(ruleReuse), s.opts.Bool(ruleReuseMulticast):
		return shareReuse
	case s.opts.Bool(ruleExclusive):
		return shareExclusive
	}
	return shareDefault
}

// kernelBind binds in the kernel, and returns the address with the port that
// it became.
func (s *socket) kernelBind(name *wsa.Sockaddr, share bool) (got wsa.Sockaddr, err error) {
	if share {
		tellSharing(s.fd, s.kind.typ, true)
	}
	var raw rawName
	raw.set(s.kind, name)
	e := sys.Bind(s.fd, raw.bytes())
	if e == sys.EINVAL && s.kind.family == wsa.AF_INET6 && name.ScopeID() == 0 && raw.findScope() {
		e = sys.Bind(s.fd, raw.bytes()) // difference 23
	}
	if e == sys.EADDRINUSE && s.kind.stream {
		s.allowTimeWait()
		e = sys.Bind(s.fd, raw.bytes())
	}
	switch {
	case e == sys.EADDRINUSE && s.opts.Bool(ruleReuse):
		return got, wsa.WSAEACCES // somebody else's, who does not share
	case e == sys.EINVAL:
		return got, wsa.WSAEADDRNOTAVAIL
	case e != 0:
		return got, wsa.FromErrno(e).Err()
	}
	n, e := sys.GetSockName(s.fd, got.Storage()[:])
	if e != 0 {
		return got, wsa.FromErrno(e).Err()
	}
	s.kind.finishName(&got, n)
	return got, nil
}

// allowTimeWait lets the address be bound while connections of it are in
// TIME_WAIT, as Winsock does. The kernel wants this of the socket that they
// were made with and of the one that is to be bound. A socket that is only
// bound does not have it, as the kernel then would let others in.
func (s *socket) allowTimeWait() {
	sys.SetSockOptInt(s.fd, sys.SOL_SOCKET, sys.SO_REUSEADDR, 1)
}

// findScope gives a link-local address without a scope id the one of the
// interface that has it.
func (r *rawName) findScope() bool {
	addr := netip.AddrFrom16([16]byte(r.buf[8:24]))
	if !addr.IsLinkLocalUnicast() {
		return false
	}
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == addr {
				r.setScope(uint32(i.Index))
				return true
			}
		}
	}
	return false
}

func (s *socket) bindImplicitly() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bindImplicitlyLocked()
}

// bindImplicitlyLocked binds to the wildcard and a port of the kernel's, if
// the socket has no address yet (difference 30).
func (s *socket) bindImplicitlyLocked() error {
	if s.state.Has(sockstate.Bound) {
		return nil
	}
	w := s.kind.wildcard()
	if e := sys.Bind(s.fd, w.bytes()); e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.state.SetBound()
	return nil
}
