// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"
	"testing"
)

// TestByteOrder runs without WSAStartup (difference 1).
func TestByteOrder(t *testing.T) {
	var b [4]byte
	binary.NativeEndian.PutUint32(b[:], Htonl(0x01020304))
	if b != [4]byte{1, 2, 3, 4} {
		t.Errorf("htonl function: the memory of 0x01020304 is % x", b)
	}
	var s [2]byte
	binary.NativeEndian.PutUint16(s[:], Htons(0x0102))
	if s != [2]byte{1, 2} {
		t.Errorf("htons function: the memory of 0x0102 is % x", s)
	}
	for _, v := range []uint32{0, 1, 0xff, 0x1234, 0xdeadbeef, 0xffffffff} {
		if got := Ntohl(Htonl(v)); got != v {
			t.Errorf("ntohl function: %#x comes back as %#x", v, got)
		}
		if got := Ntohs(Htons(uint16(v))); got != uint16(v) {
			t.Errorf("ntohs function: %#x comes back as %#x", uint16(v), got)
		}
	}
}
