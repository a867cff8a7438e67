// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"slices"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// An FdSet is an fd_set: a list of sockets, of any length. Its methods are
// the FD_ macros.
type FdSet []SOCKET

// Set adds a socket, unless it is in the set (FD_SET).
func (set *FdSet) Set(s SOCKET) {
	if !set.IsSet(s) {
		*set = append(*set, s)
	}
}

// Clr removes a socket (FD_CLR). The others keep their order.
func (set *FdSet) Clr(s SOCKET) {
	if i := slices.Index(*set, s); i >= 0 {
		*set = slices.Delete(*set, i, i+1)
	}
}

// IsSet reports whether a socket is in the set (FD_ISSET).
func (set *FdSet) IsSet(s SOCKET) bool { return slices.Contains(*set, s) }

// Zero empties the set (FD_ZERO).
func (set *FdSet) Zero() { *set = (*set)[:0] }

// selectEvents are what puts a socket into the read, write, and except sets
// that select returns.
var selectEvents = [3]spi.Events{
	spi.EventRead | spi.EventAccept | spi.EventClose | spi.EventReset,
	spi.EventWrite | spi.EventReset,
	spi.EventOOB | spi.EventConnectFail,
}

// Select waits until sockets are ready ("select function"). On return the
// sets hold those that are, each once, and the result is the number of all
// the members. A socket that is closed meanwhile counts as readable. The
// sets may be nil or empty but not all of them, and one set may be passed
// for several arguments; it then gets the sockets that are ready for any of
// the purposes. A nil timeout means forever; it is not changed. Sockets of
// different providers may be mixed.
//
// Errors, which leave the sets as they are: WSANOTINITIALISED; WSAEINVAL for
// no socket at all and for a negative timeout; WSAENOTSOCK for a member that
// is no socket, and for one that is closed meanwhile and not in the read
// set.
func Select(readfds, writefds, exceptfds *FdSet, timeout *time.Duration) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	limit := time.Duration(-1)
	if timeout != nil {
		if limit = *timeout; limit < 0 {
			return 0, wsa.WSAEINVAL
		}
	}
	p := newPollSet()
	defer p.free()
	sets := [3]*FdSet{readfds, writefds, exceptfds}
	for i, set := range sets {
		if err := p.addSet(set, uint8(i)); err != nil {
			return 0, err
		}
	}
	if len(p.entries) == 0 {
		return 0, wsa.WSAEINVAL
	}
	p.wait(limit)
	for _, e := range p.entries {
		if !e.closed {
			continue
		}
		if e.sets&1 == 0 {
			return 0, wsa.WSAENOTSOCK
		}
		e.have = spi.EventClose
	}
	n := 0
	for i, set := range sets {
		if set != nil && !slices.Contains(sets[:i], set) {
			n += p.fill(set, &sets)
		}
	}
	return n, nil
}

// addSet adds the members of select's i-th set.
func (p *pollSet) addSet(set *FdSet, i uint8) error {
	if set == nil {
		return nil
	}
	for _, h := range *set {
		e := p.find(h)
		if e == nil {
			s, err := use(h)
			if err != nil {
				return err
			}
			e = p.add(h, s)
		}
		e.sets |= 1 << i
		e.want |= selectEvents[i]
	}
	return nil
}

// fill makes set the list of the sockets that are ready for one of the
// arguments it was passed for.
func (p *pollSet) fill(set *FdSet, sets *[3]*FdSet) int {
	ready := (*set)[:0] // has room, as a member was there before
	for _, e := range p.entries {
		for i := range sets {
			if sets[i] == set && e.sets&(1<<i) != 0 && e.have&selectEvents[i] != 0 {
				ready = append(ready, e.handle)
				break
			}
		}
	}
	*set = ready
	return len(ready)
}
