// SPDX-License-Identifier: Apache-2.0

package spi

import "sync"

// Some control codes take a function of the program. Memory can only hold a
// number, so that a function is offered under one, and the provider that is
// given the number takes the function itself.

var hooks struct {
	mu   sync.Mutex // protects what follows
	last uint64
	list map[uint64]any
}

// OfferHook offers a function and returns its number, which is not 0 and not
// used again. withdraw ends the offer; a provider that has taken the function
// keeps it.
func OfferHook(function any) (number uint64, withdraw func()) {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	if hooks.list == nil {
		hooks.list = make(map[uint64]any)
	}
	hooks.last++
	n := hooks.last
	hooks.list[n] = function
	return n, func() {
		hooks.mu.Lock()
		defer hooks.mu.Unlock()
		delete(hooks.list, n)
	}
}

// TakeHook returns the function that is offered under a number, nil if none
// is.
func TakeHook(number uint64) any {
	hooks.mu.Lock()
	defer hooks.mu.Unlock()
	return hooks.list[number]
}
