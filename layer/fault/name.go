// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"strings"
	"time"

	"winsock/wsa"
)

// lookUp is asked before a name, or the text of an address, is looked up: it
// takes as long as toxics say, and its error is the answer.
func (p *place) lookUp(ctx context.Context, name string) error {
	state := p.state.Load()
	if !state.names {
		return nil
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	var wait time.Duration
	for _, t := range state.toxics {
		if kinds[t.Type].where != inName || !t.about(name) {
			continue
		}
		switch t.Type {
		case "dns_latency":
			if p.lookup.hits(t) {
				wait += t.late(p.lookup)
			}
		case "dns":
			if !p.lookups.struck(state.toxics, t, p.lookup) {
				continue
			}
			p.log.note("# look-up of %q answers %s by %s", name, t.errno.Name(), t.Name)
			if !p.pause(ctx, wait) {
				return wsa.WSA_E_CANCELLED
			}
			return t.errno.Err()
		}
	}
	if !p.pause(ctx, wait) {
		return wsa.WSA_E_CANCELLED
	}
	return nil
}

// about reports whether a toxic's host= means a name: the name itself, or with
// "*." before it all names below.
func (t *toxic) about(name string) bool {
	host := strings.ToLower(t.text("host"))
	if domain, ok := strings.CutPrefix(host, "*"); ok {
		return strings.HasSuffix(name, domain)
	}
	return host == "" || host == name
}

// late decides how late something is by a toxic's latency and jitter.
func (t *toxic) late(c *chance) time.Duration {
	d := t.number("latency")
	if j := t.number("jitter"); j > 0 {
		d += c.upTo(2*j, t, "jitter") - j
	}
	return time.Duration(max(d, 0)) * time.Millisecond
}

// pause waits, and reports false if ctx ended it.
func (p *place) pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	over := make(chan struct{})
	timer := p.clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}
