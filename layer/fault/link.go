// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"sync"
	"time"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/wsa"
)

// A link is one direction of a connection: a queue of pieces with the times at
// which they came, which toxics hold up, cut, and let pass. The lock of its
// stream protects it.
type link struct {
	s      *stream
	stream string
	chance *chance
	state  *state // whose toxics the plan is of
	plan   plan
	marks  map[*toxic]*mark

	queue   []piece
	size    int // bytes in the queue
	slice   int // what is left of the slice that is under way
	pause   time.Time
	passed  int64 // bytes, while there were toxics
	bucket  *bucket.Bucket
	tokens  *bucket.Member
	over    bool // nothing goes through any more
	message spi.Message

	// Downstream, what has come through and the program has not taken.
	out     [][]byte
	outSize int
	stalled bool // there was no room for what may wait below
}

// A piece is data that came at a time, or the end.
type piece struct {
	data     []byte
	at, due  time.Time // due is zero until it is decided
	gathered bool
	end      bool
	err      error // that is the end
	closing  bool  // the end is a close
}

// A plan is what the toxics that strike a link do.
type plan struct {
	any       bool
	latencies []*toxic
	limits    []*toxic
	slice     *toxic
	gather    *toxic
	pace      *toxic
	ending    *toxic // the first by time
	endAt     time.Time
	swallow   bool
	slowClose time.Duration
}

// A mark is what is kept of a toxic in force.
type mark struct {
	hit    bool
	since  time.Time
	passed int64 // of the link at that time
}

const (
	pieceSize = 32 << 10
	// pieceCost is what a piece takes beside its data. A program that sends
	// byte by byte would fill the memory with it.
	pieceCost = 128
	// smallQueue bounds what is held. While toxics make data late, more is
	// under way, as it would be on a long line.
	smallQueue = 64 << 10
	largeQueue = 8 << 20
)

// renewLocked follows the toxics in force.
func (l *link) renewLocked(state *state, now time.Time) {
	if l.state == state {
		return
	}
	l.state = state
	old := l.marks
	l.marks = make(map[*toxic]*mark)
	l.plan = plan{}
	p := &l.plan
	for _, t := range state.toxics {
		if t.Stream != l.stream || kinds[t.Type].where != inStream && kinds[t.Type].where != inAny {
			continue
		}
		m := old[t]
		if m == nil {
			m = &mark{hit: l.chances().hits(t), since: now, passed: l.passed}
		}
		l.marks[t] = m
		if !m.hit {
			continue
		}
		p.any = true
		switch t.Type {
		case "latency":
			p.latencies = append(p.latencies, t)
		case "bandwidth":
			if p.pace == nil || t.number("rate") < p.pace.number("rate") {
				p.pace = t
			}
		case "slow_close":
			p.slowClose += t.milliseconds("delay")
		case "timeout":
			p.swallow = true
			if d := t.milliseconds("timeout"); d > 0 {
				p.endAfter(t, m.since.Add(d))
			}
		case "reset_peer":
			if t.number("bytes") > 0 {
				p.limits = append(p.limits, t)
			} else {
				p.endAfter(t, m.since.Add(t.milliseconds("timeout")))
			}
		case "slicer":
			p.slice = t
		case "coalesce":
			p.gather = t
		case "limit_data":
			p.limits = append(p.limits, t)
		}
	}
	if p.pace != nil {
		rate := uint64(p.pace.number("rate")) * 8000
		if l.bucket == nil && rate > 0 {
			config := bucket.Bytes(rate, 0)
			config.Clock = l.s.place.clock
			l.bucket = bucket.New(config)
			l.tokens = l.bucket.Join(1, 0, l.s.wake)
		} else if rate > 0 {
			l.bucket.SetRate(rate)
		}
	}
	l.slice, l.pause = 0, time.Time{}
	for i := range l.queue {
		l.queue[i].due = time.Time{}
	}
}

// chances returns what decides about the link.
func (l *link) chances() *chance {
	if l.chance == nil {
		l.chance = l.s.place.chance('c', l.s.id, l.stream)
	}
	return l.chance
}

func (p *plan) endAfter(t *toxic, at time.Time) {
	if p.ending == nil || at.Before(p.endAt) {
		p.ending, p.endAt = t, at
	}
}

// emptyLocked reports whether the link holds nothing and was not ended.
func (l *link) emptyLocked() bool { return !l.over && len(l.queue) == 0 && len(l.out) == 0 }

// pureLocked reports whether the link does nothing to data.
func (l *link) pureLocked() bool { return !l.plan.any && l.emptyLocked() }

