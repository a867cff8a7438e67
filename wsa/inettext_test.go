// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"net/netip"
	"strings"
	"testing"

	"winsock/wsa"
)

func TestParseInetAddr(t *testing.T) {
	for text, want := range map[string]string{ // "" is INADDR_NONE
		"1.2.3.4": "1.2.3.4", "0.0.0.0": "0.0.0.0", "127.127.127.255": "127.127.127.255",
		"255.255.255.255": "255.255.255.255",

		// fewer parts: the last one fills what is left
		"1": "0.0.0.1", "1.2": "1.0.0.2", "1.2.3": "1.2.0.3", "203569230": "12.34.56.78",
		"1.223756": "1.3.106.12", "3.4.756": "3.4.2.244", "127.1": "127.0.0.1",
		"1.16777215": "1.255.255.255", "1.16777216": "", "1.2.65535": "1.2.255.255", "1.2.65536": "",
		"4294967295": "255.255.255.255", "4294967296": "", "99999999999": "",
		"256.1": "", "756.3.4": "", "3.756.4": "", "127.127.127.256": "", "3.4.5.6.7": "",

		// octal and hexadecimal
		"1.2.3.010": "1.2.3.8", "1.2.3.00": "1.2.3.0", "017700000001": "127.0.0.1", "0777": "0.0.1.255",
		"1.2.3.0xaA": "1.2.3.170", "0xa1a2b3b4 ": "161.162.179.180", "0x2134": "0.0.33.52", "0X7F.1": "127.0.0.1",
		"0x123456789": "35.69.103.137", // what does not fit is pushed out
		"1.1.1.0x":    "", "1.2.3.0a": "", "1.2.3.08": "", "1.1.1.0o10": "", "1.1.1.0b10": "", "1234BEEF": "",
		"040000000000": "",

		// white space ends the text, but may not begin it
		"3.4.5.6 ": "3.4.5.6", "3.4.5.6  7": "3.4.5.6", "1 2 3 4": "0.0.0.1", "1.2.3 .4": "1.2.0.3",
		"3 .4.5.6": "0.0.0.3", "1.2.3 \xfe\xff": "1.2.0.3", "1.2.3.4\nx": "1.2.3.4",
		" 3.4.5.6": "", "\t3.4.5.6": "", "1.2.3. 4": "", "3. 4.5.6": "", " 0": "",
		" ": "0.0.0.0", "  ": "", "\t": "", "": "",

		// no addresses
		".": "", ".1.2.3": "", "1.2.3.": "", "1..2": "", "a": "", "-1": "", "1.1.1.-2": "", "3.4.5.+6": "",
		"[0.1.2.3]": "", "127.127.127.255:123": "", "::1": "", ":1": "", "x1": "", "0x": "", "1.2.3.4\x00": "",
	} {
		addr, ok := wsa.ParseInetAddr(text)
		got := ""
		if ok {
			got = wsa.FormatIPv4(addr)
		}
		if got != want {
			t.Errorf("difference 139: inet_addr(%q) = %q, want %q", text, got, want)
		}
	}
	for c := 1; c < 256; c++ {
		if c >= '0' && c <= '9' {
			continue
		}
		space := c == ' ' || c >= 9 && c <= 13
		if _, ok := wsa.ParseInetAddr("1.2.3" + string([]byte{byte(c)})); ok != space {
			t.Errorf("difference 139: inet_addr accepts character %d behind an address: %v", c, ok)
		}
	}
}

