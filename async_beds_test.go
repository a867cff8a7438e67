// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"winsock/catalog"
	"winsock/chain"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func init() {
	spi.Register(&spi.Driver{
		Name:    "async-pass",
		Summary: "a layer that passes everything through, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewProvider(p, func(below spi.Socket, _ *spi.Opening) (spi.Socket, error) {
				return &layer.PassThrough{Base: layer.Base{Socket: below}}, nil
			}), nil
		},
	})
	spi.Register(&spi.Driver{
		Name:    "async-conn",
		Summary: "a layer of blocking code that pumps the data, for tests",
		Startup: func(p *spi.StartupParams) (spi.Provider, error) {
			return layer.NewConnProvider(p, layer.ConnConfig{
				Transform: func(_ context.Context, _ *layer.Handshake, below net.Conn) (net.Conn, error) {
					return struct{ net.Conn }{below}, nil // not below itself, which would be taken out of the way
				},
			}), nil
		},
	})
}

// An asyncBed is a bed for overlapped I/O: a base provider, and layers on it.
type asyncBed struct {
	*bed
	openWith func(family, socketType int32, flags uint32) (SOCKET, error)
	pumped   bool // stream data passes through buffers of a layer
}

// asyncLayers are the chains that overlapped I/O is tested through. The layer
// of blocking code is for streams.
var asyncLayers = map[string][]string{
	"bare":         nil,
	"one layer":    {"trace"},
	"three layers": {"trace", "async-pass", "async-conn"},
}

// asyncBases are the providers at the ground, each with the entry's path for
// a private catalog, or none for the common one.
func asyncBases(t testing.TB) map[string]string {
	return map[string]string{"kernel": "", "mem": "mem:latency=100us,network=" + t.Name()}
}

func newAsyncBed(t *testing.T, path string, layers []string) *asyncBed {
	store := Catalog()
	if path != "" {
		store = catalog.NewStore(catalog.Config{File: filepath.Join(t.TempDir(), "catalog.toml")})
		infos := spi.FindDriver("mem").Entries()
		_, err := store.Install(infos[0].ProviderID, path, infos)
		must(t, err)
	}
	b := &asyncBed{pumped: len(layers) == 3}
	b.openWith = func(family, socketType int32, flags uint32) (SOCKET, error) {
		snap := store.Snapshot()
		choice, err := choose(snap, family, socketType, 0, nil)
		if err != nil {
			return INVALID_SOCKET, err
		}
		over := layers
		if len(over) == 3 && socketType != wsa.SOCK_STREAM {
			over = over[:2]
		}
		if snap, choice.Entry, err = chain.Compose(snap, choice.Entry, over...); err != nil {
			return INVALID_SOCKET, err
		}
		return openSocket(snap, choice, 0, flags)
	}
	b.bed = &bed{T: t, delayed: path != "" || b.pumped, open: func(family, socketType int32) (SOCKET, error) {
		return b.openWith(family, socketType, wsa.WSA_FLAG_OVERLAPPED)
	}}
	return b
}

// on returns the bed for a subtest.
func (b *asyncBed) on(t *testing.T) *asyncBed {
	return &asyncBed{b.bed.on(t), b.openWith, b.pumped}
}

// An asyncRule is a rule of overlapped I/O, and what finds out whether it
// holds.
type asyncRule struct {
	rule string // "difference 118", or the title of a page of the documentation
	name string
	run  func(b *asyncBed)
}

// runAsyncRules runs the rules over each base provider, through each chain.
func runAsyncRules(t *testing.T, rules []asyncRule) {
	started(t)
	for base, path := range asyncBases(t) {
		for chain, layers := range asyncLayers {
			t.Run(base+"/"+chain, func(t *testing.T) {
				whole := newAsyncBed(t, path, layers)
				for _, r := range rules {
					t.Run(r.name, func(t *testing.T) {
						leak.Check(t)
						t.Cleanup(func() {
							if t.Failed() {
								t.Logf("the rule is: %s", r.rule)
							}
						})
						r.run(whole.on(t))
					})
				}
			})
		}
	}
}

