// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"context"
	"slices"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name: "guarding",
		Info: wsa.NamespaceInfo{ProviderID: id(99), NameSpace: wsa.NS_DNS, Identifier: "guarding"},
		Startup: func(p *spi.NameStartupParams) (spi.NameProvider, error) {
			starts.Add(1)
			return &fake{}, nil
		},
	})
}

// While a guard is in force, its provider answers in the place of all others
// but those that have local files, and for all names but those that pass.
func TestGuard(t *testing.T) {
	starts.Store(0)
	cleanups.Store(0)
	store := newStore(t, wsa.NS_DNS, "fake:mode=a")
	if err := store.InstallNameSpace("fake:mode=hosts", wsa.NamespaceInfo{ProviderID: id(7), NameSpace: wsa.NS_TCPIP_HOSTS, Identifier: "hosts"}); err != nil {
		t.Fatal(err)
	}
	var m Manager
	before := active(&m, store.Snapshot(), wsa.NS_ALL, nil)
	asked := func(name string) (list []string) {
		for _, p := range m.Active(store.Snapshot(), wsa.NS_ALL, nil) {
			if _, err := p.LookupServiceBegin(context.Background(), &wsa.QuerySet{ServiceInstanceName: name}, nil, 0); err == nil {
				list = append(list, p.Info().Identifier)
			} else if err != wsa.WSASERVICE_NOT_FOUND {
				t.Errorf("%s: %v", p.Info().Identifier, err)
			}
			p.Release()
		}
		return list
	}
	release := spi.GuardNames(&spi.NameGuard{Path: "guarding", Passes: func(name string) bool { return name == "near.example" }})
	if got := active(&m, store.Snapshot(), wsa.NS_ALL, nil); !slices.Equal(got, []string{"hosts", "guarding", "fake:mode=a"}) {
		t.Errorf("active are %q", got)
	}
	if got := asked("far.example"); !slices.Equal(got, []string{"hosts", "guarding"}) {
		t.Errorf("for a far name, %q are asked", got)
	}
	if got := asked("near.example"); !slices.Equal(got, []string{"hosts", "fake:mode=a"}) {
		t.Errorf("for a near name, %q are asked", got)
	}
	// Two guards: what passes passes both, and the one's provider is one.
	second := spi.GuardNames(&spi.NameGuard{Path: "guarding"})
	if got := asked("near.example"); !slices.Equal(got, []string{"hosts", "guarding"}) {
		t.Errorf("with a second guard, %q are asked", got)
	}
	second()
	release()
	if got := asked("far.example"); !slices.Equal(got, before) {
		t.Errorf("afterwards, %q are asked, want %q", got, before)
	}
	if cleanups.Load() != 1 {
		t.Errorf("%d clean-ups of the guard's provider", cleanups.Load())
	}
}
