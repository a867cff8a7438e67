// SPDX-License-Identifier: Apache-2.0

package bucket

import "testing"

func TestParseRate(t *testing.T) {
	for s, want := range map[string]uint64{
		"64kbit": 64000, "1mbit": 1e6, "1.5Mbit": 15e5, "10MB": 80e6, "10MB/s": 80e6, "1 GiB/s": 8 << 30,
		"8bit": 8, "100B": 800, "1kB": 8000, "2Gbit/s": 2e9, "unlimited": 0, " 5KiB ": 5 * 8 << 10,
	} {
		if got, err := ParseRate(s); got != want || err != nil {
			t.Errorf("%q: %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "1", "kbit", "1b", "1Mb", "-1bit", "0bit", "0.1bit", "1e9bit", "1_0bit", "1mB", "1..2bit", ".bit", "9999999tbit", "none", "NaNbit", "Infbit"} {
		if got, err := ParseRate(s); err == nil {
			t.Errorf("%q: %d, want an error", s, got)
		}
	}
}

func TestParseCount(t *testing.T) {
	for s, want := range map[string]uint64{"100": 100e3, "2.5k/s": 2500e3, "30/min": 500, "0.5": 500, "unlimited": 0} {
		if got, err := ParseCount(s); got != want || err != nil {
			t.Errorf("%q: %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "k", "-1", "0", "1/h", "1e3", "0.0001", "99999999999k"} {
		if got, err := ParseCount(s); err == nil {
			t.Errorf("%q: %d, want an error", s, got)
		}
	}
}

// FuzzRates: whatever is accepted is a rate that a bucket can have.
func FuzzRates(f *testing.F) {
	for _, s := range []string{"64kbit", "1.5MB/s", "unlimited", "30/min", "2k", "0.0bit", "1e5B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if rate, err := ParseRate(s); err == nil && rate > maxRate {
			t.Errorf("%q: %d", s, rate)
		} else if err == nil {
			m := New(Bytes(rate, 0)).Join(1, 0, func() {})
			if n := m.Reserve(1, false); n != 1 {
				t.Errorf("%q: a full bucket gave %d", s, n)
			}
		}
		if rate, err := ParseCount(s); err == nil {
			m := New(Count(rate, 0)).Join(1, 0, func() {})
			if n := m.Reserve(1, false); n != 1 {
				t.Errorf("%q: a full bucket gave %d", s, n)
			}
		}
	})
}
