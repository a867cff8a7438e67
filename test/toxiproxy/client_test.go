// SPDX-License-Identifier: Apache-2.0

// Package toxiproxy lets toxiproxy's own client steer the layer fault, and
// measures what each of its toxics does. It is a module of its own, so that
// nobody who uses the library gets the client.
package toxiproxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2/client"

	"winsock/spi"
	"winsock/test/pairs"
	"winsock/wsa"
	"winsock/wsnet"
)

// layer is the place that the client steers. The kernel chooses the port of
// its API, and the log tells it.
var layer = spi.FormatPath("fault", spi.Options{"name": "db", "listen": "127.0.0.1:0", "upstream": "db.example:5432"})

// An addressHandler finds the API's address in the log.
type addressHandler struct {
	slog.Handler
	mu      sync.Mutex // protects address
	address string
}

func (h *addressHandler) Handle(ctx context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "API of faults") {
		r.Attrs(func(a slog.Attr) bool {
			if a.Key == "address" {
				h.mu.Lock()
				h.address = a.Value.String()
				h.mu.Unlock()
			}
			return true
		})
	}
	return nil
}

func (h *addressHandler) WithAttrs([]slog.Attr) slog.Handler { return h }

var log = &addressHandler{Handler: slog.DiscardHandler}

func (h *addressHandler) Enabled(context.Context, slog.Level) bool { return true }

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(log))
	os.Exit(m.Run())
}

// client returns a client of the API, which has no toxics.
func client(t *testing.T) *toxiproxy.Client {
	t.Helper()
	pairs.Connected(t, layer) // which starts the layer
	log.mu.Lock()
	c := toxiproxy.NewClient(log.address)
	log.mu.Unlock()
	reset := func() {
		if err := c.ResetState(); err != nil {
			t.Error(err)
		}
	}
	reset()
	t.Cleanup(reset)
	return c
}

func wants(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%v, want an error with %q", err, text)
	}
}

// TestProxies: a place is a proxy that is there, can be switched off and on,
// and cannot be made, moved or deleted.
func TestProxies(t *testing.T) {
	c := client(t)
	all, err := c.Proxies()
	if err != nil || len(all) != 1 || all["db"] == nil || all["db"].Upstream != "db.example:5432" || !all["db"].Enabled {
		t.Fatalf("the proxies are %v, %v", all, err)
	}
	_, err = c.Proxy("other")
	wants(t, err, "proxy not found")
	_, err = c.CreateProxy("db", "127.0.0.1:1", "127.0.0.1:2")
	wants(t, err, "already exists")
	_, err = c.CreateProxy("new", "127.0.0.1:1", "127.0.0.1:2")
	wants(t, err, "cannot be made")
	db, err := c.Proxy("db")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, db.Delete(), "cannot be made, moved or deleted")

	own, peer := pairs.Connected(t, layer)
	pairs.Exchange(t, own, peer, []byte("up"))
	if err := db.Disable(); err != nil || db.Enabled {
		t.Fatalf("disable: %v, enabled %t", err, db.Enabled)
	}
	if _, err := own.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("a connection of a proxy that is down: %v", err)
	}
	if _, err := peer.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("its peer: %v", err)
	}
	if _, _, _, err := pairs.Pipe(layer); wsa.ErrnoOf(err) != wsa.WSAECONNREFUSED {
		t.Errorf("a connect while it is down: %v", err)
	}
	if err := db.Enable(); err != nil {
		t.Fatal(err)
	}
	own, peer = pairs.Connected(t, layer)
	pairs.Exchange(t, own, peer, []byte("up again"))
	db.Enabled = false
	if err := db.Save(); err != nil {
		t.Error(err)
	}
	list, err := c.Populate([]toxiproxy.Proxy{{Name: "db", Listen: "127.0.0.1:1", Upstream: "x", Enabled: true}})
	if err != nil || len(list) != 1 || !list[0].Enabled {
		t.Errorf("populate: %v, %v", list, err)
	}
	_, err = c.Populate([]toxiproxy.Proxy{{Name: "new", Listen: "127.0.0.1:1", Upstream: "x", Enabled: true}})
	wants(t, err, "cannot be made")
}

