// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"winsock/metrics"
)

// TestListIsCurrent: the list of metrics is what the code declares.
func TestListIsCurrent(t *testing.T) {
	text, err := os.ReadFile("../../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, generate()) {
		t.Errorf("%s is stale; go run ./internal/cmd/genmetrics", file)
	}
}

// TestNames: all metrics keep Prometheus's rules for names, and no two have
// one.
func TestNames(t *testing.T) {
	var families []metrics.Family
	seen := map[string]bool{}
	for _, d := range descriptions() {
		if seen[d.Name] || !strings.HasSuffix(d.Help, ".") {
			t.Errorf("%s is there twice, or its text is no sentence: %q", d.Name, d.Help)
		}
		seen[d.Name] = true
		families = append(families, metrics.Family{Description: d, Samples: []metrics.Sample{
			{Labels: make([]string, len(d.Labels)), Bounds: []float64{1}, Counts: []uint64{0, 0}},
		}})
	}
	problems, err := promlint.New(bytes.NewReader(metrics.Text(families))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
