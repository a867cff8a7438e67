// SPDX-License-Identifier: Apache-2.0

// Package hostnames remembers by which names the addresses were found that
// programs connect to. Look-ups tell it, and layers that judge by host names
// ask it: they see addresses only.
//
// It keeps what the newest look-ups said, in a bounded table of the process:
// of a few addresses only, and for nobody to see, until somebody has said with
// [Use] that he will ask. Those few are needed as a program looks up a name
// before it opens the socket that starts the layer.
package hostnames

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// The table is bounded: the address that was learnt longest ago is forgotten
// first. One address keeps the names that it was last found by.
const (
	maxAddrs = 16384
	maxEarly = 64 // while nobody uses the table
	maxNames = 8
)

// A Table is a set of addresses and their names. The zero value is empty and
// tells nothing until Use. Layers use the process's own, through the
// functions of the package.
type Table struct {
	users   atomic.Int32
	changes atomic.Uint64

	mu      sync.Mutex // protects what follows
	entries map[netip.Addr]*entry
	newest  *entry // a ring: newest.next is the oldest
}

type entry struct {
	addr       netip.Addr
	names      []string // the newest first
	prev, next *entry
}

var process Table

// Use makes the table tell, and remember all that is learnt from now on.
// release ends that; it may be called once.
func Use() (release func()) { return process.Use() }

// Learn tells that a name was found to have these addresses.
func Learn(name string, addrs ...netip.Addr) { process.Learn(name, addrs...) }

// Of returns the names that an address was found by, the newest first: in
// lower case, without a closing dot.
func Of(addr netip.Addr) []string { return process.Of(addr) }

// Changes returns a number that is another one once an address may have other
// names, for those who keep what they have made of them.
func Changes() uint64 { return process.Changes() }

// Use is the method of [Use].
func (t *Table) Use() (release func()) {
	t.users.Add(1)
	return sync.OnceFunc(func() {
		if t.users.Add(-1) == 0 {
			t.mu.Lock()
			defer t.mu.Unlock()
			if t.users.Load() == 0 {
				t.entries, t.newest = nil, nil
				t.changes.Add(1)
			}
		}
	})
}

// Learn is the method of [Learn].
func (t *Table) Learn(name string, addrs ...netip.Addr) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if name == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	limit := maxAddrs
	if t.users.Load() == 0 {
		limit = maxEarly
	}
	for _, addr := range addrs {
		t.learnLocked(name, key(addr), limit)
	}
}

func (t *Table) learnLocked(name string, addr netip.Addr, limit int) {
	e := t.entries[addr]
	switch {
	case e != nil:
		t.unlinkLocked(e)
	case len(t.entries) >= limit:
		e = t.newest.next
		t.unlinkLocked(e)
		delete(t.entries, e.addr)
		t.changes.Add(1)
		e = &entry{addr: addr}
	default:
		e = &entry{addr: addr}
	}
	if t.entries == nil {
		t.entries = make(map[netip.Addr]*entry)
	}
	t.entries[addr] = e
	t.linkLocked(e)
	// Readers hold on to the old slice.
	names := make([]string, 0, min(len(e.names)+1, maxNames))
	names = append(names, name)
	for _, old := range e.names {
		if old != name && len(names) < maxNames {
			names = append(names, old)
		}
	}
	if !slices.Equal(names, e.names) {
		t.changes.Add(1)
	}
	e.names = names
}

func (t *Table) linkLocked(e *entry) {
	if t.newest == nil {
		e.prev, e.next = e, e
	} else {
		e.prev, e.next = t.newest, t.newest.next
		e.prev.next, e.next.prev = e, e
	}
	t.newest = e
}

func (t *Table) unlinkLocked(e *entry) {
	if e.next == e {
		t.newest = nil
	} else {
		e.prev.next, e.next.prev = e.next, e.prev
		if t.newest == e {
			t.newest = e.prev
		}
	}
	e.prev, e.next = nil, nil
}

// Of is the method of [Of].
func (t *Table) Of(addr netip.Addr) []string {
	if t.users.Load() == 0 {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entries[key(addr)]; e != nil {
		return slices.Clone(e.names)
	}
	return nil
}

// Changes is the method of [Changes].
func (t *Table) Changes() uint64 { return t.changes.Load() }

// key is how an address is looked up: without what depends on the way that
// it was written.
func key(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
