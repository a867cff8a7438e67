// SPDX-License-Identifier: Apache-2.0

package spi

import "testing"

func TestHook(t *testing.T) {
	a, withdraw := OfferHook("a")
	b, keep := OfferHook("b")
	defer keep()
	if a == 0 || a == b || TakeHook(a) != "a" || TakeHook(b) != "b" {
		t.Errorf("hooks %d and %d are %v and %v", a, b, TakeHook(a), TakeHook(b))
	}
	withdraw()
	if TakeHook(a) != nil || TakeHook(0) != nil || TakeHook(b) != "b" {
		t.Error("a hook is there that was withdrawn, or none that was not")
	}
}
