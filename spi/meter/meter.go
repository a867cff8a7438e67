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
	groups [Groups]tally
	open   atomic.Int64
	total  atomic.Int64
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
}

// Read returns the counts. Calls may go on meanwhile, so the numbers belong
// together only roughly.
func (m *Meter) Read() Reading {
	r := Reading{
		Sent:     m.groups[Send].bytes.Load(),
		Received: m.groups[Recv].bytes.Load(),
		Open:     m.open.Load(),
		Total:    m.total.Load(),
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
func Wrap(s spi.Socket, m *Meter) spi.Socket {
	m.groups[Open].calls.Add(1)
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
	return &socket{s: s, m: m}
}

// epoch makes the times of now small, and one look at the clock enough for
// each.
var epoch = time.Now()

func now() int64 { return int64(time.Since(epoch)) }

// record counts a call that began at start and has just returned.
func (c *socket) record(g Group, start int64, err error) {
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
