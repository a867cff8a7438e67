// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"os"
	"path/filepath"
	"testing"

	"winsock/wsa"
)

// TestAdmits is the example of "Categorizing layered service providers and
// apps", and the corners it leaves out.
func TestAdmits(t *testing.T) {
	foo := Permission{true, wsa.LSP_SYSTEM | wsa.LSP_FIREWALL | wsa.LSP_CRYPTO_COMPRESS}
	bar := Permission{true, wsa.LSP_FIREWALL | wsa.LSP_CRYPTO_COMPRESS}
	tests := []struct {
		what       string
		p          Permission
		categories uint32
		want       bool
	}{
		{"foo, LSP1", foo, wsa.LSP_SYSTEM, true},
		{"foo, LSP2", foo, 0, false},
		{"foo, LSP3", foo, wsa.LSP_FIREWALL, false},
		{"foo, LSP4", foo, wsa.LSP_SYSTEM | wsa.LSP_FIREWALL | wsa.LSP_CRYPTO_COMPRESS | wsa.LSP_INSPECTOR, false},
		{"bar, LSP1", bar, wsa.LSP_SYSTEM, false},
		{"bar, LSP2", bar, 0, false},
		{"bar, LSP3", bar, wsa.LSP_FIREWALL, true},
		{"bar, LSP4", bar, wsa.LSP_SYSTEM | wsa.LSP_FIREWALL | wsa.LSP_CRYPTO_COMPRESS | wsa.LSP_INSPECTOR, false},
		{"not categorized, LSP2", Permission{}, 0, true},
		{"not categorized, LSP4", Permission{}, wsa.LSP_SYSTEM | wsa.LSP_INSPECTOR, true},
		{"categorized with none, LSP2", Permission{Restricted: true}, 0, false},
		{"categorized with none, LSP3", Permission{Restricted: true}, wsa.LSP_FIREWALL, false},
	}
	for _, tt := range tests {
		if got := tt.p.Admits(tt.categories); got != tt.want {
			t.Errorf("%s: admitted = %v, want %v", tt.what, got, tt.want)
		}
	}
}

func TestPermissionOfProgram(t *testing.T) {
	s, _ := newTestStore(t)
	dir := t.TempDir()
	program := filepath.Join(dir, "svchost")
	if err := os.WriteFile(program, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROGRAMS", dir)
	for _, set := range []struct {
		path, arguments string
		categories      uint32
	}{
		{"$PROGRAMS/svchost", "", wsa.LSP_PROXY},
		{program, "-k netsvcs", wsa.LSP_SYSTEM},
		{program, "-k netsvcs", wsa.LSP_FIREWALL},
	} {
		if _, err := s.PermitApplication(set.path, set.arguments, set.categories); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		what      string
		path      string
		arguments []string
		want      Permission
	}{
		{"without arguments", program, nil, Permission{true, wsa.LSP_PROXY}},
		{"with other arguments", program, []string{"-k", "other"}, Permission{true, wsa.LSP_PROXY}},
		{"with those arguments; twice set is set together", program, []string{"-k", "netsvcs"}, Permission{true, wsa.LSP_SYSTEM | wsa.LSP_FIREWALL}},
		{"with those and more", program, []string{"-k", "netsvcs", "-p"}, Permission{true, wsa.LSP_SYSTEM | wsa.LSP_FIREWALL}},
		{"with those as the start of a word", program, []string{"-k", "netsvcs2"}, Permission{true, wsa.LSP_PROXY}},
		{"through a symbolic link", link, nil, Permission{true, wsa.LSP_PROXY}},
		{"another program", "/bin/true", nil, Permission{}},
	}
	for _, tt := range tests {
		if got := s.Snapshot().Permission(tt.path, tt.arguments); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.what, got, tt.want)
		}
	}
}

// TestCategoriesDecide: a chain with a layer that the program does not admit
// is passed over, and other chains are not.
func TestCategoriesDecide(t *testing.T) {
	s, _ := newTestStore(t)
	proxyID := wsa.GUID{Data1: 0x501}
	if _, err := s.InstallChains(layerID, "cat-layer", "firewall", 0, nil); err != nil {
		t.Fatal(err)
	}
	over := []wsa.ProtocolInfo{{AddressFamily: inet, SocketType: stream, Protocol: tcp}}
	if _, err := s.InstallChains(proxyID, "cat-layer:size=1", "proxy", 0, over); err != nil {
		t.Fatal(err)
	}
	if err := s.SetCategories(layerID, wsa.LSP_FIREWALL); err != nil {
		t.Fatal(err)
	}
	if err := s.SetCategories(proxyID, wsa.LSP_PROXY); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		permitted uint32
		want      string
	}{
		{wsa.LSP_FIREWALL | wsa.LSP_PROXY, "proxy over [firewall over [TCP/IPv4]]"},
		{wsa.LSP_FIREWALL, "firewall over [TCP/IPv4]"},
		{wsa.LSP_PROXY, "TCP/IPv4"},
		{wsa.LSP_SYSTEM, "TCP/IPv4"},
	}
	for _, tt := range tests {
		c, err := s.Snapshot().Select(Request{AddressFamily: inet, SocketType: stream, Permission: Permission{true, tt.permitted}})
		if err != nil || c.Entry.Info.Name != tt.want {
			t.Errorf("permitted %v: %v, %v; want %s", FormatCategories(tt.permitted), c.Entry, err, tt.want)
		}
	}
}
