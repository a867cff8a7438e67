// SPDX-License-Identifier: Apache-2.0

package bucket

import (
	"container/heap"
	"math"
	"math/bits"
	"sync"
	"time"
)

// A Config says what a bucket is like.
type Config struct {
	Clock Clock // nil: [Real]

	// Rate is how much flows in per second, in Units of which so many make
	// one token. Unlimited: the bucket is never empty.
	Rate uint64
	Unit uint64

	// Plan, when not nil, takes the place of Rate.
	Plan Plan

	// Burst is how many tokens the bucket holds. 0: what flows in during
	// 50 ms, at least Floor.
	Burst uint64
	Floor uint64

	// Chunk is how many tokens are worth waking somebody for, if the
	// bucket holds twice as many. At high rates it is what flows in during
	// 2 ms.
	Chunk uint64
}

// Bytes returns the configuration for bytes at a rate of [ParseRate].
func Bytes(rate, burst uint64) Config {
	return Config{Rate: rate, Unit: 8, Burst: burst, Floor: 128, Chunk: 1460}
}

// Count returns the configuration for things at a rate of [ParseCount].
func Count(rate, burst uint64) Config {
	return Config{Rate: rate, Unit: 1000, Burst: burst, Floor: 1, Chunk: 1}
}

const (
	defaultBurst = 50 * time.Millisecond
	tick         = 2 * time.Millisecond
)

// A Bucket holds tokens that flow in at a constant rate. It begins full.
//
// Its state is one point in time, the one at which the bucket will be full:
// taking tokens moves it by their cost. Nothing is lost to rounding, so what
// flows out over time is exactly the rate.
type Bucket struct {
	config Config
	clock  Clock
	begin  time.Time

	mu      sync.Mutex // protects all below
	rate    uint64
	until   time.Time // when the plan is to be asked again
	burst   uint64
	room    int64  // the burst in nanoseconds
	quantum uint64 // what is worth waking somebody for
	dry     bool   // it was emptied, and a quantum is not there again: no crumbs are given
	full    int64  // nanoseconds since begin
	part    uint64 // what full falls short, in nanoseconds times rate

	queue   queue     // of members that wait
	granted []*Member // with what they may take before others
	total   uint64    // of those grants
	virtual uint64    // how much each waiting member has had, by its weight
	timer   Timer     // made when first needed
	armed   bool
	due     int64     // when it fires
	told    []*Member // memory of routineGrant
}

// A Member takes tokens from a bucket.
type Member struct {
	bucket   *Bucket
	weight   uint64
	priority int
	notify   func()

	// The bucket's mu protects these.
	grant uint64 // tokens that are kept for it
	had   uint64 // by its weight
	place int    // in the queue or of those granted, -1 in neither
	waits bool   // it is in the queue
}

// New returns a full bucket.
func New(c Config) *Bucket {
	if c.Clock == nil {
		c.Clock = Real
	}
	b := &Bucket{config: c, clock: c.Clock, begin: c.Clock.Now()}
	rate := c.Rate
	if c.Plan != nil {
		rate, b.until = c.Plan(b.begin)
	}
	b.setLocked(rate)
	return b
}

// Join returns a new member. Among those that wait, only the ones of the
// highest priority are given anything, each a share by its weight. notify is
// called, without locks, when the bucket refused it something and there is
// something now.
func (b *Bucket) Join(weight, priority int, notify func()) *Member {
	return &Member{bucket: b, weight: uint64(max(weight, 1)), priority: priority, notify: notify, place: -1}
}

// Leave gives back what is kept for the member, which is told nothing more
// but what is being told at the moment.
func (m *Member) Leave() {
	b := m.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked(m)
}

// SetRate changes the rate. What the bucket lacks stays what it was.
func (b *Bucket) SetRate(rate uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changeLocked(b.nowLocked(), rate)
	b.armLocked(b.nowLocked())
}

// Reserve takes up to want tokens, at least one, and returns how many. whole
// asks for all or nothing: the bucket then lends what it has not got. 0 says
// that there are none, and that the member will be told.
func (m *Member) Reserve(want int, whole bool) int {
	if want <= 0 {
		return 0
	}
	b := m.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.nowLocked()
	if b.rate == Unlimited {
		return want
	}
	there := b.thereLocked(m, now)
	if there == 0 {
		b.waitLocked(m, now)
		return 0
	}
	n := uint64(want)
	if !whole {
		n = min(n, there)
	}
	if m.waits {
		b.dropLocked(m)
	}
	if n >= there {
		b.dry = true
	}
	kept := min(n, m.grant)
	m.grant -= kept
	b.total -= kept
	b.takeLocked(now, n)
	return int(n)
}

// Ready reports whether Reserve would give anything. If not, the member will
// be told.
func (m *Member) Ready() bool {
	b := m.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.nowLocked()
	if b.rate == Unlimited || b.thereLocked(m, now) > 0 {
		return true
	}
	b.waitLocked(m, now)
	return false
}

