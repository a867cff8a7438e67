// SPDX-License-Identifier: Apache-2.0

// Package collector gives what package metrics gathers to a registry of
// Prometheus's own library, for programs that have one:
//
//	metrics.Enable()
//	prometheus.MustRegister(collector.New(metrics.Process()))
package collector

import (
	"github.com/prometheus/client_golang/prometheus"

	"winsock/metrics"
)

// New returns a collector of what g gathers.
func New(g *metrics.Gatherer) prometheus.Collector { return collector{g} }

type collector struct{ from *metrics.Gatherer }

// Describe says nothing, as what layers tell is not known before.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect tells all metrics.
func (c collector) Collect(to chan<- prometheus.Metric) {
	for _, f := range c.from.Gather() {
		desc := prometheus.NewDesc(f.Name, f.Help, f.Labels, nil)
		for i := range f.Samples {
			m, err := metricOf(desc, &f, &f.Samples[i])
			if err != nil {
				m = prometheus.NewInvalidMetric(desc, err)
			}
			to <- m
		}
	}
}

func metricOf(desc *prometheus.Desc, f *metrics.Family, s *metrics.Sample) (prometheus.Metric, error) {
	switch f.Kind {
	case metrics.Histogram:
		buckets := make(map[float64]uint64, len(s.Bounds))
		for i, bound := range s.Bounds {
			buckets[bound] = s.Counts[i]
		}
		return prometheus.NewConstHistogram(desc, s.Count(), s.Sum, buckets, s.Labels...)
	case metrics.Gauge:
		return prometheus.NewConstMetric(desc, prometheus.GaugeValue, s.Value, s.Labels...)
	}
	return prometheus.NewConstMetric(desc, prometheus.CounterValue, s.Value, s.Labels...)
}
