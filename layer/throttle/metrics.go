// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"sync/atomic"

	"winsock/spi"
)

var declared = []spi.Metric{
	{Name: "passed_bytes_total", Labels: []string{"direction"}, Help: "Bytes that the buckets and quotas let pass."},
	{Name: "waits_total", Labels: []string{"direction"}, Help: "Calls that had to wait for a bucket."},
	{Name: "refused_calls_total", Labels: []string{"direction"}, Help: "Calls that a quota has ended."},
}

// counts are those of the sockets of a provider, up and down.
type counts [2]struct{ passed, waits, refused atomic.Int64 }

const (
	up = iota
	down
)

// Collect tells the counts.
func (p *provider) Collect(tell func(metric string, value float64, labels ...string)) {
	for d, direction := range []string{up: "up", down: "down"} {
		c := &p.counts[d]
		tell("passed_bytes_total", float64(c.passed.Load()), direction)
		tell("waits_total", float64(c.waits.Load()), direction)
		tell("refused_calls_total", float64(c.refused.Load()), direction)
	}
}
