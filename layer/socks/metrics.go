// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"sync/atomic"
	"time"

	"winsock/spi"
)

var declared = []spi.Metric{
	{Name: "attempts_total", Labels: []string{"proxy", "result"}, Help: "Attempts to get through a proxy, by whether it did what it was asked for: ok or failed."},
	{Name: "proxy_healthy", Kind: spi.Gauge, Labels: []string{"proxy"}, Help: "Whether a proxy is well: 0 while it is avoided after a failure."},
}

// tries counts how attempts over a proxy have ended.
type tries struct{ ok, failed atomic.Int64 }

// Collect tells how the proxies are. They are named without what proves to
// them who asks.
func (p *provider) Collect(tell func(metric string, value float64, labels ...string)) {
	now := time.Now()
	for _, x := range p.router.proxies {
		tell("attempts_total", float64(x.tries.ok.Load()), x.text, "ok")
		tell("attempts_total", float64(x.tries.failed.Load()), x.text, "failed")
		well := 0.0
		if x.well(now) {
			well = 1
		}
		tell("proxy_healthy", well, x.text)
	}
}
