// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"winsock/spi"
	"winsock/wsa"
)

// ownCatalog gives the test a catalog file of its own, in which at first
// only the defaults are.
func ownCatalog(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "catalog.toml")
	t.Setenv("WINSOCK_CATALOG", file)
	theCatalog.Refresh()
	return file
}

// catalogLayer is the path of a layer that the tests of the catalog install.
// No socket is opened through it.
const catalogLayer = "test-catalog-layer"

func init() {
	spi.Register(&spi.Driver{Name: catalogLayer, Startup: func(*spi.StartupParams) (spi.Provider, error) {
		return nil, wsa.WSASYSNOTREADY
	}})
}

func namesOf(list []wsa.ProtocolInfo) []string {
	var names []string
	for _, i := range list {
		names = append(names, i.Name)
	}
	return names
}

func TestWSAEnumProtocols(t *testing.T) {
	ownCatalog(t)
	_, err := WSAEnumProtocols(nil)
	wantErr(t, "difference 1: before WSAStartup", err, wsa.WSANOTINITIALISED)
	started(t)
	all, err := WSAEnumProtocols(nil)
	must(t, err)
	if len(all) == 0 {
		t.Fatal("there are no protocols")
	}
	every, err := WSCEnumProtocols(nil)
	must(t, err)
	hidden := 0
	for _, i := range every {
		if i.ProviderFlags&wsa.PFL_HIDDEN != 0 {
			hidden++
		}
	}
	if hidden == 0 || len(every) != len(all)+hidden {
		t.Errorf("difference 17: WSAEnumProtocols lists %d of %d, %d are hidden", len(all), len(every), hidden)
	}
	tcp, err := WSAEnumProtocols([]int32{wsa.IPPROTO_TCP, 0x4000})
	must(t, err)
	if len(tcp) != 2 {
		t.Errorf("difference 17: the list of protocols with an unknown number gave %v", namesOf(tcp))
	}
	for _, i := range tcp {
		if i.Protocol != wsa.IPPROTO_TCP || i.Chain.Len != wsa.BASE_PROTOCOL || i.Chain.Entries[0] != i.CatalogEntryID || i.CatalogEntryID < 1001 {
			t.Errorf("TCP is described as %+v", i)
		}
	}
	none, err := WSAEnumProtocols([]int32{})
	if err != nil || len(none) != 0 {
		t.Errorf("an empty list gave %v, %v", namesOf(none), err)
	}
}

func TestWSCInstallProviderAndChains(t *testing.T) {
	ownCatalog(t)
	started(t)
	id := wsa.NewGUID()
	before, err := WSAEnumProtocols(nil)
	must(t, err)
	layer, err := WSCInstallProviderAndChains(id, catalogLayer, "test layer", 0, nil)
	must(t, err)
	after, err := WSAEnumProtocols(nil)
	must(t, err)
	if len(after) != 2*len(before) || !strings.HasPrefix(after[0].Name, "test layer") {
		t.Errorf("the chains are not in front: %v", namesOf(after))
	}
	if slices.ContainsFunc(after, func(i wsa.ProtocolInfo) bool { return i.CatalogEntryID == layer }) {
		t.Error("WSAEnumProtocols lists the layered entry")
	}
	every, err := WSCEnumProtocols(nil)
	must(t, err)
	if !slices.ContainsFunc(every, func(i wsa.ProtocolInfo) bool { return i.CatalogEntryID == layer && i.Chain.Len == 0 }) {
		t.Error("WSCEnumProtocols does not list the layered entry")
	}
	path, err := WSCGetProviderPath(id)
	if err != nil || path != catalogLayer {
		t.Errorf("WSCGetProviderPath = %q, %v", path, err)
	}
	_, err = Socket(wsa.AF_INET, wsa.SOCK_STREAM, 0)
	wantErr(t, "a chain whose provider does not start", err, wsa.WSAEPROVIDERFAILEDINIT)
	_, err = WSCInstallProviderAndChains(id, catalogLayer, "other", 0, nil)
	wantErr(t, "duplicate provider id", err, wsa.WSAEINVAL)
	must(t, WSCDeinstallProvider(id))
	again, err := WSAEnumProtocols(nil)
	must(t, err)
	if !slices.Equal(namesOf(again), namesOf(before)) {
		t.Errorf("after WSCDeinstallProvider: %v", namesOf(again))
	}
	newTestSocket(t, wsa.AF_INET, wsa.SOCK_STREAM)
	wantErr(t, "WSCDeinstallProvider twice", WSCDeinstallProvider(id), wsa.WSAEINVAL)
}

