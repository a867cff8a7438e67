// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"slices"
	"strings"
	"testing"

	"winsock/wsa"
)

var tcp4 = wsa.ProtocolInfo{AddressFamily: inet, SocketType: stream, Protocol: tcp}

func TestDefaults(t *testing.T) {
	s, file := newTestStore(t)
	snap := s.Snapshot()
	if got, want := names(snap.Entries()), "TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4, infrared"; got != want {
		t.Errorf("the defaults are %s, want %s", got, want)
	}
	if got, want := ids(snap.Entries()), []uint32{1001, 1002, 1003, 1004, 1005, 1006}; !slices.Equal(got, want) {
		t.Errorf("their ids are %v, want %v", got, want)
	}
	for _, e := range snap.Entries() {
		if e.Info.Chain.Len != wsa.BASE_PROTOCOL || e.Info.Chain.Entries[0] != e.ID() {
			t.Errorf("%s: the chain of a base protocol is %+v", e.Info.Name, e.Info.Chain)
		}
	}
	if n := snap.NameSpaces(); len(n) != 2 || n[0].Info.Identifier != "files" || n[1].Path != "cat-dns" {
		t.Errorf("the default name spaces are %+v", n)
	}
	if strings.Contains(names(snap.Visible()), "RAW") {
		t.Error("difference 17: a hidden entry is shown to programs")
	}
	if p := snap.Verify(); len(p) != 0 {
		t.Errorf("the defaults have problems: %v", p)
	}
	mustExist(t, file, false)
}

func TestInstallProvider(t *testing.T) {
	s, file := newTestStore(t)
	before := s.Snapshot()
	base := protocol(wsa.GUID{}, 99, stream, 1, 0, 0, "memory")
	base.CatalogEntryID, base.Chain.Entries = 4711, [7]uint32{9, 9, 9}
	got, err := s.Install(wsa.GUID{Data1: 0x900}, "cat-mem", []wsa.ProtocolInfo{base})
	if err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	e := snap.Entry(got[0])
	if got[0] != 1007 || e == nil || e.Info.CatalogEntryID != 1007 || e.Info.Chain.Entries != [7]uint32{1007} {
		t.Errorf("installed as %v: %+v", got, e)
	}
	if last := snap.entries[len(snap.entries)-1]; last != e {
		t.Errorf("WSCInstallProvider function: the new entry is not at the end: %s", names(snap.entries))
	}
	if before.Entry(1007) != nil {
		t.Error("a snapshot has changed")
	}
	select {
	case <-before.Superseded():
	default:
		t.Error("the old snapshot does not know that it is superseded")
	}
	mustExist(t, file, true)
	same(t, "read again by another store", NewStore(testConfig("", &syncBuffer{})).Snapshot(), snap)
}

// TestInstallStepByStep is the recipe of installers that know no
// WSCInstallProviderAndChains: the layered entry, then each chain, then the
// order.
func TestInstallStepByStep(t *testing.T) {
	s, _ := newTestStore(t)
	layered, err := s.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "layer"}})
	if err != nil {
		t.Fatal(err)
	}
	info := find(t, s.Snapshot(), "TCP/IPv4").Info
	info.Chain = wsa.ProtocolChain{Len: 2, Entries: [7]uint32{layered[0], info.CatalogEntryID, 77}}
	info.Name = "layer over TCP"
	chain, err := s.Install(wsa.NewGUID(), "cat-layer", []wsa.ProtocolInfo{info})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Snapshot().Select(Request{AddressFamily: inet, SocketType: stream})
	if err != nil || c.Entry.Info.Name != "TCP/IPv4" {
		t.Errorf("before the order was changed: %v, %v", c.Entry, err)
	}
	order := ids(s.Snapshot().Entries())
	order = append(chain, slices.DeleteFunc(order, func(id uint32) bool { return id == chain[0] })...)
	if err := s.SetOrder(order); err != nil {
		t.Fatal(err)
	}
	c, err = s.Snapshot().Select(Request{AddressFamily: inet, SocketType: stream})
	if err != nil || c.Entry.ID() != chain[0] {
		t.Errorf("after the order was changed: %v, %v", c.Entry, err)
	}
	if e := c.Entry.Info.Chain.Entries; e != [7]uint32{layered[0], 1003} {
		t.Errorf("the chain's entries are %v", e)
	}
	if p := s.Snapshot().Verify(); len(p) != 0 {
		t.Errorf("problems: %v", p)
	}
}

