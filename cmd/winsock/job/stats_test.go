// SPDX-License-Identifier: Apache-2.0

package job

import (
	"math"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 999: "999 B", 1000: "1.00 kB", 9994: "9.99 kB", 9996: "10.0 kB", 99_949: "99.9 kB", 99_951: "100 kB",
		999_499: "999 kB", 999_500: "1.00 MB", 1_500_000_000: "1.50 GB", math.MaxUint64: "18.4 EB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestRound(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 1_234_567: "1.23ms", 12_345_678: "12.3ms", 1_234_567_890: "1.23s",
	} {
		if got := round(d).String(); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}
