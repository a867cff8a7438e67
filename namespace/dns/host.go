// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"winsock/namespace/hostname"
	"winsock/wsa"
)

// A Host is what the DNS says of one host.
type Host struct {
	Name    string   // the canonical name, without a closing dot
	Aliases []string // other names, if it was found by one
	Addrs   []netip.Addr
}

// Host returns the addresses of a name, of the families asked for, looking
// for it in the search domains as the configuration says.
func (r *Resolver) Host(ctx context.Context, name string, v4, v6 bool) (Host, error) {
	if host, err, special := specialHost(name, v4, v6); special {
		return host, err
	}
	return search(r.config(), name, func(full string) (Host, error) { return r.host(ctx, full, v4, v6) })
}

// search looks for a name in the search domains. The verdict on the name
// itself is what matters when it is in none of them; trouble with a server
// ends the search, so that it cannot lead to another host than usual.
func search[T any](c *Config, name string, look func(full string) (T, error)) (found T, err error) {
	if !hostname.Valid(name) {
		return found, wsa.WSAHOST_NOT_FOUND
	}
	err = wsa.WSAHOST_NOT_FOUND
	for _, full := range c.candidates(name) {
		answer, failure := look(full)
		switch failure {
		case nil:
			return answer, nil
		case wsa.WSANO_DATA:
			err = failure
		case wsa.WSAHOST_NOT_FOUND:
		default:
			return found, failure
		}
	}
	return found, err
}

// host asks for both families at once and is content with one.
func (r *Resolver) host(ctx context.Context, full string, v4, v6 bool) (Host, error) {
	type result struct {
		set *recordSet
		err error
	}
	ask := func(rrtype uint16) result {
		set, err := r.lookup(ctx, full, rrtype)
		return result{set, err}
	}
	var results []result
	switch {
	case v4 && v6:
		second := make(chan result, 1)
		go func() { second <- ask(mdns.TypeAAAA) }()
		results = []result{ask(mdns.TypeA), <-second}
	case v6:
		results = []result{ask(mdns.TypeAAAA)}
	default:
		results = []result{ask(mdns.TypeA)}
	}
	var host Host
	var err error
	for _, a := range results {
		if a.err != nil {
			err = graver(err, a.err)
			continue
		}
		host.Addrs = append(host.Addrs, a.set.addrs()...)
		if host.Name == "" {
			host.Name, host.Aliases = display(a.set.name), displayAll(a.set.aliases)
		}
	}
	if len(host.Addrs) > 0 {
		return host, nil
	}
	if err == nil {
		err = wsa.WSANO_DATA // records without a usable address
	}
	return Host{}, err
}

// graver returns the error that says more when both families failed.
func graver(a, b error) error {
	order := []error{nil, wsa.WSAHOST_NOT_FOUND, wsa.WSANO_DATA, wsa.WSANO_RECOVERY, wsa.WSATRY_AGAIN, wsa.WSA_E_CANCELLED}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

func (set *recordSet) addrs() []netip.Addr {
	var addrs []netip.Addr
	for _, rr := range set.records {
		var addr netip.Addr
		var ok bool
		switch rr := rr.(type) {
		case *mdns.A:
			addr, ok = netip.AddrFromSlice(rr.A.To4())
		case *mdns.AAAA:
			addr, ok = netip.AddrFromSlice(rr.AAAA.To16())
		}
		if ok && !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// Name returns the host that an address belongs to.
func (r *Resolver) Name(ctx context.Context, addr netip.Addr) (Host, error) {
	if addr.IsLoopback() {
		return Host{Name: "localhost", Addrs: []netip.Addr{addr}}, nil // as specialHost
	}
	arpa, err := mdns.ReverseAddr(addr.WithZone("").Unmap().String())
	if err != nil {
		return Host{}, wsa.WSAEINVAL
	}
	set, err := r.lookup(ctx, arpa, mdns.TypePTR)
	if err != nil {
		return Host{}, err
	}
	var names []string
	for _, rr := range set.records {
		// Whoever owns an address writes what he likes into its name.
		if ptr, ok := rr.(*mdns.PTR); ok && hostname.Valid(ptr.Ptr) {
			names = append(names, display(ptr.Ptr))
		}
	}
	if len(names) == 0 {
		return Host{}, wsa.WSANO_DATA
	}
	return Host{Name: names[0], Aliases: names[1:], Addrs: []netip.Addr{addr}}, nil
}

// specialHost answers for the names that must not reach the DNS: localhost
// is here, invalid is nowhere (RFC 6761), and onion is nobody's business
// (RFC 7686).
func specialHost(name string, v4, v6 bool) (host Host, err error, special bool) {
	switch {
	case hostname.Within(name, "localhost"):
		host.Name = display(name)
		if v4 {
			host.Addrs = append(host.Addrs, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
		}
		if v6 {
			host.Addrs = append(host.Addrs, netip.IPv6Loopback())
		}
		return host, nil, true
	case hostname.Within(name, "invalid"), hostname.Within(name, "onion"):
		return host, wsa.WSAHOST_NOT_FOUND, true
	}
	return host, nil, false
}

func display(name string) string { return strings.TrimSuffix(name, ".") }

func displayAll(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = display(name)
	}
	return list
}
