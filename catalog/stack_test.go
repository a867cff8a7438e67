// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"os"
	"slices"
	"strings"
	"testing"

	"winsock/wsa"
)

// through lists the paths along the chain that a request gets.
func through(t *testing.T, snap *Snapshot, socketType, protocol int32) string {
	t.Helper()
	c, err := snap.Select(Request{AddressFamily: inet, SocketType: socketType, Protocol: protocol})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, id := range c.Entry.Members() {
		paths = append(paths, snap.Entry(id).Path)
	}
	if c.Entry.Path != paths[0] {
		t.Errorf("the chain's path is %s and not that of its top, %s", c.Entry.Path, paths[0])
	}
	return strings.Join(paths, " > ")
}

func TestInstallStack(t *testing.T) {
	s, _ := newTestStore(t)
	layers := []Stacked{{"upper", "cat-layer:size=1"}, {"same", "cat-layer:size=2"}, {"same", "cat-layer:size=3"}}
	first, err := s.InstallStack("office", layers, nil)
	if err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	if got, want := through(t, snap, stream, tcp), "cat-layer:size=1 > cat-layer:size=2 > cat-layer:size=3 > cat-inet"; got != want {
		t.Errorf("the chain is %s, want %s", got, want)
	}
	for i, name := range []string{"office/upper", "office/same", "office/same-2"} {
		if e := snap.Entry(first[i]); e == nil || e.Info.Name != name || e.Kind() != Layered {
			t.Errorf("layer %d is %+v, want %s", i, e, name)
		}
	}
	if p := snap.Verify(); len(p) > 0 {
		t.Errorf("there are problems: %v", p)
	}

	// The same layers get other options, and stay where they are.
	if _, err := s.InstallChains(layerID, "cat-layer:size=9", "lone", 0, []wsa.ProtocolInfo{tcp4}); err != nil {
		t.Fatal(err)
	}
	order := names(s.Snapshot().Entries())
	layers[1].Path = "cat-layer:size=20"
	again, err := s.InstallStack("office", layers, nil)
	if err != nil || !slices.Equal(first, again) {
		t.Errorf("got %v, %v, want %v", again, err, first)
	}
	snap = s.Snapshot()
	if got, want := through(t, snap, stream, tcp), "cat-layer:size=9 > cat-layer:size=1 > cat-layer:size=20 > cat-layer:size=3 > cat-inet"; got != want {
		t.Errorf("the chain is %s, want %s", got, want)
	}
	if got := names(snap.Entries()); got != order {
		t.Errorf("the order became %s, and was %s", got, order)
	}

	// What others stand on keeps its layers.
	serial := snap.Serial()
	_, err = s.InstallStack("office", layers[1:], nil)
	wantCode(t, "a layer less", err, wsa.WSAEINVAL)
	if err == nil || !strings.Contains(err.Error(), "\"lone\" stands on the chain office") {
		t.Errorf("got %v", err)
	}
	if s.Refresh().Serial() != serial {
		t.Error("the catalog has changed")
	}
	if _, err := s.Deinstall(layerID); err != nil {
		t.Fatal(err)
	}

	// Other layers take the place, in one change and over what is asked for.
	serial = s.Refresh().Serial()
	if _, err := s.InstallStack("office", []Stacked{{"b", "cat-layer:size=5"}, {"a", "cat-layer:size=6"}}, []wsa.ProtocolInfo{tcp4}); err != nil {
		t.Fatal(err)
	}
	snap = s.Snapshot()
	if got, want := through(t, snap, stream, tcp), "cat-layer:size=5 > cat-layer:size=6 > cat-inet"; got != want || snap.Serial() != serial+1 {
		t.Errorf("the chain is %s after %d changes, want %s", got, snap.Serial()-serial, want)
	}
	if got, want := through(t, snap, wsa.SOCK_DGRAM, wsa.IPPROTO_UDP), "cat-inet"; got != want {
		t.Errorf("the chain of UDP is %s, want %s", got, want)
	}

	// Two stacks know nothing of each other.
	if _, err := s.InstallStack("office2", []Stacked{{"b", "cat-layer"}}, nil); err != nil {
		t.Fatal(err)
	}
	removed, err := s.DeinstallStack("office")
	if err != nil || len(removed) == 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if text := names(s.Snapshot().Entries()); strings.Contains(text, "office/") || !strings.Contains(text, "office2/b") {
		t.Errorf("left are %s", text)
	}
	if removed, err := s.DeinstallStack("office"); err != nil || removed != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
}

