// SPDX-License-Identifier: Apache-2.0

package main

// rows is the report's contents.
func rows() (list []comparison) {
	empty := winsock("empty chain")
	chains := []subject{
		winsock("one handle-preserving layer", preserving),
		winsock("one pass-through layer", passing),
		winsock("three pass-through layers", passing, passing, passing),
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
