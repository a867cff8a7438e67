// SPDX-License-Identifier: Apache-2.0

package hosts

import (
	"context"
	"log/slog"
	"net/netip"

	"winsock/namespace/hostname"
	"winsock/namespace/internal/query"
	"winsock/spi"
	"winsock/wsa"
)

// ProviderID is the name space provider's GUID in the default catalog.
var ProviderID = wsa.GUID{Data1: 0x6f0a41c5, Data2: 0x2d1e, Data3: 0x4c0b, Data4: [8]byte{0x9a, 0x57, 0x1b, 0x8e, 0x44, 0xd2, 0x70, 0x31}}

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name:    "hosts",
		Summary: "the hosts file",
		Options: []spi.Option{
			{Key: "file", Kind: spi.File, Default: "/etc/hosts", Help: "the file to read"},
		},
		Info: wsa.NamespaceInfo{
			ProviderID: ProviderID,
			NameSpace:  wsa.NS_TCPIP_HOSTS,
			Active:     true,
			Version:    1,
			Identifier: "Hosts file",
		},
		Startup: startup,
	})
}

func startup(p *spi.NameStartupParams) (spi.NameProvider, error) {
	log := p.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &provider{
		source: query.Source{ProviderID: p.ProviderID, NameSpace: wsa.NS_TCPIP_HOSTS},
		file:   file{path: p.Options.Text("file")},
		log:    log,
	}, nil
}

// A provider is the name space of one hosts file.
type provider struct {
	source query.Source
	file   file
	log    *slog.Logger
}

var (
	_ spi.NameProvider = (*provider)(nil)
	_ spi.NameIoctler  = (*provider)(nil)
)

// LookupServiceBegin is NSPLookupServiceBegin. The file answers for hosts
// only: every other service class, and DNS records that are no addresses,
// are WSASERVICE_NOT_FOUND.
func (p *provider) LookupServiceBegin(_ context.Context, set *wsa.QuerySet, _ *wsa.ServiceClassInfo, flags uint32) (spi.Lookup, error) {
	q, err := query.Read(set, flags)
	if err != nil {
		return nil, err
	}
	if q.Kind == query.Record {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	t := p.load()
	under := query.NewLookup(func(context.Context) ([]*wsa.QuerySet, error) { return p.resolve(t, q) })
	return &lookup{under, t}, nil
}

// A lookup answers from the file as it was when the look-up began.
type lookup struct {
	spi.Lookup
	table *table
}

// NSPIoctl has SIO_NSP_NOTIFY_CHANGE, which tells whether the answers still
// hold: WSAEWOULDBLOCK as long as they do, nil once the file has changed.
func (p *provider) NSPIoctl(l spi.Lookup, code uint32, _, _ []byte) (int, error) {
	own, ok := l.(*lookup)
	switch {
	case code != wsa.SIO_NSP_NOTIFY_CHANGE:
		return 0, wsa.WSAEOPNOTSUPP
	case !ok:
		return 0, wsa.WSA_INVALID_HANDLE
	case p.load() == own.table:
		return 0, wsa.WSAEWOULDBLOCK
	}
	return 0, nil
}

func (p *provider) load() *table {
	t, err := p.file.load()
	if err != nil {
		p.log.Debug("the hosts file cannot be read; it counts as empty", "err", err)
	}
	return t
}

func (p *provider) resolve(t *table, q *query.Question) ([]*wsa.QuerySet, error) {
	answer, err := t.lookup(q)
	if err != nil {
		return nil, err
	}
	return q.Results(p.source, answer), nil
}

// lookup returns what the table knows: WSAHOST_NOT_FOUND for a name or an
// address that is not in it, WSANO_DATA for a name without an address of the
// families asked for.
func (t *table) lookup(q *query.Question) (query.Answer, error) {
	if q.Kind == query.Reverse {
		e := t.byAddr[q.Addr]
		if e == nil {
			return query.Answer{}, wsa.WSAHOST_NOT_FOUND
		}
		return query.Answer{Name: e.names[0], Aliases: e.names[1:], Addrs: []netip.Addr{q.Addr}}, nil
	}
	e := t.byName[hostname.Key(q.Name)]
	if e == nil {
		return query.Answer{}, wsa.WSAHOST_NOT_FOUND
	}
	answer := query.Answer{Name: e.names[0], Aliases: e.names[1:]}
	for _, addr := range e.addrs {
		if addr.Is4() && !q.V4 || addr.Is6() && !q.V6 {
			continue
		}
		// Interfaces come and go: a zone is looked up when it is asked for.
		if addr, ok := hostname.ResolveZone(addr); ok {
			answer.Addrs = append(answer.Addrs, addr)
		}
	}
	if len(answer.Addrs) == 0 {
		return query.Answer{}, wsa.WSANO_DATA
	}
	return answer, nil
}

// SetService is NSPSetService: the file belongs to the administrator and is
// not written to, which is WSAEACCES.
func (p *provider) SetService(context.Context, *wsa.ServiceClassInfo, *wsa.QuerySet, int32, uint32) error {
	return wsa.WSAEACCES
}

// InstallServiceClass is WSAEOPNOTSUPP: a hosts file holds no classes.
func (p *provider) InstallServiceClass(*wsa.ServiceClassInfo) error { return wsa.WSAEOPNOTSUPP }

// RemoveServiceClass is WSAEOPNOTSUPP.
func (p *provider) RemoveServiceClass(wsa.GUID) error { return wsa.WSAEOPNOTSUPP }

// GetServiceClassInfo is WSAEOPNOTSUPP.
func (p *provider) GetServiceClassInfo(wsa.GUID) (*wsa.ServiceClassInfo, error) {
	return nil, wsa.WSAEOPNOTSUPP
}

// Cleanup is NSPCleanup.
func (p *provider) Cleanup() error { return nil }
