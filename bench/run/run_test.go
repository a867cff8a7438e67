// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

// TestRows lets the subject of every row work for a moment.
func TestRows(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("needs gcc")
	}
	b, err := newBench(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	for _, r := range rows() {
		t.Run(r.name(), func(t *testing.T) {
			t.Parallel()
			w, err := r.work.start(t.Context(), b, r.subject)
			if errors.Is(err, errMissing) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer w.stop()
			ctx, cancel := context.WithTimeout(t.Context(), roundTime)
			defer cancel()
			m, err := w.round(ctx, 10*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if m.Operations <= 0 || m.Seconds <= 0 {
				t.Errorf("%v operations in %v s", m.Operations, m.Seconds)
			}
		})
	}
}
