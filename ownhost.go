// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"winsock/namespace/addrsel"
	"winsock/namespace/hostname"
)

// These are replaced by tests, which cannot choose their machine.
var (
	kernelName = os.Hostname
	ownAddrs   = interfaceAddrs
)

// ownName returns the name of this host, "localhost" if it has none.
func ownName() string {
	name, err := kernelName()
	if err != nil || name == "" || name == "(none)" {
		return "localhost"
	}
	return name
}

// isOwnName reports whether name is that of this host: the empty name, its
// full name, or the first label of that. They are answered with the
// addresses of its interfaces and not by a name space, where they would
// often be 127.0.1.1 or nothing.
func isOwnName(name string) bool {
	if name == "" {
		return true
	}
	key, own := hostname.Key(name), hostname.Key(ownName())
	if own == "localhost" {
		return false // a name that the name spaces answer for
	}
	label, _, _ := strings.Cut(own, ".")
	return key == own || key == label
}

// interfaceAddrs returns the addresses of this host's interfaces, those
// first that it reaches the world by. Loopback addresses are among them only
// when there are no others.
func interfaceAddrs() []netip.Addr {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var addrs, loopbacks []netip.Addr
	for _, ifi := range interfaces {
		if ifi.Flags&net.FlagUp == 0 {
			continue
		}
		list, err := ifi.Addrs()
		if err != nil {
			continue
		}
		for _, a := range list {
			prefix, ok := a.(*net.IPNet)
			if !ok {
				continue
			}
			addr, ok := netip.AddrFromSlice(prefix.IP)
			if !ok {
				continue
			}
			addr = addr.Unmap()
			if addr.Is6() && addr.IsLinkLocalUnicast() {
				addr = addr.WithZone(strconv.Itoa(ifi.Index))
			}
			if addr.IsLoopback() {
				loopbacks = append(loopbacks, addr)
			} else {
				addrs = append(addrs, addr)
			}
		}
	}
	if len(addrs) == 0 {
		return loopbacks
	}
	return mainFirst(addrs)
}

// outside are addresses that only a default route leads to (RFC 5737,
// RFC 3849).
var outside = [...]netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("203.0.113.1")}

// mainFirst moves the addresses of the default routes to the front.
func mainFirst(addrs []netip.Addr) []netip.Addr {
	for _, far := range outside {
		main := addrsel.System(far)
		if i := slices.Index(addrs, main); i > 0 {
			addrs = slices.Insert(slices.Delete(addrs, i, i+1), 0, main)
		}
	}
	return addrs
}

// haveBeyondLoopback tells whether this host has addresses of IPv4 and of
// IPv6 that others could reach it at: link-local ones do not count.
func haveBeyondLoopback() (v4, v6 bool) {
	for _, addr := range ownAddrs() {
		if addr.IsGlobalUnicast() {
			v4 = v4 || addr.Is4()
			v6 = v6 || addr.Is6()
		}
	}
	return v4, v6
}