func TestInstallErrors(t *testing.T) {
	s, file := newTestStore(t)
	layered, err := s.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "layer"}})
	if err != nil {
		t.Fatal(err)
	}
	chain := func(ids ...uint32) []wsa.ProtocolInfo {
		info := wsa.ProtocolInfo{Chain: wsa.ProtocolChain{Len: int32(len(ids))}}
		copy(info.Chain.Entries[:], ids)
		return []wsa.ProtocolInfo{info}
	}
	one := []wsa.ProtocolInfo{{Chain: wsa.ProtocolChain{Len: 1}}}
	before := s.Snapshot()
	tests := []struct {
		what  string
		id    wsa.GUID
		path  string
		infos []wsa.ProtocolInfo
		want  wsa.Errno
	}{
		{"installed already", layerID, "cat-layer", one, wsa.WSANO_RECOVERY},
		{"installed already, as a default", inetID, "cat-inet", one, wsa.WSANO_RECOVERY},
		{"no GUID", wsa.GUID{}, "cat-layer", one, wsa.WSAEINVAL},
		{"no path", wsa.GUID{Data1: 1}, "", one, wsa.WSAEINVAL},
		{"path too long", wsa.GUID{Data1: 1}, "/" + strings.Repeat("x", maxPath), one, wsa.WSAEINVAL},
		{"path with a zero", wsa.GUID{Data1: 1}, "/a\x00b", one, wsa.WSAEINVAL},
		{"bad option", wsa.GUID{Data1: 1}, "cat-layer:size=big", one, wsa.WSAEINVAL},
		{"unknown option", wsa.GUID{Data1: 1}, "cat-layer:colour=red", one, wsa.WSAEINVAL},
		{"no protocols", wsa.GUID{Data1: 1}, "cat-layer", nil, wsa.WSAEINVAL},
		{"name too long", wsa.GUID{Data1: 1}, "cat-layer", []wsa.ProtocolInfo{{Name: strings.Repeat("é", 256)}}, wsa.WSAEINVAL},
		{"ChainLen below 0", wsa.GUID{Data1: 1}, "cat-layer", []wsa.ProtocolInfo{{Chain: wsa.ProtocolChain{Len: -1}}}, wsa.WSAEINVAL},
		{"ChainLen above MAX_PROTOCOL_CHAIN", wsa.GUID{Data1: 1}, "cat-layer", []wsa.ProtocolInfo{{Chain: wsa.ProtocolChain{Len: 8}}}, wsa.WSAEINVAL},
		{"unknown id in the chain", wsa.GUID{Data1: 1}, "cat-layer", chain(layered[0], 4711), wsa.WSAEINVAL},
		{"chain without a base", wsa.GUID{Data1: 1}, "cat-layer", chain(layered[0], layered[0]), wsa.WSAEINVAL},
		{"base in the middle", wsa.GUID{Data1: 1}, "cat-layer", chain(1003, 1003), wsa.WSAEINVAL},
	}
	for _, tt := range tests {
		_, err := s.Install(tt.id, tt.path, tt.infos)
		wantCode(t, tt.what, err, tt.want)
	}
	same(t, "after installations that failed", s.Refresh(), before)
	mustExist(t, file+".new", false)
}

