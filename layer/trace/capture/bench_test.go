// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"testing"
	"time"
)

func BenchmarkSent(b *testing.B) {
	w := NewWriter(io.Discard, "bench", "", nil)
	w.Interface("bench", "", "")
	s := w.NewStream(0, local4, remote4, "")
	data := noise(1460)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s.Sent(time.Now(), data, len(data), false)
	}
	s.Close(time.Now())
	w.Close()
}
