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
// Observe. Its zero value is ready for use, by several goroutines; it must
// not be copied.
type Set struct {
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

// Observe meters a socket that a provider has opened; it is for
// [spi.Opening].Observe, for all openings of a run.
func (t *Set) Observe(place int, name string, s spi.Socket) spi.Socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.layerLocked(place, name)
	l.meter.groups[Open].calls.Add(1)
	c := wrap(s, &l.meter)
	t.placeLocked(placed{c, l})
	return c
}

func (t *Set) layerLocked(place int, name string) *layer {
	for _, l := range t.layers {
		if l.place == place && l.name == name {
			return l
		}
	}
	l := &layer{place: place, name: name}
	t.layers = append(t.layers, l)
	return l
}

// placeLocked finds out what stands on what. Sockets are opened from the
// bottom up, those of a layer that was put in between at the place of the one
// below it. So a socket stands on those that came before it and are lower.
// One that comes after the socket above it, as a layer may open it late, is
// known by its place, until a layer in between comes as well.
func (t *Set) placeLocked(p placed) {
	t.waiting = slices.DeleteFunc(t.waiting, func(w *placed) bool {
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
	for _, l := range t.layers {
		if l.place < p.layer.place && (above == nil || l.place >= above.place) {
			above = l
		}
	}
	if above != nil {
		p.socket.above.Store(&above.meter)
	}
	if len(t.waiting) == maxWaiting {
		t.waiting = slices.Delete(t.waiting, 0, 1)
	}
	t.waiting = append(t.waiting, &p)
}

// maxWaiting bounds the sockets for which an upper neighbour is looked for.
// There are that many only if layers fail after they have opened what is
// below them.
const maxWaiting = 1024

// A Layer is what was counted for one provider at one place.
type Layer struct {
	Place int // 0 is the top of the chain
	Name  string
	Reading

	// Own is the time that was spent in the layer itself: of each group of
	// calls the time in the layer's calls less the time in those of the
	// sockets below, but not less than nothing. It is too little for a
	// layer that calls below from goroutines of its own.
	Own time.Duration
}

// Snapshot returns the counts, from the top of the chains down. At one place,
// layers that were put in between come before what they stand on.
func (t *Set) Snapshot() []Layer {
	t.mu.Lock()
	layers := slices.Clone(t.layers)
	t.mu.Unlock()
	slices.Reverse(layers)
	slices.SortStableFunc(layers, func(a, b *layer) int { return cmp.Compare(a.place, b.place) })
	list := make([]Layer, len(layers))
	for i, l := range layers {
		list[i] = Layer{l.place, l.name, l.meter.Read(), l.meter.own()}
	}
	return list
}

// own is the time in the calls less that in the calls below.
func (m *Meter) own() (d time.Duration) {
	for g := range m.groups {
		t := &m.groups[g]
		d += time.Duration(max(0, t.time.Load()-t.below.Load()))
	}
	return d
}