func TestStackRefused(t *testing.T) {
	s, file := newTestStore(t)
	for _, c := range []struct {
		name   string
		layers []Stacked
		over   []wsa.ProtocolInfo
	}{
		{"", []Stacked{{"a", "cat-layer"}}, nil},
		{"a/b", []Stacked{{"a", "cat-layer"}}, nil},
		{"a", nil, nil},
		{"a", []Stacked{{"a", "cat-layer:none=1"}}, nil},
		{"a", []Stacked{{"a", "cat-inet"}}, nil},
		{"a", []Stacked{{"a", ""}}, nil},
		{"a", []Stacked{{strings.Repeat("a", wsa.WSAPROTOCOL_LEN), "cat-layer"}}, nil},
		{"a", []Stacked{{"a", "cat-layer"}}, []wsa.ProtocolInfo{}},
		{"a", []Stacked{{"a", "cat-layer"}}, []wsa.ProtocolInfo{{AddressFamily: 77}}},
	} {
		_, err := s.InstallStack(c.name, c.layers, c.over)
		wantCode(t, c.name, err, wsa.WSAEINVAL)
	}
	_, err := s.InstallStack("long", slices.Repeat([]Stacked{{"a", "cat-layer"}}, wsa.MAX_PROTOCOL_CHAIN), nil)
	wantCode(t, "a chain that is too long", err, wsa.WSANO_RECOVERY)
	mustExist(t, file, false)
}

// TestEditedDefaults: a path that somebody gives a default in the file counts,
// or it is told why not.
func TestEditedDefaults(t *testing.T) {
	s, file := newTestStore(t)
	if err := s.Enable(1006, false); err != nil { // so that there is a file
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, path string) *Snapshot {
		t.Helper()
		text := strings.ReplaceAll(string(written), `path = "`+old+`"`, `path = "`+path+`"`)
		if text == string(written) {
			t.Fatalf("there is no path %s in\n%s", old, text)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return NewStore(testConfig("", &syncBuffer{})).Snapshot()
	}
	for _, path := range []string{"cat-hosts:file=/tmp/x", "cat-dns"} {
		snap := edit("cat-hosts", path)
		if n := snap.NameSpaces()[0]; n.Path != path || n.Default || len(snap.Verify()) > 0 {
			t.Errorf("the name space is %+v, with %v", n, snap.Verify())
		}
	}
	snap := edit("cat-inet", "cat-inet:size=1")
	if e := find(t, snap, "TCP/IPv4"); e.Path != "cat-inet:size=1" || e.Default || len(snap.Verify()) > 0 {
		t.Errorf("the entry is %+v, with %v", e, snap.Verify())
	}
	for _, path := range []string{"cat-hosts:fill=/tmp/x", "cat-older-name"} {
		snap := edit("cat-hosts", path)
		if n := snap.NameSpaces()[0]; n.Path != "cat-hosts" || !n.Default {
			t.Errorf("the name space is %+v", n)
		}
		if p := snap.Verify(); len(p) != 1 || !strings.Contains(p[0].String(), strings.TrimSuffix(path, "fill=/tmp/x")) || !strings.Contains(p[0].String(), "the default \"cat-hosts\" is used") {
			t.Errorf("the problems of %s are %v", path, p)
		}
	}
	snap = edit("cat-irda", "cat-layer")
	if e := find(t, snap, "infrared"); e.Path != "cat-irda" || len(snap.Verify()) != 1 {
		t.Errorf("the entry is %+v, with %v", e, snap.Verify())
	}
}
