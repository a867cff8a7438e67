// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"winsock/bench/report"
)

// A result is what came of a row: medians over the pairs.
type result struct {
	rate, low, high float64 // ratio of messages per second, with quartiles
	cost            float64 // ratio of processor time a message
	tail            float64 // ratio of the 99th percentiles, 0 without latency
	subject         struct {
		rate, cost     float64
		p50, p99, p999 int64
	}
	lost int64
}

func summarize(pairs []pair) (res result) {
	var rates, costs, tails, rate, cost []float64
	var p50, p99, p999 []int64
	for _, p := range pairs {
		rates = append(rates, p.subject.rate()/p.reference.rate())
		costs = append(costs, p.subject.cost()/p.reference.cost())
		if p.reference.P99 > 0 {
			tails = append(tails, float64(p.subject.P99)/float64(p.reference.P99))
		}
		rate = append(rate, p.subject.rate())
		cost = append(cost, p.subject.cost())
		p50 = append(p50, p.subject.P50)
		p99 = append(p99, p.subject.P99)
		p999 = append(p999, p.subject.P999)
		res.lost += p.subject.Lost
	}
	res.low, res.rate, res.high = report.Quartiles(rates)
	res.cost = report.Median(costs)
	res.tail = report.Median(tails)
	res.subject.rate, res.subject.cost = report.Median(rate), report.Median(cost)
	res.subject.p50, res.subject.p99, res.subject.p999 = report.Median(p50), report.Median(p99), report.Median(p999)
	return res
}

var heading = report.Head("Workload", "Server", ">Messages/s", ">Ratio to "+reference+" (higher is better)", ">Quartiles",
	">CPU a message", ">Ratio (lower is better)", ">p50", ">p99", ">p99.9", ">Ratio of p99 (lower is better)")

func (res result) line(r row) string {
	name := r.subject.name
	if res.lost > 0 {
		name = fmt.Sprintf("%s (%d datagrams lost)", name, res.lost)
	}
	tail := "-"
	if res.tail > 0 {
		tail = fmt.Sprintf("%.2f", res.tail)
	}
	return report.Row(r.workload.name, name,
		fmt.Sprintf("%.0f", res.subject.rate),
		fmt.Sprintf("%.3f", res.rate),
		fmt.Sprintf("%.2f..%.2f", res.low, res.high),
		fmt.Sprintf("%.2f us", res.subject.cost/1e3),
		fmt.Sprintf("%.3f", res.cost),
		latency(res.subject.p50), latency(res.subject.p99), latency(res.subject.p999), tail)
}

func latency(ns int64) string {
	if ns == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f us", float64(ns)/1e3)
}
