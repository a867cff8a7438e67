// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"cmp"
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"

	mdns "github.com/miekg/dns"

	"winsock/namespace/hostname"
	"winsock/wsa"
)

// A Service is one place where a service is offered (RFC 2782).
type Service struct {
	Target string
	Port   uint16
	Addrs  []netip.Addr
}

// maxTargets bounds the places of a service whose addresses are asked for.
const maxTargets = 16

// Services returns the places of a service such as _ldap._tcp.example.com,
// in the order in which a client is to try them, with their addresses of the
// families asked for. Places without one are left out.
func (r *Resolver) Services(ctx context.Context, name string, v4, v6 bool) ([]Service, error) {
	set, err := search(r.config(), name, func(full string) (*recordSet, error) {
		return r.lookup(ctx, full, mdns.TypeSRV)
	})
	if err != nil {
		return nil, err
	}
	services := make([]Service, 0, len(set.records))
	for _, srv := range sortServices(set.records) {
		// The target "." says that the service is decidedly not here.
		if hostname.Valid(srv.Target) && len(services) < maxTargets {
			services = append(services, Service{Target: display(srv.Target), Port: srv.Port})
		}
	}
	errs := make([]error, len(services))
	var group sync.WaitGroup
	for i := range services {
		group.Go(func() {
			var host Host
			host, errs[i] = r.Host(ctx, services[i].Target+".", v4, v6)
			services[i].Addrs = host.Addrs
		})
	}
	group.Wait()
	services = slices.DeleteFunc(services, func(s Service) bool { return len(s.Addrs) == 0 })
	if len(services) > 0 {
		return services, nil
	}
	var failure error = wsa.WSANO_DATA
	for _, err := range errs {
		failure = graver(failure, err)
	}
	return nil, failure
}

// sortServices puts the lowest priority first and draws lots by weight among
// equals.
func sortServices(records []mdns.RR) []*mdns.SRV {
	var list []*mdns.SRV
	for _, rr := range records {
		if srv, ok := rr.(*mdns.SRV); ok {
			list = append(list, srv)
		}
	}
	slices.SortStableFunc(list, func(a, b *mdns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight))
	})
	for rest := list; len(rest) > 0; {
		n := 0
		for n < len(rest) && rest[n].Priority == rest[0].Priority {
			n++
		}
		drawLots(rest[:n])
		rest = rest[n:]
	}
	return list
}

// drawLots orders equals as RFC 2782 says; those of weight 0 stand in front
// and so have a small chance.
func drawLots(equals []*mdns.SRV) {
	for ; len(equals) > 1; equals = equals[1:] {
		total := 0
		for _, srv := range equals {
			total += int(srv.Weight)
		}
		lot := rand.IntN(total + 1)
		for i, srv := range equals {
			if lot -= int(srv.Weight); lot <= 0 {
				copy(equals[1:i+1], equals[:i])
				equals[0] = srv
				break
			}
		}
	}
}
