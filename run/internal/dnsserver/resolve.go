// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"context"

	mdns "github.com/miekg/dns"

	"winsock"
	"winsock/namespace/dns"
	"winsock/namespace/hostname"
	"winsock/spi"
	"winsock/wsa"
)

// ownTTL is how long the answers of providers hold that tell no time, in
// seconds: a hosts file may change at any moment.
const ownTTL = 30

// maxResults bounds what is taken of one provider's answers.
const maxResults = 256

// A result is what a provider says.
type result struct {
	err     error  // nil or WSANO_DATA of one that knows the name
	message []byte // the answer, if the provider exchanges messages
	records []mdns.RR
}

// resolve answers a query by the active providers.
func (s *Server) resolve(ctx context.Context, q *query) []byte {
	r := s.ask(ctx, q)
	if r.message != nil {
		m := new(mdns.Msg)
		_ = m.Unpack(r.message) // as far as it is understood
		learn(m)
		return r.message
	}
	if rank(r.err) == failed {
		s.log.Debug("dns server: no answer", "name", q.question.Name, "type", mdns.TypeToString[q.question.Qtype], "err", r.err)
	}
	learn(&mdns.Msg{Question: q.msg.Question, Answer: r.records})
	return q.reply(rcodeOf(r.err), r.records)
}

// ask goes through the providers until one knows the name. If none does, the
// gravest of what they said counts.
func (s *Server) ask(ctx context.Context, q *query) result {
	if q.special && q.kind == records {
		return q.ownResult()
	}
	if err := spi.AskNameFaults(ctx, q.name()); err != nil {
		return result{err: err}
	}
	providers, err := winsock.WSAEnumNameSpaceProviders()
	if err != nil {
		return result{err: err}
	}
	said := result{err: wsa.WSASERVICE_NOT_FOUND}
	for i := range providers {
		if !providers[i].Active {
			continue
		}
		r := askOne(ctx, &providers[i], q)
		switch {
		case r.err == nil, r.err == wsa.WSANO_DATA:
			return r
		case ctx.Err() != nil:
			return result{err: wsa.WSATRY_AGAIN}
		case rank(r.err) > rank(said.err), rank(r.err) == rank(said.err) && said.message == nil:
			said = r
		}
	}
	switch {
	case rank(said.err) != absent:
	case q.special:
		return q.ownResult()
	case q.kind == records && said.message == nil:
		said.err = wsa.WSANO_RECOVERY // nobody exchanges messages
	}
	return said
}

// askOne asks one provider.
func askOne(ctx context.Context, p *wsa.NamespaceInfo, q *query) result {
	if p.NameSpace == wsa.NS_DNS && !q.special {
		if r := exchange(ctx, p, q); r.message != nil || rank(r.err) != absent {
			return r
		}
	}
	switch q.kind {
	case addresses:
		return hostResult(ctx, p, q)
	case pointer:
		return nameResult(ctx, p, q)
	}
	return result{err: wsa.WSASERVICE_NOT_FOUND}
}

// exchange passes the message to a provider of the DNS. The result is
// WSASERVICE_NOT_FOUND without a message if the provider takes none.
func exchange(ctx context.Context, p *wsa.NamespaceInfo, q *query) result {
	sets, err := lookUp(ctx, p, &wsa.QuerySet{
		ServiceInstanceName: q.question.Name,
		ServiceClassID:      dns.MessageClass,
		Blob:                q.raw,
	}, wsa.LUP_RETURN_BLOB)
	if err != nil {
		return result{err: err}
	}
	answer := sets[0].Blob
	if len(answer) < headerSize {
		return result{err: wsa.WSASERVICE_NOT_FOUND}
	}
	r := result{message: answer}
	switch answer[flagsAt+1] & rcodeMask {
	case mdns.RcodeNameError:
		r.err = wsa.WSASERVICE_NOT_FOUND
	case mdns.RcodeServerFailure:
		r.err = wsa.WSATRY_AGAIN
	case mdns.RcodeRefused, mdns.RcodeNotImplemented:
		r.err = wsa.WSANO_RECOVERY
	}
	return r
}

// hostResult asks for the addresses of a name.
func hostResult(ctx context.Context, p *wsa.NamespaceInfo, q *query) result {
	family := wsa.AFProtocols{AddressFamily: wsa.AF_INET}
	if q.question.Qtype == mdns.TypeAAAA {
		family.AddressFamily = wsa.AF_INET6
	}
	owner := q.question.Name
	if !hostname.Valid(owner) {
		return result{err: wsa.WSASERVICE_NOT_FOUND} // no host can be called that
	}
	sets, err := lookUp(ctx, p, &wsa.QuerySet{
		ServiceInstanceName: owner,
		ServiceClassID:      wsa.SVCID_HOSTNAME,
		Protocols:           []wsa.AFProtocols{family},
	}, wsa.LUP_RETURN_NAME|wsa.LUP_RETURN_ADDR)
	if err != nil {
		return result{err: err}
	}
	var found []mdns.RR
	if canonical, ok := canonicalOf(sets); ok && hostname.Key(canonical) != hostname.Key(owner) {
		found = append(found, &mdns.CNAME{Hdr: header(owner, mdns.TypeCNAME), Target: canonical})
		owner = canonical
	}
	n := 0
	for _, set := range sets {
		for i := range set.Addrs {
			ap, ok := set.Addrs[i].RemoteAddr.AddrPort()
			if !ok || ap.Addr().Is4() != (family.AddressFamily == wsa.AF_INET) || n == maxResults {
				continue
			}
			n++
			ip := ap.Addr().WithZone("").AsSlice() // records have no zones
			if ap.Addr().Is4() {
				found = append(found, &mdns.A{Hdr: header(owner, mdns.TypeA), A: ip})
			} else {
				found = append(found, &mdns.AAAA{Hdr: header(owner, mdns.TypeAAAA), AAAA: ip})
			}
		}
	}
	if n == 0 {
		return result{err: wsa.WSANO_DATA}
	}
	return result{records: found}
}