func TestFormatIPv6(t *testing.T) {
	for _, c := range []struct{ addr, want string }{
		{"::", "::"}, {"::1", "::1"}, {"::ffff", "::ffff"},
		{"::1:0", "::0.1.0.0"}, // IPv4-compatible
		{"::d01:4403", "::13.1.68.3"},
		{"::ffff:d01:4403", "::ffff:13.1.68.3"},
		{"::ffff:d01:0", "::ffff:13.1.0.0"},
		{"::ffff:0:4403", "::ffff:0:4403"}, // 0.x.x.x is no IPv4 address there
		{"::ffff:0:0", "::ffff:0:0"},
		{"::ffff:0:d01:4403", "::ffff:0:13.1.68.3"}, // IPv4-translated
		{"::ffff:ffff:d01:4403", "::ffff:ffff:d01:4403"},
		{"::ffff:0:0:d01:4403", "::ffff:0:0:d01:4403"},
		{"::1:d01:4403", "::1:d01:4403"},
		{"::5efe:8190:3426", "::5efe:129.144.52.38"}, // ISATAP
		{"::5efe:0:0", "::5efe:0.0.0.0"},
		{"::200:5efe:8190:3426", "::200:5efe:129.144.52.38"},
		{"::100:5efe:8190:3426", "::100:5efe:8190:3426"},
		{"::300:5efe:8190:3426", "::300:5efe:8190:3426"},
		{"1111:2222:3333:4444:0:5efe:8190:3426", "1111:2222:3333:4444:0:5efe:129.144.52.38"},
		{"1111:2222:3333::5efe:8190:3426", "1111:2222:3333::5efe:129.144.52.38"},
		{"1111::5efe:8190:3426", "1111::5efe:129.144.52.38"},
		{"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"}, // one group is not shortened
		{"1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"},
		{"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
		{"1:0:0:2:0:0:3:4", "1::2:0:0:3:4"}, // the first of the longest
		{"1:0:0:2:0:0:0:4", "1:0:0:2::4"},
		{"1080:0:0:0:8:800:200C:417A", "1080::8:800:200c:417a"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
	} {
		got := wsa.FormatIPv6(netip.MustParseAddr(c.addr).As16())
		if got != c.want {
			t.Errorf("RtlIpv6AddressToString(%s) = %q, want %q", c.addr, got, c.want)
		}
		if back := netip.MustParseAddr(got); back.As16() != netip.MustParseAddr(c.addr).As16() {
			t.Errorf("%q is another address than %s", got, c.addr)
		}
	}
}

func TestInetPton(t *testing.T) {
	for _, c := range []struct {
		family int32
		text   string
		want   string // "" for no address
	}{
		{wsa.AF_INET, "1.1.1.1", "1.1.1.1"},
		{wsa.AF_INET, "0.0.0.0", "0.0.0.0"},
		{wsa.AF_INET, "127.127.127.255:123", ""},
		{wsa.AF_INET, "127.127.127.256", ""},
		{wsa.AF_INET, "1.1.1.0xaA", ""},
		{wsa.AF_INET, "1.1.1.010", ""},
		{wsa.AF_INET, "1.1.1.00", ""},
		{wsa.AF_INET, "1", ""}, {wsa.AF_INET, "1.2.3", ""}, {wsa.AF_INET, "3.4.5.6.7", ""},
		{wsa.AF_INET, " 3.4.5.6", ""}, {wsa.AF_INET, "3.4.5.6 ", ""}, {wsa.AF_INET, "", ""},
		{wsa.AF_INET, "::1", ""}, {wsa.AF_INET, "::ffff:1.2.3.4", ""},
		{wsa.AF_INET6, "::", "::"},
		{wsa.AF_INET6, "::0:0:0:0:0:0:0", "::"},
		{wsa.AF_INET6, "0:a:b:c:d:e:f::", "0:a:b:c:d:e:f:0"},
		{wsa.AF_INET6, "::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{wsa.AF_INET6, "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
		{wsa.AF_INET6, "2001:0DB8::C1C0:ABCD:0876", "2001:db8::c1c0:abcd:876"},
		{wsa.AF_INET6, "::01234", ""}, {wsa.AF_INET6, "::fffff", ""}, {wsa.AF_INET6, "::0x88", ""},
		{wsa.AF_INET6, "1:2:3:4:5:6::7:8", ""}, {wsa.AF_INET6, "1::2::3", ""}, {wsa.AF_INET6, "1:2:3:", ""},
		{wsa.AF_INET6, "::%16", ""}, {wsa.AF_INET6, "fe80::1%lo", ""}, {wsa.AF_INET6, "::/16", ""},
		{wsa.AF_INET6, "[::1]", ""}, {wsa.AF_INET6, "1.2.3.4", ""}, {wsa.AF_INET6, "", ""},
	} {
		var dst [17]byte
		size := map[int32]int{wsa.AF_INET: 4, wsa.AF_INET6: 16}[c.family]
		ok, err := wsa.InetPton(c.family, c.text, dst[:size])
		if err != nil {
			t.Errorf("inet_pton(%s, %q): %v", wsa.FamilyName(c.family), c.text, err)
			continue
		}
		got := ""
		if ok {
			got, err = wsa.InetNtop(c.family, dst[:size])
			if err != nil {
				t.Errorf("inet_ntop of %q: %v", c.text, err)
			}
		} else if dst != [17]byte{} {
			t.Errorf("inet_pton(%q) fails and writes", c.text)
		}
		if got != c.want {
			t.Errorf("inet_pton(%s, %q) = %q, want %q", wsa.FamilyName(c.family), c.text, got, c.want)
		}
	}
}

func TestInetTextErrors(t *testing.T) {
	var b [16]byte
	if _, err := wsa.InetPton(wsa.AF_UNIX, "::1", b[:]); err != wsa.WSAEAFNOSUPPORT {
		t.Errorf("InetPton of a foreign family: %v, want WSAEAFNOSUPPORT", err)
	}
	if _, err := wsa.InetPton(wsa.AF_INET6, "::1", b[:15]); err != wsa.WSAEFAULT {
		t.Errorf("InetPton into 15 bytes: %v, want WSAEFAULT", err)
	}
	if _, err := wsa.InetNtop(10, b[:]); err != wsa.WSAEAFNOSUPPORT {
		t.Errorf("InetNtop of Linux's AF_INET6: %v, want WSAEAFNOSUPPORT", err)
	}
	if _, err := wsa.InetNtop(wsa.AF_INET, b[:3]); err != wsa.WSAEFAULT {
		t.Errorf("InetNtop of 3 bytes: %v, want WSAEFAULT", err)
	}
}

func FuzzParseInetAddr(f *testing.F) {
	for _, s := range []string{"1.2.3.4", " ", "0x7f.1", "017700000001", "1.2.3 x", "4294967296", "0x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		addr, ok := wsa.ParseInetAddr(text)
		if !ok {
			if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
				t.Errorf("inet_addr refuses %q", text)
			}
			return
		}
		if again, ok := wsa.ParseInetAddr(wsa.FormatIPv4(addr)); !ok || again != addr {
			t.Errorf("inet_addr(%q) = %v, whose text gives %v", text, addr, again)
		}
		if strings.TrimLeft(text, " \t\n\v\f\r") != text && text != " " {
			t.Errorf("inet_addr accepts %q with white space at its start", text)
		}
	})
}

func FuzzInetPton(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "::1", "::ffff:1.2.3.4", "fe80::1%3", "1:2:3:4:5:6:7:8", "::5efe:1.2.3.4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, family := range []int32{wsa.AF_INET, wsa.AF_INET6} {
			var a, b [16]byte
			ok, err := wsa.InetPton(family, text, a[:])
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			again, err := wsa.InetNtop(family, a[:])
			if err != nil {
				t.Fatal(err)
			}
			if ok, _ := wsa.InetPton(family, again, b[:]); !ok || a != b {
				t.Errorf("inet_pton(%q), inet_ntop gives %q, which is another address", text, again)
			}
		}
	})
}

func FuzzFormatIPv6(f *testing.F) {
	f.Add(make([]byte, 16))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x5e\xfe\x01\x02\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 16 {
			return
		}
		addr := [16]byte(b)
		text := wsa.FormatIPv6(addr)
		back, err := netip.ParseAddr(text)
		if err != nil || back.As16() != addr {
			t.Errorf("%x is written as %q, which is %v, %v", addr, text, back, err)
		}
		if len(text) >= wsa.INET6_ADDRSTRLEN {
			t.Errorf("%q does not fit INET6_ADDRSTRLEN", text)
		}
	})
}
