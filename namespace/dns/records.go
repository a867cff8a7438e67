// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/namespace/hostname"
	"winsock/wsa"
)

// maxChain bounds the aliases between a name and its records.
const maxChain = 16

// A recordSet is all that the servers said of one name and one type. It is
// shared by everybody who asks, and never changed.
type recordSet struct {
	name    string   // the canonical name, with its closing dot
	aliases []string // the names on the way to it, beginning with the one asked for
	records []mdns.RR
	err     error         // WSAHOST_NOT_FOUND or WSANO_DATA instead
	ttl     time.Duration // how long this may be remembered
}

// chase asks for the records of a name and follows its aliases, be they in
// one answer or in several. WSANO_RECOVERY is the end of a chain that leads
// back into itself or to what is no name.
func (r *Resolver) chase(ctx context.Context, name string, rrtype uint16) (*recordSet, error) {
	set := &recordSet{name: name, ttl: maxTTL}
	for {
		before := len(set.aliases)
		answer, err := r.query(ctx, set.name, rrtype)
		if err != nil {
			return nil, err
		}
		if err := set.follow(answer, rrtype); err != nil {
			return nil, err
		}
		switch {
		case len(set.records) > 0:
			return set, nil
		case answer.Rcode == mdns.RcodeNameError:
			set.err = wsa.WSAHOST_NOT_FOUND
		case len(set.aliases) > before:
			continue // the server did not know where its own alias leads
		default:
			set.err = wsa.WSANO_DATA
		}
		set.shorten(negativeTTL(answer))
		return set, nil
	}
}

// follow walks from set.name along the aliases in the answer and collects
// the records at the end.
func (set *recordSet) follow(answer *mdns.Msg, rrtype uint16) error {
	for {
		alias := ""
		for _, rr := range answer.Answer {
			h := rr.Header()
			if h.Class != mdns.ClassINET || hostname.Key(h.Name) != hostname.Key(set.name) {
				continue
			}
			if h.Rrtype == rrtype {
				set.records = append(set.records, rr)
				set.shorten(seconds(h.Ttl))
			} else if cname, ok := rr.(*mdns.CNAME); ok {
				alias = cname.Target
				set.shorten(seconds(h.Ttl))
			}
		}
		if len(set.records) > 0 || alias == "" {
			return nil
		}
		if err := set.step(alias); err != nil {
			return err
		}
	}
}

func (set *recordSet) step(target string) error {
	if len(set.aliases) == maxChain || !hostname.Valid(target) || hostname.Key(target) == hostname.Key(set.name) {
		return wsa.WSANO_RECOVERY
	}
	for _, alias := range set.aliases {
		if hostname.Key(alias) == hostname.Key(target) {
			return wsa.WSANO_RECOVERY
		}
	}
	set.aliases = append(set.aliases, set.name)
	set.name = target
	return nil
}

func (set *recordSet) shorten(ttl time.Duration) { set.ttl = min(set.ttl, ttl) }

// negativeTTL is how long an absence may be remembered (RFC 2308): as the
// zone's SOA says, and not at all without one.
func negativeTTL(answer *mdns.Msg) time.Duration {
	for _, rr := range answer.Ns {
		if soa, ok := rr.(*mdns.SOA); ok {
			return min(seconds(min(soa.Hdr.Ttl, soa.Minttl)), maxNegativeTTL)
		}
	}
	return 0
}

// seconds reads a TTL. One with the highest bit set counts as 0 (RFC 2181).
func seconds(ttl uint32) time.Duration {
	if ttl >= 1<<31 {
		return 0
	}
	return time.Duration(ttl) * time.Second
}
