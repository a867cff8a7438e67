// SPDX-License-Identifier: Apache-2.0

package hostnames

import (
	"net/netip"
	"strings"
	"sync"
)

// A Fakes is a set of addresses that stand for names: who cannot or must not
// look a name up gives it an address of a range that leads nowhere, and who
// sees that address later finds the name again. It is bounded: the name that
// was used longest ago is forgotten first, and its addresses serve another one
// only after all others of the range have.
//
// The zero value is empty. A process has one, see [FakeFor].
type Fakes struct {
	mu     sync.Mutex // protects what follows
	ranges []*fakeRange
	byName map[fakeKey]*fake
	byAddr map[netip.Addr]*fake
	newest *fake // a ring: newest.next is the oldest
	limit  int   // 0: maxFakes
}

type fakeKey struct {
	name string
	in   *fakeRange
}

// A fakeRange hands its addresses out one after the other.
type fakeRange struct {
	prefix netip.Prefix
	next   netip.Addr
}

type fake struct {
	addr       netip.Addr
	key        fakeKey
	prev, next *fake
}

// maxFakes bounds the names of a range that are kept, if it is not smaller.
const maxFakes = 1 << 16

var fakes Fakes

// FakeFor returns the address of the range that stands for a name. It is
// invalid if the range has no room for any.
func FakeFor(name string, in netip.Prefix) netip.Addr { return fakes.For(name, in) }

// Fake returns the name that an address stands for. known is false if it is
// of no range that addresses were taken from, so that it is an address like
// any other; the name is empty if it stands for none any more.
func Fake(addr netip.Addr) (name string, known bool) { return fakes.Of(addr) }

// For is the method of [FakeFor].
func (f *Fakes) For(name string, in netip.Prefix) netip.Addr {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	in = in.Masked()
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.rangeLocked(in)
	k := fakeKey{name, r}
	e := f.byName[k]
	if e == nil {
		if e = f.takeLocked(r); e == nil {
			return netip.Addr{}
		}
		e.key = k
		f.byName[k], f.byAddr[e.addr] = e, e
	} else {
		f.unlinkLocked(e)
	}
	f.linkLocked(e)
	return e.addr
}

// Of is the method of [Fake].
func (f *Fakes) Of(addr netip.Addr) (name string, known bool) {
	addr = key(addr)
	f.mu.Lock()
	defer f.mu.Unlock()
	if e := f.byAddr[addr]; e != nil {
		f.unlinkLocked(e)
		f.linkLocked(e)
		return e.key.name, true
	}
	for _, r := range f.ranges {
		if r.prefix.Contains(addr) {
			return "", true
		}
	}
	return "", false
}

func (f *Fakes) rangeLocked(in netip.Prefix) *fakeRange {
	for _, r := range f.ranges {
		if r.prefix == in {
			return r
		}
	}
	if f.byName == nil {
		f.byName, f.byAddr = make(map[fakeKey]*fake), make(map[netip.Addr]*fake)
	}
	r := &fakeRange{prefix: in, next: in.Addr().Next()} // the first one is the network's
	f.ranges = append(f.ranges, r)
	return r
}

// takeLocked returns the next address of a range that stands for nothing, or
// the one of the range that was used longest ago.
func (f *Fakes) takeLocked(r *fakeRange) *fake {
	limit := f.limit
	if limit == 0 {
		limit = maxFakes
	}
	if len(f.byAddr) >= limit {
		f.forgetLocked(f.newest.next)
	}
	// Those in use are fewer than the limit, so that a free one is near.
	for range limit + 2 {
		addr := r.next
		if r.next = addr.Next(); !r.prefix.Contains(addr) {
			r.next = r.prefix.Addr().Next()
			continue
		}
		if f.byAddr[addr] == nil && !lastOf(r.prefix, addr) {
			return &fake{addr: addr}
		}
	}
	for e := f.newest; e != nil; {
		if e = e.next; e.key.in == r { // the oldest of the range
			f.forgetLocked(e)
			return &fake{addr: e.addr}
		}
		if e == f.newest {
			break
		}
	}
	return nil
}

// lastOf reports whether addr is the broadcast address of an IPv4 range.
func lastOf(p netip.Prefix, addr netip.Addr) bool {
	return addr.Is4() && !p.Contains(addr.Next())
}

func (f *Fakes) forgetLocked(e *fake) {
	f.unlinkLocked(e)
	delete(f.byName, e.key)
	delete(f.byAddr, e.addr)
}

func (f *Fakes) linkLocked(e *fake) {
	if f.newest == nil {
		e.prev, e.next = e, e
	} else {
		e.prev, e.next = f.newest, f.newest.next
		e.prev.next, e.next.prev = e, e
	}
	f.newest = e
}

func (f *Fakes) unlinkLocked(e *fake) {
	if e.next == e {
		f.newest = nil
	} else {
		e.prev.next, e.next.prev = e.next, e.prev
		if f.newest == e {
			f.newest = e.prev
		}
	}
	e.prev, e.next = nil, nil
}
