// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"strings"
	"testing"

	"winsock/wsa"
)

func TestSockaddrText(t *testing.T) {
	for _, c := range []struct {
		sa   wsa.Sockaddr
		want string
	}{
		{addrPort("0.0.0.0:0"), "0.0.0.0"},
		{addrPort("255.255.255.255:0"), "255.255.255.255"},
		{addrPort("0.0.0.0:65535"), "0.0.0.0:65535"},
		{addrPort("[::1]:0"), "::1"},
		{addrPort("[20ab::2001]:33274"), "[20ab::2001]:33274"},
		{addrPort("[20ab::2001%4660]:33274"), "[20ab::2001%4660]:33274"},
		{addrPort("[20ab::2001%4660]:0"), "20ab::2001%4660"},
		{addrPort("[::1.2.3.4]:5"), "[::1.2.3.4]:5"},
		{wsa.SockaddrUnix("/run/a.sock"), "/run/a.sock"},
		{wsa.SockaddrUnix("\x00name"), "@name"},
		{wsa.SockaddrUnix(""), ""},
		{wsa.SockaddrIrda([4]byte{10, 11, 12, 13}, "OBEX"), "0a0b0c0d/OBEX"},
	} {
		if got, err := c.sa.Text(); err != nil || got != c.want {
			t.Errorf("difference 143: WSAAddressToString gives %q, %v; want %q", got, err, c.want)
		}
		if got := c.sa.String(); got != c.want {
			t.Errorf("String gives %q, want %q", got, c.want)
		}
	}
	for _, c := range []struct {
		mem    []byte
		want   wsa.Errno
		string string
	}{
		{nil, wsa.WSAEFAULT, "AF_UNSPEC"},
		{[]byte{2, 0, 0, 80, 1, 2, 3, 4}, wsa.WSAEFAULT, "AF_INET"},
		{make([]byte, 24), wsa.WSAEINVAL, "AF_UNSPEC"},
		{append([]byte{23}, make([]byte, 23)...), wsa.WSAEFAULT, "AF_INET6"},
		{append([]byte{32}, make([]byte, 29)...), wsa.WSAEINVAL, "AF_BTH"},
		{[]byte{26, 0, 1}, wsa.WSAEFAULT, "AF_IRDA"},
	} {
		sa := wsa.SockaddrBytes(c.mem)
		if _, err := sa.Text(); err != c.want {
			t.Errorf("WSAAddressToString of % x: %v, want %v", c.mem, err, c.want)
		}
		if got := sa.String(); got != c.string {
			t.Errorf("String of % x is %q, want %q", c.mem, got, c.string)
		}
	}
}

func TestParseSockaddrIn(t *testing.T) {
	for text, want := range map[string]string{ // "" is WSAEINVAL
		"1.1.1.1": "1.1.1.1:0", "0.0.0.0": "0.0.0.0:0", "255.255.255.255:65535": "255.255.255.255:65535",
		"127.127.127.127:123": "127.127.127.127:123", "127.127.127.127:0xAbCd": "127.127.127.127:43981",
		"127.127.127.127:0XaBcD": "127.127.127.127:43981", "127.127.127.127:010": "127.127.127.127:8",
		"127.127.127.127:007": "127.127.127.127:7",
		"1.1.1.0xaA":          "1.1.1.170:0", "1.1.1.010": "1.1.1.8:0", "1.1.1.00": "1.1.1.0:0",
		"1": "0.0.0.1:0", "1:1": "0.0.0.1:1", "1.2": "1.0.0.2:0", "1.2:1": "1.0.0.2:1", "1.2.3:1": "1.2.0.3:1",
		"203569230:123": "12.34.56.78:123", "0x00010203:10": "0.1.2.3:10", "0x123456789": "35.69.103.137:0",
		"0777:10": "0.0.1.255:10", "1.223756": "1.3.106.12:0",

		"": "", " ": "", "a": "", ".": "", "-1": "", "1.2.": "", "1..2": "", "1...2": "", "1000.2000": "",
		"255.255.255.256": "", "3.4.65536": "", "756.3.4": "", "3.4.5.6.7": "", "3.4.5.+6": "", "1.1.1.-2": "",
		"1.1.1.0x": "", "1.1.1.0x100": "", "1.1.1.08": "", "1.1.1.0a": "", "1.1.1.0o10": "", "0x00010Q03": "",
		"x00010203": "", "1234BEEF": "", " 3.4.5.6": "", "\t3.4.5.6": "", "3.4.5.6 ": "", "3.4.5.6:7 ": "",
		"3.4.5.6: 7": "", "3. 4.5.6": "", "[0.1.2.3]": "", "::1": "", ":1": "", "2001::1": "",
		"1.2.3.4:": "", "1.2.3.4:0": "", "1.2.3.4:65537": "", "1.2.3.4:65536": "", "1.2.3.4::1": "",
		"1.2.3.4:0x": "", "1.2.3.4:0x10000": "", "1.2.3.4:0x100000001": "", "1.2.3.4:08": "", "1.2.3.4:0a": "",
		"1.2.3.4:4294967297": "", "1.2.3.4:0o10": "", "1.2.3.4:1:1": "",
	} {
		sa, err := wsa.ParseSockaddr(text, wsa.AF_INET)
		if want == "" {
			if err != wsa.WSAEINVAL || sa != (wsa.Sockaddr{}) {
				t.Errorf("difference 143: WSAStringToAddress(%q) = %v, %v; want WSAEINVAL", text, &sa, err)
			}
			continue
		}
		if err != nil || sa != addrPort(want) {
			t.Errorf("difference 143: WSAStringToAddress(%q) = %v, %v; want %s", text, &sa, err, want)
		}
	}
}