// nameResult asks for the name of an address.
func nameResult(ctx context.Context, p *wsa.NamespaceInfo, q *query) result {
	sets, err := lookUp(ctx, p, &wsa.QuerySet{
		ServiceInstanceName: q.addr.String(),
		ServiceClassID:      wsa.SVCID_INET_HOSTADDRBYINETSTRING,
	}, wsa.LUP_RETURN_NAME)
	if err != nil {
		return result{err: err}
	}
	name, ok := canonicalOf(sets)
	if !ok {
		return result{err: wsa.WSANO_DATA}
	}
	return result{records: []mdns.RR{&mdns.PTR{Hdr: header(q.question.Name, mdns.TypePTR), Ptr: name}}}
}

// ownResult answers for special names that no provider has.
func (q *query) ownResult() result {
	name, hdr := q.question.Name, header(q.question.Name, q.question.Qtype)
	switch {
	case q.kind == pointer:
		return result{records: []mdns.RR{&mdns.PTR{Hdr: hdr, Ptr: "localhost."}}}
	case hostname.Within(name, "invalid"), hostname.Within(name, "onion"):
		return result{err: wsa.WSASERVICE_NOT_FOUND}
	case q.kind == records:
		return result{err: wsa.WSANO_DATA}
	case q.question.Qtype == mdns.TypeA:
		return result{records: []mdns.RR{&mdns.A{Hdr: hdr, A: []byte{127, 0, 0, 1}}}}
	}
	return result{records: []mdns.RR{&mdns.AAAA{Hdr: hdr, AAAA: []byte{15: 1}}}}
}

func header(name string, rrtype uint16) mdns.RR_Header {
	return mdns.RR_Header{Name: name, Rrtype: rrtype, Class: mdns.ClassINET, Ttl: ownTTL}
}

// canonicalOf returns the name that the results are about, with its closing
// dot.
func canonicalOf(sets []*wsa.QuerySet) (string, bool) {
	for _, set := range sets {
		if name := set.ServiceInstanceName; set.OutputFlags&wsa.RESULT_IS_ALIAS == 0 && hostname.Valid(name) {
			return mdns.Fqdn(name), true
		}
	}
	return "", false
}

// lookUp returns what one provider finds, at least one result.
func lookUp(ctx context.Context, p *wsa.NamespaceInfo, q *wsa.QuerySet, flags uint32) ([]*wsa.QuerySet, error) {
	q.NameSpace, q.NSProviderID = p.NameSpace, &p.ProviderID
	l, err := winsock.WSALookupServiceBegin(q, flags)
	if err != nil {
		return nil, err
	}
	end := func() { _ = winsock.WSALookupServiceEnd(l) } // it fails if it has ended
	defer end()
	defer context.AfterFunc(ctx, end)()
	var sets []*wsa.QuerySet
	for len(sets) < maxResults {
		set, err := winsock.WSALookupServiceNext(l, 0)
		switch {
		case err == nil:
			sets = append(sets, set)
			continue
		case ctx.Err() != nil:
			return nil, wsa.WSATRY_AGAIN
		case len(sets) > 0:
			return sets, nil
		case err == wsa.WSA_E_NO_MORE:
			err = wsa.WSASERVICE_NOT_FOUND
		}
		return nil, err
	}
	return sets, nil
}

// A verdict orders what providers say that do not know a name.
type verdict uint8

const (
	absent  verdict = iota // the name is not there
	refused                // and nobody will say more
	failed                 // it could not be found out
)

func rank(err error) verdict {
	switch err {
	case nil, wsa.WSANO_DATA, wsa.WSASERVICE_NOT_FOUND, wsa.WSAHOST_NOT_FOUND, wsa.WSAEINVAL, wsa.WSAEOPNOTSUPP:
		return absent
	case wsa.WSANO_RECOVERY, wsa.WSAEACCES:
		return refused
	}
	return failed
}

func rcodeOf(err error) int {
	switch rank(err) {
	case refused:
		return mdns.RcodeRefused
	case failed:
		return mdns.RcodeServerFailure
	}
	if err == nil || err == wsa.WSANO_DATA {
		return mdns.RcodeSuccess
	}
	return mdns.RcodeNameError
}
