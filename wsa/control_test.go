// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"winsock/wsa"
)

func TestControlLayout(t *testing.T) {
	b := wsa.AppendControl(nil, wsa.IPPROTO_IP, wsa.IP_PKTINFO, []byte{1, 2, 3, 4, 5})
	want := []byte{21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 19, 0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0}
	if !bytes.Equal(b, want) {
		t.Errorf("WSACMSGHDR structure: the memory is % x, want % x", b, want)
	}
	for n, want := range map[int][2]int{0: {16, 16}, 1: {17, 24}, 4: {20, 24}, 8: {24, 24}, 9: {25, 32}, 20: {36, 40}} {
		if wsa.ControlLen(n) != want[0] || wsa.ControlSpace(n) != want[1] {
			t.Errorf("WSA_CMSG_LEN(%d) = %d and WSA_CMSG_SPACE = %d, want %v", n, wsa.ControlLen(n), wsa.ControlSpace(n), want)
		}
	}
}

func TestControlMessages(t *testing.T) {
	var b []byte
	want := []wsa.ControlMessage{
		{Level: wsa.IPPROTO_IP, Type: wsa.IP_PKTINFO, Data: []byte{127, 0, 0, 1, 1, 0, 0, 0}},
		{Level: wsa.IPPROTO_IPV6, Type: wsa.IPV6_HOPLIMIT, Data: []byte{64, 0, 0, 0}},
		{Level: -1, Type: -2, Data: []byte{}},
	}
	for _, m := range want {
		b = wsa.AppendControl(b, m.Level, m.Type, m.Data)
	}
	if err := wsa.CheckControl(b); err != nil {
		t.Errorf("CheckControl of whole messages: %v", err)
	}
	check := func(what string, b []byte, want []wsa.ControlMessage) {
		t.Helper()
		var got []wsa.ControlMessage
		for m := range wsa.ControlMessages(b) {
			got = append(got, m)
		}
		if !slices.EqualFunc(got, want, func(x, y wsa.ControlMessage) bool {
			return x.Level == y.Level && x.Type == y.Type && bytes.Equal(x.Data, y.Data)
		}) {
			t.Errorf("WSA_CMSG_NXTHDR: %s holds %v, want %v", what, got, want)
		}
	}
	check("the whole buffer", b, want)
	check("an empty buffer", nil, nil)
	check("a buffer cut within the last header", b[:len(b)-1], want[:2])
	check("a buffer without the closing zeros", b[:24+20], want[:2])

	for what, length := range map[string]uint64{"below a header": 15, "zero": 0, "past the end": uint64(len(b)) + 1, "past all numbers": 1<<64 - 1} {
		bad := bytes.Clone(b)
		binary.LittleEndian.PutUint64(bad, length)
		check("a buffer with a length "+what, bad, nil)
		if err := wsa.CheckControl(bad); err != wsa.WSAEINVAL {
			t.Errorf("CheckControl of a length %s: %v, want WSAEINVAL", what, err)
		}
	}
	for range wsa.ControlMessages(b) {
		break // leaving the loop must end the iteration
	}
}

func TestPutControl(t *testing.T) {
	data := []byte{1, 2, 3, 4}
	want := wsa.AppendControl(nil, 5, 6, data)
	for size, n := range map[int]int{0: 0, 19: 0, 20: 20, 22: 22, 24: 24, 30: 24} {
		b := bytes.Repeat([]byte{0xee}, 32)
		if got := wsa.PutControl(b[:size], 5, 6, data); got != n {
			t.Errorf("PutControl into %d bytes takes %d, want %d", size, got, n)
		}
		if !bytes.Equal(b[:n], want[:n]) || b[n] != 0xee {
			t.Errorf("PutControl into %d bytes writes % x", size, b)
		}
	}
	b := make([]byte, 64)
	if n := testing.AllocsPerRun(100, func() {
		wsa.PutControl(b, 5, 6, data)
		for m := range wsa.ControlMessages(b[:24]) {
			if m.Type != 6 {
				t.Fatal("the message does not come back")
			}
		}
	}); n != 0 {
		t.Errorf("writing and reading a control message allocates %v times", n)
	}
}

func FuzzControlMessages(f *testing.F) {
	f.Add(wsa.AppendControl(wsa.AppendControl(nil, 0, 19, make([]byte, 8)), 41, 21, make([]byte, 4)))
	f.Add(bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte
		for m := range wsa.ControlMessages(b) {
			again = wsa.AppendControl(again, m.Level, m.Type, m.Data)
		}
		if len(again) > len(b)+7 {
			t.Errorf("%d bytes hold messages of %d", len(b), len(again))
		}
		if wsa.CheckControl(b) == nil && len(again) < len(b) {
			t.Errorf("CheckControl passes %d bytes, of which %d are messages", len(b), len(again))
		}
		if err := wsa.CheckControl(again); err != nil {
			t.Errorf("the messages read make no buffer: %v", err)
		}
	})
}
