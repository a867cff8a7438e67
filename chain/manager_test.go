// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"log/slog"
	"strings"
	"sync"
	"testing"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// installed is a world whose chain is in the catalog.
type installed struct {
	*world
	store *catalog.Store
	id    wsa.GUID
}

func newInstalled(t *testing.T) *installed {
	t.Helper()
	w := newWorld(t)
	store := catalog.NewStore(catalog.Config{Drivers: []string{w.baseName}, File: t.TempDir() + "/catalog.toml"})
	i := &installed{w, store, wsa.NewGUID()}
	if _, err := store.InstallChains(i.id, w.aName, "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *installed) open(t *testing.T) (spi.Socket, *Chain) {
	t.Helper()
	snap := i.store.Snapshot()
	c, err := snap.Select(catalog.Request{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM})
	if err != nil {
		t.Fatal(err)
	}
	s, ch, err := i.m.Open(snap, c.Entry, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	return s, ch
}

// TestCatalogChanges: what the catalog has no more is ended with its last
// socket, and what remains is not started again.
func TestCatalogChanges(t *testing.T) {
	i := newInstalled(t)
	want := func(what string, started, cleaned int) {
		t.Helper()
		if s, c := i.a.counts(); s != started || c != cleaned {
			t.Errorf("%s: %d WSPStartup and %d WSPCleanup of the layer, want %d and %d", what, s, c, started, cleaned)
		}
	}
	first, chain1 := i.open(t)
	want("first socket", 1, 0)

	if _, err := i.store.Install(wsa.NewGUID(), i.bName, []wsa.ProtocolInfo{{Name: "other"}}); err != nil {
		t.Fatal(err)
	}
	s, c := i.open(t)
	s.Close()
	c.Release()
	want("after a change that does not concern the chain", 1, 0)

	if err := i.store.Update(i.id, i.aName+":speed=9", nil); err != nil {
		t.Fatal(err)
	}
	second, chain2 := i.open(t)
	if chain2 == chain1 {
		t.Fatal("a socket was opened through the old chain")
	}
	want("after the layer's options have changed", 2, 0)
	first.Close()
	chain1.Release()
	want("after the old chain's last socket", 2, 1)
	second.Close()
	chain2.Release()
	want("the new chain is kept without sockets", 2, 1)

	if _, err := i.store.Deinstall(i.id); err != nil {
		t.Fatal(err)
	}
	s, c = i.open(t)
	if n := len(c.Links()); n != 1 {
		t.Errorf("after the layer was deinstalled a socket stands on %d providers", n)
	}
	want("after the layer was deinstalled", 2, 2)
	s.Close()
	c.Release()
}

// TestOldSnapshot: whoever still holds an old snapshot opens by it, without
// disturbing what a newer one keeps.
func TestOldSnapshot(t *testing.T) {
	i := newInstalled(t)
	old := i.store.Snapshot()
	request := catalog.Request{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM}
	choice, err := old.Select(request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.store.Deinstall(i.id); err != nil {
		t.Fatal(err)
	}
	s, c := i.open(t)
	s.Close()
	c.Release()
	s, c, err = i.m.Open(old, choice.Entry, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Links()) != 2 {
		t.Error("the chain of the old snapshot was not opened")
	}
	s.Close()
	c.Release()
	if started, cleaned := i.base.counts(); started != 2 || cleaned != 0 {
		t.Errorf("base provider: %d WSPStartup and %d WSPCleanup, want one start for each chain", started, cleaned)
	}
}

// TestShutdownMeanwhile: sockets come and go while the manager is shut down
// again and again; each start has its end (newWorld checks that).
func TestShutdownMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.m.Log = slog.New(slog.DiscardHandler)
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for range 200 {
				s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
				c.Release()
			}
		})
	}
	stop := make(chan struct{})
	var shutter sync.WaitGroup
	shutter.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				w.m.Shutdown()
			}
		}
	})
	users.Wait()
	close(stop)
	shutter.Wait()
}

func TestReleaseTooOften(t *testing.T) {
	w := newWorld(t)
	s, c, err := w.m.Open(w.snap, w.entry, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	c.Release()
	defer func() {
		if recover() == nil {
			t.Error("a release too many went unnoticed")
		}
		c.Retain()
	}()
	c.Release()
}

func TestIncompleteChain(t *testing.T) {
	w := newWorld(t)
	e := *w.chain
	e.Info.Chain.Entries[1] = 4711
	if _, _, err := w.m.Open(w.snap, &e, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a chain with an unknown id: %v", err)
	}
	layered := w.snap.Entry(w.chain.Info.Chain.Entries[0])
	if _, _, err := w.m.Open(w.snap, layered, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a layered protocol by itself: %v", err)
	}
	if !strings.Contains(w.log.String(), "incomplete") {
		t.Errorf("the log does not say why:\n%s", w.log)
	}
}

// TestWrongPlace: a base provider is not started above another provider, nor
// a layer at the bottom, where it would have nothing to stand on.
func TestWrongPlace(t *testing.T) {
	w := newWorld(t)
	bottom := *w.entry
	bottom.Path = w.aName
	if _, _, err := w.m.Open(w.snap, &bottom, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a layer as a base: %v", err)
	}
	if s, _ := w.a.counts(); s != 0 {
		t.Error("the layer was started")
	}
	above := *w.chain
	above.Info.CatalogEntryID = 1500
	above.Info.Chain = wsa.ProtocolChain{Len: 2, Entries: [wsa.MAX_PROTOCOL_CHAIN]uint32{w.entry.ID(), w.entry.ID()}}
	if _, _, err := w.m.Open(w.snap, &above, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("a base provider above another: %v", err)
	}
	if s, c := w.base.counts(); s != 1 || c != 1 {
		t.Errorf("base provider: %d WSPStartup and %d WSPCleanup, want 1 and 1 (of the one at the bottom)", s, c)
	}
	if strings.Count(w.log.String(), "wrong place") != 2 {
		t.Errorf("the log does not say why:\n%s", w.log)
	}
}

func BenchmarkOpen(b *testing.B) {
	spi.Register(&spi.Driver{
		Name: "bench-base",
		Entries: func() []wsa.ProtocolInfo {
			return []wsa.ProtocolInfo{{ProviderID: wsa.NewGUID(), AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM}}
		},
		Startup: func(*spi.StartupParams) (spi.Provider, error) { return benchProvider{}, nil },
	})
	store := catalog.NewStore(catalog.Config{Drivers: []string{"bench-base"}, File: b.TempDir() + "/catalog.toml"})
	var m Manager
	b.Cleanup(m.Shutdown)
	b.ReportAllocs()
	for b.Loop() {
		snap := store.Snapshot()
		c, err := snap.Select(catalog.Request{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Protocol: 0})
		if err != nil {
			b.Fatal(err)
		}
		s, ch, err := m.Open(snap, c.Entry, &spi.Opening{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
		ch.Release()
	}
}

type benchProvider struct{}

var benchSocket = &fakeSocket{}

func (benchProvider) Socket(*spi.Opening) (spi.Socket, error) { return benchSocket, nil }
func (benchProvider) Cleanup() error                          { return nil }
