// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"unicode"

	"winsock/spi/hostnames"
	"winsock/wsa"
)

// A rule says which connections are secure ones for programs that know
// nothing of it: those to a host, or to or at a port.
type rule struct {
	names     string       // a pattern of names; "" if addresses say, or any host
	addresses netip.Prefix // invalid if names say, or any host
	low, high uint16       // ports
}

// parseRules reads a list of rules: PORTS, HOST or HOST:PORTS, with "*" for
// any host. HOST is a name, in which "*" stands for any part, an address, or a
// network; one of IPv6 with ports stands in brackets. PORTS is one, two with
// "-" between, or "*".
func parseRules(text string) (list []rule, err error) {
	for _, field := range splitList(text) {
		r, err := parseRule(field)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// splitList splits at commas, semicolons, plus signs and spaces.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",;+ \t\n", c) })
}

func parseRule(field string) (r rule, err error) {
	if low, high, ok := parsePorts(field); ok {
		return rule{low: low, high: high}, nil
	}
	host, ports := field, "*"
	if strings.HasPrefix(field, "[") {
		end := strings.IndexByte(field, ']')
		if end < 0 {
			return r, fmt.Errorf("%q: a bracket is not closed", field)
		}
		host = field[1:end]
		switch rest := field[end+1:]; {
		case rest == "":
		case rest[0] == ':':
			ports = rest[1:]
		default:
			return r, fmt.Errorf("%q: what is %q", field, rest)
		}
	} else if i := strings.LastIndexByte(field, ':'); i >= 0 && strings.IndexByte(field, ':') == i {
		host, ports = field[:i], field[i+1:]
	}
	var ok bool
	if r.low, r.high, ok = parsePorts(ports); !ok {
		return r, fmt.Errorf("%q: %q is no port, and no two with \"-\" between", field, ports)
	}
	if host == "*" {
		return r, nil
	}
	if prefix, err := netip.ParsePrefix(host); err == nil {
		r.addresses = prefix.Masked()
		return r, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap().WithZone("")
		r.addresses = netip.PrefixFrom(addr, addr.BitLen())
		return r, nil
	}
	// A name without a letter is a port with a slip, which must not be taken
	// for a host that never comes.
	if strings.ContainsAny(host, ":/[]\\?") || !strings.ContainsFunc(host, unicode.IsLetter) {
		return r, fmt.Errorf("%q: %q is no host", field, host)
	}
	r.names = strings.ToLower(strings.TrimSuffix(host, "."))
	return r, nil
}

func parsePorts(text string) (low, high uint16, ok bool) {
	if text == "*" {
		return 0, 65535, true
	}
	from, to, two := strings.Cut(text, "-")
	l, err := strconv.ParseUint(from, 10, 16)
	if err != nil {
		return 0, 0, false
	}
	h := l
	if two {
		if h, err = strconv.ParseUint(to, 10, 16); err != nil || h < l {
			return 0, 0, false
		}
	}
	return uint16(l), uint16(h), true
}

// matches reports whether the rule is for an address. names returns its
// names.
func (r *rule) matches(ap netip.AddrPort, names func() []string) bool {
	if p := ap.Port(); p < r.low || p > r.high {
		return false
	}
	switch {
	case r.addresses.IsValid():
		return r.addresses.Contains(ap.Addr().Unmap().WithZone(""))
	case r.names == "":
		return true
	}
	for _, name := range names() {
		if ok, err := path.Match(r.names, name); ok && err == nil {
			return true
		}
	}
	return false
}

// ruleFor returns the rule for connections to name, nil for none.
func (x *rules) ruleFor(name *wsa.Sockaddr) *rule {
	ap, ok := name.AddrPort()
	if !ok {
		return nil
	}
	names := func() []string { return hostnames.Of(ap.Addr()) }
	for i := range x.originate {
		if x.originate[i].matches(ap, names) {
			return &x.originate[i]
		}
	}
	return nil
}

// listenerRule returns the rule for a socket that listens at name.
func (x *rules) listenerRule(name *wsa.Sockaddr) *rule {
	ap, ok := name.AddrPort()
	if !ok {
		return nil
	}
	for i := range x.terminate {
		if x.terminate[i].matches(ap, func() []string { return nil }) {
			return &x.terminate[i]
		}
	}
	return nil
}
