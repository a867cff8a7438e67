// SPDX-License-Identifier: Apache-2.0

package netdb

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// difference 141: a fixed list, in any case, with the upper-case alias.
func TestProtocols(t *testing.T) {
	known := 0
	for number := int32(-1); number <= 256; number++ {
		p, ok := ProtocolByNumber(number)
		if !ok {
			continue
		}
		known++
		for _, name := range []string{p.Name, strings.ToUpper(p.Name), p.Aliases[0]} {
			if again, ok := ProtocolByName(name); !ok || again.Number != number {
				t.Errorf("getprotobyname(%q) = %+v, want number %d", name, again, number)
			}
		}
	}
	if known != len(protocols) {
		t.Errorf("%d protocols are found by number, want %d", known, len(protocols))
	}
	for _, name := range []string{"", "igmp", "nosuch"} {
		if p, ok := ProtocolByName(name); ok {
			t.Errorf("getprotobyname(%q) = %+v; Winsock's list does not have it", name, p)
		}
	}
}

func TestProtocolsAreCopies(t *testing.T) {
	p, _ := ProtocolByName("tcp")
	p.Aliases[0] = "changed"
	if p, _ = ProtocolByName("tcp"); p.Aliases[0] != "TCP" {
		t.Error("a caller changed the list")
	}
}

func TestParseServices(t *testing.T) {
	got := ParseServices(strings.NewReader("# comment\r\n" +
		"http\t80/tcp  www # World Wide Web\r\n" +
		"domain 53/udp\n" +
		"noport /tcp\nbig 65536/tcp\nneg -1/tcp\nalone\nnoproto 1/\nnoslash 1\n" +
		"\n  last 9/tcp a b c"))
	want := Services{
		{"http", []string{"www"}, 80, "tcp"},
		{"domain", []string{}, 53, "udp"},
		{"last", []string{"a", "b", "c"}, 9, "tcp"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestServices(t *testing.T) {
	list := builtinServices()
	for _, c := range []struct {
		name, protocol string
		port           uint16
		found          string
	}{
		{"domain", "udp", 53, "domain/udp"},
		{"telnet", "tcp", 23, "telnet/tcp"},
		{"HTTP", "TCP", 80, "http/tcp"},
		{"www", "", 80, "http/tcp"},
		{"domain", "", 53, "domain/tcp"},
		{"telnet", "udp", 0, ""},
		{"nosuch", "", 0, ""},
	} {
		s, ok := list.ByName(c.name, c.protocol)
		if ok != (c.found != "") || ok && (s.Name+"/"+s.Protocol != c.found || s.Port != c.port) {
			t.Errorf("getservbyname(%q, %q) = %+v, %v", c.name, c.protocol, s, ok)
		}
	}
	if s, ok := list.ByPort(514, "udp"); !ok || s.Name != "syslog" {
		t.Errorf("getservbyport(514, udp) = %+v", s)
	}
	if s, ok := list.ByPort(514, ""); !ok || s.Name != "shell" {
		t.Errorf("getservbyport(514, any) = %+v, want the first of the file", s)
	}
	if _, ok := list.ByPort(1, ""); ok {
		t.Error("getservbyport found a port nobody lists")
	}
}

func TestLoadServicesFallsBack(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "services")
	if err := os.WriteFile(empty, []byte("# nothing\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, empty + ".missing"} {
		if _, ok := LoadServices(file).ByName("http", "tcp"); !ok {
			t.Errorf("%s: the built-in list is not used", file)
		}
	}
}

func FuzzParseServices(f *testing.F) {
	f.Add([]byte(builtin))
	f.Add([]byte("a 1/b c#d\r\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, s := range ParseServices(bytes.NewReader(file)) {
			if s.Name == "" || s.Protocol == "" || strings.ContainsAny(s.Name+s.Protocol, " \n#") {
				t.Fatalf("%+v", s)
			}
		}
	})
}
