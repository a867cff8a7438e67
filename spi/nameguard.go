// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A NameGuard keeps a process from looking names up on the network: another
// name space provider answers instead. A layer that carries connections by
// name has one in force while it is started, as what it could do below the
// API comes too late: the name has been looked up by then.
//
// The catalog stays as it is. While a guard is in force, the provider of its
// Path is asked as well, before all but those of the name space
// NS_TCPIP_HOSTS, which have local files; and any other one is asked only for
// what Passes allows.
type NameGuard struct {
	// Path is that of a compiled-in name space provider, see [ParseNamePath].
	Path string

	// Passes reports whether a name, or the text of an address, may be
	// looked up by all providers. Nil allows none.
	Passes func(name string) bool
}

var nameGuards struct {
	mu      sync.Mutex // held while list is changed
	list    atomic.Pointer[[]*NameGuard]
	changes atomic.Uint64
}

// GuardNames puts a guard in force until release, which may be called once.
func GuardNames(g *NameGuard) (release func()) {
	change := func(f func(list []*NameGuard) []*NameGuard) {
		nameGuards.mu.Lock()
		defer nameGuards.mu.Unlock()
		list := f(slices.Clone(NameGuards()))
		nameGuards.list.Store(&list)
		nameGuards.changes.Add(1)
	}
	change(func(list []*NameGuard) []*NameGuard { return append(list, g) })
	return sync.OnceFunc(func() {
		change(func(list []*NameGuard) []*NameGuard {
			return slices.DeleteFunc(list, func(other *NameGuard) bool { return other == g })
		})
	})
}

// NameGuards returns the guards in force, which the caller must not change.
func NameGuards() []*NameGuard {
	if list := nameGuards.list.Load(); list != nil {
		return *list
	}
	return nil
}

// NameGuardChanges returns a number that is another one once other guards are
// in force.
func NameGuardChanges() uint64 { return nameGuards.changes.Load() }