func TestWSCInstallProvider(t *testing.T) {
	ownCatalog(t)
	id := wsa.NewGUID()
	must(t, WSCInstallProvider(id, catalogLayer, []wsa.ProtocolInfo{{Name: "layered"}}))
	wantErr(t, "installed already", WSCInstallProvider(id, catalogLayer, []wsa.ProtocolInfo{{Name: "layered"}}), wsa.WSANO_RECOVERY)
	wantErr(t, "no list", WSCInstallProvider(wsa.NewGUID(), catalogLayer, nil), wsa.WSAEINVAL)
	every, err := WSCEnumProtocols(nil)
	must(t, err)
	var ids []uint32
	for _, i := range every {
		ids = append(ids, i.CatalogEntryID)
	}
	if every[len(every)-1].ProviderID != id {
		t.Errorf("the new entry is not the last: %v", namesOf(every))
	}
	slices.Reverse(ids)
	must(t, WSCWriteProviderOrder(ids))
	wantErr(t, "WSCWriteProviderOrder without one", WSCWriteProviderOrder(ids[1:]), wsa.WSAEINVAL)
	every, err = WSCEnumProtocols(nil)
	if err != nil || every[0].ProviderID != id {
		t.Errorf("after WSCWriteProviderOrder: %v, %v", namesOf(every), err)
	}
	every[0].Name = "renamed"
	must(t, WSCUpdateProvider(id, "/lib/x.so", every[:1]))
	wantErr(t, "WSCUpdateProvider without a list", WSCUpdateProvider(id, "/lib/x.so", nil), wsa.WSAEINVAL)
	if path, err := WSCGetProviderPath(id); path != "/lib/x.so" || err != nil {
		t.Errorf("WSCGetProviderPath = %q, %v", path, err)
	}
	_, err = WSCGetProviderPath(wsa.NewGUID())
	wantErr(t, "WSCGetProviderPath of an unknown provider", err, wsa.WSAEINVAL)
}

func TestWSCNotPermitted(t *testing.T) {
	t.Setenv("WINSOCK_CATALOG", "/proc/winsock/catalog.toml") // where nobody can create a file
	id := wsa.NewGUID()
	one := []wsa.ProtocolInfo{{Name: "x"}}
	_, chains := WSCInstallProviderAndChains(id, catalogLayer, "x", 0, nil)
	_, category := WSCSetApplicationCategory("/bin/x", "", wsa.LSP_PROXY)
	every, _ := WSCEnumProtocols(nil)
	for _, tt := range []struct {
		function string
		err      error
	}{
		{"WSCInstallProvider", WSCInstallProvider(id, catalogLayer, one)},
		{"WSCInstallProviderAndChains", chains},
		{"WSCDeinstallProvider", WSCDeinstallProvider(every[0].ProviderID)},
		{"WSCUpdateProvider", WSCUpdateProvider(every[0].ProviderID, "kernel", every[:1])},
		{"WSCSetProviderInfo", WSCSetProviderInfo(id, ProviderInfoLspCategories, 1, 0)},
		{"WSCWriteProviderOrder", WSCWriteProviderOrder(nil)},
		{"WSCSetApplicationCategory", category},
		{"WSCInstallNameSpace", WSCInstallNameSpace("x", "x", wsa.NS_DNS, 1, id)},
		{"WSCUnInstallNameSpace", WSCUnInstallNameSpace(id)},
		{"WSCEnableNSProvider", WSCEnableNSProvider(id, true)},
		{"WSCWriteNameSpaceOrder", WSCWriteNameSpaceOrder(nil)},
	} {
		wantErr(t, tt.function+" without the right to write", tt.err, wsa.WSANO_RECOVERY)
	}
}

