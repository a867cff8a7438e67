// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"cmp"
	"context"
	"net"
	"sync/atomic"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

// A Resolver asks the name servers of its configuration and remembers their
// answers for as long as these may be remembered. It may be used by several
// goroutines at once.
//
// Errors of its methods are WSAHOST_NOT_FOUND when the name does not exist,
// WSANO_DATA when it has no records of the kind, WSATRY_AGAIN when no server
// answered or those that did had trouble of their own, WSANO_RECOVERY when
// they refused, and WSA_E_CANCELLED when the context ended first.
type Resolver struct {
	config  func() *Config
	dial    Dialer
	cache   *cache
	flights flights
	turn    atomic.Uint32 // where Rotate begins
}

// DefaultCacheSize is how many answers a resolver remembers unless told
// otherwise.
const DefaultCacheSize = 1024

// NewResolver returns a resolver for a configuration, whose zero Timeout and
// Attempts stand for the usual ones. A nil dial is the system's.
func NewResolver(config Config, dial Dialer) *Resolver {
	usual := ParseResolvConf(nil)
	config.Timeout = cmp.Or(config.Timeout, usual.Timeout)
	config.Attempts = cmp.Or(config.Attempts, usual.Attempts)
	return newResolver(func() *Config { return &config }, dial, DefaultCacheSize)
}

func newResolver(config func() *Config, dial Dialer, cacheSize int) *Resolver {
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &Resolver{config: config, dial: dial, cache: newCache(cacheSize, time.Now)}
}

// FlushCache forgets all answers.
func (r *Resolver) FlushCache() { r.cache.flush() }

// query goes through the servers until one of them knows whether name exists.
func (r *Resolver) query(ctx context.Context, name string, rrtype uint16) (answer *mdns.Msg, err error) {
	c := r.config()
	question := mdns.Question{Name: name, Qtype: rrtype, Qclass: mdns.ClassINET}
	err = r.goThrough(c, func(server string) error {
		if answer, err = r.exchange(ctx, c, server, question); err != nil {
			return err
		}
		return verdict(answer)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// goThrough asks one server after the other, as often as the configuration
// says, until ask settles the question with nil or with WSA_E_CANCELLED.
func (r *Resolver) goThrough(c *Config, ask func(server string) error) error {
	first := 0
	if c.Rotate && len(c.Servers) > 0 {
		first = int(r.turn.Add(1)) % len(c.Servers)
	}
	for range c.Attempts {
		refusals := 0
		for i := range c.Servers {
			switch err := ask(c.Servers[(first+i)%len(c.Servers)]); err {
			case nil, wsa.WSA_E_CANCELLED:
				return err
			case wsa.WSANO_RECOVERY:
				refusals++
			}
		}
		if refusals > 0 && refusals == len(c.Servers) {
			return wsa.WSANO_RECOVERY // they would say so again
		}
	}
	return wsa.WSATRY_AGAIN
}

// verdict returns nil for an answer that settles the question: records, or
// the word that there are none.
func verdict(answer *mdns.Msg) error {
	switch answer.Rcode {
	case mdns.RcodeSuccess:
		if len(answer.Answer) == 0 && !answer.Authoritative && !answer.RecursionAvailable {
			return wsa.WSATRY_AGAIN // a referral to somebody else: this server is no resolver
		}
		return nil
	case mdns.RcodeNameError:
		return nil
	case mdns.RcodeServerFailure:
		return wsa.WSATRY_AGAIN
	}
	return wsa.WSANO_RECOVERY
}
