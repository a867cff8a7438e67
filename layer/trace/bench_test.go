// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"io"
	"testing"
)

func BenchmarkLoggedSend(b *testing.B) {
	for _, form := range []string{"text", "json"} {
		b.Run(form, func(b *testing.B) {
			tr := newTracer(nil)
			tr.sink.out, tr.json, tr.clock = io.Discard, form == "json", nil
			s := tr.trace(&fake{}, tcp4, self)
			m := message("hello")
			b.ReportAllocs()
			for b.Loop() {
				s.Send(m)
			}
		})
	}
}
