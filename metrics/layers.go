// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strconv"
	"strings"

	"winsock"
	"winsock/spi"
	"winsock/wsa"
)

// describe returns the metrics of a driver as they are told.
func describe(d *spi.Driver) (list []Description) {
	for _, m := range d.Metrics {
		kind := Counter
		if m.Kind == spi.Gauge {
			kind = Gauge
		}
		list = append(list, Description{
			Name: nameOf(d.Name, m.Name), Kind: kind, Labels: append([]string{"chain", "place"}, m.Labels...), Help: m.Help,
		})
	}
	return list
}

// nameOf returns the name by which a driver's metric is told.
func nameOf(driver, metric string) string {
	return "winsock_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, driver) + "_" + metric
}

// gatherLayers asks the providers of the process what they have counted
// themselves. What a driver has not declared is left out.
func gatherLayers() []Family {
	families := make(map[string]*Family)
	known := make(map[string]bool) // drivers
	winsock.EachProvider(func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider) {
		metered, ok := p.(spi.Metered)
		driver := spi.FindDriver(name)
		if !ok || driver == nil {
			return
		}
		if !known[name] {
			known[name] = true
			for _, d := range describe(driver) {
				families[d.Name] = &Family{Description: d}
			}
		}
		metered.Collect(func(metric string, value float64, labels ...string) {
			f := families[nameOf(name, metric)]
			if f == nil || len(labels)+2 != len(f.Labels) {
				return
			}
			f.Samples = append(f.Samples, Sample{Labels: append([]string{info.Name, strconv.Itoa(place)}, labels...), Value: value})
		})
	})
	list := make([]Family, 0, len(families))
	for _, f := range families {
		list = append(list, *f)
	}
	return list
}
