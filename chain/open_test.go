// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A fakeSocket is a socket that only knows what it is and how often it was
// closed. Any other call panics, as there must be none.
type fakeSocket struct {
	spi.Socket
	what   string
	below  spi.Socket
	closed atomic.Int32
}

func (s *fakeSocket) Close() error {
	s.closed.Add(1)
	if s.below != nil {
		return s.below.Close()
	}
	return nil
}

// A fakeDriver is a driver whose every step can be made to fail.
type fakeDriver struct {
	base       bool
	onStartup  func(p *spi.StartupParams) (spi.Provider, error)
	onSocket   func(o *spi.Opening) (spi.Socket, error)
	onCleanup  func() error
	mu         sync.Mutex // protects what follows
	started    []spi.StartupParams
	cleaned    int
	openings   []spi.Opening
	lastSocket *fakeSocket
}

type fakeProvider struct {
	d *fakeDriver
	p *spi.StartupParams
}

func (d *fakeDriver) startup(p *spi.StartupParams) (spi.Provider, error) {
	d.mu.Lock()
	d.started = append(d.started, *p)
	d.mu.Unlock()
	if d.onStartup != nil {
		return d.onStartup(p)
	}
	return &fakeProvider{d, p}, nil
}

func (p *fakeProvider) Socket(o *spi.Opening) (spi.Socket, error) {
	p.d.mu.Lock()
	p.d.openings = append(p.d.openings, *o)
	p.d.mu.Unlock()
	if p.d.onSocket != nil {
		return p.d.onSocket(o)
	}
	s := &fakeSocket{what: fmt.Sprintf("%d@%d", p.p.Info.CatalogEntryID, p.p.Place)}
	if !p.d.base {
		below, err := o.Next(o)
		if err != nil {
			return nil, err
		}
		s.below = below
	}
	p.d.mu.Lock()
	p.d.lastSocket = s
	p.d.mu.Unlock()
	return s, nil
}

func (p *fakeProvider) Cleanup() error {
	p.d.mu.Lock()
	p.d.cleaned++
	p.d.mu.Unlock()
	if p.d.onCleanup != nil {
		return p.d.onCleanup()
	}
	return nil
}

func (d *fakeDriver) counts() (started, cleaned int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.started), d.cleaned
}

var serial atomic.Int32

// A world is a catalog with one base driver and two layers, and a manager.
type world struct {
	base, a, b             *fakeDriver
	baseName, aName, bName string
	snap                   *catalog.Snapshot
	entry                  *catalog.Entry // the base protocol
	chain                  *catalog.Entry // a over b over base
	m                      *Manager
	log                    *strings.Builder
}