func (l *link) heldLocked() bool { return len(l.out) > 0 }

// roomLocked returns how many more bytes the link takes.
func (l *link) roomLocked() int {
	most := smallQueue
	if len(l.plan.latencies) > 0 {
		most = largeQueue
	}
	return max(0, most-l.size-l.outSize-pieceCost*(len(l.queue)+len(l.out)))
}

func (l *link) pushLocked(k piece) {
	l.size += len(k.data)
	l.queue = append(l.queue, k)
}

func (l *link) popLocked() {
	l.size -= len(l.queue[0].data)
	l.queue[0] = piece{}
	l.queue = l.queue[1:]
}

// dropLocked forgets what is held, also what has come through.
func (l *link) dropLocked(all bool) {
	l.queue, l.size = nil, 0
	if all {
		l.out, l.outSize = nil, 0
	}
}

// endLocked gives back what the link has of others.
func (l *link) endLocked() {
	l.over = true
	l.dropLocked(true)
	if l.tokens != nil {
		l.tokens.Leave()
		l.tokens = nil
	}
}

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

// fetchLocked takes what has come below, with the time at which it did.
func (l *link) fetchLocked(now time.Time) {
	l.stalled = false
	if !l.plan.any || l.over || l.s.noRecv || l.s.receiving.Load() != 0 ||
		len(l.queue) > 0 && l.queue[len(l.queue)-1].end {
		return
	}
	for {
		if l.roomLocked() == 0 {
			l.stalled = true
			return
		}
		buf := pieces.Get().(*[pieceSize]byte)
		m := &l.message
		m.SetBuffer(buf[:min(pieceSize, l.roomLocked())])
		n, err := l.s.Socket.Recv(m)
		m.Reset()
		k := piece{at: now, err: err}
		if err == nil && n > 0 {
			k.data = append([]byte(nil), buf[:n]...)
		} else {
			k.end = true
		}
		pieces.Put(buf)
		if err == wsa.WSAEWOULDBLOCK {
			return
		}
		if l.pushLocked(k); k.end {
			return
		}
	}
}

// takeLocked gives the program what has come through: a slice at a time if
// it is to come in slices.
func (l *link) takeLocked(m *spi.Message) int {
	n := 0
	peek := m.Flags&wsa.MSG_PEEK != 0
	for i := 0; i < len(l.out); {
		k := m.Scatter(l.out[i], n)
		n += k
		whole := k == len(l.out[i])
		switch {
		case peek:
			i++
		case whole:
			l.outSize -= k
			l.out[i] = nil
			l.out = l.out[1:]
		default:
			l.outSize -= k
			l.out[i] = l.out[i][k:]
		}
		if !whole || l.plan.slice != nil {
			break
		}
	}
	return n
}

// alarm has the links looked at again at a time.
func (l *link) alarm(at time.Time) {
	if l.s.next.IsZero() || at.Before(l.s.next) {
		l.s.next = at
	}
}

// passLocked passes on what may pass.
func (l *link) passLocked(now time.Time) {
	p := &l.plan
	if p.ending != nil && !l.over {
		if !now.Before(p.endAt) {
			l.killLocked(p.ending)
			return
		}
		l.alarm(p.endAt)
	}
	for !l.over && len(l.queue) > 0 {
		k := &l.queue[0]
		if k.end {
			if !l.finishLocked(k, now) {
				return
			}
			continue
		}
		if p.swallow {
			l.popLocked()
			l.s.events |= l.freed()
			continue
		}
		if k.due.IsZero() {
			k.due = k.at.Add(l.latency())
		}
		if now.Before(k.due) {
			l.alarm(k.due)
			return
		}
		if p.gather != nil && !l.gatherLocked(now) {
			return
		}
		if now.Before(l.pause) {
			l.alarm(l.pause)
			return
		}
		if !l.moveLocked(now) {
			return
		}
	}
}

// latency decides how late a piece is.
func (l *link) latency() (all time.Duration) {
	for _, t := range l.plan.latencies {
		all += t.late(l.chances())
	}
	return all
}

