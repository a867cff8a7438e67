// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"winsock/wsa"
)

// badCatalogs are files that are no catalog.
var badCatalogs = map[string]string{
	"empty":                "",
	"binary":               "\x00\xff\x7fELF\x01\x02",
	"no TOML":              "[[entry",
	"other TOML":           "title = \"shopping\"\n[bread]\nloaves = 2\n",
	"words for numbers":    "version = \"one\"\n[[protocol]]\nid = \"first\"\n",
	"a bad protocol":       "[[protocol]]\nid = 1001\nname = \"x\"\nprovider = \"no-guid\"\npath = \"kernel\"\n",
	"a chain of nothing":   "[[protocol]]\nid = 5000\nname = \"x\"\nchain = [7777, 8888]\n",
	"cut off in the midst": "[[protocol]]\nid = 1001\nname = \"Winsock TCP",
}

// worksAsUsual opens a connection through what the catalog offers.
func worksAsUsual(t *testing.T) {
	t.Helper()
	c, s := connected(t, wsa.AF_INET)
	sendText(t, c, "as usual")
	wantRecv(t, s, "as usual")
	all, err := WSAEnumProtocols(nil)
	if err != nil || len(all) < 4 {
		t.Errorf("WSAEnumProtocols: %v, %v", namesOf(all), err)
	}
}

// TestDamagedCatalog: a catalog that cannot be understood takes nobody's
// network away.
func TestDamagedCatalog(t *testing.T) {
	for what, content := range badCatalogs {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			file := filepath.Join(t.TempDir(), "catalog.toml")
			must(t, os.WriteFile(file, []byte(content), 0o600))
			t.Setenv("WINSOCK_CATALOG", file)
			theCatalog.Refresh()
			worksAsUsual(t)
			after, err := os.ReadFile(file)
			if err != nil || string(after) != content {
				t.Errorf("looking at it changed the file: %q, %v", after, err)
			}
		})
	}
}

// TestNoCatalog: neither does one that cannot be read.
func TestNoCatalog(t *testing.T) {
	dir := t.TempDir()
	plainFile := filepath.Join(dir, "file")
	must(t, os.WriteFile(plainFile, nil, 0o600))
	for what, file := range map[string]string{
		"a folder":            dir,
		"below a file":        filepath.Join(plainFile, "catalog.toml"),
		"a folder not there":  filepath.Join(dir, "a", "b", "catalog.toml"),
		"a device":            "/dev/null",
		"an impossible name":  filepath.Join(dir, strings.Repeat("x", 300)),
		"a link to itself":    selfLink(t, dir),
		"a relative nonsense": "./../../../../proc/nothing",
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			t.Setenv("WINSOCK_CATALOG", file)
			theCatalog.Refresh()
			worksAsUsual(t)
		})
	}
}

func selfLink(t *testing.T, dir string) string {
	t.Helper()
	link := filepath.Join(dir, "link")
	must(t, os.Symlink(link, link))
	return link
}

// TestReadOnlyCatalog: without the right to write, changes are
// WSANO_RECOVERY, and everything goes on. It holds for root as well, as the
// folder cannot come to be.
func TestReadOnlyCatalog(t *testing.T) {
	dir := t.TempDir()
	plainFile := filepath.Join(dir, "file")
	must(t, os.WriteFile(plainFile, []byte("x"), 0o400))
	places := map[string]string{
		"below a file":    filepath.Join(plainFile, "catalog.toml"),
		"deep below":      filepath.Join(plainFile, "a", "b", "catalog.toml"),
		"in /proc":        "/proc/winsock/catalog.toml",
		"a link to /proc": link(t, dir, "/proc/winsock"),
	}
	if os.Geteuid() != 0 {
		closed := filepath.Join(dir, "closed")
		must(t, os.Mkdir(closed, 0o500))
		places["in a folder without the right"] = filepath.Join(closed, "catalog.toml")
	}
	for what, file := range places {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t)
			started(t)
			t.Setenv("WINSOCK_CATALOG", file)
			theCatalog.Refresh()
			before, err := WSCEnumProtocols(nil)
			must(t, err)
			_, err = WSCInstallProviderAndChains(wsa.NewGUID(), catalogLayer, "x", 0, nil)
			wantErr(t, "WSCInstallProviderAndChains", err, wsa.WSANO_RECOVERY)
			wantErr(t, "WSCDeinstallProvider", WSCDeinstallProvider(before[0].ProviderID), wsa.WSANO_RECOVERY)
			after, err := WSCEnumProtocols(nil)
			if err != nil || len(after) != len(before) {
				t.Errorf("there were %d protocols and now are %d, %v", len(before), len(after), err)
			}
			worksAsUsual(t)
		})
	}
}

