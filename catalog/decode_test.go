// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"winsock/wsa"
)

// everything is a catalog that has a value in each field that a file can
// have, and values that need care when they are written.
func everything() *draft {
	d := &draft{serial: 42, nextID: 5000}
	base := &Entry{Path: "/opt/späth/\"q\"\\x\t\u0001\u007f.so", Enabled: true, Info: wsa.ProtocolInfo{
		ServiceFlags1: 0xffffffff, ServiceFlags2: 1, ServiceFlags3: 2, ServiceFlags4: 0xffffffff,
		ProviderFlags: 0x8000001f, ProviderID: wsa.NewGUID(), Chain: wsa.ProtocolChain{Len: 1}, Version: -1,
		AddressFamily: 12345, MaxSockAddr: 128, MinSockAddr: -2, SocketType: -7, Protocol: -1 << 31, ProtocolMaxOffset: 1<<31 - 1,
		NetworkByteOrder: wsa.LITTLEENDIAN, SecurityScheme: 1, MessageSize: 0xffffffff, ProviderReserved: 0x80000000,
		Name: strings.Repeat("ü", wsa.WSAPROTOCOL_LEN),
	}}
	base.setID(1001)
	layer := &Entry{Path: "trace:file=/tmp/a\\,b", Categories: 0xffffffff, Default: true, Info: wsa.ProtocolInfo{
		ProviderID: wsa.NewGUID(), AddressFamily: wsa.AF_INET6, SocketType: wsa.SOCK_RDM,
	}}
	layer.setID(1002)
	chain := &Entry{Path: "x", Enabled: true, Info: wsa.ProtocolInfo{
		ProviderID: wsa.NewGUID(), Chain: wsa.ProtocolChain{Len: 7, Entries: [7]uint32{1002, 1002, 1002, 1002, 1002, 4, 1001}}, Name: "#[[protocol]]",
	}}
	chain.setID(4999)
	d.entries = []*Entry{chain, base, layer}
	d.names = []NameSpace{
		{wsa.NamespaceInfo{ProviderID: wsa.NewGUID(), NameSpace: 0xffffffff, Active: true, Version: 0xffffffff, Identifier: "a\nb", ProviderSpecific: []byte{0, 1, 255}}, "p", true},
		{wsa.NamespaceInfo{ProviderID: wsa.NewGUID(), NameSpace: wsa.NS_BTH}, "q", false},
	}
	d.apps = []Application{{"/bin/a b", "-x \"y\"", 0xffffffff}, {"/bin/c", "", 0}}
	d.removed = []key{{wsa.NewGUID(), -1, 77, -5}, {wsa.NewGUID(), wsa.AF_INET, wsa.SOCK_RAW, 0}}
	d.removedNames = []wsa.GUID{wsa.NewGUID(), wsa.NewGUID()}
	return d
}

func TestFileHoldsEverything(t *testing.T) {
	want := everything()
	data := encode(want)
	got, err := decode(data)
	if err != nil {
		t.Fatalf("%v\n%s", err, data)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read back, the file\n%s\ngives another catalog:\n%s", data, encode(got))
	}
}

