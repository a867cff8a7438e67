// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"sync/atomic"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A Group is a kind of calls.
type Group uint8

const (
	Open    Group = iota // sockets that were opened; their opening is not timed
	Control              // bind, listen, shutdown, close, names, options and all that follows no other group
	Connect              // Connect, ConnectResult, ConnectWithData, JoinLeaf
	Accept
	Send // Send, SendFile
	Recv
	Groups // how many there are
)

var groupNames = [Groups]string{"open", "control", "connect", "accept", "send", "recv"}

// String returns the group's name in lower case.
func (g Group) String() string {
	if g < Groups {
		return groupNames[g]
	}
	return "?"
}

// A Meter counts what passes one place. Its zero value is ready for use, by
// several goroutines; it must not be copied. It has a fixed size, some 14 kB.
type Meter struct {
	groups    [Groups]tally
	sent      [SizeBuckets]atomic.Int64
	received  [SizeBuckets]atomic.Int64
	open      atomic.Int64
	total     atomic.Int64
	opened    atomic.Int64 // by their provider, which is what Open counts
	connected atomic.Int64
	accepted  atomic.Int64
}

// A tally counts the calls of a group. What each call changes begins a cache
// line, as senders and receivers count at the same time.
type tally struct {
	time    atomic.Int64 // nanoseconds
	below   atomic.Int64 // nanoseconds in the calls of the sockets below
	bytes   atomic.Int64
	blocked atomic.Int64
	_       [4]int64

	took  [DurationBuckets]atomic.Int64 // of which the sum is the number of calls
	codes codes
	_     [(8 - (DurationBuckets+numCodes)%8) % 8]int64
}

// Counts are the calls of one group.
type Counts struct {
	Calls   int64         // with those that were answered with WSAEWOULDBLOCK
	Blocked int64         // answered with WSAEWOULDBLOCK
	Errors  int64         // other than WSAEWOULDBLOCK
	Time    time.Duration // spent in the calls

	Took  Took  // the calls by their time; of group Open there is none
	Codes Codes // the errors by their codes
}

// add adds what was counted elsewhere.
func (c *Counts) add(more *Counts) {
	c.Calls += more.Calls
	c.Blocked += more.Blocked
	c.Errors += more.Errors
	c.Time += more.Time
	c.Took.add(&more.Took)
	c.Codes.add(&more.Codes)
}

// A Reading is what a meter has counted.
type Reading struct {
	Groups   [Groups]Counts
	Sent     int64 // bytes
	Received int64 // bytes, without those that were only peeked at

	SentSizes     Sizes // the calls that sent something, by how many bytes that was
	ReceivedSizes Sizes

	Open      int64 // sockets that are open
	Total     int64 // sockets that were opened, accepted or joined
	Connected int64 // connects that have ended well; the others are errors of group Connect
	Accepted  int64 // connections that were accepted
}

// Read returns the counts. Calls may go on meanwhile, so the numbers belong
// together only roughly.
func (m *Meter) Read() (r Reading) {
	m.read(&r)
	return r
}

func (m *Meter) read(r *Reading) {
	for g := range r.Groups {
		t, c := &m.groups[g], &r.Groups[g]
		load(c.Took[:], t.took[:])
		load(c.Codes[:], t.codes[:])
		c.Calls, c.Errors = c.Took.Count(), c.Codes.Sum()
		c.Blocked = t.blocked.Load()
		c.Time = time.Duration(t.time.Load())
	}
	r.Groups[Open].Calls = m.opened.Load()
	load(r.SentSizes[:], m.sent[:])
	load(r.ReceivedSizes[:], m.received[:])
	r.Sent, r.Received = m.groups[Send].bytes.Load(), m.groups[Recv].bytes.Load()
	r.Open, r.Total = m.open.Load(), m.total.Load()
	r.Connected, r.Accepted = m.connected.Load(), m.accepted.Load()
}

// add adds what was counted elsewhere.
func (r *Reading) add(more *Reading) {
	for g := range r.Groups {
		r.Groups[g].add(&more.Groups[g])
	}
	r.SentSizes.add(&more.SentSizes)
	r.ReceivedSizes.add(&more.ReceivedSizes)
	r.Sent += more.Sent
	r.Received += more.Received
	r.Open += more.Open
	r.Total += more.Total
	r.Connected += more.Connected
	r.Accepted += more.Accepted
}

// Sum returns the counts of all groups together.
func (r *Reading) Sum() (all Counts) {
	for g := range r.Groups {
		all.add(&r.Groups[g])
	}
	return all
}

// Wrap returns a socket that does all that s does and is counted by m, as are
// the sockets that it accepts and joins.
func Wrap(s spi.Socket, m *Meter) spi.Socket {
	m.opened.Add(1)
	return wrap(s, m)
}

// Unwrap returns the socket that s meters, and s itself if it meters none.
func Unwrap(s spi.Socket) spi.Socket {
	for {
		c, ok := s.(*socket)
		if !ok {
			return s
		}
		s = c.s
	}
}

// wrap is Wrap without counting an opening.
func wrap(s spi.Socket, m *Meter) *socket {
	m.open.Add(1)
	m.total.Add(1)
	return &socket{s: s, m: m, since: time.Now()}
}

// epoch makes the times of now small, and one look at the clock enough for
// each.
var epoch = time.Now()

func now() int64 { return int64(time.Since(epoch)) }

// record counts a call that began at start and has just returned.
func (c *socket) record(g Group, start int64, err error) {
	c.recordTook(g, now()-start, err)
}

// recordTook counts a call that took so long.
func (c *socket) recordTook(g Group, took int64, err error) {
	t := &c.m.groups[g]
	t.took[durationBucket(took)].Add(1)
	t.time.Add(took)
	if above := c.above.Load(); above != nil {
		above.groups[g].below.Add(took)
	}
	switch err {
	case nil:
	case wsa.WSAEWOULDBLOCK:
		t.blocked.Add(1)
	default:
		t.codes[codeIndex(err)].Add(1)
	}
}

// moved counts the bytes that a call of group Send or Recv has moved.
func (c *socket) moved(g Group, n int, err error) {
	h, sizes := &c.halves[spi.Receiving], &c.m.received
	if g == Send {
		h, sizes = &c.halves[spi.Sending], &c.m.sent
	}
	h.calls.Add(1)
	if n > 0 {
		c.m.groups[g].bytes.Add(int64(n))
		sizes[sizeBucket(n)].Add(1)
		h.bytes.Add(int64(n))
	}
	switch err {
	case nil:
	case wsa.WSAEWOULDBLOCK:
		h.blocked.Add(1)
	default:
		h.errors.Add(1)
	}
}
