// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestSummarize(t *testing.T) {
	one := func(messages, cpu, p99 int64) sample {
		return sample{Messages: messages, Seconds: 2, CPU: cpu, P50: 1, P99: p99, P999: 3}
	}
	pairs := []pair{
		{subject: one(200, 400, 20), reference: one(100, 100, 10)}, // twice as fast
		{subject: one(300, 300, 40), reference: one(100, 100, 10)},
		{subject: one(100, 100, 10), reference: one(100, 100, 10)},
	}
	got := summarize(pairs)
	if got.rate != 2 || got.low != 1 || got.high != 3 {
		t.Errorf("ratio of rates: %v in %v..%v, want 2 in 1..3", got.rate, got.low, got.high)
	}
	if got.cost != 1 || got.tail != 2 {
		t.Errorf("ratios of cost and tail: %v, %v, want 1, 2", got.cost, got.tail)
	}
	if got.subject.rate != 100 || got.subject.cost != 1 || got.subject.p99 != 20 {
		t.Errorf("medians of the subject: %+v, want 100 messages a second, 1 ns, p99 20 ns", got.subject)
	}
}

func TestLineWithoutLatency(t *testing.T) {
	m := sample{Messages: 1, Seconds: 1, CPU: 1}
	got := summarize([]pair{{m, m}}).line(rows()[0])
	if !strings.HasSuffix(got, "| - | - | - | - |\n") {
		t.Errorf("line without latency: %q, want it to end in four dashes", got)
	}
	if want := strings.Count(heading, "|") / 2; strings.Count(got, "|") != want {
		t.Errorf("line has %d bars, heading has %d", strings.Count(got, "|"), want)
	}
}

func TestRowNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, r := range rows() {
		if seen[r.name()] {
			t.Errorf("two rows are called %q", r.name())
		}
		seen[r.name()] = true
		findProgram(r.subject.program)
	}
}
