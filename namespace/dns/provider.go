// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"

	mdns "github.com/miekg/dns"

	"winsock/namespace/internal/query"
	"winsock/spi"
	"winsock/wsa"
)

// NewProvider returns the name space provider of a resolver.
func NewProvider(id wsa.GUID, r *Resolver) spi.NameProvider {
	return &provider{query.Source{ProviderID: id, NameSpace: wsa.NS_DNS}, r}
}

// A provider is the name space that one resolver sees.
type provider struct {
	source   query.Source
	resolver *Resolver
}

var _ spi.NameProvider = (*provider)(nil)

// LookupServiceBegin is NSPLookupServiceBegin. Nothing is sent before the
// first Next.
//
// Hosts are looked up by the classes SVCID_HOSTNAME, SVCID_INET_HOSTADDRBY*,
// SVCID_TCP and SVCID_UDP. SVCID_DNS and the record types of SVCID_TCP_RR
// look up anything: A, AAAA and PTR as hosts; SRV with one result per place,
// holding its name and addresses with the port; any other type with one
// result per record, holding the record's data in the DNS's own format as
// the blob, and the name that it belongs or leads to. MessageClass exchanges
// messages, for those who want all that the servers say.
func (p *provider) LookupServiceBegin(_ context.Context, set *wsa.QuerySet, _ *wsa.ServiceClassInfo, flags uint32) (spi.Lookup, error) {
	if set.ServiceClassID == MessageClass {
		return p.exchange(set, flags)
	}
	q, err := query.Read(set, flags)
	if err != nil {
		return nil, err
	}
	return query.NewLookup(func(ctx context.Context) ([]*wsa.QuerySet, error) {
		if flags&wsa.LUP_FLUSHCACHE != 0 {
			p.resolver.FlushCache()
		}
		answers, err := p.answer(ctx, q)
		if err != nil {
			return nil, err
		}
		return q.Results(p.source, answers...), nil
	}), nil
}

func (p *provider) answer(ctx context.Context, q *query.Question) ([]query.Answer, error) {
	switch {
	case q.Kind == query.Forward:
		host, err := p.resolver.Host(ctx, q.Name, q.V4, q.V6)
		return hostAnswer(host, err)
	case q.Kind == query.Reverse:
		host, err := p.resolver.Name(ctx, q.Addr)
		return hostAnswer(host, err)
	case q.Type == mdns.TypeSRV:
		return p.serviceAnswers(ctx, q)
	}
	return p.recordAnswers(ctx, q)
}

func hostAnswer(host Host, err error) ([]query.Answer, error) {
	if err != nil {
		return nil, err
	}
	return []query.Answer{{Name: host.Name, Aliases: host.Aliases, Addrs: host.Addrs}}, nil
}

func (p *provider) serviceAnswers(ctx context.Context, q *query.Question) ([]query.Answer, error) {
	services, err := p.resolver.Services(ctx, q.Name, q.V4, q.V6)
	if err != nil {
		return nil, err
	}
	answers := make([]query.Answer, len(services))
	for i, s := range services {
		answers[i] = query.Answer{Name: s.Target, Addrs: s.Addrs, Port: s.Port}
	}
	return answers, nil
}

func (p *provider) recordAnswers(ctx context.Context, q *query.Question) ([]query.Answer, error) {
	set, err := search(p.resolver.config(), q.Name, func(full string) (*recordSet, error) {
		return p.resolver.lookup(ctx, full, q.Type)
	})
	if err != nil {
		return nil, err
	}
	answers := make([]query.Answer, 0, len(set.records))
	for _, rr := range set.records {
		data, err := recordData(rr)
		if err != nil {
			return nil, wsa.WSANO_RECOVERY
		}
		answers = append(answers, query.Answer{Name: recordName(rr), Blob: data})
	}
	return answers, nil
}

// recordName returns the name that a record leads to, or else belongs to.
func recordName(rr mdns.RR) string {
	switch rr := rr.(type) {
	case *mdns.CNAME:
		return display(rr.Target)
	case *mdns.PTR:
		return display(rr.Ptr)
	case *mdns.MX:
		return display(rr.Mx)
	case *mdns.NS:
		return display(rr.Ns)
	}
	return display(rr.Header().Name)
}

// recordData returns the RDATA of a record, without compressed names.
func recordData(rr mdns.RR) ([]byte, error) {
	buf := make([]byte, mdns.Len(rr)+1)
	end, err := mdns.PackRR(rr, buf, 0, nil, false)
	if err != nil {
		return nil, err
	}
	name, err := mdns.PackDomainName(rr.Header().Name, make([]byte, 256), 0, nil, false)
	if err != nil {
		return nil, err
	}
	const fixed = 2 + 2 + 4 + 2 // type, class, TTL, length
	return buf[name+fixed : end], nil
}

// SetService is NSPSetService. The DNS is not written to: WSAEOPNOTSUPP.
func (p *provider) SetService(context.Context, *wsa.ServiceClassInfo, *wsa.QuerySet, int32, uint32) error {
	return wsa.WSAEOPNOTSUPP
}

// InstallServiceClass is WSAEOPNOTSUPP: the DNS holds no classes.
func (p *provider) InstallServiceClass(*wsa.ServiceClassInfo) error { return wsa.WSAEOPNOTSUPP }

// RemoveServiceClass is WSAEOPNOTSUPP.
func (p *provider) RemoveServiceClass(wsa.GUID) error { return wsa.WSAEOPNOTSUPP }

// GetServiceClassInfo is WSAEOPNOTSUPP.
func (p *provider) GetServiceClassInfo(wsa.GUID) (*wsa.ServiceClassInfo, error) {
	return nil, wsa.WSAEOPNOTSUPP
}

// Cleanup is NSPCleanup.
func (p *provider) Cleanup() error {
	p.resolver.FlushCache()
	return nil
}