func TestInstallChains(t *testing.T) {
	s, _ := newTestStore(t)
	id, err := s.InstallChains(layerID, "cat-layer:text=a", "layer", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	want := "layer over [TCP/IPv6], layer over [UDP/IPv6], layer over [TCP/IPv4], layer over [UDP/IPv4], layer over [RAW/IPv4], " +
		"layer over [infrared], TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4, infrared, layer"
	if got := names(snap.entries); got != want {
		t.Errorf("WSCInstallProviderAndChains function: the order is\n%s, want\n%s", got, want)
	}
	layered := snap.Entry(id)
	if layered == nil || layered.Kind() != Layered || layered.Info.ProviderID != layerID || layered.Info.ProviderFlags&wsa.PFL_HIDDEN == 0 {
		t.Fatalf("the layered entry is %+v", layered)
	}
	four := find(t, snap, "layer over [TCP/IPv4]").Info
	base := find(t, snap, "TCP/IPv4").Info
	if four.Chain.Len != 2 || four.Chain.Entries != [7]uint32{id, base.CatalogEntryID} {
		t.Errorf("the chain is %+v", four.Chain)
	}
	if four.ServiceFlags1 != base.ServiceFlags1&^wsa.XP1_IFS_HANDLES {
		t.Errorf("the service flags are %#x, of the base %#x", four.ServiceFlags1, base.ServiceFlags1)
	}
	if six := find(t, snap, "layer over [UDP/IPv6]").Info; six.ProviderID != four.ProviderID {
		t.Error("chains over one provider have different GUIDs, so that no select could mix them")
	}
	if other := find(t, snap, "layer over [infrared]").Info; other.ProviderID == four.ProviderID || other.ProviderID == layerID {
		t.Error("chains over different providers have the same GUID")
	}
	if shown := names(snap.Visible()); strings.Contains(shown, "RAW") || strings.HasSuffix(shown, "layer") || !strings.Contains(shown, "layer over [TCP/IPv4]") {
		t.Errorf("programs are shown %s", shown)
	}
	if p := snap.Verify(); len(p) != 0 {
		t.Errorf("problems: %v", p)
	}

	// A second provider over the first, which leaves handles as they are.
	second := wsa.GUID{Data1: 0x501}
	top, err := s.InstallChains(second, "cat-layer", "second", wsa.XP1_IFS_HANDLES, []wsa.ProtocolInfo{tcp4, tcp4})
	if err != nil {
		t.Fatal(err)
	}
	snap = s.Snapshot()
	e := snap.entries[0]
	if e.Info.Name != "second over [layer over [TCP/IPv4]]" || e.Info.Chain.Entries != [7]uint32{top, id, base.CatalogEntryID} {
		t.Errorf("over a list, the topmost entry is built on: %+v", e.Info)
	}
	if n := len(snap.entries); n != 15 {
		t.Errorf("duplicates of the list count: %d entries, want 15", n)
	}

	// Without the first provider, the second one's chain over it is nothing.
	gone, err := s.Deinstall(layerID)
	if err != nil {
		t.Fatal(err)
	}
	if len(gone) != 8 {
		t.Errorf("the layered entry, its 6 chains and the one above them should go, but %v went", gone)
	}
	if got := names(s.Snapshot().entries); got != "TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4, infrared, second" {
		t.Errorf("left are %s", got)
	}
}

func TestInstallChainsErrors(t *testing.T) {
	s, _ := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	other := wsa.GUID{Data1: 0x501}
	tests := []struct {
		what       string
		id         wsa.GUID
		path, name string
		over       []wsa.ProtocolInfo
		want       wsa.Errno
	}{
		{"duplicate provider id", layerID, "cat-layer", "other", nil, wsa.WSAEINVAL},
		{"duplicate name", other, "cat-layer", "layer", nil, wsa.WSAEINVAL},
		{"no GUID", wsa.GUID{}, "cat-layer", "other", nil, wsa.WSAEINVAL},
		{"no path", other, "", "other", nil, wsa.WSAEINVAL},
		{"no name", other, "cat-layer", "", nil, wsa.WSAEINVAL},
		{"name too long", other, "cat-layer", strings.Repeat("x", 256), nil, wsa.WSAEINVAL},
		{"empty list", other, "cat-layer", "other", []wsa.ProtocolInfo{}, wsa.WSAEINVAL},
		{"no match", other, "cat-layer", "other", []wsa.ProtocolInfo{{AddressFamily: inet, SocketType: stream, Protocol: udp}}, wsa.WSAEINVAL},
		{"a base provider", other, "cat-irda", "other", nil, wsa.WSAEINVAL},
		{"bad option", other, "cat-layer:size=x", "other", nil, wsa.WSAEINVAL},
	}
	for _, tt := range tests {
		_, err := s.InstallChains(tt.id, tt.path, tt.name, 0, tt.over)
		wantCode(t, tt.what, err, tt.want)
	}
	var err error
	for n := uint32(0); n < wsa.MAX_PROTOCOL_CHAIN && err == nil; n++ {
		_, err = s.InstallChains(wsa.GUID{Data1: 0x600 + n}, "cat-layer", strings.Repeat("x", int(n)+1), 0, []wsa.ProtocolInfo{tcp4})
	}
	wantCode(t, "MAX_PROTOCOL_CHAIN was reached", err, wsa.WSANO_RECOVERY)
	if top := s.Snapshot().entries[0]; top.Info.Chain.Len != wsa.MAX_PROTOCOL_CHAIN {
		t.Errorf("the longest chain has %d entries", top.Info.Chain.Len)
	}
	for _, id := range []wsa.GUID{inetID, irdaID} {
		if _, err := s.Deinstall(id); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.InstallChains(wsa.GUID{Data1: 0x700}, "cat-layer", "alone", 0, nil)
	wantCode(t, "no base provider", err, wsa.WSANO_RECOVERY)
}

func TestIDsAreNeverReused(t *testing.T) {
	s, file := newTestStore(t)
	given := map[uint32]bool{}
	for _, id := range ids(s.Snapshot().Entries()) {
		given[id] = true
	}
	for range 5 {
		for _, name := range []string{"a", "b"} {
			id := wsa.NewGUID()
			if _, err := s.InstallChains(id, "cat-layer", name, 0, []wsa.ProtocolInfo{tcp4}); err != nil {
				t.Fatal(err)
			}
			for _, e := range s.Snapshot().Entries() {
				if !e.Default && given[e.ID()] {
					t.Fatalf("id %d was given out twice", e.ID())
				}
			}
			for _, e := range s.Snapshot().Entries() {
				given[e.ID()] = true
			}
			if _, err := s.Deinstall(id); err != nil {
				t.Fatal(err)
			}
			s = NewStore(testConfig(file, &syncBuffer{}))
		}
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	got, err := s.Install(layerID, "cat-layer", []wsa.ProtocolInfo{{Name: "x"}})
	if err != nil || given[got[0]] {
		t.Errorf("after a reset, id %v is given out again (%v)", got, err)
	}
}

func TestDeinstallDefaults(t *testing.T) {
	s, file := newTestStore(t)
	wantCode(t, "WSCDeinstallProvider of an unknown provider", second(s.Deinstall(wsa.GUID{Data1: 1})), wsa.WSAEINVAL)
	if _, err := s.Deinstall(inetID); err != nil {
		t.Fatal(err)
	}
	if got := names(s.Snapshot().entries); got != "infrared" {
		t.Errorf("left are %s", got)
	}
	again := NewStore(testConfig(file, &syncBuffer{})).Snapshot()
	if got := names(again.entries); got != "infrared" {
		t.Errorf("a deinstalled default came back: %s", got)
	}
	if _, err := s.Install(inetID, "cat-inet", inetEntries()); err != nil {
		t.Fatal(err)
	}
	if got := names(s.Snapshot().entries); got != "infrared, TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4" {
		t.Errorf("after it was installed again: %s", got)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if got := names(s.Snapshot().entries); got != "TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4, infrared" {
		t.Errorf("after a reset: %s", got)
	}
}

func second[T any](_ T, err error) error { return err }

// TestNewerProgram: a program that brings more protocols than the file knows
// has them at the end, under ids that every other such program gives them
// too, before and after somebody writes them down.
func TestNewerProgram(t *testing.T) {
	old, file := newTestStore(t)
	old.config.Drivers = []string{"cat-irda"}
	if _, err := old.InstallChains(layerID, "cat-layer", "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := old.Enable(1001, false); err != nil {
		t.Fatal(err)
	}
	newer := NewStore(testConfig(file, &syncBuffer{})).Snapshot()
	if got := names(newer.entries); got != "layer over [infrared], infrared, layer, TCP/IPv6, UDP/IPv6, TCP/IPv4, UDP/IPv4, RAW/IPv4" {
		t.Errorf("the newer program has %s", got)
	}
	if newer.Entry(1001).Enabled {
		t.Error("a default that was disabled is enabled in the newer program")
	}
	another := NewStore(testConfig(file, &syncBuffer{}))
	same(t, "another newer program", another.Snapshot(), newer)
	if err := another.Enable(1001, true); err != nil {
		t.Fatal(err)
	}
	if got, want := ids(another.Snapshot().entries), ids(newer.entries); !slices.Equal(got, want) {
		t.Errorf("written down, the ids are %v, before %v", got, want)
	}
	if got := names(old.Refresh().entries); got != names(newer.entries) {
		t.Errorf("the older program lost entries: %s", got)
	}
	if p := old.Snapshot().Verify(); len(p) != 0 {
		t.Errorf("problems: %v", p)
	}
}

func TestUpdateProvider(t *testing.T) {
	s, _ := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, []wsa.ProtocolInfo{tcp4}); err != nil {
		t.Fatal(err)
	}
	id := find(t, s.Snapshot(), "TCP/IPv4").ID()
	changed := find(t, s.Snapshot(), "TCP/IPv4").Info
	changed.CatalogEntryID, changed.Name, changed.Version = 0, "TCP/IPv4 improved", 3
	added := protocol(wsa.GUID{}, inet, wsa.SOCK_SEQPACKET, 132, 0, 0, "SCTP")
	if err := s.Update(inetID, "cat-inet", []wsa.ProtocolInfo{changed, added}); err != nil {
		t.Fatal(err)
	}
	snap := s.Snapshot()
	e := snap.Entry(id)
	if e.Info.Name != "TCP/IPv4 improved" || e.Default || e.Info.Chain.Entries[0] != id {
		t.Errorf("the changed entry is %+v", e)
	}
	if got := names(snap.entries); got != "layer over [TCP/IPv4], TCP/IPv6, UDP/IPv6, TCP/IPv4 improved, UDP/IPv4, RAW/IPv4, infrared, layer, SCTP" {
		t.Errorf("the order is %s", got)
	}
	if !snap.Usable(snap.entries[0]) {
		t.Error("the chain over the changed entry is broken")
	}
	if err := s.Update(layerID, "cat-layer:size=9k", nil); err != nil {
		t.Fatal(err)
	}
	if got := find(t, s.Snapshot(), "layer").Path; got != "cat-layer:size=9k" {
		t.Errorf("the path is %s", got)
	}
	wantCode(t, "unknown provider", s.Update(wsa.GUID{Data1: 1}, "cat-layer", nil), wsa.WSAEINVAL)
	wantCode(t, "bad ChainLen", s.Update(inetID, "cat-inet", []wsa.ProtocolInfo{{Chain: wsa.ProtocolChain{Len: 9}}}), wsa.WSAEINVAL)
}

func TestOrderErrors(t *testing.T) {
	s, _ := newTestStore(t)
	all := ids(s.Snapshot().Entries())
	tests := []struct {
		what  string
		order []uint32
	}{
		{"too few", all[1:]},
		{"too many", append(slices.Clone(all), 1001)},
		{"one twice", append(slices.Clone(all[1:]), all[1])},
		{"one unknown", append(slices.Clone(all[1:]), 4711)},
		{"none", nil},
	}
	for _, tt := range tests {
		wantCode(t, "WSCWriteProviderOrder function: "+tt.what, s.SetOrder(tt.order), wsa.WSAEINVAL)
	}
	slices.Reverse(all)
	if err := s.SetOrder(all); err != nil {
		t.Fatal(err)
	}
	if got := ids(s.Refresh().Entries()); !slices.Equal(got, all) {
		t.Errorf("the order is %v, want %v", got, all)
	}
	wantCode(t, "enable an unknown entry", s.Enable(4711, true), wsa.WSAEINVAL)
}

func TestNameSpaces(t *testing.T) {
	s, file := newTestStore(t)
	mine := wsa.NamespaceInfo{ProviderID: wsa.GUID{Data1: 0x800}, NameSpace: wsa.NS_NLA, Version: 7, Identifier: "mine", ProviderSpecific: []byte{0, 255}}
	if err := s.InstallNameSpace("/usr/lib/mine.so", mine); err != nil {
		t.Fatal(err)
	}
	mine.ProviderSpecific[0] = 9
	list := s.Snapshot().NameSpaces()
	if len(list) != 3 || list[2].Info.Identifier != "mine" || !list[2].Info.Active || list[2].Info.ProviderSpecific[0] != 0 {
		t.Fatalf("installed as %+v", list)
	}
	wantCode(t, "installed already", s.InstallNameSpace("/x.so", mine), wsa.WSANO_RECOVERY)
	wantCode(t, "NS_ALL", s.InstallNameSpace("/x.so", wsa.NamespaceInfo{ProviderID: wsa.GUID{Data1: 1}}), wsa.WSAEINVAL)
	wantCode(t, "no GUID", s.InstallNameSpace("/x.so", wsa.NamespaceInfo{NameSpace: wsa.NS_DNS}), wsa.WSAEINVAL)
	wantCode(t, "no path", s.InstallNameSpace("", wsa.NamespaceInfo{ProviderID: wsa.GUID{Data1: 1}, NameSpace: wsa.NS_DNS}), wsa.WSAEINVAL)
	if err := s.SetNameSpaceOrder([]wsa.GUID{mine.ProviderID, dnsID, hostsID}); err != nil {
		t.Fatal(err)
	}
	if err := s.EnableNameSpace(dnsID, false); err != nil {
		t.Fatal(err)
	}
	list = NewStore(testConfig(file, &syncBuffer{})).Snapshot().NameSpaces()
	if len(list) != 3 || list[0].Info.ProviderID != mine.ProviderID || list[1].Info.Active || !list[2].Info.Active || list[0].Info.ProviderSpecific[1] != 255 {
		t.Errorf("after order and disabling: %+v", list)
	}
	if err := s.UninstallNameSpace(hostsID); err != nil {
		t.Fatal(err)
	}
	if list = NewStore(testConfig(file, &syncBuffer{})).Snapshot().NameSpaces(); len(list) != 2 {
		t.Errorf("a default that was uninstalled came back: %+v", list)
	}
	none := wsa.GUID{Data1: 0xbad}
	wantCode(t, "uninstall an unknown one", s.UninstallNameSpace(none), wsa.WSAEINVAL)
	wantCode(t, "enable an unknown one", s.EnableNameSpace(none, true), wsa.WSAEINVAL)
	wantCode(t, "order with one unknown", s.SetNameSpaceOrder([]wsa.GUID{none, dnsID}), wsa.WSAEINVAL)
	wantCode(t, "order with one twice", s.SetNameSpaceOrder([]wsa.GUID{dnsID, dnsID}), wsa.WSAEINVAL)
	wantCode(t, "order too short", s.SetNameSpaceOrder([]wsa.GUID{dnsID}), wsa.WSAEINVAL)
}

func TestCategoriesAndApplications(t *testing.T) {
	s, file := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, []wsa.ProtocolInfo{tcp4}); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Snapshot().Categories(layerID); c != 0 || err != nil {
		t.Errorf("categories of a new provider: %#x, %v", c, err)
	}
	if err := s.SetCategories(layerID, wsa.LSP_SYSTEM|wsa.LSP_PROXY|0x400); err != nil {
		t.Fatal(err)
	}
	if c, err := NewStore(testConfig(file, &syncBuffer{})).Snapshot().Categories(layerID); c != wsa.LSP_SYSTEM|wsa.LSP_PROXY|0x400 || err != nil {
		t.Errorf("WSCGetProviderInfo function: %#x, %v", c, err)
	}
	_, err := s.Snapshot().Categories(wsa.GUID{Data1: 1})
	wantCode(t, "of an unknown provider", err, wsa.WSAEINVALIDPROVIDER)
	_, err = s.Snapshot().Categories(inetID)
	wantCode(t, "of a base provider", err, wsa.WSAEINVAL)
	wantCode(t, "set for an unknown provider", s.SetCategories(wsa.GUID{Data1: 1}, 1), wsa.WSAEINVALIDPROVIDER)
	wantCode(t, "set for a base provider", s.SetCategories(inetID, 1), wsa.WSAEINVAL)

	_, err = s.Snapshot().Application("/bin/foo", "-x")
	wantCode(t, "WSCGetApplicationCategory function: none", err, wsa.WSASERVICE_NOT_FOUND)
	for i, step := range []struct{ set, before, after uint32 }{
		{wsa.LSP_SYSTEM, 0, wsa.LSP_SYSTEM},
		{wsa.LSP_REDIRECTOR, wsa.LSP_SYSTEM, wsa.LSP_SYSTEM | wsa.LSP_REDIRECTOR},
	} {
		before, err := s.PermitApplication("/bin/foo", "-x", step.set)
		if err != nil || before != step.before {
			t.Errorf("WSCSetApplicationCategory function, call %d: before %#x, %v; want %#x", i, before, err, step.before)
		}
		if after, err := s.Snapshot().Application("/bin/foo", "-x"); after != step.after || err != nil {
			t.Errorf("WSCSetApplicationCategory function, call %d: after %#x, %v; want %#x", i, after, err, step.after)
		}
	}
	_, err = s.PermitApplication("", "", 1)
	wantCode(t, "without a path", err, wsa.WSAEINVAL)
	if err := s.ForgetApplication("/bin/foo", "-x"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "forget twice", s.ForgetApplication("/bin/foo", "-x"), wsa.WSASERVICE_NOT_FOUND)
}

func TestExportImport(t *testing.T) {
	s, _ := newTestStore(t)
	if _, err := s.InstallChains(layerID, "cat-layer", "layer", 0, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PermitApplication("/bin/foo", "", wsa.LSP_PROXY); err != nil {
		t.Fatal(err)
	}
	var exported strings.Builder
	want := s.Snapshot()
	if err := want.Export(&exported); err != nil {
		t.Fatal(err)
	}
	if err := s.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := s.Import(strings.NewReader(exported.String())); err != nil {
		t.Fatal(err)
	}
	got := s.Snapshot()
	if got.Serial() != want.Serial()+2 {
		t.Errorf("the serial number is %d after two changes, before %d", got.Serial(), want.Serial())
	}
	d := got.draft()
	d.serial = want.Serial()
	same(t, "imported", newSnapshot(d), want)
	err := s.Import(strings.NewReader("format = 1\nserial = \"x\"\n"))
	wantCode(t, "import of nonsense", err, wsa.WSAEINVAL)
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("the error does not say where: %v", err)
	}
}