func newWorld(t *testing.T) *world {
	t.Helper()
	n := serial.Add(1)
	w := &world{
		base: &fakeDriver{base: true}, a: &fakeDriver{}, b: &fakeDriver{},
		baseName: fmt.Sprintf("base%d", n), aName: fmt.Sprintf("a%d", n), bName: fmt.Sprintf("b%d", n),
		log: &strings.Builder{},
	}
	spi.Register(&spi.Driver{
		Name:    w.baseName,
		Startup: w.base.startup,
		Entries: func() []wsa.ProtocolInfo {
			return []wsa.ProtocolInfo{{
				ProviderID: wsa.NewGUID(), AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Protocol: wsa.IPPROTO_TCP,
				ProviderFlags: wsa.PFL_MATCHES_PROTOCOL_ZERO, ServiceFlags1: wsa.XP1_IFS_HANDLES, Name: "test TCP",
			}}
		},
	})
	for name, d := range map[string]*fakeDriver{w.aName: w.a, w.bName: w.b} {
		spi.Register(&spi.Driver{Name: name, Startup: d.startup, Options: []spi.Option{{Key: "speed", Kind: spi.Int}}})
	}
	store := catalog.NewStore(catalog.Config{Drivers: []string{w.baseName}, File: t.TempDir() + "/catalog.toml"})
	w.snap = store.Snapshot()
	w.entry = w.snap.Entries()[0]
	var err error
	w.snap, w.chain, err = Compose(w.snap, w.entry, w.aName+":speed=3", w.bName)
	if err != nil {
		t.Fatal(err)
	}
	w.m = &Manager{Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	t.Cleanup(func() {
		w.m.Shutdown()
		for name, d := range map[string]*fakeDriver{w.baseName: w.base, w.aName: w.a, w.bName: w.b} {
			if d.onStartup == nil {
				if s, c := d.counts(); s != c {
					t.Errorf("%s: %d WSPStartup but %d WSPCleanup", name, s, c)
				}
			}
		}
	})
	return w
}

func TestOpenBase(t *testing.T) {
	w := newWorld(t)
	o := &spi.Opening{AddressFamily: wsa.AF_INET, SocketType: wsa.SOCK_STREAM, Flags: wsa.WSA_FLAG_OVERLAPPED}
	s, c, err := w.m.Open(w.snap, w.entry, o)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.(*fakeSocket); got != w.base.lastSocket {
		t.Errorf("the base provider's own socket is not what Open returned")
	}
	got := w.base.openings[0]
	if got.Next != nil {
		t.Error("a base provider was given a Next")
	}
	if got.Info.CatalogEntryID != w.entry.ID() || got.Flags != wsa.WSA_FLAG_OVERLAPPED || got.SocketType != wsa.SOCK_STREAM {
		t.Errorf("the base provider was given %+v", got)
	}
	if o.Info != nil || o.Next != nil {
		t.Error("Open changed its caller's Opening")
	}
	s.Close()
	c.Release()
}

func TestOpenChain(t *testing.T) {
	w := newWorld(t)
	s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{AddressFamily: wsa.AF_INET})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for x := s.(*fakeSocket); ; x = x.below.(*fakeSocket) {
		order = append(order, x.what)
		if x.below == nil {
			break
		}
	}
	id := w.chain.ID()
	if want := []string{fmt.Sprintf("%d@0", id), fmt.Sprintf("%d@1", id), fmt.Sprintf("%d@2", id)}; !slices.Equal(order, want) {
		t.Errorf("sockets from the top down: %v, want %v", order, want)
	}
	p := w.a.started[0]
	if p.Version != 0x0202 || p.Place != 0 || p.Info.Chain.Len != 3 || p.Options.Int("speed") != 3 {
		t.Errorf("WSPStartup of the top layer got %+v", p)
	}
	if f := p.Info.ServiceFlags1; f&wsa.XP1_IFS_HANDLES != 0 {
		t.Errorf("the chain kept XP1_IFS_HANDLES")
	}
	if w.base.started[0].Place != 2 {
		t.Errorf("the base provider was started at place %d", w.base.started[0].Place)
	}
	if n := len(c.Links()); n != 3 || c.Name(1) != w.bName {
		t.Errorf("the chain has %d links, the second is %q", n, c.Name(1))
	}
	s.Close()
	c.Release()
}

func TestStartupOncePerProcess(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
			if err != nil {
				t.Error(err)
				return
			}
			c.Retain() // as for an accepted socket
			c.Release()
			s.Close()
			c.Release()
		})
	}
	wg.Wait()
	for name, d := range map[string]*fakeDriver{"base": w.base, "a": w.a, "b": w.b} {
		if s, c := d.counts(); s != 1 || c != 0 {
			t.Errorf("%s: %d WSPStartup and %d WSPCleanup after 32 sockets, want 1 and 0", name, s, c)
		}
	}
	s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	w.m.Shutdown()
	if _, cleaned := w.a.counts(); cleaned != 0 {
		t.Error("WSPCleanup while a socket was open")
	}
	s.Close()
	c.Release()
	if _, cleaned := w.a.counts(); cleaned != 1 {
		t.Errorf("%d WSPCleanup after the last socket, want 1", cleaned)
	}
}

