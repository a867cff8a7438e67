// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"sync/atomic"

	"winsock/spi"
)

var declared = []spi.Metric{
	{Name: "faults_total", Labels: []string{"name", "type"}, Help: "Decisions to make a fault, by the place's name and the type: once for a connection and toxic, and once for each datagram and call."},
	{Name: "connections_total", Labels: []string{"name"}, Help: "Connections that were made or accepted, those that came to nothing included."},
	{Name: "open_connections", Kind: spi.Gauge, Labels: []string{"name"}, Help: "Connections that are open, those that still send after a close included."},
}

// made counts the decisions for a fault, by its type.
type made map[string]*atomic.Int64

func newMade() made {
	m := make(made, len(kinds))
	for name := range kinds {
		m[name] = new(atomic.Int64)
	}
	return m
}

func (m made) count(t *toxic) {
	if n := m[t.Type]; n != nil {
		n.Add(1)
	}
}

// Collect tells what was made at the provider's place. Of several providers
// that share it, one does.
func (f *provider) Collect(tell func(metric string, value float64, labels ...string)) {
	p := f.place
	p.teller.CompareAndSwap(nil, f)
	if p.teller.Load() != f {
		return
	}
	for kind, n := range p.made {
		if v := n.Load(); v > 0 {
			tell("faults_total", float64(v), p.name, kind)
		}
	}
	tell("connections_total", float64(p.connections.Load()), p.name)
	tell("open_connections", float64(p.open.Load()), p.name)
}
