// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net/netip"
	"strings"

	"winsock/spi"
	"winsock/spi/hostnames"
)

// A list is option direct: whom one connects to past the proxies.
type list struct {
	prefixes []netip.Prefix
	names    []string // in lower case; a leading dot stands for all names below
}

func parseList(text string) (l list, err error) {
	for i, field := range fields(text) {
		if p, err := netip.ParsePrefix(field); err == nil {
			l.prefixes = append(l.prefixes, p.Masked())
			continue
		}
		if a, err := netip.ParseAddr(field); err == nil {
			a = a.Unmap().WithZone("")
			l.prefixes = append(l.prefixes, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		name := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(field, "*"), "."))
		if name == "" || strings.ContainsAny(name, "*/:") {
			wrong := spi.BadOption(driverName, "direct", "%q is neither an address nor a name", field)
			wrong.Item = i + 1
			return list{}, wrong
		}
		l.names = append(l.names, name)
	}
	return l, nil
}

func (l *list) hasName(name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, n := range l.names {
		if n == name || n[0] == '.' && strings.HasSuffix(name, n) {
			return true
		}
	}
	return false
}

func (l *list) hasAddr(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, p := range l.prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// has reports whether an address is on the list, itself or by a name that it
// was found by.
func (l *list) has(addr netip.Addr) bool {
	if l.hasAddr(addr) {
		return true
	}
	if len(l.names) == 0 {
		return false
	}
	for _, name := range hostnames.Of(addr) {
		if l.hasName(name) {
			return true
		}
	}
	return false
}

// parseExpected reads option expect.
func parseExpected(text string) (target, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		return target{addr: addr.Unmap().WithZone("")}, nil
	}
	switch {
	case text == "":
		return target{}, nil
	case text == "any":
		return target{addr: netip.IPv4Unspecified()}, nil
	case len(text) > 255 || strings.ContainsAny(text, "*/: \x00"):
		return target{}, spi.BadOption(driverName, "expect", "%q is neither an address nor a name", text)
	}
	return target{host: strings.ToLower(text)}, nil
}
