// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// The buckets of durations: one up to 32 ns, then four for each power of two,
// so that a quantile is known to an eighth, and one for all above two minutes.
const (
	leastBits = 5
	mostBits  = 37
	perPower  = 4
)

// DurationBuckets is how many buckets of durations there are.
const DurationBuckets = 1 + (mostBits-leastBits)*perPower + 1

// SizeBuckets is how many buckets of sizes there are: one for each power of
// two up to 4 GiB, to which it reaches, and one for all above.
const SizeBuckets = 34

// durationBucket returns the bucket of a duration in nanoseconds. A bucket has
// its upper bound in it, as those of Prometheus do.
func durationBucket(ns int64) int {
	v := uint64(max(ns, 1) - 1)
	n := bits.Len64(v)
	if n <= leastBits {
		return 0
	}
	return min(1+(n-1-leastBits)*perPower+int(v>>(n-3))&(perPower-1), DurationBuckets-1)
}

// sizeBucket returns the bucket of a size, which is at least 1.
func sizeBucket(n int) int { return min(bits.Len64(uint64(n-1)), SizeBuckets-1) }

// DurationBound returns the upper bound of a bucket of durations, which is in
// it. The last one has none, and the most there is.
func DurationBound(bucket int) time.Duration {
	switch {
	case bucket <= 0:
		return 1 << leastBits
	case bucket >= DurationBuckets-1:
		return 1<<63 - 1
	}
	power, quarter := leastBits+(bucket-1)/perPower, (bucket-1)%perPower
	return time.Duration(1)<<power + time.Duration(quarter+1)<<power/perPower
}

// SizeBound returns the upper bound of a bucket of sizes, which is in it. The
// last one has none, and the most there is.
func SizeBound(bucket int) int64 {
	if bucket >= SizeBuckets-1 {
		return 1<<63 - 1
	}
	return 1 << max(bucket, 0)
}

// A Took tells of calls how many took how long, by buckets of [DurationBound].
type Took [DurationBuckets]int64

// Count returns how many calls there were.
func (t *Took) Count() (n int64) {
	for _, c := range t {
		n += c
	}
	return n
}

// Quantile returns the time that a share q of the calls took at most, as far
// as the buckets tell; 0 of no calls.
func (t *Took) Quantile(q float64) time.Duration {
	rank := q * float64(t.Count())
	seen := 0.0
	for i, c := range t {
		if c == 0 {
			continue
		}
		if seen+float64(c) < rank {
			seen += float64(c)
			continue
		}
		low, high := time.Duration(0), DurationBound(i)
		if i > 0 {
			low = DurationBound(i - 1)
		}
		if i == DurationBuckets-1 {
			return low
		}
		return low + time.Duration(float64(high-low)*(rank-seen)/float64(c))
	}
	return 0
}

func (t *Took) add(more *Took) {
	for i, c := range more {
		t[i] += c
	}
}

// Sizes tells how many messages had which size, by buckets of [SizeBound].
// Those of no bytes are not among them.
type Sizes [SizeBuckets]int64

// Count returns how many messages there were.
func (s *Sizes) Count() (n int64) {
	for _, c := range s {
		n += c
	}
	return n
}

func (s *Sizes) add(more *Sizes) {
	for i, c := range more {
		s[i] += c
	}
}

// load reads counters, one after the other.
func load(to []int64, from []atomic.Int64) {
	for i := range from {
		to[i] = from[i].Load()
	}
}
