// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// TestBuckets: each value is in the one bucket whose bounds it is between, the
// upper one included.
func TestBuckets(t *testing.T) {
	check := func(v int64, bucket, last int, bound func(int) int64) {
		t.Helper()
		if bucket < 0 || bucket > last || v > bound(bucket) || bucket > 0 && v <= bound(bucket-1) {
			t.Errorf("%d is in bucket %d, up to %d", v, bucket, bound(bucket))
		}
	}
	ofTime := func(i int) int64 { return int64(DurationBound(i)) }
	for i := range DurationBuckets {
		for _, v := range []int64{ofTime(i) - 1, ofTime(i), ofTime(i) + 1} {
			if v > 0 {
				check(v, durationBucket(v), DurationBuckets-1, ofTime)
			}
		}
	}
	for i := range SizeBuckets {
		for _, v := range []int64{SizeBound(i) - 1, SizeBound(i), SizeBound(i) + 1} {
			if v > 0 {
				check(v, sizeBucket(int(v)), SizeBuckets-1, SizeBound)
			}
		}
	}
	for range 10000 {
		v := rand.Int64() >> rand.IntN(63)
		check(v, durationBucket(v), DurationBuckets-1, ofTime)
		if v > 0 {
			check(v, sizeBucket(int(v)), SizeBuckets-1, SizeBound)
		}
	}
	for _, v := range []int64{-1, 0} { // a clock that does not go on
		if b := durationBucket(v); b != 0 {
			t.Errorf("%d is in bucket %d", v, b)
		}
	}
}

// TestQuantile: quantiles are right to the width of a bucket.
func TestQuantile(t *testing.T) {
	var took Took
	if q := took.Quantile(0.5); q != 0 {
		t.Errorf("the median of nothing is %v", q)
	}
	var all []float64
	for range 5000 {
		v := math.Exp(rand.Float64()*14 + 4) // 50 ns to 65 ms
		all = append(all, v)
		took[durationBucket(int64(v))]++
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		want := all[int(q*float64(len(all)-1))]
		if got := float64(took.Quantile(q)); got < want*0.8 || got > want*1.25 {
			t.Errorf("quantile %v is %v, want about %v", q, time.Duration(got), time.Duration(want))
		}
	}
	var long Took
	long[durationBucket(int64(time.Hour))] = 3
	if q := long.Quantile(0.99); q < 2*time.Minute || q > 3*time.Minute {
		t.Errorf("an hour is told as %v", q)
	}
}

// TestCodes: errors are counted by their codes, and what is none of a socket's
// together.
func TestCodes(t *testing.T) {
	f := &fake{}
	s, m := able(f, nil)
	for _, err := range []error{wsa.WSAECONNRESET, wsa.WSAECONNRESET, wsa.WSAEINTR, wsa.WSA_E_CANCELLED, wsa.WSA_OPERATION_ABORTED, wsa.WSAHOST_NOT_FOUND, wsa.WSAEWOULDBLOCK} {
		f.err = err
		s.Send(&spi.Message{})
	}
	c := m.Read().Groups[Send]
	got := map[wsa.Errno]int64{}
	for code, n := range c.Codes.All() {
		got[code] = n
	}
	want := map[wsa.Errno]int64{wsa.WSAECONNRESET: 2, wsa.WSAEINTR: 1, wsa.WSA_E_CANCELLED: 1, 0: 2}
	for code, n := range want {
		if got[code] != n || c.Codes.Of(code) != n {
			t.Errorf("%v was counted %d times, want %d", code, got[code], n)
		}
	}
	if len(got) != len(want) || c.Errors != 6 || c.Blocked != 1 {
		t.Errorf("%v, %d errors, %d blocked", got, c.Errors, c.Blocked)
	}
}

// TestUsage: what one socket has moved is told by itself.
func TestUsage(t *testing.T) {
	var m Meter
	f := &fake{n: 10}
	s, other := Wrap(f, &m), Wrap(&fake{n: 3}, &m)
	other.Send(&spi.Message{})
	s.Send(&spi.Message{})
	s.Send(&spi.Message{})
	s.Recv(&spi.Message{})
	s.Recv(&spi.Message{Flags: wsa.MSG_PEEK})
	f.n, f.err = -1, wsa.WSAEWOULDBLOCK
	s.Send(&spi.Message{})
	s.Recv(&spi.Message{})
	f.err = wsa.WSAECONNRESET
	s.Recv(&spi.Message{})
	u, ok := UsageOf(s)
	if !ok || u.Since.IsZero() {
		t.Fatalf("usage %+v, %v", u, ok)
	}
	u.Since = time.Time{}
	want := Usage{Sends: 3, Recvs: 4, Sent: 20, Received: 10, Blocked: 2, Errors: 1}
	if u != want {
		t.Errorf("usage %+v, want %+v", u, want)
	}
	if u.Add(want); u.Sent != 40 || u.Recvs != 8 || u.Errors != 2 {
		t.Errorf("twice that is %+v", u)
	}
	if _, ok := UsageOf(f); ok {
		t.Error("a socket that is not metered tells its usage")
	}
	if r := m.Read(); r.Sent != 23 {
		t.Errorf("%d bytes sent in all, want 23", r.Sent)
	}
}

// TestChains: what is opened for different chains is told apart, and together.
func TestChains(t *testing.T) {
	var set Set
	for _, name := range []string{"b", "a", "b"} {
		set.Observer(name)(1, "kernel", &fake{n: 5}).Send(&spi.Message{})
		set.Observer(name)(0, "trace", &fake{n: 5}).Send(&spi.Message{})
	}
	list := set.Snapshot()
	var got []string
	for _, l := range list {
		got = append(got, l.Chain+" "+l.Name)
	}
	if !slices.Equal(got, []string{"a trace", "a kernel", "b trace", "b kernel"}) {
		t.Fatalf("layers %q", got)
	}
	if list[0].Sent != 5 || list[2].Sent != 10 || list[3].Open != 2 {
		t.Errorf("%d and %d bytes, %d open", list[0].Sent, list[2].Sent, list[3].Open)
	}
	merged := Merge(list)
	if len(merged) != 2 || merged[0].Name != "trace" || merged[0].Sent != 15 || merged[1].Open != 3 || merged[1].Groups[Send].Calls != 3 {
		t.Errorf("together: %d layers", len(merged))
	}
}

// TestChainsAreBounded: a set does not grow without an end.
func TestChainsAreBounded(t *testing.T) {
	var set Set
	for i := range 2 * maxChains {
		set.Observer(string(rune('A'+i)))(0, "kernel", &fake{})
	}
	if n := len(set.chains); n > maxChains+1 {
		t.Errorf("%d chains", n)
	}
	total := int64(0)
	for _, l := range set.Snapshot() {
		total += l.Total
	}
	if total != 2*maxChains {
		t.Errorf("%d sockets were counted of %d", total, 2*maxChains)
	}
}