// Return gives back tokens that were reserved and not used.
func (m *Member) Return(n int) {
	if n <= 0 {
		return
	}
	b := m.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.nowLocked()
	if b.rate == Unlimited {
		return
	}
	if b.giveLocked(uint64(n)); b.levelLocked(now) > 0 {
		b.dry = false
	}
	b.armLocked(now)
}

// Charge takes tokens that are gone already, lending what is not there.
func (m *Member) Charge(n int) {
	if n <= 0 {
		return
	}
	b := m.bucket
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := b.nowLocked(); b.rate != Unlimited {
		b.takeLocked(now, uint64(n))
	}
}

// Waiting returns how many members wait.
func (b *Bucket) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// Full reports whether the bucket has all its tokens.
func (b *Bucket) Full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.nowLocked()
	return b.rate == Unlimited || b.levelLocked(now) >= int64(b.burst)
}

// nowLocked returns the time, and asks the plan if it is to be asked.
func (b *Bucket) nowLocked() int64 {
	t := b.clock.Now()
	now := int64(t.Sub(b.begin))
	if b.config.Plan != nil && !b.until.IsZero() && !t.Before(b.until) {
		rate, until := b.config.Plan(t)
		b.until = until
		b.changeLocked(now, rate)
	}
	return now
}

// changeLocked sets another rate and keeps what is missing.
func (b *Bucket) changeLocked(now int64, rate uint64) {
	if rate == b.rate {
		return
	}
	missing := int64(0)
	if b.rate != Unlimited {
		missing = int64(b.burst) - b.levelLocked(now)
	}
	b.setLocked(rate)
	b.full, b.part = now, 0
	if missing > 0 && rate != Unlimited {
		b.takeLocked(now, uint64(missing))
	}
	if b.armed { // for a time that is wrong now
		b.armed = false
		b.timer.Stop()
	}
	b.armLocked(now)
}

// setLocked computes what follows from a rate.
func (b *Bucket) setLocked(rate uint64) {
	b.rate = rate
	if rate == Unlimited {
		return
	}
	c := &b.config
	if b.burst = c.Burst; b.burst == 0 {
		b.burst = max(b.flowLocked(defaultBurst), c.Floor)
	}
	b.quantum = max(1, min(b.burst/2, max(c.Chunk, b.flowLocked(tick))))
	b.room = b.costLocked(b.burst)
}

// flowLocked returns how many tokens flow in during d.
func (b *Bucket) flowLocked(d time.Duration) uint64 {
	return muldiv(uint64(d), b.rate, b.config.Unit*uint64(time.Second))
}

// costLocked returns in how many nanoseconds n tokens flow in, rounded up.
func (b *Bucket) costLocked(n uint64) int64 {
	return int64(min(muldiv(n, b.config.Unit*uint64(time.Second), b.rate)+1, 1<<61))
}

// levelLocked returns how many tokens there are, less than none if some are
// lent.
func (b *Bucket) levelLocked(now int64) int64 {
	left := b.room - max(0, b.full-now)
	if left < 0 {
		return -int64(b.flowLocked(time.Duration(-left))) - 1
	}
	return min(int64(b.flowLocked(time.Duration(left))), int64(b.burst))
}

// takeLocked moves the time of being full.
func (b *Bucket) takeLocked(now int64, n uint64) {
	if b.full < now {
		b.full, b.part = now, 0
	}
	hi, lo := bits.Mul64(n, b.config.Unit*uint64(time.Second))
	lo, carry := bits.Add64(lo, b.part, 0)
	if hi += carry; hi >= b.rate {
		b.full, b.part = math.MaxInt64/2, 0 // centuries
		return
	}
	var q uint64
	q, b.part = bits.Div64(hi, lo, b.rate)
	b.full = int64(min(uint64(b.full)+q, math.MaxInt64/2))
}

// giveLocked moves it back.
func (b *Bucket) giveLocked(n uint64) {
	hi, lo := bits.Mul64(n, b.config.Unit*uint64(time.Second))
	if hi >= b.rate {
		return
	}
	q, part := bits.Div64(hi, lo, b.rate)
	if part > b.part {
		q++
		b.part += b.rate
	}
	b.part -= part
	b.full -= int64(min(q, math.MaxInt64/2))
}

// thereLocked returns how much a member may take. What is kept for others is
// not there, nor is anything beyond its grant while others wait.
func (b *Bucket) thereLocked(m *Member, now int64) uint64 {
	level := b.levelLocked(now)
	if level <= 0 {
		return 0
	}
	others := len(b.queue)
	if m.waits {
		others--
	}
	if others > 0 {
		return min(m.grant, uint64(level))
	}
	free := level - int64(b.total-m.grant)
	if free <= 0 {
		return min(m.grant, uint64(level))
	}
	if uint64(free) >= b.quantum {
		b.dry = false
	}
	if m.grant > 0 || !b.dry {
		return uint64(free)
	}
	return 0
}