// TestToxics: toxics are added, changed, listed and removed, one by one and
// all at once, and what cannot be is refused in toxiproxy's words.
func TestToxics(t *testing.T) {
	c := client(t)
	db, err := c.Proxy("db")
	if err != nil {
		t.Fatal(err)
	}
	x, err := db.AddToxic("", "latency", "upstream", 1, toxiproxy.Attributes{"latency": 100, "jitter": 5})
	if err != nil || x.Name != "latency_upstream" || x.Attributes["latency"] != 100.0 || x.Toxicity != 1 {
		t.Fatalf("the toxic is %v, %v", x, err)
	}
	_, err = db.AddToxic("", "latency", "upstream", 1, nil)
	wants(t, err, "already exists")
	_, err = db.AddToxic("", "gravity", "upstream", 1, nil)
	wants(t, err, "invalid toxic type")
	_, err = db.AddToxic("", "latency", "sideways", 1, nil)
	wants(t, err, "stream was invalid")
	x, err = db.UpdateToxic("latency_upstream", 0.5, toxiproxy.Attributes{"jitter": 7})
	if err != nil || x.Attributes["latency"] != 100.0 || x.Attributes["jitter"] != 7.0 || x.Toxicity != 0.5 || x.Stream != "upstream" {
		t.Errorf("the changed toxic is %v, %v", x, err)
	}
	_, err = db.UpdateToxic("none", 1, nil)
	wants(t, err, "toxic not found")
	o := &toxiproxy.ToxicOptions{ProxyName: "db", ToxicName: "slow", ToxicType: "bandwidth", Stream: "downstream", Toxicity: 1, Attributes: toxiproxy.Attributes{"rate": 10}}
	if _, err := c.AddToxic(o); err != nil {
		t.Error(err)
	}
	o.Attributes["rate"] = 20
	if x, err := c.UpdateToxic(o); err != nil || x.Attributes["rate"] != 20.0 {
		t.Errorf("%v, %v", x, err)
	}
	list, err := db.Toxics()
	if err != nil || len(list) != 2 || list[0].Name != "latency_upstream" || list[1].Name != "slow" {
		t.Errorf("the toxics are %v, %v", list, err)
	}
	if err := c.RemoveToxic(o); err != nil {
		t.Error(err)
	}
	if err := db.RemoveToxic("latency_upstream"); err != nil {
		t.Error(err)
	}
	wants(t, db.RemoveToxic("latency_upstream"), "toxic not found")
	db.AddToxic("", "timeout", "", 1, nil)
	db.Disable()
	if err := c.ResetState(); err != nil {
		t.Error(err)
	}
	if db, err := c.Proxy("db"); err != nil || !db.Enabled || len(db.ActiveToxics) != 0 {
		t.Errorf("after a reset: %v, %v", db, err)
	}
}

