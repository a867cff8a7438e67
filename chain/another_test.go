// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestAnother: one more socket goes through the same started providers, with
// what the entry says, and needs no use of its own.
func TestAnother(t *testing.T) {
	w := newWorld(t)
	s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{AddressFamily: wsa.AF_INET})
	if err != nil {
		t.Fatal(err)
	}
	another, err := c.Another(wsa.WSA_FLAG_OVERLAPPED, nil)
	if err != nil {
		t.Fatal(err)
	}
	if another == s || another.(*fakeSocket).what != s.(*fakeSocket).what {
		t.Errorf("another socket is %q, want one like %q", another.(*fakeSocket).what, s.(*fakeSocket).what)
	}
	if o := w.base.openings[1]; o.Flags != wsa.WSA_FLAG_OVERLAPPED || o.Info.CatalogEntryID != w.chain.ID() || o.Next != nil {
		t.Errorf("the base provider was given %+v", o)
	}
	if started, _ := w.base.counts(); started != 1 {
		t.Errorf("the base provider was started %d times", started)
	}
	s.Close()
	another.Close()
	c.Release()
}
