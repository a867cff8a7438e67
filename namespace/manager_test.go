// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// fake is a provider that counts its life and panics on request.
type fake struct {
	spi.NameProvider
	panics bool
}

var starts, cleanups atomic.Int32

func (f *fake) LookupServiceBegin(context.Context, *wsa.QuerySet, *wsa.ServiceClassInfo, uint32) (spi.Lookup, error) {
	if f.panics {
		panic("a mistake")
	}
	return fakeLookup{}, nil
}

func (f *fake) Cleanup() error {
	cleanups.Add(1)
	return nil
}

type fakeLookup struct{}

func (fakeLookup) Next(context.Context, uint32) (*wsa.QuerySet, error) { panic("another mistake") }
func (fakeLookup) End() error                                          { return nil }

func init() {
	spi.RegisterName(&spi.NameDriver{
		Name:    "fake",
		Options: []spi.Option{{Key: "mode"}},
		Startup: func(p *spi.NameStartupParams) (spi.NameProvider, error) {
			switch p.Options.Text("mode") {
			case "fails":
				return nil, wsa.WSAEPROVIDERFAILEDINIT
			case "nothing":
				return nil, nil
			case "panics at once":
				panic("at once")
			}
			starts.Add(1)
			return &fake{panics: p.Options.Text("mode") == "panics"}, nil
		},
	})
}

