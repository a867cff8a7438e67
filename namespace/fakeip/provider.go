// SPDX-License-Identifier: Apache-2.0

// Package fakeip is the name space provider "fakeip": it answers for any name
// with an address of a range that leads nowhere, and tells of such an address
// which name it stands for. Nothing is asked on the network. A layer that
// carries connections by name, as layer/socks does, finds the name again when
// it is asked to connect to the address; package spi/hostnames keeps both.
//
// It can be installed like any name space; layer/socks has it asked by itself,
// see [winsock/spi.NameGuard].
//
// Questions for other records than addresses are answered with none, as they
// could not be without leaving the machine. localhost is loopback, and invalid
// does not exist.
//
// A program's resolver applies its search list before it asks here, and takes
// the first answer: with one, a name without a dot is another one than meant.
package fakeip

import (
	"context"
	"fmt"
	"net/netip"

	mdns "github.com/miekg/dns"

	"winsock/namespace/dns"
	"winsock/namespace/hostname"
	"winsock/namespace/internal/query"
	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

// ProviderID is the name space provider's GUID.
var ProviderID = wsa.GUID{Data1: 0x0d4c9e57, Data2: 0x83b1, Data3: 0x4f6a, Data4: [8]byte{0xb2, 0x1c, 0x7e, 0x90, 0x35, 0xda, 0x48, 0x6f}}

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name:    "fakeip",
		Summary: "answers for any name with an address that stands for it",
		Options: []spi.Option{
			{Key: "ipv4", Kind: spi.Text, Default: "198.18.0.0/15", Help: `the range of IPv4 addresses, "none" for no such answers`},
			{Key: "ipv6", Kind: spi.Text, Default: "fd57:696e:736f:636b::/64", Help: `the range of IPv6 addresses, "none" for no such answers`},
		},
		Info: wsa.NamespaceInfo{
			ProviderID: ProviderID,
			NameSpace:  wsa.NS_DNS,
			Active:     false, // until it is wanted
			Version:    1,
			Identifier: "Addresses that stand for names",
		},
		Startup: startup,
	})
}

func startup(p *spi.NameStartupParams) (spi.NameProvider, error) {
	own := &provider{source: query.Source{ProviderID: p.ProviderID, NameSpace: wsa.NS_DNS}}
	for _, r := range []struct {
		key    string
		v4     bool
		prefix *netip.Prefix
	}{{"ipv4", true, &own.v4}, {"ipv6", false, &own.v6}} {
		text := p.Options.Text(r.key)
		if text == "none" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix.Addr().Is4() != r.v4 || prefix.Addr().BitLen()-prefix.Bits() < 3 {
			return nil, fmt.Errorf("fakeip: option %s=%s: want a range of at least 8 addresses: %w", r.key, text, wsa.WSAEINVAL)
		}
		*r.prefix = prefix.Masked()
	}
	return own, nil
}

// A provider is the name space.
type provider struct {
	source query.Source
	v4, v6 netip.Prefix // not valid: no such answers
}

var _ spi.NameProvider = (*provider)(nil)

// LookupServiceBegin is NSPLookupServiceBegin.
func (p *provider) LookupServiceBegin(_ context.Context, set *wsa.QuerySet, _ *wsa.ServiceClassInfo, flags uint32) (spi.Lookup, error) {
	if set.ServiceClassID == dns.MessageClass {
		return p.message(set, flags)
	}
	q, err := query.Read(set, flags)
	if err != nil {
		return nil, err
	}
	answer, err := p.answer(q)
	return query.NewLookup(func(context.Context) ([]*wsa.QuerySet, error) {
		if err != nil {
			return nil, err
		}
		return q.Results(p.source, answer), nil
	}), nil
}

// answer returns what there is: WSAHOST_NOT_FOUND for a name that cannot be,
// or an address that stands for none; WSANO_DATA for a family without a range.
func (p *provider) answer(q *query.Question) (a query.Answer, err error) {
	a.Name = hostname.Key(q.Name)
	switch {
	case q.Kind == query.Reverse:
		if a.Name, _ = hostnames.Fake(q.Addr); a.Name == "" {
			return a, wsa.WSAHOST_NOT_FOUND
		}
		a.Addrs = []netip.Addr{q.Addr}
		return a, nil
	case q.Kind == query.Record:
		return a, wsa.WSANO_DATA
	case !hostname.Valid(q.Name), hostname.Within(q.Name, "invalid"):
		return a, wsa.WSAHOST_NOT_FOUND
	case hostname.Within(q.Name, "localhost"):
		if q.V4 {
			a.Addrs = append(a.Addrs, netip.AddrFrom4([4]byte{127, 0, 0, 1}))
		}
		if q.V6 {
			a.Addrs = append(a.Addrs, netip.IPv6Loopback())
		}
		return a, nil
	}
	for _, r := range []struct {
		wanted bool
		in     netip.Prefix
	}{{q.V4, p.v4}, {q.V6, p.v6}} {
		if !r.wanted || !r.in.IsValid() {
			continue
		}
		if addr := hostnames.FakeFor(a.Name, r.in); addr.IsValid() {
			a.Addrs = append(a.Addrs, addr)
		}
	}
	if len(a.Addrs) == 0 {
		return a, wsa.WSANO_DATA
	}
	return a, nil
}

// message answers a DNS message for anything but addresses, which are asked
// for in the other way then: there are no such records.
func (p *provider) message(set *wsa.QuerySet, flags uint32) (spi.Lookup, error) {
	ask := new(mdns.Msg)
	if flags&wsa.LUP_RETURN_BLOB == 0 || ask.Unpack(set.Blob) != nil || len(ask.Question) != 1 {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	switch ask.Question[0].Qtype {
	case mdns.TypeA, mdns.TypeAAAA, mdns.TypePTR:
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	m := new(mdns.Msg).SetReply(ask)
	m.RecursionAvailable = true
	if o := ask.IsEdns0(); o != nil {
		m.SetEdns0(1232, false)
	}
	packed, err := m.Pack()
	if err != nil {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	result := &wsa.QuerySet{NameSpace: p.source.NameSpace, NSProviderID: &p.source.ProviderID, ServiceClassID: dns.MessageClass, Blob: packed}
	return query.NewLookup(func(context.Context) ([]*wsa.QuerySet, error) { return []*wsa.QuerySet{result}, nil }), nil
}

// SetService is WSAEACCES: names cannot be registered.
func (p *provider) SetService(context.Context, *wsa.ServiceClassInfo, *wsa.QuerySet, int32, uint32) error {
	return wsa.WSAEACCES
}

// InstallServiceClass is WSAEOPNOTSUPP: there are no classes.
func (p *provider) InstallServiceClass(*wsa.ServiceClassInfo) error { return wsa.WSAEOPNOTSUPP }

// RemoveServiceClass is WSAEOPNOTSUPP.
func (p *provider) RemoveServiceClass(wsa.GUID) error { return wsa.WSAEOPNOTSUPP }

// GetServiceClassInfo is WSAEOPNOTSUPP.
func (p *provider) GetServiceClassInfo(wsa.GUID) (*wsa.ServiceClassInfo, error) {
	return nil, wsa.WSAEOPNOTSUPP
}

// Cleanup is NSPCleanup.
func (p *provider) Cleanup() error { return nil }
