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
// several goroutines; it must not be copied.
type Meter struct {
	groups    [Groups]tally
	open      atomic.Int64
	total     atomic.Int64
	uncounted atomic.Int64
}

// A tally has a cache line of its own, as senders and receivers count at the
// same time.
type tally struct {
	calls  atomic.Int64
	errors atomic.Int64
	bytes  atomic.Int64
	time   atomic.Int64 // nanoseconds
	below  atomic.Int64 // nanoseconds in the calls of the sockets below
	_      [3]int64
}

// Counts are the calls of one group.
type Counts struct {
	Calls  int64         // with those that were answered with WSAEWOULDBLOCK
	Errors int64         // other than WSAEWOULDBLOCK
	Time   time.Duration // spent in the calls
}

// A Reading is what a meter has counted.
type Reading struct {
	Groups   [Groups]Counts
	Sent     int64 // bytes
	Received int64 // bytes, without those that were only peeked at
	Open     int64 // sockets that are open
	Total    int64 // sockets that were opened, accepted or joined

	// Uncounted is how many sockets are not in the counts, see [Wrap].
	Uncounted int64
}

// Read returns the counts. Calls may go on meanwhile, so the numbers belong
// together only roughly.
func (m *Meter) Read() Reading {
	r := Reading{
		Sent:      m.groups[Send].bytes.Load(),
		Received:  m.groups[Recv].bytes.Load(),
		Open:      m.open.Load(),
		Total:     m.total.Load(),
		Uncounted: m.uncounted.Load(),
	}
	for g := range r.Groups {
		t := &m.groups[g]
		r.Groups[g] = Counts{t.calls.Load(), t.errors.Load(), time.Duration(t.time.Load())}
	}
	return r
}

// Sum returns the counts of all groups together.
func (r *Reading) Sum() (all Counts) {
	for _, c := range r.Groups {
		all.Calls += c.Calls
		all.Errors += c.Errors
		all.Time += c.Time
	}
	return all
}

// Wrap returns a socket that does all that s does and is counted by m, as are
// the sockets that it accepts and joins.
//
// There is a type for each set of optional interfaces that is to be expected
// (see bundles.go). A socket with another set is returned as it is, since to
// work is more than to be counted; m counts how many those are.
func Wrap(s spi.Socket, m *Meter) spi.Socket {
	m.groups[Open].calls.Add(1)
	top, _ := wrap(s, m)
	return top
}

// Unwrap returns the socket that s meters, and s itself if it meters none.
func Unwrap(s spi.Socket) spi.Socket {
	for {
		m, ok := s.(interface{ metered() spi.Socket })
		if !ok {
			return s
		}
		s = m.metered()
	}
}

func (c *core) metered() spi.Socket { return c.s }

// wrap is Wrap without counting an opening; c is nil if s is not counted.
func wrap(s spi.Socket, m *Meter) (top spi.Socket, c *core) {
	bundle := bundles[abilitiesOf(s)]
	if bundle == nil {
		m.uncounted.Add(1)
		return s, nil
	}
	c, top = bundle()
	c.s, c.m, c.outer = s, m, top
	m.open.Add(1)
	m.total.Add(1)
	return top, c
}

// epoch makes the times of now small, and one look at the clock enough for
// each.
var epoch = time.Now()

func now() int64 { return int64(time.Since(epoch)) }

// record counts a call that began at start and has just returned.
func (c *core) record(g Group, start int64, err error) {
	took := now() - start
	t := &c.m.groups[g]
	t.calls.Add(1)
	t.time.Add(took)
	if err != nil && err != wsa.WSAEWOULDBLOCK {
		t.errors.Add(1)
	}
	if above := c.above.Load(); above != nil {
		above.groups[g].below.Add(took)
	}
}