// newStore returns a catalog with a name space for each path.
func newStore(t *testing.T, nameSpace uint32, paths ...string) *catalog.Store {
	t.Helper()
	store := catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
	for i, path := range paths {
		info := wsa.NamespaceInfo{ProviderID: id(i), NameSpace: nameSpace, Identifier: path}
		if err := store.InstallNameSpace(path, info); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

func id(i int) wsa.GUID { return wsa.GUID{Data1: uint32(i) + 1} }

func active(m *Manager, snap *catalog.Snapshot, nameSpace uint32, id *wsa.GUID) []string {
	var names []string
	for _, p := range m.Active(snap, nameSpace, id) {
		names = append(names, p.Info().Identifier)
		p.Release()
	}
	return names
}

func TestActive(t *testing.T) {
	store := newStore(t, wsa.NS_DNS, "fake:mode=a", "fake:mode=b", "fake:mode=c")
	if err := store.SetNameSpaceOrder([]wsa.GUID{id(2), id(1), id(0)}); err != nil {
		t.Fatal(err)
	}
	if err := store.EnableNameSpace(id(1), false); err != nil {
		t.Fatal(err)
	}
	var m Manager
	second := id(1)
	third := id(2)
	for _, c := range []struct {
		nameSpace uint32
		id        *wsa.GUID
		want      []string
	}{
		{wsa.NS_ALL, nil, []string{"fake:mode=c", "fake:mode=a"}},
		{wsa.NS_DNS, nil, []string{"fake:mode=c", "fake:mode=a"}},
		{wsa.NS_NLA, nil, nil},
		{wsa.NS_ALL, &third, []string{"fake:mode=c"}},
		{wsa.NS_NLA, &third, nil},
		{wsa.NS_ALL, &second, nil}, // not active
	} {
		if got := active(&m, store.Snapshot(), c.nameSpace, c.id); !slices.Equal(got, c.want) {
			t.Errorf("name space %d, provider %v: %q, want %q", c.nameSpace, c.id, got, c.want)
		}
	}
}

func TestLifeOfAProvider(t *testing.T) {
	starts.Store(0)
	cleanups.Store(0)
	store := newStore(t, wsa.NS_DNS, "fake")
	var m Manager
	for range 3 {
		active(&m, store.Snapshot(), wsa.NS_ALL, nil)
	}
	if starts.Load() != 1 || cleanups.Load() != 0 {
		t.Errorf("%d starts and %d clean-ups while it is in the catalog", starts.Load(), cleanups.Load())
	}
	inUse := m.Active(store.Snapshot(), wsa.NS_ALL, nil)
	if err := store.UninstallNameSpace(id(0)); err != nil {
		t.Fatal(err)
	}
	if got := active(&m, store.Snapshot(), wsa.NS_ALL, nil); got != nil || cleanups.Load() != 0 {
		t.Errorf("after it left the catalog: %q, %d clean-ups while in use", got, cleanups.Load())
	}
	inUse[0].Release()
	if cleanups.Load() != 1 {
		t.Errorf("%d clean-ups after the last use", cleanups.Load())
	}
}

// Whatever leaves the catalog while nobody uses it is cleaned up by the next
// look into the catalog, and each that was started is cleaned up once.
func TestProvidersWhileTheCatalogChanges(t *testing.T) {
	starts.Store(0)
	cleanups.Store(0)
	store := newStore(t, wsa.NS_DNS)
	var m Manager
	done := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				for _, p := range m.Active(store.Snapshot(), wsa.NS_ALL, nil) {
					if _, err := p.LookupServiceBegin(t.Context(), nil, nil, 0); err != nil {
						t.Error(err)
					}
					p.Release()
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for i := range 20 {
		if err := store.InstallNameSpace("fake", wsa.NamespaceInfo{ProviderID: id(i), NameSpace: wsa.NS_DNS}); err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			if err := store.UninstallNameSpace(id(i - 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := store.UninstallNameSpace(id(19)); err != nil {
		t.Fatal(err)
	}
	close(done)
	group.Wait()
	active(&m, store.Snapshot(), wsa.NS_ALL, nil)
	// A look into an older snapshot may have started one anew; it is kept
	// until the next change.
	if err := store.InstallNameSpace("fake:mode=fails", wsa.NamespaceInfo{ProviderID: id(99), NameSpace: wsa.NS_DNS}); err != nil {
		t.Fatal(err)
	}
	active(&m, store.Snapshot(), wsa.NS_ALL, nil)
	if starts.Load() == 0 || starts.Load() != cleanups.Load() {
		t.Errorf("%d starts, %d clean-ups", starts.Load(), cleanups.Load())
	}
}

// A provider that fails must not take the program, or its neighbours, with it.
func TestFailingProviders(t *testing.T) {
	var log bytes.Buffer
	m := Manager{Log: slog.New(slog.NewTextHandler(&log, nil))}
	store := newStore(t, wsa.NS_DNS, "fake:mode=fails", "fake:mode=nothing", "fake:mode=panics at once",
		"nosuch", "/no/such.so", "fake:mode=panics", "fake")
	providers := m.Active(store.Snapshot(), wsa.NS_ALL, nil)
	if len(providers) != 2 {
		t.Fatalf("%d providers are active, want the 2 that start", len(providers))
	}
	for _, name := range []string{"mode=fails", "mode=nothing", "mode=panics at once", "nosuch", "/no/such.so"} {
		if !strings.Contains(log.String(), name) {
			t.Errorf("the log does not say that %s failed:\n%s", name, &log)
		}
	}
	if _, err := providers[0].LookupServiceBegin(t.Context(), nil, nil, 0); err != wsa.WSANO_RECOVERY {
		t.Errorf("a Begin that panics: %v, want WSANO_RECOVERY", err)
	}
	l, err := providers[1].LookupServiceBegin(t.Context(), nil, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Next(t.Context(), 0); err != wsa.WSANO_RECOVERY {
		t.Errorf("a Next that panics: %v, want WSANO_RECOVERY", err)
	}
	if _, err := l.Ioctl(wsa.SIO_NSP_NOTIFY_CHANGE, nil, nil); err != wsa.WSAEOPNOTSUPP {
		t.Errorf("NSPIoctl of a provider without: %v, want WSAEOPNOTSUPP", err)
	}
	for _, p := range providers {
		p.Release()
	}
}

func TestLoader(t *testing.T) {
	t.Cleanup(func() { SetLoader(nil) })
	t.Setenv("PLUGINS", "/plugins")
	SetLoader(func(path string) (*spi.NameDriver, error) {
		if path != "/plugins/ns.so" {
			return nil, errors.New("asked for " + path)
		}
		return &spi.NameDriver{Startup: func(*spi.NameStartupParams) (spi.NameProvider, error) { return &fake{}, nil }}, nil
	})
	var m Manager
	store := newStore(t, wsa.NS_DNS, "$PLUGINS/ns.so")
	if got := active(&m, store.Snapshot(), wsa.NS_ALL, nil); len(got) != 1 {
		t.Errorf("active: %q", got)
	}
}
