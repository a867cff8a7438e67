// SPDX-License-Identifier: Apache-2.0

package spi

// A MetricKind says how a metric changes.
type MetricKind uint8

const (
	Counter MetricKind = iota // goes up only, from 0 when the provider is started
	Gauge                     // goes up and down
)

// A Metric is a number that a provider keeps beside what can be counted of
// any provider's calls. Drivers declare theirs.
type Metric struct {
	// Name is in lower case with underscores and ends with the unit, and
	// with _total for a counter, as Prometheus has it. The driver's name is
	// put before it.
	Name string

	Kind MetricKind

	// Labels are the names of what tells apart several values. Their values
	// must come from a small set that does not grow with use: names of
	// options and results, not addresses of peers.
	Labels []string

	// Help says in one line what is counted.
	Help string
}

// A Metered is a [Provider] that keeps the metrics that its driver declares.
type Metered interface {
	// Collect calls tell with the value of each metric, by its name, now;
	// once for each set of values of its labels, which are in the order of
	// the declaration. It may be called at any time before Cleanup, by
	// several goroutines.
	Collect(tell func(metric string, value float64, labels ...string))
}