func TestFailures(t *testing.T) {
	refuse := func(err error) func(*spi.StartupParams) (spi.Provider, error) {
		return func(*spi.StartupParams) (spi.Provider, error) { return nil, err }
	}
	tests := []struct {
		name     string
		sabotage func(w *world)
		want     wsa.Errno
		log      func(w *world) string // whom the log must name
	}{
		{"base startup fails", func(w *world) { w.base.onStartup = refuse(errors.New("no stack")) }, wsa.WSAEPROVIDERFAILEDINIT, func(w *world) string { return w.baseName }},
		{"layer startup fails", func(w *world) { w.b.onStartup = refuse(wsa.WSASYSNOTREADY) }, wsa.WSAEPROVIDERFAILEDINIT, func(w *world) string { return w.bName }},
		{"layer speaks another version", func(w *world) { w.a.onStartup = refuse(wsa.WSAVERNOTSUPPORTED) }, wsa.WSAVERNOTSUPPORTED, func(w *world) string { return w.aName }},
		{"layer starts without provider", func(w *world) { w.a.onStartup = refuse(nil) }, wsa.WSAEINVALIDPROCTABLE, func(w *world) string { return w.aName }},
		{"layer panics in Startup", func(w *world) {
			w.b.onStartup = func(*spi.StartupParams) (spi.Provider, error) { panic("boom") }
		}, wsa.WSAEPROVIDERFAILEDINIT, func(w *world) string { return w.bName }},
		{"base opens no socket", func(w *world) {
			w.base.onSocket = func(*spi.Opening) (spi.Socket, error) { return nil, wsa.WSAEACCES }
		}, wsa.WSAEACCES, func(w *world) string { return w.baseName }},
		{"base wraps its error", func(w *world) {
			w.base.onSocket = func(*spi.Opening) (spi.Socket, error) {
				return nil, fmt.Errorf("no room: %w", wsa.WSAEMFILE)
			}
		}, wsa.WSAEMFILE, func(w *world) string { return w.baseName }},
		{"base panics in Socket", func(w *world) {
			w.base.onSocket = func(*spi.Opening) (spi.Socket, error) { panic("boom") }
		}, wsa.WSAEPROVIDERFAILEDINIT, func(w *world) string { return w.baseName }},
		{"layer panics above an open socket", func(w *world) {
			w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) { o.Next(o); panic("boom") }
		}, wsa.WSAEPROVIDERFAILEDINIT, func(w *world) string { return w.aName }},
		{"layer returns nothing above an open socket", func(w *world) {
			w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) { o.Next(o); return nil, nil }
		}, wsa.WSAEINVALIDPROCTABLE, func(w *world) string { return w.aName }},
		{"layer closes what it opened and fails", func(w *world) {
			w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) {
				s, _ := o.Next(o)
				s.Close()
				return nil, wsa.WSAENOBUFS
			}
		}, wsa.WSAENOBUFS, func(w *world) string { return w.aName }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.sabotage(w)
			s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
			if err != tt.want || s != nil || c != nil {
				t.Fatalf("Open = %v, %v, %v; want the plain code %s", s, c, err, tt.want.Name())
			}
			if !strings.Contains(w.log.String(), "provider="+tt.log(w)) {
				t.Errorf("the log does not name %s:\n%s", tt.log(w), w.log)
			}
			if b := w.base.lastSocket; b != nil && b.closed.Load() != 1 {
				t.Errorf("the base socket was closed %d times, want once", b.closed.Load())
			}
		})
	}
}

// TestStartsAnewAfterFailure: a provider that could not start is asked again
// for the next socket.
func TestStartsAnewAfterFailure(t *testing.T) {
	w := newWorld(t)
	w.b.onStartup = func(*spi.StartupParams) (spi.Provider, error) { return nil, wsa.WSASYSNOTREADY }
	if _, _, err := w.m.Open(w.snap, w.chain, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Fatalf("Open = %v", err)
	}
	if s, c := w.base.counts(); s != 1 || c != 1 {
		t.Errorf("base: %d WSPStartup, %d WSPCleanup after a layer above failed; want 1 and 1", s, c)
	}
	w.b.onStartup = nil
	w.b.mu.Lock()
	w.b.started = nil
	w.b.mu.Unlock()
	s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	c.Release()
}

