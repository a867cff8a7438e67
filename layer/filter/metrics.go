// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"maps"
	"strconv"
	"sync"

	"winsock/layer/filter/rules"
	"winsock/spi"
)

var declared = []spi.Metric{
	{Name: "decisions_total", Labels: []string{"direction", "action", "rule"}, Help: "Decisions, by what they were about, what was decided, and the line of the rule: default is none."},
}

// maxHits bounds what is told apart, as files of rules change.
const maxHits = 4096

// A hit is what is told apart of decisions.
type hit struct {
	direction rules.Direction
	action    rules.Action
	line      int // of the rule; 0: none
}

// hits counts decisions. The zero value is ready for use.
type hits struct {
	mu     sync.Mutex // protects counts
	counts map[hit]uint64
}

func (h *hits) count(d rules.Direction, v *rules.Verdict) {
	key := hit{direction: d, action: v.Action}
	if v.Rule != nil {
		key.line = v.Rule.Line()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts == nil {
		h.counts = make(map[hit]uint64)
	}
	if _, known := h.counts[key]; known || len(h.counts) < maxHits {
		h.counts[key]++
	}
}

// Collect tells how often each rule has decided. Of rules there is the line
// only, as their text may hold what does not belong in metrics.
func (p *provider) Collect(tell func(metric string, value float64, labels ...string)) {
	p.hits.mu.Lock()
	counts := maps.Clone(p.hits.counts)
	p.hits.mu.Unlock()
	for key, n := range counts {
		rule := "default"
		if key.line > 0 {
			rule = strconv.Itoa(key.line)
		}
		tell("decisions_total", float64(n), key.direction.String(), key.action.String(), rule)
	}
}