func TestParseSockaddrIn6(t *testing.T) {
	for text, want := range map[string]string{ // "" is WSAEINVAL
		"::1": "[::1]:0", "[::1]": "[::1]:0", "[::1]:65535": "[::1]:65535", "2001::1": "[2001::1]:0",
		"001::1": "[1::1]:0", "::1:2:3:4:5:6:7": "[0:1:2:3:4:5:6:7]:0", "[::]:0x50": "[::]:80",
		"[::]:0":     "[::]:0", // unlike IPv4
		"fe80::1%12": "[fe80::1%12]:0", "[fe80::1%12]:80": "[fe80::1%12]:80", "fe80::1%4294967295": "[fe80::1%4294967295]:0",
		"fe80::1%0": "[fe80::1]:0", "::ffff:1.2.3.4": "[::ffff:1.2.3.4]:0",

		"::1]:65535": "", "[::1": "", "[::1]65535": "", "[::1]:": "", "[::1]:65536": "", "[::1]:080": "", "[::1]x": "",
		"1.2.3.4": "", "1:2:3:": "", "": "", "[]": "", "[]:80": "", "%1": "", "fe80::1%": "", "fe80::1%lo": "",
		"fe80::1%4294967296": "", "fe80::1%1%2": "", "fe80::1%-1": "", "fe80::1%+1": "", " ::1": "", "::1 ": "", "[[::1]]": "",
	} {
		sa, err := wsa.ParseSockaddr(text, wsa.AF_INET6)
		if want == "" {
			if err != wsa.WSAEINVAL {
				t.Errorf("difference 143: WSAStringToAddress(%q) = %v, %v; want WSAEINVAL", text, &sa, err)
			}
			continue
		}
		if err != nil || sa != addrPort(want) {
			t.Errorf("difference 143: WSAStringToAddress(%q) = %v, %v; want %s", text, &sa, err, want)
		}
	}
}

func TestParseSockaddrOthers(t *testing.T) {
	for _, c := range []struct {
		family int32
		text   string
		want   wsa.Sockaddr
	}{
		{wsa.AF_UNIX, "/run/a.sock", wsa.SockaddrUnix("/run/a.sock")},
		{wsa.AF_UNIX, "@name", wsa.SockaddrUnix("\x00name")},
		{wsa.AF_UNIX, strings.Repeat("p", 107), wsa.SockaddrUnix(strings.Repeat("p", 107))},
		{wsa.AF_IRDA, "0a0b0c0D/OBEX", wsa.SockaddrIrda([4]byte{10, 11, 12, 13}, "OBEX")},
		{wsa.AF_IRDA, "00000000/", wsa.SockaddrIrda([4]byte{}, "")},
		{wsa.AF_IRDA, "00000001/a/b", wsa.SockaddrIrda([4]byte{3: 1}, "a/b")},
	} {
		if got, err := wsa.ParseSockaddr(c.text, c.family); err != nil || got != c.want {
			t.Errorf("%s %q = % x, %v", wsa.FamilyName(c.family), c.text, got.Bytes(), err)
		}
	}
	for _, c := range []struct {
		family int32
		text   string
	}{
		{wsa.AF_UNIX, ""}, {wsa.AF_UNIX, "@"}, {wsa.AF_UNIX, "a\x00b"}, {wsa.AF_UNIX, strings.Repeat("p", 108)},
		{wsa.AF_UNIX, "\x00name"},
		{wsa.AF_IRDA, ""}, {wsa.AF_IRDA, "0a0b0c0d"}, {wsa.AF_IRDA, "0a0b0c/x"}, {wsa.AF_IRDA, "0a0b0c0d0e/x"},
		{wsa.AF_IRDA, "0a0b0c0g/x"}, {wsa.AF_IRDA, "0a0b0c0d/" + strings.Repeat("s", 25)}, {wsa.AF_IRDA, "0a0b0c0d/x\x00"},
		{wsa.AF_UNSPEC, "1.2.3.4"}, {wsa.AF_BTH, "(00:11:22:33:44:55):1"}, {-1, "1.2.3.4"}, {10, "::1"},
	} {
		if got, err := wsa.ParseSockaddr(c.text, c.family); err != wsa.WSAEINVAL {
			t.Errorf("%s %q = % x, %v; want WSAEINVAL", wsa.FamilyName(c.family), c.text, got.Bytes(), err)
		}
	}
}

func FuzzParseSockaddr(f *testing.F) {
	f.Add("1.2.3.4:80", int32(wsa.AF_INET))
	f.Add("0x7f.1:0x50", int32(wsa.AF_INET))
	f.Add("[fe80::1%3]:80", int32(wsa.AF_INET6))
	f.Add("@name", int32(wsa.AF_UNIX))
	f.Add("01020304/OBEX", int32(wsa.AF_IRDA))
	f.Fuzz(func(t *testing.T, text string, family int32) {
		sa, err := wsa.ParseSockaddr(text, family)
		if err != nil {
			if err != wsa.WSAEINVAL || sa != (wsa.Sockaddr{}) {
				t.Errorf("%q fails with %v and % x", text, err, sa.Bytes())
			}
			return
		}
		if sa.Family() != family || sa.Canonical() != sa {
			t.Errorf("%q of family %d becomes % x", text, family, sa.Bytes())
		}
		again, err := sa.Text()
		if err != nil {
			t.Fatalf("%q becomes % x, which has no text: %v", text, sa.Bytes(), err)
		}
		if back, err := wsa.ParseSockaddr(again, family); err != nil || back != sa {
			t.Errorf("%q becomes % x, whose text is %q, which becomes % x, %v", text, sa.Bytes(), again, back.Bytes(), err)
		}
	})
}