func TestSharedObjects(t *testing.T) {
	w := newWorld(t)
	snap, e, err := Compose(w.snap, w.entry, "$HOME/lib/firewall.so")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.m.Open(snap, e, &spi.Opening{}); err != wsa.WSAEPROVIDERFAILEDINIT {
		t.Errorf("without a loader: %v", err)
	}
	if !strings.Contains(w.log.String(), "shared object") {
		t.Errorf("the log does not say why:\n%s", w.log)
	}
	t.Setenv("HOME", "/home/test")
	var asked string
	SetLoader(func(path string) (*spi.Driver, error) {
		asked = path
		return &spi.Driver{Name: "firewall", Startup: w.a.startup}, nil
	})
	t.Cleanup(func() { SetLoader(nil) })
	s, c, err := w.m.Open(snap, e, &spi.Opening{})
	if err != nil {
		t.Fatal(err)
	}
	if asked != "/home/test/lib/firewall.so" {
		t.Errorf("the loader was asked for %q", asked)
	}
	s.Close()
	c.Release()
}

func TestCompose(t *testing.T) {
	w := newWorld(t)
	tests := []struct {
		name   string
		layers []string
		want   wsa.Errno
	}{
		{"unknown provider", []string{"no-such-layer"}, wsa.WSAEPROVIDERFAILEDINIT},
		{"bad option", []string{w.aName + ":speed=fast"}, wsa.WSAEINVAL},
		{"base provider as a layer", []string{w.baseName}, wsa.WSAEINVAL},
		{"too long", slices.Repeat([]string{w.aName}, wsa.MAX_PROTOCOL_CHAIN), wsa.WSAEINVAL},
		{"as long as can be", slices.Repeat([]string{w.aName}, wsa.MAX_PROTOCOL_CHAIN-1), 0},
	}
	for _, tt := range tests {
		if _, _, err := Compose(w.snap, w.entry, tt.layers...); wsa.ErrnoOf(err) != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	snap, again, err := Compose(w.snap, w.entry, w.aName+":speed=3", w.bName)
	if err != nil || again.Info != w.chain.Info {
		t.Errorf("the same layers made another chain: %v", err)
	}
	_, over, err := Compose(snap, w.chain, w.bName)
	if err != nil || over.Info.Chain.Len != 4 {
		t.Errorf("a chain over a chain has length %d: %v", over.Info.Chain.Len, err)
	}
	if want := w.aName + ", " + w.bName + " over [test TCP]"; w.chain.Info.Name != want {
		t.Errorf("the composed chain is named %q, want %q", w.chain.Info.Name, want)
	}
	if w.chain.Info.Chain.Len <= 1 || w.chain.Info.AddressFamily != wsa.AF_INET {
		t.Errorf("the composed entry is %+v", w.chain.Info)
	}
}

// A chain that was composed before is found again, for the same snapshot only.
func TestComposeAgain(t *testing.T) {
	w := newWorld(t)
	layers := []string{w.aName + ":speed=3", w.bName}
	compose := func(snap *catalog.Snapshot) (*catalog.Snapshot, *catalog.Entry) {
		with, entry, err := Compose(snap, w.entry, layers...)
		if err != nil {
			t.Fatal(err)
		}
		return with, entry
	}
	snap, entry := compose(w.snap)
	for i := range 2 * maxCompositions { // more than are remembered
		if _, _, err := Compose(w.snap, w.entry, fmt.Sprint(w.aName, ":speed=", 10+i)); err != nil {
			t.Fatal(err)
		}
	}
	_, late := compose(w.snap)
	if late == entry || late.Info != entry.Info {
		t.Error("a chain that was forgotten is not made anew, or as another one")
	}
	if n := testing.AllocsPerRun(10, func() { compose(w.snap) }); n != 0 {
		t.Errorf("to compose a chain again allocates %v times", n)
	}
	layers[0] = w.aName + ":speed=4" // the caller's slice is its own
	if _, other := compose(w.snap); other.Path != layers[0] {
		t.Errorf("another chain was found: %s", other.Path)
	}
	if with, _ := compose(w.snap.With()); with == snap {
		t.Error("a chain was found for another snapshot")
	}
}

// An observed socket is what an Observe function has made of another.
type observed struct {
	spi.Socket
	what string
}

// TestObserve: each socket of a chain is shown, from the base up, and what
// the function returns is what the layer above has below itself.
func TestObserve(t *testing.T) {
	w := newWorld(t)
	var seen []string
	observe := func(place int, name string, s spi.Socket) spi.Socket {
		seen = append(seen, fmt.Sprintf("%d %s", place, name))
		if f := s.(*fakeSocket); f.below != nil {
			if _, ok := f.below.(*observed); !ok {
				t.Errorf("%s stands on %T, want what was observed", name, f.below)
			}
		}
		return &observed{s, name}
	}
	check := func(o *spi.Opening, want ...string) {
		t.Helper()
		seen = nil
		s, c, err := w.m.Open(w.snap, w.chain, o)
		if err != nil {
			t.Fatal(err)
		}
		if top, ok := s.(*observed); !ok || top.what != w.aName {
			t.Errorf("the top is %T, want what was observed", s)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("observed %q, want %q", seen, want)
		}
		s.Close()
		c.Release()
	}
	check(&spi.Opening{Observe: observe}, "2 "+w.baseName, "1 "+w.bName, "0 "+w.aName)

	base := fixedBase{func(o *spi.Opening) (spi.Socket, error) { return o.Next(o) }}
	w.base.onSocket = func(*spi.Opening) (spi.Socket, error) { return &fakeSocket{what: "base"}, nil }
	given := &fakeSocket{what: "given"}
	check(&spi.Opening{Observe: observe, Base: fixedBase{func(*spi.Opening) (spi.Socket, error) { return given, nil }}},
		"2 base", "1 "+w.bName, "0 "+w.aName)
	base.socket = func(o *spi.Opening) (spi.Socket, error) {
		below, err := o.Next(o)
		return &fakeSocket{what: "over the base", below: below}, err
	}
	check(&spi.Opening{Observe: observe, Base: base}, "2 "+w.baseName, "2 base", "1 "+w.bName, "0 "+w.aName)

	w.a.onSocket = func(o *spi.Opening) (spi.Socket, error) {
		below, err := o.Through([]string{w.bName + ":speed=9"}, o)
		return &fakeSocket{what: "diverting", below: below}, err
	}
	check(&spi.Opening{Observe: observe}, "2 "+w.baseName, "1 "+w.bName, "1 "+w.bName, "0 "+w.aName)
}

// TestObserveFailures: who returns nothing or panics changes nothing; what
// failed is not shown.
func TestObserveFailures(t *testing.T) {
	w := newWorld(t)
	for name, observe := range map[string]func(int, string, spi.Socket) spi.Socket{
		"nothing": func(int, string, spi.Socket) spi.Socket { return nil },
		"panic":   func(int, string, spi.Socket) spi.Socket { panic("boom") },
	} {
		s, c, err := w.m.Open(w.snap, w.chain, &spi.Opening{Observe: observe})
		if err != nil {
			t.Fatal(err)
		}
		if list := namesOf(s); len(list) != 3 {
			t.Errorf("%s: sockets from the top down: %v", name, list)
		}
		s.Close()
		c.Release()
	}
	if n := strings.Count(w.log.String(), "Observe panicked"); n != 3 {
		t.Errorf("the log tells of %d panics, want one for each socket", n)
	}
	shown := 0
	w.b.onSocket = func(*spi.Opening) (spi.Socket, error) { return nil, wsa.WSAEACCES }
	if _, _, err := w.m.Open(w.snap, w.chain, &spi.Opening{Observe: func(_ int, _ string, s spi.Socket) spi.Socket {
		shown++
		return s
	}}); err != wsa.WSAEACCES || shown != 0 {
		t.Errorf("%v, and %d sockets were shown of a chain that failed", err, shown)
	}
}
