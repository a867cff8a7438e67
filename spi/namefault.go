// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// A NameFault is asked before a name is looked up. It may take its time, until
// ctx ends, and its error is the answer: WSAHOST_NOT_FOUND, WSATRY_AGAIN,
// WSANO_RECOVERY or WSANO_DATA. Nil lets the look-up begin. A layer that makes
// faults has one in force while it is started, as a look-up has no socket that
// it could see.
type NameFault func(ctx context.Context, name string) error

var nameFaults struct {
	mu   sync.Mutex // held while list is changed
	list atomic.Pointer[[]*NameFault]
}

// FaultNames puts f in force until release, which may be called once.
func FaultNames(f NameFault) (release func()) {
	change := func(with func([]*NameFault) []*NameFault) {
		nameFaults.mu.Lock()
		defer nameFaults.mu.Unlock()
		var list []*NameFault
		if old := nameFaults.list.Load(); old != nil {
			list = slices.Clone(*old)
		}
		list = with(list)
		nameFaults.list.Store(&list)
	}
	change(func(list []*NameFault) []*NameFault { return append(list, &f) })
	return sync.OnceFunc(func() {
		change(func(list []*NameFault) []*NameFault {
			return slices.DeleteFunc(list, func(other *NameFault) bool { return other == &f })
		})
	})
}

// AskNameFaults asks those in force about a look-up, which the caller has not
// begun.
func AskNameFaults(ctx context.Context, name string) error {
	list := nameFaults.list.Load()
	if list == nil {
		return nil
	}
	for _, f := range *list {
		if err := (*f)(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
