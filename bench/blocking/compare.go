// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"time"

	"winsock/bench/report"
)

// A comparison is one row of the report.
type comparison struct {
	workload workload
	subject  subject
	against  subject
}

func (c comparison) name() string {
	return c.workload.name + "/" + c.subject.name + "/" + c.against.name
}

// A result is what came of a comparison.
type result struct {
	median, low, high float64 // of the rounds' ratios, with quartiles
	perSecond         float64 // operations of the subject, median
	allocations       float64 // of the subject, an operation
}

// compare runs both subjects in turn, in an order that alternates, and
// relates the two halves of each pair of rounds.
func compare(c comparison, rounds int, length time.Duration) (result, error) {
	a, err := c.workload.start(c.subject)
	if err != nil {
		return result{}, err
	}
	defer a.stop()
	b, err := c.workload.start(c.against)
	if err != nil {
		return result{}, err
	}
	defer b.stop()
	for _, r := range []*running{a, b} { // warm up
		if _, err := r.round(length / 2); err != nil {
			return result{}, err
		}
	}
	var allocations []float64
	measure := func() (float64, error) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rate, err := a.round(length)
		runtime.ReadMemStats(&after)
		allocations = append(allocations, float64(after.Mallocs-before.Mallocs)/(rate*length.Seconds()))
		return rate, err
	}
	p, err := report.Pairs(rounds, measure, func() (float64, error) { return b.round(length) })
	return result{p.Median, p.Low, p.High, p.First, report.Median(allocations)}, err
}
