// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"reflect"
	"testing"
)

// TestMergeKeeps: what a program tells of its own is merged, and stays as the
// program has it.
func TestMergeKeeps(t *testing.T) {
	own := func() []Family {
		return []Family{{Description: Description{Name: "own", Kind: Histogram}, Samples: []Sample{
			{Labels: []string{"a"}, Counts: []uint64{1, 2}, Bounds: []float64{1}, Sum: 3},
			{Labels: []string{"a"}, Counts: []uint64{1, 2}, Bounds: []float64{1}, Sum: 3},
			{Labels: []string{"b"}, Counts: []uint64{5, 6}, Bounds: []float64{1}, Sum: 7},
		}}}
	}
	given := own()
	g := Gatherer{More: func() []Family { return given }}
	for range 2 {
		for _, f := range g.Gather() {
			if f.Name == "own" && (len(f.Samples) != 2 || f.Samples[0].Counts[1] != 4 || f.Samples[0].Sum != 6 || f.Samples[1].Sum != 7) {
				t.Errorf("merged: %v", f.Samples)
			}
		}
	}
	if !reflect.DeepEqual(given, own()) {
		t.Errorf("what was given has become %v", given)
	}
}