// waitLocked puts a member into the queue.
func (b *Bucket) waitLocked(m *Member, now int64) {
	if !m.waits {
		if m.place >= 0 {
			b.dropLocked(m)
		}
		m.waits = true
		m.had = max(m.had, b.virtual)
		heap.Push(&b.queue, m)
	}
	b.armLocked(now)
}

// dropLocked takes a member out of the queue, or its grant from it.
func (b *Bucket) dropLocked(m *Member) {
	switch {
	case m.waits:
		heap.Remove(&b.queue, m.place)
		m.waits = false
	case m.place >= 0:
		last := len(b.granted) - 1
		b.granted[m.place] = b.granted[last]
		b.granted[m.place].place = m.place
		b.granted[last] = nil
		b.granted = b.granted[:last]
	}
	m.place = -1
	b.reclaimLocked(m)
}

// reclaimLocked takes back what a member has not used.
func (b *Bucket) reclaimLocked(m *Member) {
	b.total -= m.grant
	m.had -= min(m.had, m.grant<<shift/m.weight)
	m.grant = 0
}

// shift keeps weights exact where grants are small.
const shift = 8

// armLocked makes the timer fire when there is enough for who waits.
func (b *Bucket) armLocked(now int64) {
	if len(b.queue) == 0 {
		return
	}
	at := now
	if b.rate != Unlimited {
		if short := b.enoughLocked() - b.levelLocked(now); short > 0 {
			at = now + b.costLocked(uint64(short))
		}
		if !b.until.IsZero() {
			at = min(at, int64(b.until.Sub(b.begin)))
		}
	}
	if b.armed && b.due <= at {
		return
	}
	b.armed, b.due = true, at
	if b.timer == nil {
		b.timer = b.clock.AfterFunc(time.Duration(at-now), b.routineGrant)
	} else {
		b.timer.Reset(time.Duration(at - now))
	}
}

// enoughLocked returns the level at which something is divided anew: what is
// kept for some and not yet taken stays theirs until then.
func (b *Bucket) enoughLocked() int64 { return int64(min(b.total+b.quantum, b.burst)) }

// routineGrant divides what there is among those who wait, by their weights.
// The timer calls it.
func (b *Bucket) routineGrant() {
	b.mu.Lock()
	b.armed = false
	told := b.told[:0]
	b.told = nil
	now := b.nowLocked()
	switch {
	case b.rate == Unlimited:
		for len(b.queue) > 0 {
			m := b.queue[0]
			b.dropLocked(m)
			told = append(told, m)
		}
	case b.levelLocked(now) >= b.enoughLocked():
		for _, m := range b.granted { // who did not come for it
			m.place = -1
			b.reclaimLocked(m)
		}
		clear(b.granted)
		b.granted = b.granted[:0]
		free := uint64(b.levelLocked(now))
		first, weights := b.firstLocked()
		least := min(b.quantum, b.config.Chunk)
		for left := free; left > 0 && len(b.queue) > 0 && b.queue[0].priority == first; {
			m := heap.Pop(&b.queue).(*Member)
			m.waits = false
			b.virtual = max(b.virtual, m.had)
			m.grant = min(max(muldiv(free, m.weight, weights), least), left)
			m.had += m.grant << shift / m.weight
			left -= m.grant
			b.total += m.grant
			m.place = len(b.granted)
			b.granted = append(b.granted, m)
			told = append(told, m)
		}
	}
	b.armLocked(now)
	b.mu.Unlock()
	for i, m := range told {
		m.notify()
		told[i] = nil
	}
	b.mu.Lock()
	b.told = told[:0]
	b.mu.Unlock()
}

// firstLocked returns the highest priority in the queue and the weights of
// those that have it.
func (b *Bucket) firstLocked() (priority int, weights uint64) {
	if len(b.queue) == 0 {
		return 0, 1
	}
	priority = b.queue[0].priority
	for _, m := range b.queue {
		if m.priority == priority {
			weights += m.weight
		}
	}
	return priority, weights
}

// muldiv returns a*b/c, or the greatest value if that does not fit.
func muldiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, c)
	return min(q, math.MaxInt64)
}

// A queue is a heap of waiting members: the highest priority first, and of
// those who has had least.
type queue []*Member

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].priority != q[j].priority {
		return q[i].priority > q[j].priority
	}
	return q[i].had < q[j].had
}
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push is of heap.Interface.
func (q *queue) Push(x any) {
	m := x.(*Member)
	m.place = len(*q)
	*q = append(*q, m)
}

// Pop is of heap.Interface.
func (q *queue) Pop() any {
	old := *q
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	m.place = -1
	return m
}
