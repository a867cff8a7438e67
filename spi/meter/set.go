// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"winsock/spi"
)

// A Set has a meter for each place of the chains that are opened with its
// observers. Its zero value is ready for use, by several goroutines; it must
// not be copied.
type Set struct {
	mu     sync.Mutex // protects chains
	chains []*chain
}

// maxChains bounds the chains of a set, and so its size. Those beyond are
// counted as one, without a name.
const maxChains = 256

// A chain is what is opened with one observer.
type chain struct {
	name    string
	observe func(place int, name string, s spi.Socket) spi.Socket

	mu      sync.Mutex // protects what follows
	layers  []*layer   // in the order in which they were first seen
	waiting []*placed  // whose upper neighbour was not seen yet
}

// A layer is one provider at one place.
type layer struct {
	place int
	name  string
	meter Meter
}

// A placed is a socket at its place.
type placed struct {
	socket *socket
	layer  *layer
}

// Observer returns what meters the sockets of a chain, for
// [spi.Opening].Observe, for all openings of that chain. The name tells chains
// apart, and should come from a small set.
func (t *Set) Observer(name string) func(place int, name string, s spi.Socket) spi.Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.chains) >= maxChains && !slices.ContainsFunc(t.chains, func(c *chain) bool { return c.name == name }) {
		name = ""
	}
	for _, c := range t.chains {
		if c.name == name {
			return c.observe
		}
	}
	c := &chain{name: name}
	c.observe = c.meter
	t.chains = append(t.chains, c)
	return c.observe
}

// Observe is the [Set.Observer] of a chain without a name.
func (t *Set) Observe(place int, name string, s spi.Socket) spi.Socket {
	return t.Observer("")(place, name, s)
}

// meter meters a socket that a provider has opened.
func (c *chain) meter(place int, name string, s spi.Socket) spi.Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.layerLocked(place, name)
	l.meter.opened.Add(1)
	metered := wrap(s, &l.meter)
	c.placeLocked(placed{metered, l})
	return metered
}

func (c *chain) layerLocked(place int, name string) *layer {
	for _, l := range c.layers {
		if l.place == place && l.name == name {
			return l
		}
	}
	l := &layer{place: place, name: name}
	c.layers = append(c.layers, l)
	return l
}

// placeLocked finds out what stands on what. Sockets are opened from the
// bottom up, those of a layer that was put in between at the place of the one
// below it. So a socket stands on those that came before it and are lower.
// One that comes after the socket above it, as a layer may open it late, is
// known by its place, until a layer in between comes as well.
func (c *chain) placeLocked(p placed) {
	c.waiting = slices.DeleteFunc(c.waiting, func(w *placed) bool {
		if w.layer.place < p.layer.place || w.layer == p.layer {
			return w.socket.ended.Load()
		}
		w.socket.above.Store(&p.layer.meter)
		return true
	})
	if p.layer.place == 0 {
		return // the top
	}
	var above *layer
	for _, l := range c.layers {
		if l.over(p.layer) && (above == nil || l.place >= above.place) {
			above = l
		}
	}
	if above != nil {
		p.socket.above.Store(&above.meter)
	}
	if len(c.waiting) == maxWaiting {
		c.waiting = slices.Delete(c.waiting, 0, 1)
	}
	c.waiting = append(c.waiting, &p)
}

// over reports whether a socket of l stands on one of m when that comes late:
// it is higher, or it is what [spi.Opening].Base made, which package chain
// calls base, and m the base provider that it has asked for a socket.
func (l *layer) over(m *layer) bool {
	return l.place < m.place || l.place == m.place && l.name == "base" && m.name != "base"
}

// maxWaiting bounds the sockets for which an upper neighbour is looked for.
// There are that many only if layers fail after they have opened what is
// below them.
const maxWaiting = 1024

// A Layer is what was counted for one provider at one place.
type Layer struct {
	Chain string // the name that its observer was asked for with
	Place int    // 0 is the top of the chain
	Name  string
	Reading

	// Own is the time that was spent in the layer itself: of each group of
	// calls the time in the layer's calls less the time in those of the
	// sockets below, but not less than nothing. It is too little for a
	// layer that calls below from goroutines of its own.
	Own time.Duration
}

// Snapshot returns the counts, by the names of the chains, and from the top of
// each down. At one place, layers that were put in between come before what
// they stand on.
func (t *Set) Snapshot() (list []Layer) {
	t.mu.Lock()
	chains := slices.Clone(t.chains)
	t.mu.Unlock()
	slices.SortFunc(chains, func(a, b *chain) int { return cmp.Compare(a.name, b.name) })
	for _, c := range chains {
		c.mu.Lock()
		layers := slices.Clone(c.layers)
		c.mu.Unlock()
		slices.Reverse(layers)
		sortByPlace(layers, func(l *layer) int { return l.place })
		for _, l := range layers {
			list = append(list, Layer{Chain: c.name, Place: l.place, Name: l.name, Own: l.meter.own()})
			l.meter.read(&list[len(list)-1].Reading)
		}
	}
	return list
}

// Merge adds up what was counted for the same provider at the same place of
// several chains, and returns it from the top down, without the names of the
// chains.
func Merge(list []Layer) (merged []Layer) {
	for i := range list {
		l := &list[i]
		at := slices.IndexFunc(merged, func(m Layer) bool { return m.Place == l.Place && m.Name == l.Name })
		if at < 0 {
			at = len(merged)
			merged = append(merged, Layer{Place: l.Place, Name: l.Name})
		}
		merged[at].Own += l.Own
		merged[at].Reading.add(&l.Reading)
	}
	sortByPlace(merged, func(l Layer) int { return l.Place })
	return merged
}

func sortByPlace[T any](list []T, place func(T) int) {
	slices.SortStableFunc(list, func(a, b T) int { return cmp.Compare(place(a), place(b)) })
}

// own is the time in the calls less that in the calls below.
func (m *Meter) own() (d time.Duration) {
	for g := range m.groups {
		t := &m.groups[g]
		d += time.Duration(max(0, t.time.Load()-t.below.Load()))
	}
	return d
}