// TestFileErrors: what is wrong with a file is said with its line.
func TestFileErrors(t *testing.T) {
	const guid = "provider = \"00000100-0000-0000-0000-000000000000\"\n"
	protocol := func(lines string) string {
		return "format = 1\n\n[[protocol]]\n" + lines
	}
	const good = "id = 1001\npath = \"x\"\nkind = \"base\"\nfamily = \"AF_INET\"\ntype = \"1\"\n" + guid
	if _, err := decode([]byte(protocol(good))); err != nil {
		t.Fatalf("what the table below spoils is not good: %v", err)
	}
	spoil := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%q is not in the good file", old)
		}
		return protocol(strings.Replace(good, old, new, 1))
	}
	tests := []struct {
		what, data string
		line       int
		text       string
	}{
		{"syntax", "format = 1\nserial =\n", 2, ""},
		{"unknown key", spoil("path", "paht"), 5, "paht"},
		{"unknown table", "format = 1\n[[protocols]]\n", 2, "protocols"},
		{"key twice", protocol(good + "id = 2\n"), 10, ""},
		{"id missing", spoil("id = 1001\n", ""), 3, "id 0"},
		{"id negative", spoil("1001", "-1"), 4, ""},
		{"id too high", spoil("1001", "2147483648"), 3, "id"},
		{"id too high for its type", spoil("1001", "4294967296"), 4, ""},
		{"path missing", spoil("path = \"x\"\n", ""), 3, "path"},
		{"unknown kind", spoil("base", "foundation"), 3, "kind"},
		{"unknown family", spoil("AF_INET", "AF_INTERNET"), 3, "family"},
		{"no number", spoil("type = \"1\"", "type = \"one\""), 3, "type"},
		{"unknown flag", protocol(good + "service_flags = [\"XP1_NONE\"]\n"), 3, "service_flags"},
		{"chain of a base", protocol(good + "chain = [1]\n"), 3, "chain"},
		{"chain of one", protocol(strings.Replace(good, "base", "chain", 1) + "chain = [1]\n"), 3, "2 to 7"},
		{"chain of eight", protocol(strings.Replace(good, "base", "chain", 1) + "chain = [1,2,3,4,5,6,7,8]\n"), 3, "2 to 7"},
		{"categories of a base", protocol(good + "categories = [\"LSP_PROXY\"]\n"), 3, "categories"},
		{"id twice", protocol(good + "\n[[protocol]]\n" + good), 11, "twice"},
		{"name too long", protocol(good + "name = \"" + strings.Repeat("x", 256) + "\"\n"), 3, "255"},
		{"next_id too high", "format = 1\nnext_id = 4000000000\n", 0, "next_id"},
		{"name space all", "format = 1\n[[namespace]]\npath = \"x\"\nnamespace = \"0\"\n" + guid, 2, "NS_ALL"},
		{"name space data", "format = 1\n[[namespace]]\npath = \"x\"\nnamespace = \"1\"\nprovider_specific = \"0\"\n" + guid, 2, "hexadecimal"},
		{"second name space", "format = 1\n[[namespace]]\npath = \"x\"\nnamespace = \"1\"\n" + guid + "[[namespace]]\npath = \"x\"\nnamespace = \"1\"\n" + guid, 6, "twice"},
		{"application without path", "format = 1\n[[application]]\n", 2, "path"},
		{"application's categories", "format = 1\n[[application]]\npath = \"x\"\npermitted = [\"LSP\"]\n", 2, "permitted"},
		{"removed without GUID", "format = 1\n[[removed]]\nfamily = \"1\"\ntype = \"1\"\n", 2, "GUID"},
		{"removed name space", "format = 1\nremoved_namespaces = [\"x\"]\n", 0, "removed_namespaces"},
	}
	for _, tt := range tests {
		_, err := decode([]byte(tt.data))
		var f *fault
		if !errors.As(err, &f) || !errors.Is(err, wsa.WSAEINVAL) {
			t.Errorf("%s: the error is %v", tt.what, err)
			continue
		}
		if f.line != tt.line || !strings.Contains(f.text, tt.text) {
			t.Errorf("%s: %v; want line %d and %q", tt.what, err, tt.line, tt.text)
		}
	}
}

// FuzzDecode: no file makes the reader panic, and what it accepts is written
// back as a file that it reads as the same catalog.
func FuzzDecode(f *testing.F) {
	f.Add(encode(everything()))
	def := &draft{}
	gather([]string{"cat-inet", "cat-irda"}, []string{"cat-dns"}).merge(def)
	f.Add(encode(def))
	f.Add([]byte("format = 1\nprotocol = [{id = 1, path = \"x\"}]\n"))
	f.Add([]byte("format = 1\n[protocol]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := decode(data)
		if err != nil {
			var fault *fault
			if !errors.As(err, &fault) {
				t.Errorf("the error is a %T", err)
			}
			return
		}
		written := encode(d)
		again, err := decode(written)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, written)
		}
		if !bytes.Equal(encode(again), written) {
			t.Errorf("what was written is read as another catalog:\n%s\n%s", written, encode(again))
		}
		s := newSnapshot(d)
		s.Verify()
		s.Visible()
		s.Select(Request{AddressFamily: inet, Permission: Permission{Restricted: true}})
	})
}