func link(t *testing.T, dir, to string) string {
	t.Helper()
	l := filepath.Join(dir, "to-proc")
	must(t, os.Symlink(to, l))
	return filepath.Join(l, "catalog.toml")
}

// badLayers are paths of layers that are wrong, with the word that the error
// must not leave out.
var badLayers = []struct {
	what   string
	layers []string
	want   wsa.Errno
	word   string
}{
	{"an unknown layer", []string{"no-such-layer"}, wsa.WSAEPROVIDERFAILEDINIT, "no-such-layer"},
	{"no name", []string{""}, wsa.WSAEPROVIDERFAILEDINIT, `""`},
	{"an unknown option", []string{"trace:no-such-option=1"}, wsa.WSAEINVAL, "no-such-option"},
	{"an option given twice", []string{"trace:log=-,log=-"}, wsa.WSAEINVAL, "log"},
	{"a base provider as a layer", []string{"kernel"}, wsa.WSAEINVAL, "kernel"},
	{"a base provider below a layer", []string{"trace", "mem"}, wsa.WSAEINVAL, "mem"},
	{"a bad one below a good one", []string{"trace", "no-such-layer"}, wsa.WSAEPROVIDERFAILEDINIT, "no-such-layer"},
	{"too many", strings.Fields(strings.Repeat("trace ", wsa.MAX_PROTOCOL_CHAIN)), wsa.WSAEINVAL, "8"},
}

// TestBadLayers: Compose says what is wrong with a layer.
func TestBadLayers(t *testing.T) {
	leavesNothing(t)
	started(t)
	for _, c := range badLayers {
		_, err := Compose(wsa.AF_INET, wsa.SOCK_STREAM, 0, nil, c.layers...)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.what, err, c.want.Name())
		} else if !strings.Contains(err.Error(), c.word) {
			t.Errorf("%s: the error does not say %s: %v", c.what, c.word, err)
		}
	}
	_, err := Compose(-1, wsa.SOCK_STREAM, 0, nil, "trace")
	wantErr(t, "a family that there is not", err, wsa.WSAEAFNOSUPPORT)
	worksAsUsual(t)
}

// TestBadLayersOfTheCommand: so does the command, and fails.
func TestBadLayersOfTheCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("there is no go command")
	}
	program := filepath.Join(t.TempDir(), "winsock")
	if out, err := exec.CommandContext(t.Context(), tool, "build", "-o", program, "./cmd/winsock").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, c := range badLayers {
		args := []string{"nc"}
		for _, l := range c.layers {
			args = append(args, "--layer="+l)
		}
		out, err := exec.CommandContext(t.Context(), program, append(args, "127.0.0.1", "9")...).CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() <= 0 {
			t.Errorf("%s: the command ended with %v\n%s", c.what, err, out)
		}
		if !strings.Contains(string(out), c.word) || strings.Contains(string(out), "goroutine ") {
			t.Errorf("%s: the command does not say %s:\n%s", c.what, c.word, out)
		}
	}
}

