// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"testing"
	"time"
)

// TestServers lets every server that this machine can run serve every
// workload for a moment. The load generator checks what comes back.
func TestServers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while")
	}
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("needs gcc")
	}
	const fileSize = 8 << 20
	all := rows()
	b, err := newBench(t.Context(), all, fileSize)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for _, r := range all {
		t.Run(r.name(), func(t *testing.T) {
			if reason := b.reasonAgainst(r); reason != "" {
				t.Skip(reason)
			}
			s, err := b.start(t.Context(), r.subject, r.workload)
			if err != nil {
				t.Fatal(err)
			}
			defer s.stop()
			m, err := b.load(t.Context(), s, r.workload, 100*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if m.CPU <= 0 {
				t.Error("the server has used no processor time")
			}
		})
	}
}
