// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// The providers of the tests. Their drivers start nothing, as the catalog
// starts none.
var (
	inetID  = wsa.GUID{Data1: 0x100}
	irdaID  = wsa.GUID{Data1: 0x200}
	dnsID   = wsa.GUID{Data1: 0x300}
	hostsID = wsa.GUID{Data1: 0x400}
	layerID = wsa.GUID{Data1: 0x500}
)

func init() {
	none := func(*spi.StartupParams) (spi.Provider, error) { return nil, wsa.WSASYSNOTREADY }
	noName := func(*spi.NameStartupParams) (spi.NameProvider, error) { return nil, wsa.WSASYSNOTREADY }
	spi.Register(&spi.Driver{Name: "cat-inet", Startup: none, Entries: inetEntries, Options: []spi.Option{{Key: "size", Kind: spi.Size}}})
	spi.Register(&spi.Driver{Name: "cat-irda", Startup: none, Entries: func() []wsa.ProtocolInfo {
		return []wsa.ProtocolInfo{protocol(irdaID, wsa.AF_IRDA, wsa.SOCK_STREAM, 1, 0, 0, "infrared")}
	}})
	spi.Register(&spi.Driver{Name: "cat-mem", Startup: none, Entries: func() []wsa.ProtocolInfo {
		return []wsa.ProtocolInfo{protocol(wsa.GUID{Data1: 0x900}, 99, wsa.SOCK_STREAM, 1, 0, 0, "memory")}
	}})
	spi.Register(&spi.Driver{Name: "cat-layer", Startup: none, Options: []spi.Option{{Key: "size", Kind: spi.Size}, {Key: "text"}},
		Check: func(o spi.Options) error {
			if o.Text("text") == "refused" {
				return errors.Join(spi.BadOption("cat-layer", "text", "once"), spi.BadOption("cat-layer", "text", "twice"))
			}
			return nil
		}})
	for name, info := range map[string]wsa.NamespaceInfo{
		"cat-dns":   {ProviderID: dnsID, NameSpace: wsa.NS_DNS, Active: true, Version: 1, Identifier: "names"},
		"cat-hosts": {ProviderID: hostsID, NameSpace: wsa.NS_TCPIP_HOSTS, Active: true, Version: 1, Identifier: "files"},
	} {
		spi.RegisterName(&spi.NameDriver{Name: name, Info: info, Options: []spi.Option{{Key: "file", Kind: spi.File}}, Startup: noName})
	}
}

func protocol(id wsa.GUID, family, socketType, proto, offset int32, flags uint32, name string) wsa.ProtocolInfo {
	return wsa.ProtocolInfo{
		ProviderID: id, AddressFamily: family, SocketType: socketType, Protocol: proto, ProtocolMaxOffset: offset,
		ProviderFlags: flags, ServiceFlags1: wsa.XP1_IFS_HANDLES | wsa.XP1_GUARANTEED_ORDER, Version: 2,
		MinSockAddr: 16, MaxSockAddr: 28, Chain: wsa.ProtocolChain{Len: wsa.BASE_PROTOCOL}, Name: name,
	}
}

// inetEntries are listed with the IPv6 ones first, so that a test sees
// whether AF_INET is preferred where it must be.
func inetEntries() []wsa.ProtocolInfo {
	const zero = wsa.PFL_MATCHES_PROTOCOL_ZERO
	return []wsa.ProtocolInfo{
		protocol(inetID, wsa.AF_INET6, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, 0, zero, "TCP/IPv6"),
		protocol(inetID, wsa.AF_INET6, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, 0, zero, "UDP/IPv6"),
		protocol(inetID, wsa.AF_INET, wsa.SOCK_STREAM, wsa.IPPROTO_TCP, 0, zero, "TCP/IPv4"),
		protocol(inetID, wsa.AF_INET, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP, 0, zero, "UDP/IPv4"),
		protocol(inetID, wsa.AF_INET, wsa.SOCK_RAW, 0, 255, zero|wsa.PFL_HIDDEN, "RAW/IPv4"),
	}
}

// A syncBuffer is a log that can be read while it is written.
type syncBuffer struct {
	mu sync.Mutex // protects b
	b  strings.Builder
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func testConfig(file string, log *syncBuffer) Config {
	return Config{
		Drivers:     []string{"cat-inet", "cat-irda", "cat-not-compiled-in"},
		NameDrivers: []string{"cat-hosts", "cat-dns"},
		File:        file,
		Log:         slog.New(slog.NewTextHandler(log, nil)),
	}
}

// newTestStore returns a store on a file of its own, through the
// environment variable.
func newTestStore(t *testing.T) (*Store, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "etc", "catalog.toml")
	t.Setenv(Environment, file)
	return NewStore(testConfig("", &syncBuffer{})), file
}

func ids(entries []*Entry) []uint32 {
	var list []uint32
	for _, e := range entries {
		list = append(list, e.ID())
	}
	return list
}

func names(entries []*Entry) string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Info.Name)
	}
	return strings.Join(list, ", ")
}

// same fails unless two snapshots have the same content.
func same(t *testing.T, what string, got, want *Snapshot) {
	t.Helper()
	if g, w := string(encode(got.draft())), string(encode(want.draft())); g != w {
		t.Errorf("%s: the catalog is\n%s\nwant\n%s", what, g, w)
	}
}

func wantCode(t *testing.T, what string, err error, want wsa.Errno) {
	t.Helper()
	if wsa.ErrnoOf(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want.Name())
	}
}

func mustExist(t *testing.T, file string, want bool) {
	t.Helper()
	if _, err := os.Stat(file); (err == nil) != want {
		t.Errorf("%s: exists = %v, want %v", file, err == nil, want)
	}
}

func find(t *testing.T, s *Snapshot, name string) *Entry {
	t.Helper()
	i := slices.IndexFunc(s.entries, func(e *Entry) bool { return e.Info.Name == name })
	if i < 0 {
		t.Fatalf("no entry is named %q; there are %s", name, names(s.entries))
	}
	return s.entries[i]
}
