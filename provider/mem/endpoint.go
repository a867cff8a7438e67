// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"

	"winsock/wsa"
)

// An endpoint is what a socket is bound to. An address that is IPv4 in IPv6
// form counts as IPv4 (difference 38).
type endpoint struct {
	addr      netip.Addr // unmapped; unspecified for the wildcard
	port      uint16
	dual      bool // the IPv6 wildcard that takes IPv4 as well
	reuse     bool // SO_REUSEADDR
	exclusive bool // SO_EXCLUSIVEADDRUSE
}

// covers reports whether e also takes what is sent to o, as a wildcard does
// to a specific address, or a dual-stack one to anything of IPv4.
func (e *endpoint) covers(o *endpoint) bool {
	if !e.addr.IsUnspecified() {
		return false
	}
	return e.addr.Is4() == o.addr.Is4() || e.dual && o.addr.Is4()
}

// clash tells whether the endpoint b can be taken while a is in use, both
// with the same port: zero if so, otherwise WSAEADDRINUSE or WSAEACCES
// ("Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE", differences 33 to 40).
func clash(a, b *endpoint) wsa.Errno {
	switch {
	case a.addr == b.addr:
		switch {
		case a.reuse && b.reuse:
			return 0
		case b.reuse:
			return wsa.WSAEACCES
		}
		return wsa.WSAEADDRINUSE
	case a.covers(b):
		// A wildcard that came first lets specific ones in, unless it is
		// exclusive.
		if a.exclusive {
			return wsa.WSAEACCES
		}
	case b.covers(a):
		// An exclusive wildcard wants the whole port for itself.
		if b.exclusive {
			return wsa.WSAEADDRINUSE
		}
	}
	return 0
}

// match tells how well traffic to an address fits: 0 not at all, more for
// more specific endpoints.
func (e *endpoint) match(to netip.Addr) int {
	switch {
	case e.addr == to:
		return 30
	case !e.addr.IsUnspecified():
		return 0
	case e.addr.Is4() == to.Is4():
		return 20
	case e.dual && to.Is4():
		return 10
	}
	return 0
}
