// SPDX-License-Identifier: Apache-2.0

package meter_test

import (
	"path/filepath"
	"testing"

	"winsock/catalog"
	"winsock/chain"
	_ "winsock/layer/trace"
	_ "winsock/provider/kernel"
	_ "winsock/provider/mem"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/spi/spitest"
	"winsock/spi/spitest/leak"
	"winsock/wsa"
)

func TestMain(m *testing.M) { leak.Main(m) }

// metered is a network of chains of the layers over a base driver, opened by
// the chain manager, with all that they consist of metered by set.
func metered(t *testing.T, set *meter.Set, base string, layers ...string) spitest.Network {
	t.Helper()
	store := catalog.NewStore(catalog.Config{Drivers: []string{base}, File: filepath.Join(t.TempDir(), "catalog.toml")})
	manager := new(chain.Manager)
	t.Cleanup(manager.Shutdown)
	n := spitest.Network{Open: func(info *wsa.ProtocolInfo) (spi.Socket, error) {
		snap := store.Snapshot()
		entry := snap.Entry(info.CatalogEntryID)
		snap, entry, err := chain.Compose(snap, entry, layers...)
		if err != nil {
			return nil, err
		}
		s, c, err := manager.Open(snap, entry, &spi.Opening{
			AddressFamily: info.AddressFamily, SocketType: info.SocketType, Protocol: info.Protocol, Observe: set.Observe,
		})
		if err == nil {
			t.Cleanup(c.Release) // the socket is closed by then
		}
		return s, err
	}}
	for _, e := range store.Snapshot().Entries() {
		if e.Info.SocketType != wsa.SOCK_RAW && e.Kind() == catalog.Base {
			n.Entries = append(n.Entries, e.Info)
		}
	}
	for _, info := range n.Entries { // so that no check finds the layers' files opened meanwhile
		s, err := n.Open(&info)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	n.NoReset = func(info *wsa.ProtocolInfo) bool { return base == "kernel" && info.AddressFamily == wsa.AF_UNIX }
	return n
}

// A parted socket is used as the API uses one: the data goes by its path.
type parted struct{ spi.Socket }

func (s parted) DataPath() spi.Socket             { return spi.DataPathOf(s.Socket) }
func (s parted) Send(m *spi.Message) (int, error) { return s.DataPath().Send(m) }
func (s parted) Recv(m *spi.Message) (int, error) { return s.DataPath().Recv(m) }
func (s parted) Ready(mask spi.Events) spi.Events { return s.DataPath().Ready(mask) }
func (s parted) Watch(w *spi.Watcher)             { s.DataPath().Watch(w) }
func (s parted) Unwatch(w *spi.Watcher)           { s.DataPath().Unwatch(w) }
func (s parted) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	conn, err := s.Socket.Accept(peer)
	if err != nil {
		return nil, err
	}
	return parted{conn}, nil
}

// part has the sockets of a network used as the API uses them.
func part(n spitest.Network) spitest.Network {
	open := n.Open
	n.Open = func(info *wsa.ProtocolInfo) (spi.Socket, error) {
		s, err := open(info)
		if err != nil {
			return nil, err
		}
		return parted{s}, nil
	}
	return n
}

// TestConformance: a metered chain keeps every rule, whether its layers look
// at the data or not.
func TestConformance(t *testing.T) {
	for _, test := range []struct {
		name, base, layer string
		past              bool // the data goes past the layer
	}{
		{"kernel", "kernel", "", false},
		{"memory", "mem", "", false},
		{"control calls over the kernel", "kernel", "trace:calls=control,log=", true},
		{"all calls over the kernel", "kernel", "trace:calls=all,log=", false},
		{"all calls over memory", "mem", "trace:calls=all,log=", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var set meter.Set
			var layers []string
			if test.layer != "" {
				layers = []string{test.layer + filepath.Join(t.TempDir(), "log")}
			}
			spitest.Run(t, func(t *testing.T) spitest.Network {
				n := metered(t, &set, test.base, layers...)
				if test.past {
					n = part(n)
				}
				return n
			})
			list := set.Snapshot()
			if len(list) != len(layers)+1 {
				t.Fatalf("%d layers were metered, want %d", len(list), len(layers)+1)
			}
			for i, l := range list {
				t.Logf("%d %-8s %v own; %+v", l.Place, l.Name, l.Own, l.Reading)
				if l.Place != i || l.Open != 0 || l.Total <= l.Groups[meter.Open].Calls {
					t.Errorf("layer %d: %d sockets are open of %d", l.Place, l.Open, l.Total)
				}
				past := test.past && i == 0
				for _, g := range []meter.Group{meter.Send, meter.Recv} {
					if (l.Groups[g].Calls == 0) != past {
						t.Errorf("layer %d: %d calls of %v, which go past it: %v", l.Place, l.Groups[g].Calls, g, past)
					}
				}
				if (l.Sent == 0) != past || (l.Received == 0) != past {
					t.Errorf("layer %d: %d bytes sent, %d received, which go past it: %v", l.Place, l.Sent, l.Received, past)
				}
			}
		})
	}
}

// TestHandleIsPreserved: a metered chain is as open to the data as without.
func TestHandleIsPreserved(t *testing.T) {
	dir := t.TempDir()
	for layer, kept := range map[string]bool{
		"":                         true,
		"trace:calls=control,log=": true,
		"trace:log=":               false,
		"trace:capture=":           false,
	} {
		var layers []string
		if layer != "" {
			layers = []string{layer + filepath.Join(dir, "file")}
		}
		var set meter.Set
		n := metered(t, &set, "kernel", layers...)
		for _, info := range n.Entries {
			if info.AddressFamily == wsa.AF_UNIX {
				continue
			}
			s, err := n.Open(&info)
			if err != nil {
				t.Fatal(err)
			}
			if fd, ok := spi.HandleOf(s); ok != kept || ok && fd < 0 {
				t.Errorf("%s under %q: descriptor %d, %v, want %v", info.Name, layer, fd, ok, kept)
			}
			name := wsa.SockaddrUnix("/nowhere")
			if _, ok := spi.As[spi.Handler](spi.DataPathTo(s, &name)); ok != kept {
				t.Errorf("%s under %q: once it is connected, it has a descriptor: %v, want %v", info.Name, layer, ok, kept)
			}
			s.Close()
		}
	}
}
