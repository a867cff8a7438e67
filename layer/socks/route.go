// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"
)

// A mode says which of the proxies a connection goes through.
type mode uint8

const (
	strict     mode = iota // all, in their order
	dynamic                // all that are well, in their order
	roundRobin             // the next ones that are well
	random                 // any that are well
)

var modes = map[string]mode{"strict": strict, "dynamic": dynamic, "round-robin": roundRobin, "random": random}

// A router chooses proxies.
type router struct {
	proxies []*proxy
	mode    mode
	length  int           // of round-robin and random
	retry   time.Duration // for how long a proxy that failed is avoided at first
	turn    atomic.Uint64
}

// route returns the proxies for one connection, at least one unless all are
// among those that have failed it already. When none is well, they count as
// well: to try is better than to give up.
func (r *router) route(failed []*proxy, usable func(*proxy) bool) []*proxy {
	if r.mode == strict {
		return r.proxies
	}
	now := time.Now()
	all := slices.DeleteFunc(slices.Clone(r.proxies), func(p *proxy) bool {
		return slices.Contains(failed, p) || usable != nil && !usable(p)
	})
	list := slices.DeleteFunc(slices.Clone(all), func(p *proxy) bool { return !p.well(now) })
	if len(list) == 0 {
		list = all
	}
	if len(list) == 0 {
		return nil
	}
	n := min(r.length, len(list))
	switch r.mode {
	case roundRobin:
		at := int((r.turn.Add(1) - 1) % uint64(len(list)))
		return append(list[at:], list[:at]...)[:n:n]
	case random:
		rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list[:n]
	}
	return list
}

// again reports whether another route may be better than one that failed.
func (r *router) again() bool { return r.mode != strict }

// takes reports whether there is a route whose last proxy is one of these.
func (r *router) takes(usable func(*proxy) bool) bool {
	if r.mode == strict {
		return usable(r.proxies[len(r.proxies)-1])
	}
	return slices.ContainsFunc(r.proxies, usable)
}