func TestWSCCategories(t *testing.T) {
	ownCatalog(t)
	id := wsa.NewGUID()
	must(t, WSCInstallProvider(id, catalogLayer, []wsa.ProtocolInfo{{Name: "layered"}}))
	must(t, WSCSetProviderInfo(id, ProviderInfoLspCategories, wsa.LSP_FIREWALL, 0))
	if c, err := WSCGetProviderInfo(id, ProviderInfoLspCategories, 0); c != wsa.LSP_FIREWALL || err != nil {
		t.Errorf("WSCGetProviderInfo = %#x, %v", c, err)
	}
	_, err := WSCGetProviderInfo(id, ProviderInfoAudit, 0)
	wantErr(t, "ProviderInfoAudit", err, wsa.ERROR_CALL_NOT_IMPLEMENTED)
	_, err = WSCGetProviderInfo(id, 2, 0)
	wantErr(t, "unknown information class", err, wsa.WSAEINVAL)
	_, err = WSCGetProviderInfo(wsa.NewGUID(), ProviderInfoLspCategories, 0)
	wantErr(t, "unknown provider", err, wsa.WSAEINVALIDPROVIDER)

	_, err = WSCGetApplicationCategory("/bin/x", "-a")
	wantErr(t, "program without categories", err, wsa.WSASERVICE_NOT_FOUND)
	_, err = WSCGetApplicationCategory("", "")
	wantErr(t, "no path", err, wsa.WSAEINVAL)
	_, err = WSCSetApplicationCategory("/bin/x", "-a", wsa.LSP_SYSTEM)
	must(t, err)
	previous, err := WSCSetApplicationCategory("/bin/x", "-a", wsa.LSP_PROXY)
	if previous != wsa.LSP_SYSTEM || err != nil {
		t.Errorf("WSCSetApplicationCategory: before %#x, %v", previous, err)
	}
	if c, err := WSCGetApplicationCategory("/bin/x", "-a"); c != wsa.LSP_SYSTEM|wsa.LSP_PROXY || err != nil {
		t.Errorf("WSCGetApplicationCategory = %#x, %v", c, err)
	}
}

func TestWSCNameSpaces(t *testing.T) {
	ownCatalog(t)
	_, err := WSAEnumNameSpaceProviders()
	wantErr(t, "difference 1: before WSAStartup", err, wsa.WSANOTINITIALISED)
	started(t)
	before, err := WSAEnumNameSpaceProviders()
	must(t, err)
	id := wsa.NewGUID()
	must(t, WSCInstallNameSpaceEx("mine", "/lib/mine.so", wsa.NS_NLA, 3, id, []byte("data")))
	list, err := WSAEnumNameSpaceProvidersEx()
	must(t, err)
	mine := list[len(list)-1]
	if len(list) != len(before)+1 || mine.ProviderID != id || !mine.Active || mine.Version != 3 || string(mine.ProviderSpecific) != "data" {
		t.Errorf("installed as %+v", list)
	}
	must(t, WSCEnableNSProvider(id, false))
	order := []wsa.GUID{id}
	for _, n := range before {
		order = append(order, n.ProviderID)
	}
	must(t, WSCWriteNameSpaceOrder(order))
	list, err = WSAEnumNameSpaceProviders()
	if err != nil || list[0].ProviderID != id || list[0].Active || list[0].ProviderSpecific != nil {
		t.Errorf("after order and disabling: %+v, %v", list, err)
	}
	must(t, WSCUnInstallNameSpace(id))
	wantErr(t, "WSCUnInstallNameSpace twice", WSCUnInstallNameSpace(id), wsa.WSAEINVAL)
	wantErr(t, "WSCInstallNameSpace: NS_ALL", WSCInstallNameSpace("x", "x", wsa.NS_ALL, 1, id), wsa.WSAEINVAL)
}

func TestWSAProviderConfigChange(t *testing.T) {
	ownCatalog(t)
	var h HANDLE
	wantErr(t, "before WSAStartup", WSAProviderConfigChange(&h, nil, nil), wsa.WSANOTINITIALISED)
	started(t)
	wantErr(t, "no pointer", WSAProviderConfigChange(nil, nil, nil), wsa.WSAEFAULT)
	bad := HANDLE(0xbad0)
	wantErr(t, "bad handle", WSAProviderConfigChange(&bad, nil, nil), wsa.WSA_INVALID_HANDLE)
	s := newTestSocket(t, wsa.AF_INET, wsa.SOCK_DGRAM)
	socket := HANDLE(s)
	wantErr(t, "a socket", WSAProviderConfigChange(&socket, nil, nil), wsa.WSA_INVALID_HANDLE)
	must(t, WSAProviderConfigChange(&h, nil, nil))
	if h == 0 {
		t.Fatal("the first call stored no handle")
	}

	told := make(chan error)
	go func() { told <- WSAProviderConfigChange(&h, nil, nil) }()
	// The call may not have begun to wait yet, so that changes go on until
	// it has seen one.
	for done := false; !done; {
		id := wsa.NewGUID()
		must(t, WSCInstallProvider(id, catalogLayer, []wsa.ProtocolInfo{{Name: "x"}}))
		must(t, WSCDeinstallProvider(id))
		select {
		case err := <-told:
			must(t, err)
			done = true
		default:
		}
	}

	go func() { told <- WSAProviderConfigChange(&h, nil, nil) }()
	must(t, CloseHandle(h))
	if err := <-told; err != wsa.WSA_OPERATION_ABORTED && err != wsa.WSA_INVALID_HANDLE {
		t.Errorf("closing the handle ended the wait with %v", err)
	}
}
