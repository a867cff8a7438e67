// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"winsock/wsa"
)

func addrPort(s string) wsa.Sockaddr { return wsa.SockaddrFrom(netip.MustParseAddrPort(s)) }

func TestSockaddrLayout(t *testing.T) {
	path := strings.Repeat("p", 107)
	for _, c := range []struct {
		what string
		sa   wsa.Sockaddr
		want []byte
	}{
		{"empty", wsa.SockaddrFrom(netip.AddrPort{}), nil},
		{"IPv4", addrPort("192.0.2.1:258"), []byte{2, 0, 1, 2, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"IPv6 with a scope", addrPort("[fe80::5%772]:258"),
			[]byte{23, 0, 1, 2, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 3, 0, 0}},
		{"IPv6 with a named zone", addrPort("[fe80::5%eth0]:258"),
			[]byte{23, 0, 1, 2, 0, 0, 0, 0, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0}},
		{"IPv4-mapped", addrPort("[::ffff:1.2.3.4]:1"),
			[]byte{23, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4, 0, 0, 0, 0}},
		{"path", wsa.SockaddrUnix("/a"), []byte{1, 0, '/', 'a', 0}},
		{"no path", wsa.SockaddrUnix(""), []byte{1, 0, 0}},
		{"the longest path", wsa.SockaddrUnix(path), append(append([]byte{1, 0}, path...), 0)},
		{"abstract", wsa.SockaddrUnix("\x00a\x00b"), []byte{1, 0, 0, 'a', 0, 'b'}},
		{"IrDA", wsa.SockaddrIrda([4]byte{1, 2, 3, 4}, "OBEX"),
			append([]byte{26, 0, 1, 2, 3, 4, 'O', 'B', 'E', 'X'}, make([]byte, 22)...)},
	} {
		if got := c.sa.Bytes(); !bytes.Equal(got, c.want) {
			t.Errorf("%s: the memory is % x, want % x", c.what, got, c.want)
		}
		if again := wsa.SockaddrBytes(c.want); again != c.sa {
			t.Errorf("%s: the address made of the memory is not equal to the one constructed", c.what)
		}
		if canonical := c.sa.Canonical(); canonical != c.sa {
			t.Errorf("%s: the constructed address is not canonical: % x", c.what, canonical.Bytes())
		}
	}
}

func TestSockaddrUnixTooLong(t *testing.T) {
	for _, path := range []string{strings.Repeat("p", 108), strings.Repeat("p", 1000), "\x00" + strings.Repeat("p", 108)} {
		if sa := wsa.SockaddrUnix(path); sa.Len() <= wsa.SizeofSockaddrUn {
			t.Errorf("a path of %d bytes makes an address of %d bytes, which a provider would accept", len(path), sa.Len())
		}
	}
	name := "\x00" + strings.Repeat("p", 107)
	if sa := wsa.SockaddrUnix(name); sa.Len() != wsa.SizeofSockaddrUn || sa.UnixPath() != name {
		t.Errorf("the longest abstract name comes back as %q", sa.UnixPath())
	}
}

func TestSockaddrUnixPath(t *testing.T) {
	for mem, want := range map[string]string{
		"":                                       "",
		"\x01":                                   "",
		"\x01\x00":                               "",   // unnamed, as the kernel reports it
		"\x01\x00" + strings.Repeat("\x00", 108): "",   // and as C programs zero it
		"\x01\x00/a":                             "/a", // without the closing zero
		"\x01\x00/a\x00rest":                     "/a",
		"\x01\x00\x00name":                       "\x00name",
		"\x01\x00\x00na\x00me":                   "\x00na\x00me",
		"\x02\x00/a\x00":                         "",
		"\x17\x00\x00name":                       "",
		"\x01\x00" + "\x00x\x00":                 "\x00x\x00", // Linux: zeros are part of an abstract name
	} {
		sa := wsa.SockaddrBytes([]byte(mem))
		if got := sa.UnixPath(); got != want {
			t.Errorf("the path of % x is %q, want %q", mem, got, want)
		}
	}
}

// TestSockaddrEquality checks the promise that equal addresses are equal
// under ==, whatever the variable held before.
func TestSockaddrEquality(t *testing.T) {
	want := addrPort("192.0.2.1:80")
	var sa wsa.Sockaddr
	storage := sa.Storage()
	for i := range storage {
		storage[i] = 0xaa
	}
	copy(storage[:], want.Bytes())
	sa.SetLen(want.Len())
	if sa != want {
		t.Error("SetLen leaves bytes behind the address that make it unequal")
	}
	sa = addrPort("[2001:db8::1%9]:80")
	sa.SetAddrPort(netip.MustParseAddrPort("192.0.2.1:80"))
	if sa != want {
		t.Error("SetAddrPort leaves bytes of the address before")
	}

	dirty := wsa.SockaddrBytes(append(bytes.Clone(want.Bytes()[:8]), 1, 2, 3, 4, 5, 6, 7, 8))
	if dirty == want || dirty.Canonical() != want {
		t.Error("Canonical does not clear sin_zero")
	}
	v6 := addrPort("[2001:db8::1]:80")
	flow := v6
	flow.Storage()[4] = 7
	if flow == v6 || flow.Canonical() != v6 {
		t.Error("Canonical does not clear the flow information")
	}
	padded := wsa.SockaddrBytes(append([]byte("\x01\x00/a"), make([]byte, 106)...))
	if padded.Canonical() != wsa.SockaddrUnix("/a") {
		t.Error("Canonical does not give an AF_UNIX address one length")
	}
	short := wsa.SockaddrBytes([]byte{26, 0, 1, 2, 3, 4, 'X', 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9})
	if short.Canonical() != wsa.SockaddrIrda([4]byte{1, 2, 3, 4}, "X") {
		t.Error("Canonical does not clear what follows an infrared service name")
	}
	for _, b := range [][]byte{{}, {2}, {2, 0, 0, 80}, {99, 0, 1, 2, 3}, bytes.Repeat([]byte{1}, 128)} {
		if sa := wsa.SockaddrBytes(b); sa.Canonical() != sa {
			t.Errorf("Canonical changes % x, which no constructor makes", b)
		}
	}
}

func TestSockaddrShortAndForeign(t *testing.T) {
	for _, b := range [][]byte{
		{}, {2}, {2, 0}, {2, 0, 0, 80}, {2, 0, 0, 80, 1, 2, 3, 4}, {23, 0, 0, 80},
		append([]byte{23, 0, 0, 80}, make([]byte, 20)...), // difference 23: the old 24-byte sockaddr_in6
		{10, 0, 0, 80, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0}, {26, 0, 1, 2, 3, 4, 'x', 0},
	} {
		sa := wsa.SockaddrBytes(b)
		if _, ok := sa.AddrPort(); ok {
			t.Errorf("difference 23: % x passes for a whole address", b)
		}
		if _, _, ok := sa.Irda(); ok {
			t.Errorf("% x passes for a whole infrared address", b)
		}
		if sa.ScopeID() != 0 {
			t.Errorf("% x has a scope id", b)
		}
		before := sa
		if len(b) < 4 {
			sa.SetPort(0xffff)
			if sa.SetPort(1); sa != before {
				t.Errorf("SetPort writes behind the %d bytes in use", len(b))
			}
		}
	}
	long := wsa.SockaddrBytes(make([]byte, 300))
	if long.Len() != wsa.SizeofStorage {
		t.Errorf("300 bytes make an address of %d", long.Len())
	}
	var sa wsa.Sockaddr
	sa.SetLen(1000)
	if sa.Len() != wsa.SizeofStorage {
		t.Errorf("SetLen(1000) makes an address of %d", sa.Len())
	}
	if sa.SetLen(-1); sa.Len() != 0 || sa.Family() != wsa.AF_UNSPEC {
		t.Errorf("SetLen(-1) makes an address of %d", sa.Len())
	}
}

func TestSockaddrCopyTo(t *testing.T) {
	sa := addrPort("192.0.2.1:80")
	name := bytes.Repeat([]byte{0xee}, 20)
	if n, err := sa.CopyTo(name[:15]); n != 0 || err != wsa.WSAEFAULT || name[0] != 0xee {
		t.Errorf("difference 20: a short buffer gives %d, %v and first byte %#x", n, err, name[0])
	}
	if n, err := sa.CopyTo(name); n != 16 || err != nil || !bytes.Equal(name[:16], sa.Bytes()) || name[16] != 0xee {
		t.Errorf("CopyTo writes % x, %d, %v", name, n, err)
	}
}

func TestSockaddrDoesNotAllocate(t *testing.T) {
	ap := netip.MustParseAddrPort("[2001:db8::1]:80")
	var sa wsa.Sockaddr
	if n := testing.AllocsPerRun(100, func() {
		sa.SetAddrPort(ap)
		back, ok := sa.AddrPort()
		if !ok || back != ap {
			t.Fatal("the address does not come back")
		}
		sa.SetLen(sa.Len())
	}); n != 0 {
		t.Errorf("reading and writing an address allocates %v times", n)
	}
}

func FuzzSockaddr(f *testing.F) {
	f.Add([]byte{2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add(append([]byte{23, 0, 0, 80}, make([]byte, 24)...))
	f.Add([]byte("\x01\x00/tmp/s\x00"))
	f.Add([]byte("\x01\x00\x00abstract"))
	f.Add([]byte("\x01\x00" + strings.Repeat("p", 108))) // no room for the closing zero
	f.Add(append([]byte{26, 0, 1, 2, 3, 4, 'O', 'B', 'E', 'X'}, make([]byte, 22)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		sa := wsa.SockaddrBytes(b)
		if sa.Len() > len(b) || !bytes.Equal(sa.Bytes(), b[:sa.Len()]) {
			t.Fatalf("the memory % x becomes % x", b, sa.Bytes())
		}
		c := sa.Canonical()
		if c.Canonical() != c {
			t.Errorf("Canonical of % x is not canonical", b)
		}
		if c.Family() != sa.Family() || c.Port() != sa.Port() || c.ScopeID() != sa.ScopeID() || c.UnixPath() != sa.UnixPath() {
			t.Errorf("Canonical of % x means something else: % x", b, c.Bytes())
		}
		if ap, ok := sa.AddrPort(); ok {
			if wsa.SockaddrFrom(ap) != c {
				t.Errorf("% x as an AddrPort is %v, and back another address", b, ap)
			}
		}
		text, err := sa.Text()
		if (err == nil) != (sa.String() == text) && text != "" {
			t.Errorf("Text is %q, %v; String is %q", text, err, sa.String())
		}
		if err != nil {
			return
		}
		if path := sa.UnixPath(); sa.Family() == wsa.AF_UNIX &&
			(path == "" || path[0] == '@' || path[0] != 0 && len(path) == wsa.UnixPathMax || sa.Len() > wsa.SizeofSockaddrUn) {
			return // no text makes these
		}
		if _, service, ok := sa.Irda(); ok && len(service) > 24 {
			return // no text makes an unterminated name
		}
		back, err := wsa.ParseSockaddr(text, sa.Family())
		if err != nil || back != c {
			t.Errorf("% x has the text %q, which becomes % x, %v", b, text, back.Bytes(), err)
		}
	})
}