func (b *asyncBed) port() HANDLE {
	b.Helper()
	return newTestPort(b, 0)
}

// ported makes a connected pair, of which the server has a port.
func (b *asyncBed) ported(key uintptr) (client, server SOCKET, port HANDLE) {
	b.Helper()
	client, server = b.connected()
	port = b.port()
	associate(b, server, port, key)
	return client, server, port
}

// pending begins a receive that has to wait.
func (b *asyncBed) pendingRecv(s SOCKET, buf []byte, ov *Overlapped, c *Completion) {
	b.Helper()
	n, err := WSARecv(s, [][]byte{buf}, nil, ov, c)
	if n != 0 || err != wsa.WSA_IO_PENDING {
		b.Fatalf("WSARecv: %d bytes, %v; want WSA_IO_PENDING", n, name(err))
	}
	if ov.Done() {
		b.Fatal("a receive that waits is said to be done")
	}
}

// packet takes a packet and checks it; 0 means success.
func (b *asyncBed) packet(port HANDLE, n int, key uintptr, ov *Overlapped, want wsa.Errno) {
	b.Helper()
	got, k, o, err := GetQueuedCompletionStatus(port, uint32(soon.Milliseconds()))
	if int(got) != n || k != key || o != ov || err != want.Err() {
		b.Fatalf("packet: %d bytes, key %d, %p, %v; want %d, %d, %p, %v", got, k, o, name(err), n, key, ov, want.Name())
	}
}

// noPacket checks that a port is empty. What was told before is there by now.
func (b *asyncBed) noPacket(port HANDLE) {
	b.Helper()
	if n, key, ov, err := GetQueuedCompletionStatus(port, 0); ov != nil || n != 0 || key != 0 || err != wsa.WSA_WAIT_TIMEOUT {
		b.Errorf("a packet that should not be: %d bytes, key %d, %p, %v", n, key, ov, name(err))
	}
}

// result waits for the end of an operation and checks it; 0 means success.
func (b *asyncBed) result(s SOCKET, ov *Overlapped, n int, want wsa.Errno) {
	b.Helper()
	ended := make(chan struct{})
	var got uint32
	var err error
	go func() {
		got, _, err = WSAGetOverlappedResult(s, ov, true)
		close(ended)
	}()
	done(b, ended)
	if int(got) != n || err != want.Err() {
		b.Fatalf("WSAGetOverlappedResult: %d bytes, %v; want %d, %v", got, name(err), n, want.Name())
	}
}

// arrived waits until a receive would give that much.
func (b *asyncBed) arrived(s SOCKET, n uint32) {
	b.Helper()
	for end := time.Now().Add(soon); ; time.Sleep(100 * time.Microsecond) {
		var have uint32
		must(b, IoctlSocket(s, wsa.FIONREAD, &have))
		if have >= n {
			return
		}
		if time.Now().After(end) {
			b.Fatalf("%d of %d bytes have arrived", have, n)
		}
	}
}

func (b *asyncBed) event() HANDLE {
	b.Helper()
	e, err := WSACreateEvent()
	must(b, err)
	b.Cleanup(func() { WSACloseEvent(e) })
	return e
}

// signalled tells whether an object is signalled now.
func (b *asyncBed) signalled(h HANDLE) bool {
	b.Helper()
	_, err := WaitForEvents([]HANDLE{h}, false, 0)
	if err != nil && err != wsa.WSA_WAIT_TIMEOUT {
		b.Fatal(err)
	}
	return err == nil
}

// await waits until an object is signalled.
func (b *asyncBed) await(h HANDLE) {
	b.Helper()
	_, err := WaitForEvents([]HANDLE{h}, false, soon)
	must(b, err)
}
