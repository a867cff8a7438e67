// SPDX-License-Identifier: Apache-2.0

package report

import "testing"

func TestReplaceSection(t *testing.T) {
	const old = "a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n"
	got, err := replaceSection([]byte(old), "x", "new\n")
	if want := "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n"; err != nil || string(got) != want {
		t.Errorf("replaced section: %q, %v, want %q", got, err, want)
	}
	for _, old := range []string{"", "<!-- x: begin -->\n", "<!-- x: end -->\n<!-- x: begin -->\n"} {
		if got, err := replaceSection([]byte(old), "x", "new\n"); err == nil {
			t.Errorf("replacing a section that %q does not have gives %q", old, got)
		}
	}
}

func TestQuartiles(t *testing.T) {
	low, median, high := Quartiles([]float64{5, 1, 4, 2, 3})
	if low != 2 || median != 3 || high != 4 {
		t.Errorf("quartiles of 1 to 5: %v, %v, %v, want 2, 3, 4", low, median, high)
	}
}

func TestHead(t *testing.T) {
	if got, want := Head("a", ">b"), "| a | b |\n|---|--:|\n"; got != want {
		t.Errorf("head: %q, want %q", got, want)
	}
}