// TestEffects measures each toxic, both ways, on a connection that stood
// before, and that it goes on as before when the toxic is gone.
func TestEffects(t *testing.T) {
	c := client(t)
	ended := func(t *testing.T, to net.Conn) (got []byte, err error) {
		got, err = io.ReadAll(to)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("it does not end")
		}
		return got, err
	}
	for _, e := range []struct {
		toxic      string
		attributes toxiproxy.Attributes
		lasts      bool // the connection does
		check      func(t *testing.T, from, to net.Conn, stream string)
	}{
		{"latency", toxiproxy.Attributes{"latency": 80, "jitter": 10}, true, func(t *testing.T, from, to net.Conn, _ string) {
			if took := pairs.Exchange(t, from, to, make([]byte, 100_000)); took < 70*time.Millisecond {
				t.Errorf("it took %v", took)
			}
		}},
		{"bandwidth", toxiproxy.Attributes{"rate": 500}, true, func(t *testing.T, from, to net.Conn, _ string) {
			if took := pairs.Exchange(t, from, to, make([]byte, 125_000)); took < 190*time.Millisecond {
				t.Errorf("125 kB at 500 kB/s, with 50 ms of burst, took %v", took)
			}
		}},
		{"slicer", toxiproxy.Attributes{"average_size": 100, "size_variation": 50, "delay": 2000}, true, func(t *testing.T, from, to net.Conn, stream string) {
			begun := time.Now()
			go from.Write(make([]byte, 3000))
			buf := make([]byte, 3000)
			for got := 0; got < 3000; {
				n, err := to.Read(buf)
				if err != nil {
					t.Fatal(err)
				}
				if stream == "downstream" && n > 150 {
					t.Errorf("a slice of %d bytes", n)
				}
				got += n
			}
			if took := time.Since(begun); took < 19*2*time.Millisecond {
				t.Errorf("20 slices or more, 2 ms from each other, took %v", took)
			}
		}},
		{"slow_close", toxiproxy.Attributes{"delay": 80}, false, func(t *testing.T, from, to net.Conn, _ string) {
			begun := time.Now()
			from.Write([]byte("last words"))
			from.Close()
			if got, err := ended(t, to); string(got) != "last words" || err != nil || time.Since(begun) < 80*time.Millisecond {
				t.Errorf("%q, %v after %v", got, err, time.Since(begun))
			}
		}},
		{"timeout", toxiproxy.Attributes{"timeout": 80}, false, func(t *testing.T, from, to net.Conn, _ string) {
			begun := time.Now()
			from.Write([]byte("into the void"))
			if got, _ := ended(t, to); len(got) != 0 || time.Since(begun) < 70*time.Millisecond { // it began a little before
				t.Errorf("%q after %v", got, time.Since(begun))
			}
		}},
		{"timeout", toxiproxy.Attributes{"timeout": 0}, true, func(t *testing.T, from, to net.Conn, _ string) {
			from.Write([]byte("into the void"))
			to.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
			if n, err := to.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes came, %v", n, err)
			}
			to.SetReadDeadline(time.Now().Add(pairs.Patience))
		}},
		{"reset_peer", toxiproxy.Attributes{"timeout": 50}, false, func(t *testing.T, from, to net.Conn, stream string) {
			own, peer := from, to
			if stream == "downstream" {
				own, peer = to, from
			}
			if _, err := ended(t, own); wsa.ErrnoOf(err) != wsa.WSAECONNRESET {
				t.Errorf("the program: %v", err)
			}
			own.Close()
			if _, err := ended(t, peer); err == nil || !strings.Contains(err.Error(), "reset") {
				t.Errorf("the peer: %v", err)
			}
		}},
		{"limit_data", toxiproxy.Attributes{"bytes": 1000}, false, func(t *testing.T, from, to net.Conn, _ string) {
			from.Write(make([]byte, 700))
			from.Write(make([]byte, 700))
			if got, err := ended(t, to); len(got) != 1000 || err != nil {
				t.Errorf("%d bytes, %v; want 1000 and the end", len(got), err)
			}
		}},
	} {
		for _, stream := range []string{"upstream", "downstream"} {
			t.Run(e.toxic+" "+stream, func(t *testing.T) {
				db, err := c.Proxy("db")
				if err != nil {
					t.Fatal(err)
				}
				own, peer := pairs.Connected(t, layer)
				from, to := own, peer
				if stream == "downstream" {
					from, to = peer, own
				}
				pairs.Exchange(t, from, to, []byte("before"))
				x, err := db.AddToxic("", e.toxic, stream, 1, e.attributes)
				if err != nil {
					t.Fatal(err)
				}
				e.check(t, from, to, stream)
				if err := db.RemoveToxic(x.Name); err != nil {
					t.Fatal(err)
				}
				if e.lasts {
					pairs.Exchange(t, from, to, []byte("after"))
					pairs.Exchange(t, to, from, []byte("and back"))
				}
			})
		}
	}
}

// TestToxicity: a toxic strikes the share of connections that it is to.
func TestToxicity(t *testing.T) {
	c := client(t)
	db, err := c.Proxy("db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.AddToxic("", "limit_data", "downstream", 0.5, toxiproxy.Attributes{"bytes": 0}); err != nil {
		t.Fatal(err)
	}
	d := wsnet.Dialer{Route: wsnet.Route{Layers: []string{layer}}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var struck []bool
	for range 60 {
		own, err := d.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		peer, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		peer.Write([]byte("x"))
		peer.Close()
		got, _ := io.ReadAll(own)
		own.Close()
		struck = append(struck, len(got) == 0)
	}
	n := 0
	for _, s := range struck {
		if s {
			n++
		}
	}
	if n < 15 || n > 45 || !slices.Contains(struck, false) {
		t.Errorf("%d of 60 connections were struck at 0.5", n)
	}
}