// TestBadInstallations: what would make a catalog that does not work is not
// installed.
func TestBadInstallations(t *testing.T) {
	leavesNothing(t)
	file := ownCatalog(t)
	started(t)
	base := protocol(t, wsa.AF_INET, wsa.SOCK_STREAM)
	chain := func(entries ...uint32) []wsa.ProtocolInfo {
		info := base
		info.Name = "a chain"
		info.Chain.Len = int32(len(entries))
		info.Chain.Entries = [wsa.MAX_PROTOCOL_CHAIN]uint32{}
		copy(info.Chain.Entries[:], entries)
		return []wsa.ProtocolInfo{info}
	}
	tooLong := chain(base.CatalogEntryID)
	tooLong[0].Chain.Len = wsa.MAX_PROTOCOL_CHAIN + 1
	negative := chain(base.CatalogEntryID)
	negative[0].Chain.Len = -1
	id := wsa.NewGUID()
	for _, c := range []struct {
		what string
		err  error
	}{
		{"no GUID", WSCInstallProvider(wsa.GUID{}, catalogLayer, chain(base.CatalogEntryID))},
		{"no path", WSCInstallProvider(id, "", chain(base.CatalogEntryID))},
		{"no protocols", WSCInstallProvider(id, catalogLayer, nil)},
		{"a chain of unknown entries", WSCInstallProvider(id, catalogLayer, chain(7777, 8888))},
		{"a chain over an unknown entry", WSCInstallProvider(id, catalogLayer, chain(base.CatalogEntryID, 8888))},
		{"a chain that is too long", WSCInstallProvider(id, catalogLayer, tooLong)},
		{"a chain of negative length", WSCInstallProvider(id, catalogLayer, negative)},
		{"chains without a GUID", errOf(WSCInstallProviderAndChains(wsa.GUID{}, catalogLayer, "x", 0, nil))},
		{"chains without a path", errOf(WSCInstallProviderAndChains(id, "", "x", 0, nil))},
		{"chains without a name", errOf(WSCInstallProviderAndChains(id, catalogLayer, "", 0, nil))},
		{"chains of a base provider", errOf(WSCInstallProviderAndChains(id, "kernel", "x", 0, nil))},
		{"chains of an unknown option", errOf(WSCInstallProviderAndChains(id, "trace:no-such-option=1", "x", 0, nil))},
		{"chains over what there is not", errOf(WSCInstallProviderAndChains(id, catalogLayer, "x", 0, []wsa.ProtocolInfo{{AddressFamily: 99, SocketType: 99}}))},
		{"an order of nothing", WSCWriteProviderOrder(nil)},
		{"an order of unknown entries", WSCWriteProviderOrder([]uint32{1, 2, 3})},
		{"an update of what there is not", WSCUpdateProvider(id, catalogLayer, chain(base.CatalogEntryID))},
		{"a removal of what there is not", WSCDeinstallProvider(id)},
		{"a name space without a GUID", WSCInstallNameSpace("x", "hosts", wsa.NS_DNS, 1, wsa.GUID{})},
		{"a name space without a path", WSCInstallNameSpace("x", "", wsa.NS_DNS, 1, id)},
		{"a removal of a name space that there is not", WSCUnInstallNameSpace(id)},
	} {
		wantErr(t, c.what, c.err, wsa.WSAEINVAL)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the catalog's file was written: %v", err)
	}
	worksAsUsual(t)
}

// TestUnknownLayerInCatalog: a layer that this program does not know may be
// known to others, so it can be installed. Here its chains do not open:
// sockets are not opened past a layer that somebody wants there.
func TestUnknownLayerInCatalog(t *testing.T) {
	leavesNothing(t)
	ownCatalog(t)
	started(t)
	id := wsa.NewGUID()
	_, err := WSCInstallProviderAndChains(id, "no-such-layer", "x", 0, nil)
	must(t, err)
	for range 2 {
		wantNoSocket(t, wsa.AF_INET, wsa.SOCK_STREAM, 0, wsa.WSAEPROVIDERFAILEDINIT)
	}
	must(t, WSCDeinstallProvider(id))
	worksAsUsual(t)
}

func errOf(_ uint32, err error) error { return err }
