// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"cmp"
	"slices"
	"strings"
)

// A Kind is the type of a metric.
type Kind uint8

// The kinds of Prometheus that there are here.
const (
	Counter Kind = iota
	Gauge
	Histogram
)

// String returns the kind's name in Prometheus's text format.
func (k Kind) String() string {
	switch k {
	case Counter:
		return "counter"
	case Gauge:
		return "gauge"
	}
	return "histogram"
}

// A Description says what a metric is.
type Description struct {
	Name   string
	Kind   Kind
	Labels []string // their names
	Help   string
}

// A Family is a metric with its values.
type Family struct {
	Description
	Samples []Sample
}

// A Sample is a value of a metric.
type Sample struct {
	Labels []string // their values
	Value  float64  // of a counter or gauge

	// Of a histogram.
	Bounds []float64 // of the buckets, inclusive, without that of the last, which has none
	Counts []uint64  // what is in a bucket or one before, the last one included
	Sum    float64
}

// Count returns how many values a histogram has.
func (s *Sample) Count() uint64 {
	if len(s.Counts) == 0 {
		return 0
	}
	return s.Counts[len(s.Counts)-1]
}

// merge makes one sample of those that have the same labels: of counters and
// histograms the sum, of gauges the highest.
func (f *Family) merge() {
	if len(f.Samples) < 2 {
		return
	}
	seen := make(map[string]int, len(f.Samples))
	merged := make([]Sample, 0, len(f.Samples)) // what was given stays as it is
	for _, s := range f.Samples {
		key := strings.Join(s.Labels, "\x00")
		at, again := seen[key]
		if !again {
			seen[key] = len(merged)
			merged = append(merged, s)
			continue
		}
		m := &merged[at]
		if f.Kind == Gauge {
			m.Value = max(m.Value, s.Value)
			continue
		}
		m.Value += s.Value
		m.Sum += s.Sum
		m.Counts = slices.Clone(m.Counts)
		for i := range min(len(m.Counts), len(s.Counts)) {
			m.Counts[i] += s.Counts[i]
		}
	}
	f.Samples = merged
}

// byName orders families.
func byName(a, b Family) int { return cmp.Compare(a.Name, b.Name) }

// tidy merges what belongs together, and orders it.
func tidy(families []Family) []Family {
	families = slices.DeleteFunc(families, func(f Family) bool { return len(f.Samples) == 0 })
	for i := range families {
		families[i].merge()
	}
	slices.SortFunc(families, byName)
	return families
}
