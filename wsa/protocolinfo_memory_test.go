// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"

	"winsock/wsa"
)

// numbered is a description in which every field has a value of its own.
var numbered = wsa.ProtocolInfo{
	ServiceFlags1: 0x01010101, ServiceFlags2: 0x02020202, ServiceFlags3: 0x03030303, ServiceFlags4: 0x04040404,
	ProviderFlags:  0x05050505,
	ProviderID:     wsa.GUID{Data1: 0x06060606, Data2: 0x0707, Data3: 0x0808, Data4: [8]byte{9, 10, 11, 12, 13, 14, 15, 16}},
	CatalogEntryID: 0x11111111,
	Chain:          wsa.ProtocolChain{Len: 0x12121212, Entries: [7]uint32{0x13131313, 0x14141414, 0x15151515, 0x16161616, 0x17171717, 0x18181818, 0x19191919}},
	Version:        0x20202020, AddressFamily: 0x21212121, MaxSockAddr: 0x22222222, MinSockAddr: 0x23232323,
	SocketType: 0x24242424, Protocol: 0x25252525, ProtocolMaxOffset: 0x26262626, NetworkByteOrder: 0x27272727,
	SecurityScheme: 0x28282828, MessageSize: 0x29292929, ProviderReserved: 0x30303030,
	Name: "Grüße 𝄞",
}

func TestProtocolInfoLayout(t *testing.T) {
	w, a := numbered.AppendW([]byte{0xee}), numbered.AppendA([]byte{0xee})
	if len(w) != 1+628 || len(a) != 1+372 || w[0] != 0xee || a[0] != 0xee {
		t.Fatalf("WSAPROTOCOL_INFO structure: %d and %d bytes are appended, want 628 and 372", len(w)-1, len(a)-1)
	}
	w, a = w[1:], a[1:]
	if !bytes.Equal(w[:116], a[:116]) {
		t.Error("the two forms differ before the name")
	}
	for off, want := range map[int]uint32{
		0: 0x01010101, 4: 0x02020202, 8: 0x03030303, 12: 0x04040404, 16: 0x05050505, 20: 0x06060606, 24: 0x08080707,
		28: 0x0c0b0a09, 32: 0x100f0e0d, 36: 0x11111111, 40: 0x12121212, 44: 0x13131313, 68: 0x19191919,
		72: 0x20202020, 76: 0x21212121, 80: 0x22222222, 84: 0x23232323, 88: 0x24242424, 92: 0x25252525, 96: 0x26262626,
		100: 0x27272727, 104: 0x28282828, 108: 0x29292929, 112: 0x30303030,
		116: 'r'<<16 | 'G', 120: 0xdf<<16 | 0xfc, 128: 0xdd1e<<16 | 0xd834,
	} {
		if got := binary.LittleEndian.Uint32(w[off:]); got != want {
			t.Errorf("WSAPROTOCOL_INFO structure: offset %d holds %#x, want %#x", off, got, want)
		}
	}
	if got := string(a[116 : 116+len(numbered.Name)+1]); got != numbered.Name+"\x00" {
		t.Errorf("WSAPROTOCOL_INFOA: the name is %q", got)
	}
}

func TestProtocolInfoRoundTrip(t *testing.T) {
	for _, form := range protocolInfoForms {
		var got wsa.ProtocolInfo
		b := form.append(&numbered, nil)
		if err := form.decode(&got, b); err != nil || got != numbered {
			t.Errorf("%s comes back as %+v, %v", form.name, got, err)
		}
		before := wsa.ProtocolInfo{Name: "before"}
		got = before
		if err := form.decode(&got, b[:len(b)-1]); err != wsa.WSAEFAULT || got != before {
			t.Errorf("%s one byte short: %v, and the structure is %+v; want WSAEFAULT and no change", form.name, err, got)
		}
	}
}

func TestProtocolInfoName(t *testing.T) {
	for _, c := range []struct{ name, wantW, wantA string }{
		{"", "", ""},
		{strings.Repeat("n", 255), strings.Repeat("n", 255), strings.Repeat("n", 255)},
		{strings.Repeat("n", 256), strings.Repeat("n", 255), strings.Repeat("n", 255)},
		{strings.Repeat("n", 5000), strings.Repeat("n", 255), strings.Repeat("n", 255)},
		{strings.Repeat("n", 254) + "𝄞", strings.Repeat("n", 254), strings.Repeat("n", 254)}, // no half characters
		{strings.Repeat("n", 253) + "𝄞x", strings.Repeat("n", 253) + "𝄞", strings.Repeat("n", 253)},
		{strings.Repeat("ü", 200), strings.Repeat("ü", 200), strings.Repeat("ü", 127)},
		{"a\x00b", "a", "a"},
	} {
		for i, form := range protocolInfoForms {
			want := []string{c.wantW, c.wantA}[i]
			var got wsa.ProtocolInfo
			if err := form.decode(&got, form.append(&wsa.ProtocolInfo{Name: c.name}, nil)); err != nil || got.Name != want {
				t.Errorf("%s: the name %q comes back as %q, %v", form.name, c.name, got.Name, err)
			}
		}
	}
	// A caller's structure may lack the closing zero.
	for _, form := range protocolInfoForms {
		b := form.append(&wsa.ProtocolInfo{}, nil)
		for i := 116; i < len(b); i++ {
			b[i] = 0x20
		}
		var got wsa.ProtocolInfo
		if err := form.decode(&got, b); err != nil || utf8.RuneCountInString(got.Name) != wsa.WSAPROTOCOL_LEN {
			t.Errorf("%s: an unterminated name is read as %q, %v", form.name, got.Name, err)
		}
	}
}

var protocolInfoForms = []struct {
	name   string
	append func(*wsa.ProtocolInfo, []byte) []byte
	decode func(*wsa.ProtocolInfo, []byte) error
}{
	{"WSAPROTOCOL_INFOW", (*wsa.ProtocolInfo).AppendW, (*wsa.ProtocolInfo).DecodeW},
	{"WSAPROTOCOL_INFOA", (*wsa.ProtocolInfo).AppendA, (*wsa.ProtocolInfo).DecodeA},
}

func FuzzProtocolInfo(f *testing.F) {
	f.Add(numbered.AppendW(nil))
	f.Add(numbered.AppendA(nil))
	f.Add(bytes.Repeat([]byte{0xd8}, 628))
	f.Fuzz(func(t *testing.T, b []byte) {
		for i, form := range protocolInfoForms {
			var first, second wsa.ProtocolInfo
			if err := form.decode(&first, b); err != nil {
				if want := []int{628, 372}[i]; err != wsa.WSAEFAULT || len(b) >= want {
					t.Errorf("%s of %d bytes: %v", form.name, len(b), err)
				}
				continue
			}
			again := form.append(&first, nil)
			if !bytes.Equal(again[:116], b[:116]) {
				t.Errorf("%s: the fields % x come back as % x", form.name, b[:116], again[:116])
			}
			if err := form.decode(&second, again); err != nil || second != first {
				t.Errorf("%s: %+v comes back as %+v, %v", form.name, first, second, err)
			}
		}
	})
}
