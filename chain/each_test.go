// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"fmt"
	"slices"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// TestEach: it visits the providers of started chains and of what layers have
// put in between, keeps them from being ended, and survives one that panics.
func TestEach(t *testing.T) {
	w := newWorld(t)
	visit := func(f func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider)) (list []string) {
		w.m.Each(func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider) {
			list = append(list, fmt.Sprint(place, " ", name))
			if f != nil {
				f(info, place, name, p)
			}
		})
		slices.Sort(list)
		return list
	}
	if list := visit(nil); len(list) != 0 {
		t.Errorf("before the start there are %q", list)
	}
	w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) { return o.Through([]string{w.bName + ":speed=9"}, o) }
	s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0 " + w.aName, "1 " + w.bName, "1 " + w.bName, "2 " + w.baseName}
	slices.Sort(want)
	names := map[string]bool{}
	if list := visit(func(info *wsa.ProtocolInfo, _ int, _ string, p spi.Provider) {
		if p == nil {
			t.Error("there is no provider")
		}
		names[info.Name] = true
		panic("boom")
	}); !slices.Equal(list, want) || len(names) != 1 || !names[w.chain.Info.Name] {
		t.Errorf("there are %q of %v, want %q", list, names, want)
	}
	s.Close()
	c.Release()
	cleaned := 0
	visit(func(*wsa.ProtocolInfo, int, string, spi.Provider) {
		w.m.Shutdown() // waits for nobody
		_, n := w.a.counts()
		cleaned += n
	})
	if _, n := w.a.counts(); cleaned != 0 || n != 1 {
		t.Errorf("ended %d times while it is visited, %d in all", cleaned, n)
	}
	if list := visit(nil); len(list) != 0 {
		t.Errorf("after the end there are %q", list)
	}
}
