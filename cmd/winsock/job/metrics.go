// SPDX-License-Identifier: Apache-2.0

package job

import (
	"fmt"
	"os"
	"strings"

	"winsock/metrics"
	"winsock/run/runmetrics"
	"winsock/spi/meter"
)

// meter begins to count, and to serve the counts, as far as the plan says so.
func (s *supervisor) meter() (err error) {
	s.ready = make(chan struct{})
	if s.plan.Stats == "" && s.plan.Metrics == "" {
		return nil
	}
	s.meters = new(meter.Set)
	if s.plan.Metrics == "" {
		return nil
	}
	s.metrics, err = metrics.Serve(s.plan.Metrics, &metrics.Gatherer{Set: s.meters, More: s.supervised})
	if err != nil {
		return fmt.Errorf("metrics cannot be served: %w", err)
	}
	if strings.HasSuffix(s.plan.Metrics, ":0") { // the kernel chose
		fmt.Fprintf(os.Stderr, "winsock run: metrics are at http://%s/metrics\n", s.metrics.Address())
	}
	return nil
}

// supervised tells what the supervisor counts, once the program is started.
func (s *supervisor) supervised() []metrics.Family {
	select {
	case <-s.ready:
		return runmetrics.Families(s.carrier.Stats(), s.carrier.Connections())
	default:
		return nil
	}
}

// endMetrics ends serving.
func (s *supervisor) endMetrics() {
	if s.metrics != nil {
		_ = s.metrics.Close() // it ends with the process at the latest
	}
}
