// SPDX-License-Identifier: Apache-2.0

package main

import "winsock/bench/layers"

// rows is the report's contents.
func rows() (list []comparison) {
	empty := winsock("empty chain")
	chains := []subject{
		winsock("one handle-preserving layer", layers.Preserving),
		winsock("one pass-through layer", layers.Passing),
		winsock("three pass-through layers", layers.Passing, layers.Passing, layers.Passing),
		winsock("trace, log off", "trace"),
	}
	for _, w := range []workload{roundTrips(1), roundTrips(50), roundTrips(1000), bulk()} {
		list = append(list, comparison{w, empty, goNet()})
		for _, s := range chains {
			list = append(list, comparison{w, s, empty})
		}
	}
	return list
}