// gatherLocked adds what has come to the first piece, and reports whether that
// is enough or has waited long enough.
func (l *link) gatherLocked(now time.Time) bool {
	if l.queue[0].gathered {
		return true
	}
	t := l.plan.gather
	until := l.queue[0].due.Add(t.milliseconds("delay"))
	ended := false
	have := 0
	for i := range l.queue {
		ended = ended || l.queue[i].end
		have += len(l.queue[i].data)
	}
	if int64(have) < t.number("size") && !ended && now.Before(until) && l.roomLocked() > 0 {
		l.alarm(until)
		return false
	}
	whole := l.queue[0]
	for len(l.queue) > 1 && !l.queue[1].end && int64(len(whole.data)) < t.number("size") {
		whole.data = append(whole.data, l.queue[1].data...)
		l.queue[0] = piece{}
		l.queue = l.queue[1:]
	}
	whole.gathered = true
	l.queue[0] = whole
	return true
}

// moveLocked passes on as much of the first piece as may go at once, and
// reports whether there may be more.
func (l *link) moveLocked(now time.Time) bool {
	p := &l.plan
	k := &l.queue[0]
	n := len(k.data)
	var last *toxic
	for _, t := range p.limits {
		left := max(0, t.number("bytes")-(l.passed-l.marks[t].passed))
		if left == 0 {
			l.killLocked(t)
			return false
		}
		if int64(n) >= left {
			n, last = int(left), t
		}
	}
	if p.slice != nil {
		if l.slice == 0 {
			size, vary := p.slice.number("average_size"), p.slice.number("size_variation")
			if vary > 0 {
				size += l.chances().upTo(2*vary, p.slice, "size") - vary
			}
			l.slice = int(max(size, 1))
		}
		if l.slice < n {
			n, last = l.slice, nil
		}
	}
	if p.pace != nil {
		may := 0
		if p.pace.number("rate") > 0 {
			may = l.tokens.Reserve(n, false)
		}
		if may == 0 {
			return false // the bucket tells when there are some
		}
		if may < n {
			n, last = may, nil
		}
	}
	moved, err := l.emitLocked(k.data[:n])
	if p.pace != nil {
		l.tokens.Return(n - moved)
	}
	if err != nil && err != wsa.WSAEWOULDBLOCK {
		l.s.sendErr = err
		l.over = true
		l.dropLocked(false)
		l.s.events |= spi.EventReset
		l.s.drained = l.s.closing
		return false
	}
	l.passed += int64(moved)
	l.size -= moved
	k.data = k.data[moved:]
	if len(k.data) == 0 {
		l.popLocked()
	}
	if moved < n {
		l.s.linkLocked() // the socket below tells when there is room
		return false
	}
	if last != nil {
		l.killLocked(last)
		return false
	}
	if p.slice != nil {
		if l.slice -= moved; l.slice == 0 && len(k.data) > 0 {
			if d := time.Duration(p.slice.number("delay")) * time.Microsecond; d > 0 {
				l.pause = now.Add(d)
			}
		}
	}
	return true
}

// emitLocked passes data on to its side.
func (l *link) emitLocked(data []byte) (int, error) {
	if l.stream == downstream {
		l.out = append(l.out, data)
		l.outSize += len(data)
		l.s.events |= spi.EventRead
		return len(data), nil
	}
	m := &l.message
	m.SetBuffer(data)
	n, err := l.s.Socket.Send(m)
	m.Reset()
	if n > 0 {
		l.s.events |= l.freed()
	}
	return n, err
}

// freed is what is told when the link has room.
func (l *link) freed() spi.Events {
	if l.stream == upstream && !l.s.closing {
		return spi.EventWrite
	}
	return 0
}

// finishLocked passes the end on, unless it is to be late.
func (l *link) finishLocked(k *piece, now time.Time) bool {
	if d := l.plan.slowClose; d > 0 && k.err == nil && !(k.closing && l.s.noSend) {
		if k.due.IsZero() {
			k.due = now.Add(d)
		}
		if now.Before(k.due) {
			l.alarm(k.due)
			return false
		}
	}
	end := *k
	l.popLocked()
	switch {
	case l.stream == downstream:
		l.over = true
		if l.s.recvErr = end.err; end.err == nil {
			l.s.ended = true
			l.s.events |= spi.EventClose
		} else {
			if l.s.sendErr == nil {
				l.s.sendErr = end.err
			}
			l.s.events |= spi.EventReset
		}
	case end.closing:
		l.over, l.s.drained = true, true
	default:
		if err := l.s.Socket.Shutdown(wsa.SD_SEND); err != nil {
			l.s.sendErr = err
		}
	}
	return true
}

// killLocked ends the connection as a toxic says.
func (l *link) killLocked(t *toxic) {
	l.s.place.log.note("# %s ended by %s after %d bytes", l.chances().key, t.Name, l.passed)
	if t.Type == "reset_peer" {
		l.s.resetLocked()
	} else {
		l.s.cutLocked()
	}
}
