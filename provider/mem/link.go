// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"
	"time"
)

// A Link is how traffic in one direction fares. The zero Link is perfect:
// no delay, no loss, no limit.
type Link struct {
	// Latency is the time every packet takes.
	Latency time.Duration
	// Jitter is the most that is added to it, evenly spread from 0. It
	// does not change the order of packets.
	Jitter time.Duration
	// Loss is the probability, 0 to 1, that a packet is lost. A stream
	// sends it again after a while.
	Loss float64
	// Duplicate is the probability that a datagram arrives twice.
	Duplicate float64
	// Reorder is the probability that a datagram is held back by
	// ReorderDelay, so that later ones overtake it.
	Reorder float64
	// ReorderDelay is that time; zero means Latency + Jitter, but at
	// least a millisecond.
	ReorderDelay time.Duration
	// Bandwidth is the most bytes that go through per second; zero means
	// no limit.
	Bandwidth int64
	// Down lets nothing through.
	Down bool
}

// perfect reports whether traffic arrives at once and for sure.
func (l Link) perfect() bool {
	return l.Latency <= 0 && l.Jitter <= 0 && l.Loss <= 0 && l.Duplicate <= 0 &&
		l.Reorder <= 0 && l.Bandwidth <= 0 && !l.Down
}

// A pair is a direction between two addresses. Local (AF_UNIX) traffic has
// the zero pair.
type pair struct{ from, to netip.Addr }

// SetLink changes how traffic fares from now on, in all directions that
// [Network.SetLinkBetween] has not treated. What is already on its way is
// not affected.
func (n *Network) SetLink(l Link) {
	n.init()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link = l
	n.perfect = l.perfect() && len(n.links) == 0
}

// SetLinkBetween changes how traffic from one address to another fares; the
// other direction is another link.
func (n *Network) SetLinkBetween(from, to netip.Addr, l Link) {
	n.init()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.links == nil {
		n.links = make(map[pair]Link)
	}
	n.links[pair{from.Unmap(), to.Unmap()}] = l
	n.perfect = false
}

// ClearLinks makes all links perfect.
func (n *Network) ClearLinks() {
	n.init()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link, n.links, n.perfect = Link{}, nil, true
}

func (n *Network) linkLocked(p pair) Link {
	if l, special := n.links[p]; special {
		return l
	}
	return n.link
}

// chanceLocked draws: true with probability p.
func (n *Network) chanceLocked(p float64) bool {
	return p > 0 && (p >= 1 || n.rand.Float64() < p)
}

// lostLocked draws whether a packet is lost.
func (n *Network) lostLocked(l *Link) bool { return l.Down || n.chanceLocked(l.Loss) }

// A queue is what a direction of a link is busy with.
type queue struct {
	until time.Time // when the last packet has left
	last  time.Time // when the last packet arrives
}

// travelLocked returns when a packet of size bytes that leaves now has left
// and when it arrives: it waits for its turn on the link, takes the time
// that the bandwidth needs, the latency, and some of the jitter. A link
// keeps the order of its packets; only Reorder changes it.
func (n *Network) travelLocked(p pair, l *Link, size int) (left, arrives time.Time) {
	q := n.queues[p]
	left = n.clock.Now()
	if l.Bandwidth > 0 {
		if q.until.After(left) {
			left = q.until
		}
		left = left.Add(time.Duration(int64(size) * int64(time.Second) / l.Bandwidth))
		q.until = left
	}
	arrives = left.Add(max(l.Latency, 0))
	if l.Jitter > 0 {
		arrives = arrives.Add(time.Duration(n.rand.Int64N(int64(l.Jitter) + 1)))
	}
	if q.last.After(arrives) {
		arrives = q.last
	}
	q.last = arrives
	n.queues[p] = q
	return left, arrives
}

// holdBack is the extra time of a reordered datagram.
func (l Link) holdBack() time.Duration {
	if l.ReorderDelay > 0 {
		return l.ReorderDelay
	}
	return max(l.Latency+l.Jitter, time.Millisecond)
}
