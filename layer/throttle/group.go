// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"sync"
	"sync/atomic"

	"winsock/internal/bucket"
	"winsock/spi"
)

// A group is what sockets share: buckets and quotas.
type group struct {
	buckets [flows]*bucket.Bucket // nil: without limit
	up      *quota                // nil: without
	down    *quota

	// The lock of groups protects these.
	uses int
	key  groupKey
}

// A groupKey tells whose group it is.
type groupKey struct {
	options string
	process int // 0: all
}

// groups are those that sockets of several providers may share: each entry
// of the catalog has a provider of its own.
var groups struct {
	mu        sync.Mutex // protects what follows, and the fields of group that say so
	byKey     map[groupKey]*group
	providers map[string]int // by options
}

// maxIdle bounds the groups of processes that may be no more.
const maxIdle = 1024

// enter and leave count the providers with the same options. What is left of a
// quota is kept as long as there is one.
func enter(options string) {
	groups.mu.Lock()
	defer groups.mu.Unlock()
	if groups.providers == nil {
		groups.providers = make(map[string]int)
		groups.byKey = make(map[groupKey]*group)
	}
	groups.providers[options]++
}

func leave(options string) {
	groups.mu.Lock()
	defer groups.mu.Unlock()
	if groups.providers[options]--; groups.providers[options] > 0 {
		return
	}
	delete(groups.providers, options)
	for key, g := range groups.byKey {
		if key.options == options && g.uses == 0 {
			delete(groups.byKey, key)
		}
	}
}

// group returns the group that a socket belongs to. release gives it back.
func (t *throttle) group(process *spi.Process) *group {
	key := groupKey{options: t.key}
	switch t.scope {
	case "run":
	case "process":
		if key.process = ownProcess; process != nil {
			key.process = process.ID
		}
	default:
		return t.newGroup()
	}
	groups.mu.Lock()
	defer groups.mu.Unlock()
	g := groups.byKey[key]
	if g == nil {
		if len(groups.byKey) >= maxIdle {
			dropIdleLocked()
		}
		g = t.newGroup()
		g.key = key
		groups.byKey[key] = g
	}
	g.uses++
	return g
}

// ownProcess stands for the process that the layer runs in.
const ownProcess = -1

// dropIdleLocked forgets groups that nobody uses and that have nothing to
// remember.
func dropIdleLocked() {
	for key, g := range groups.byKey {
		if g.uses == 0 && g.fresh() {
			delete(groups.byKey, key)
		}
	}
}

func (g *group) release() {
	if g.key == (groupKey{}) {
		return
	}
	groups.mu.Lock()
	defer groups.mu.Unlock()
	if g.uses--; g.uses == 0 && groups.providers[g.key.options] == 0 {
		delete(groups.byKey, g.key)
	}
}

// fresh reports whether a new group would be the same.
func (g *group) fresh() bool {
	for _, b := range g.buckets {
		if b != nil && !b.Full() {
			return false
		}
	}
	return !g.up.touched() && !g.down.touched()
}

// newGroup makes buckets and quotas.
func (t *throttle) newGroup() *group {
	g := &group{up: newQuota(t.quotaUp), down: newQuota(t.quotaDown)}
	for f := range flows {
		plan := t.schedule.plan(f, t.rates.value[f])
		if plan == nil && t.rates.value[f] == bucket.Unlimited {
			continue
		}
		config := bucket.Bytes(t.rates.value[f], t.burst)
		if f >= packetsUp {
			config = bucket.Count(t.rates.value[f], t.burstPackets)
		}
		config.Plan, config.Clock = plan, t.clock
		g.buckets[f] = bucket.New(config)
	}
	return g
}

// A quota is how many bytes may still pass. Its methods work on nil: then
// there is none.
type quota struct {
	whole int64
	left  atomic.Int64

	mu      sync.Mutex // protects sockets; held while they are told
	sockets map[*socket]struct{}
}

func newQuota(n int64) *quota {
	if n < 0 {
		return nil
	}
	q := &quota{whole: n, sockets: make(map[*socket]struct{})}
	q.left.Store(n)
	return q
}

func (q *quota) touched() bool { return q != nil && q.left.Load() != q.whole }

// over reports whether nothing may pass any more.
func (q *quota) over() bool { return q != nil && q.left.Load() <= 0 }

// take reserves up to n bytes, or lends what is missing to all of them.
func (q *quota) take(n int, whole bool) int {
	if q == nil || n == 0 {
		return n
	}
	for {
		left := q.left.Load()
		if left <= 0 {
			return 0
		}
		if !whole {
			n = int(min(int64(n), left))
		}
		if q.left.CompareAndSwap(left, left-int64(n)) {
			return n
		}
	}
}

// give returns what was not used.
func (q *quota) give(n int) {
	if q != nil && n > 0 {
		q.left.Add(int64(n))
	}
}

// end tells every socket of a quota that is over, each once.
func (q *quota) end() {
	if !q.over() {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for s := range q.sockets {
		delete(q.sockets, s)
		s.overdrawn()
	}
}

func (q *quota) join(s *socket) {
	if q != nil {
		q.mu.Lock()
		q.sockets[s] = struct{}{}
		q.mu.Unlock()
	}
}

func (q *quota) leave(s *socket) {
	if q != nil {
		q.mu.Lock()
		delete(q.sockets, s)
		q.mu.Unlock()
	}
}
