// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime"
	"slices"
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
	var ratios, rates, allocations []float64
	for i := range rounds {
		var rateA, rateB, allocs float64
		measureA := func() (err error) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			rateA, err = a.round(length)
			runtime.ReadMemStats(&after)
			allocs = float64(after.Mallocs-before.Mallocs) / (rateA * length.Seconds())
			return err
		}
		measureB := func() (err error) { rateB, err = b.round(length); return err }
		order := []func() error{measureA, measureB}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, measure := range order {
			if err := measure(); err != nil {
				return result{}, err
			}
		}
		ratios = append(ratios, rateA/rateB)
		rates = append(rates, rateA)
		allocations = append(allocations, allocs)
	}
	low, median, high := report.Quartiles(ratios)
	return result{median, low, high, report.Median(rates), report.Median(allocations)}, nil
}
