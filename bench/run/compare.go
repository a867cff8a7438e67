// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"winsock/bench/report"
)

// A row compares two sides in a workload.
type row struct {
	work    workload
	subject side
	against side
	aim     string // of the ratio, or of the subject's own rate; "" for none
}

func (r row) name() string {
	return r.work.name + "/" + r.subject.name + "/" + r.against.name
}

// A workload is what is done again and again.
type workload struct {
	name     string
	command  string // that does it
	measured string // what of it is
	format   func(perSecond float64) string
	least    time.Duration // of a round that measures it
	start    func(ctx context.Context, b *bench, s side) (*running, error)
}

// A sample is what a round came to.
type sample struct {
	Operations float64 `json:"operations"`
	Seconds    float64 `json:"seconds"`
}

// A running is a workload that is set up for one side. A round that is asked
// to be shorter than the workload's least one may be anything of that length.
type running struct {
	round func(ctx context.Context, length time.Duration) (sample, error)
	stop  func()
}

// A result is what came of a row.
type result struct {
	low, median, high float64 // ratios of the rates
	subject, against  float64 // rates, median
}

// roundTime is how much longer than asked for a round may take.
const roundTime = 30 * time.Second

// fewest is how many pairs of rounds there are at least when rounds are long.
const fewest = 5

// compare measures a row.
func (b *bench) compare(ctx context.Context, r row, rounds int, length time.Duration) (result, error) {
	if least := r.work.least; length < least {
		rounds = min(rounds, max(fewest, int(time.Duration(rounds)*length/least)))
		length = least
	}
	var sides [2]*running
	for i, s := range []side{r.subject, r.against} {
		var err error
		if sides[i], err = r.work.start(ctx, b, s); err != nil {
			return result{}, fmt.Errorf("%s: %w", s.name, err)
		}
		defer sides[i].stop()
	}
	names := []string{r.subject.name, r.against.name}
	var rates [2][]float64
	one := func(i int, length time.Duration) (float64, error) {
		ctx, cancel := context.WithTimeout(ctx, length+roundTime)
		defer cancel()
		m, err := sides[i].round(ctx, length)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", names[i], err)
		}
		if m.Operations <= 0 || m.Seconds <= 0 {
			return 0, fmt.Errorf("%s: nothing was done", names[i])
		}
		return m.Operations / m.Seconds, nil
	}
	for i := range sides { // warm up
		if _, err := one(i, length/4); err != nil {
			return result{}, err
		}
	}
	var ratios []float64
	for i := range rounds {
		b.quiet.await(ctx)
		order := []int{0, 1}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, side := range order {
			rate, err := one(side, length)
			if err != nil {
				return result{}, err
			}
			rates[side] = append(rates[side], rate)
		}
		ratios = append(ratios, rates[0][i]/rates[1][i])
	}
	low, median, high := report.Quartiles(ratios)
	return result{low, median, high, report.Median(rates[0]), report.Median(rates[1])}, nil
}

var heading = report.Head("Workload", "Command", "Measured", "Subject", "Against", ">Ratio of rates (higher is better)", ">Quartiles",
	">Subject", ">Against", "Aim")

func (r result) line(w row) string {
	return report.Row(w.work.name, "`"+w.work.command+"`", w.work.measured, w.subject.name, w.against.name,
		fmt.Sprintf("%.2f", r.median), fmt.Sprintf("%.2f..%.2f", r.low, r.high),
		w.work.format(r.subject), w.work.format(r.against), w.aim)
}

// The forms of a rate.

func perOperation(perSecond float64) string {
	switch us := 1e6 / perSecond; {
	case us < 10:
		return fmt.Sprintf("%.2f us", us)
	case us < 1000:
		return fmt.Sprintf("%.0f us", us)
	case us < 1e6:
		return fmt.Sprintf("%.2f ms", us/1000)
	default:
		return fmt.Sprintf("%.2f s", us/1e6)
	}
}

func gigabytes(perSecond float64) string { return fmt.Sprintf("%.2f GB/s", perSecond/1e9) }
func requests(perSecond float64) string  { return fmt.Sprintf("%.0f/s", perSecond) }
