// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"net/http"
	"slices"

	"winsock"
	"winsock/spi"
	"winsock/spi/meter"
)

// A Gatherer gathers metrics, and serves them over HTTP in Prometheus's text
// format.
type Gatherer struct {
	// Set has counted at the places of chains; nil is nothing.
	Set *meter.Set

	// More tells further metrics, whose names are not among those of this
	// package; nil is none.
	More func() []Family
}

// process is what Enable has sockets counted by.
var process meter.Set

// Enable has the sockets counted that the process opens from now on, and what
// they accept. It costs each call some tens of nanoseconds at each place.
func Enable() { winsock.Meter(&process) }

// Disable ends what Enable began, for sockets that are opened from now on.
func Disable() { winsock.Meter(nil) }

// Handler serves what was counted since [Enable], and what the layers of the
// process count themselves.
func Handler() http.Handler { return Process() }

// Process gathers what [Handler] serves.
func Process() *Gatherer { return &Gatherer{Set: &process} }

// Gather returns the metrics that have values now, ordered by name. No two
// samples of one have the same labels.
func (g *Gatherer) Gather() []Family {
	families := gatherLayers()
	if g.Set != nil {
		families = append(families, gatherPlaces(g.Set.Snapshot())...)
	}
	if g.More != nil {
		families = append(families, g.More()...)
	}
	return tidy(families)
}

// Descriptions lists what can be told of the sockets of a process with the
// drivers that are compiled in, ordered by name.
func Descriptions() []Description {
	list := slices.Clone(places)
	for _, d := range spi.Drivers() {
		list = append(list, describe(d)...)
	}
	slices.SortFunc(list, func(a, b Description) int { return byName(Family{Description: a}, Family{Description: b}) })
	return list
}
