// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"slices"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// namesOf lists what a fake chain's sockets are, from the top down.
func namesOf(s spi.Socket) (list []string) {
	for x, ok := s.(*fakeSocket); ok && x != nil; x, ok = x.below.(*fakeSocket) {
		list = append(list, x.what)
	}
	return list
}

// TestThrough: a layer puts another one between itself and what is below,
// which is started once and ended with the chain.
func TestThrough(t *testing.T) {
	w := newWorld(t)
	w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) {
		below, err := o.Through([]string{w.bName + ":speed=9"}, o)
		if err != nil {
			return nil, err
		}
		return &fakeSocket{what: "diverting", below: below}, nil
	}
	for range 2 {
		s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
		if err != nil {
			t.Fatal(err)
		}
		if list := namesOf(s); len(list) != 4 || list[0] != "diverting" {
			t.Errorf("sockets from the top down: %v", list)
		}
		s.Close()
		c.Release()
	}
	if started, _ := w.b.counts(); started != 2 {
		t.Errorf("the layer was started %d times, want once in the chain and once in between", started)
	}
	i := slices.IndexFunc(w.b.started, func(p spi.StartupParams) bool { return p.Options.Int("speed") == 9 })
	if i < 0 {
		t.Errorf("no start with the options of the path: %v", w.b.started)
	}
}

func TestThroughFailures(t *testing.T) {
	w := newWorld(t)
	for _, tt := range []struct {
		layers []string
		want   wsa.Errno
	}{
		{[]string{"no-such-layer"}, wsa.WSAEPROVIDERFAILEDINIT},
		{[]string{w.bName + ":speed=fast"}, wsa.WSAEINVAL},
		{[]string{w.baseName}, wsa.WSAEINVAL},
		{slices.Repeat([]string{w.bName}, wsa.MAX_PROTOCOL_CHAIN), wsa.WSAEINVAL},
	} {
		w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) {
			below, err := o.Through(tt.layers, o)
			if err == nil {
				below.Close()
				t.Errorf("%v stand below", tt.layers)
			}
			return nil, err
		}
		if _, _, err := w.m.Open(w.snap, w.chain, &spi.Opening{}); err != tt.want {
			t.Errorf("%v: %v, want %v", tt.layers, err, tt.want)
		}
	}
}

// A fixedBase makes the sockets at the bottom of a chain.
type fixedBase struct {
	socket func(o *spi.Opening) (spi.Socket, error)
}

func (b fixedBase) Socket(o *spi.Opening) (spi.Socket, error) { return b.socket(o) }
func (fixedBase) Cleanup() error                              { return nil }

// TestBase: the bottom of a chain can be a socket that exists already, and
// its maker can have the base provider's own.
func TestBase(t *testing.T) {
	w := newWorld(t)
	given := &fakeSocket{what: "given"}
	owner := &spi.Process{ID: 42}
	next := false
	base := fixedBase{func(o *spi.Opening) (spi.Socket, error) {
		if o.Process != owner || o.Base != nil || o.Through != nil {
			t.Errorf("the base was asked with %+v", o)
		}
		if next {
			return o.Next(o)
		}
		return given, nil
	}}
	for _, next = range []bool{false, true} {
		s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{Process: owner, Base: base})
		if err != nil {
			t.Fatal(err)
		}
		list := namesOf(s)
		if bottom := list[len(list)-1]; len(list) != 3 || (bottom == "given") == next {
			t.Errorf("sockets from the top down: %v", list)
		}
		s.Close()
		c.Release()
	}
	base.socket = func(*spi.Opening) (spi.Socket, error) { panic("boom") }
	if _, _, err := w.m.Open(w.snap, w.chain, &spi.Opening{Base: base}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a base that panics: %v", err)
	}
}

// TestStart: the providers can be started before a socket is opened.
func TestStart(t *testing.T) {
	w := newWorld(t)
	if err := w.m.Start(w.snap, w.chain); err != nil {
		t.Fatal(err)
	}
	if started, cleaned := w.a.counts(); started != 1 || cleaned != 0 || len(w.a.openings) != 0 {
		t.Errorf("%d started, %d ended, %d opened", started, cleaned, len(w.a.openings))
	}
	w.b.onStartup = func(*spi.StartupParams) (spi.Provider, error) { return nil, wsa.WSASYSNOTREADY }
	w.m.Shutdown()
	if err := w.m.Start(w.snap, w.chain); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a provider that does not start: %v", err)
	}
}
