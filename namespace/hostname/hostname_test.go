// SPDX-License-Identifier: Apache-2.0

package hostname

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
)

func TestValid(t *testing.T) {
	for name, want := range map[string]bool{
		"localhost": true, "a.b-c.example": true, "a.b.": true, "_ldap._tcp.example": true, "1.2.3": true,
		strings.Repeat("a", 63) + ".x": true,
		"":                             false, ".": false, "a..b": false, ".a": false, "-a": false, "a.-b": false,
		"a b": false, "a\\b": false, "a\x00b": false, "ü": false, "a/b": false, "$(x)": false,
		strings.Repeat("a", 64):         false,
		strings.Repeat("a.", 127):       true, // 253 bytes and the closing dot
		strings.Repeat("a.", 127) + "a": false,
	} {
		if got := Valid(name); got != want {
			t.Errorf("Valid(%q) = %v, want %v", name, got, want)
		}
	}
}

func TestWithin(t *testing.T) {
	if !Within("a.LOCALHOST.", "localhost") || !Within("localhost", "localhost") || Within("mylocalhost", "localhost") {
		t.Error("Within confuses a label's end with a domain's")
	}
}

func TestIDN(t *testing.T) {
	for unicode, ascii := range map[string]string{
		"テスト.example":     "xn--zckzah.example",
		"bücher.example":  "xn--bcher-kva.example",
		"BÜCHER.example":  "xn--bcher-kva.example",
		"bücher。example":  "xn--bcher-kva.example", // ideographic full stop
		"straße.example":  "xn--strae-oqa.example",
		"plain_x.example": "plain_x.example",
	} {
		if got, ok := ToASCII(unicode); !ok || got != ascii {
			t.Errorf("ToASCII(%q) = %q, %v; want %q", unicode, got, ok, ascii)
		}
	}
	if got := ToUnicode("xn--bcher-kva.example"); got != "bücher.example" {
		t.Errorf("ToUnicode = %q", got)
	}
}

// difference 135: the forms of getaddrinfo's numeric host.
func TestParseAddr(t *testing.T) {
	lo, err := net.InterfaceByIndex(1)
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"192.168.1.253": "192.168.1.253", "1": "0.0.0.1", "127.1": "127.0.0.1", "1.2.3": "1.2.0.3",
		"0x7f000001": "127.0.0.1", "017700000001": "127.0.0.1", "1.1.1.010": "1.1.1.8", "4294967295": "255.255.255.255",
		"beef::cafe": "beef::cafe", "[beef::cafe]": "beef::cafe", "[beef::cafe]:10239": "beef::cafe",
		"::ffff:1.2.3.4": "::ffff:1.2.3.4", "fe80::1%3": "fe80::1%3", "fe80::1%0": "fe80::1",
		"fe80::1%" + lo.Name: "fe80::1%" + strconv.Itoa(lo.Index),

		"": "", "localhost": "", "[beef::cafe": "", "beef::cafe]": "", "[beef::cafe]80": "", "[::1]:65536": "", "[::1]:": "",
		"192.168.1.253:1024": "", "[1.2.3.4]": "", "1.2.3.4.5": "", "1.2.": "", "256.1.1.1": "", "1.1.1.256": "", "1.2.65536": "",
		"1.-2": "", "+1": "", "1.1.1.08": "", " 1.2.3.4": "", "1.2.3.4 ": "", "0x": "", "4294967296": "",
		"fe80::1%nosuchinterface": "", "1.2.3.4%1": "", "1_0": "",
	} {
		addr, ok := ParseAddr(s)
		if ok != (want != "") || ok && addr != netip.MustParseAddr(want) {
			t.Errorf("ParseAddr(%q) = %v, %v; want %q", s, addr, ok, want)
		}
	}
}

func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "[::1]:80", "0x7f.1", "fe80::1%1", "[", "]", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, ok := ParseAddr(s)
		if ok != addr.IsValid() {
			t.Fatalf("ParseAddr(%q) = %v, %v", s, addr, ok)
		}
		if again, _ := ParseAddr(addr.String()); ok && again != addr {
			t.Fatalf("ParseAddr(%q) = %v, which reads back as %v", s, addr, again)
		}
		if std, err := netip.ParseAddr(s); err == nil && std.Zone() == "" && addr != std {
			t.Fatalf("ParseAddr(%q) = %v, package netip reads %v", s, addr, std)
		}
	})
}

func FuzzToASCII(f *testing.F) {
	f.Add("bücher.example")
	f.Add("xn--a")
	f.Fuzz(func(t *testing.T, s string) {
		if ascii, ok := ToASCII(s); ok && !isASCII(ascii) {
			t.Fatalf("ToASCII(%q) = %q", s, ascii)
		}
	})
}
