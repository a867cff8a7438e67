// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"sync"

	"winsock/wsa"
)

// flights are the questions under way, so that many who ask the same at once
// cause one question.
type flights struct {
	mu    sync.Mutex // protects byKey
	byKey map[cacheKey]*flight
}

// A flight is one question under way.
type flight struct {
	landed chan struct{} // closed when the rest is set
	set    *recordSet
	err    error
}

// board returns the flight for a question, and whether the caller is the one
// who has to fly it.
func (f *flights) board(key cacheKey) (fl *flight, pilot bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl = f.byKey[key]; fl != nil {
		return fl, false
	}
	if f.byKey == nil {
		f.byKey = make(map[cacheKey]*flight)
	}
	fl = &flight{landed: make(chan struct{}), err: wsa.WSANO_RECOVERY}
	f.byKey[key] = fl
	return fl, true
}

func (f *flights) land(key cacheKey, fl *flight) {
	f.mu.Lock()
	delete(f.byKey, key)
	f.mu.Unlock()
	close(fl.landed)
}

// lookup returns the records of one type that a full name has: from the
// cache, from somebody who is asking already, or from the servers.
func (r *Resolver) lookup(ctx context.Context, name string, rrtype uint16) (*recordSet, error) {
	key := newKey(name, rrtype)
	for {
		if set := r.cache.get(key); set != nil {
			return set, set.err
		}
		fl, pilot := r.flights.board(key)
		if pilot {
			r.fly(ctx, key, fl, name)
		} else {
			select {
			case <-fl.landed:
			case <-ctx.Done():
				return nil, wsa.WSA_E_CANCELLED
			}
			if fl.err == wsa.WSA_E_CANCELLED {
				continue // that was the other one's end, not ours
			}
		}
		if fl.err != nil {
			return nil, fl.err
		}
		return fl.set, fl.set.err
	}
}

func (r *Resolver) fly(ctx context.Context, key cacheKey, fl *flight, name string) {
	defer r.flights.land(key, fl)
	// An earlier flight may have landed between our look into the cache and
	// our boarding; it filled the cache first.
	if fl.set = r.cache.get(key); fl.set != nil {
		fl.err = nil
		return
	}
	fl.set, fl.err = r.chase(ctx, name, key.rrtype)
	if fl.err == nil {
		r.cache.put(key, fl.set)
	}
}
