// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"bytes"
	"reflect"
	"testing"

	"winsock/wsa"
)

// memory is what the structures of options and control codes have in common.
type memory interface {
	Append([]byte) []byte
	Decode([]byte) error
}

var memories = []struct {
	name  string
	value memory
	want  []byte
}{
	{"LINGER", &wsa.Linger{OnOff: 1, Linger: 0x1234}, []byte{1, 0, 0x34, 0x12}},
	{"IP_MREQ", &wsa.IPMreq{Multiaddr: [4]byte{224, 0, 0, 1}, Interface: [4]byte{127, 0, 0, 1}}, []byte{224, 0, 0, 1, 127, 0, 0, 1}},
	{"IP_MREQ_SOURCE", &wsa.IPMreqSource{Multiaddr: [4]byte{224, 0, 0, 1}, Sourceaddr: [4]byte{10, 0, 0, 1}, Interface: [4]byte{127, 0, 0, 1}},
		[]byte{224, 0, 0, 1, 10, 0, 0, 1, 127, 0, 0, 1}},
	{"IPV6_MREQ", &wsa.IPv6Mreq{Multiaddr: [16]byte{0: 0xff, 15: 1}, Interface: 0x01020304},
		[]byte{0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 4, 3, 2, 1}},
	{"GROUP_REQ", &wsa.GroupReq{Interface: 7, Group: addrPort("224.0.0.1:0")},
		append([]byte{7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 224, 0, 0, 1}, make([]byte, 120)...)},
	{"GROUP_SOURCE_REQ", &wsa.GroupSourceReq{Interface: 7, Group: addrPort("[ff02::1]:0"), Source: addrPort("[::1]:0")},
		append(append(append([]byte{7, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 0, 0, 0, 0, 0xff, 2},
			append(make([]byte, 13), 1)...), append(make([]byte, 104), 23)...), append(append(make([]byte, 22), 1), make([]byte, 104)...)...)},
	{"IN_PKTINFO", &wsa.InPktinfo{Addr: [4]byte{1, 2, 3, 4}, Ifindex: 5}, []byte{1, 2, 3, 4, 5, 0, 0, 0}},
	{"IN6_PKTINFO", &wsa.In6Pktinfo{Addr: [16]byte{0: 0xfe, 15: 9}, Ifindex: 5},
		[]byte{0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 5, 0, 0, 0}},
	{"tcp_keepalive", &wsa.TCPKeepalive{OnOff: 1, KeepaliveTime: 7200000, KeepaliveInterval: 1000},
		[]byte{1, 0, 0, 0, 0x00, 0xdd, 0x6d, 0, 0xe8, 3, 0, 0}},
	{"WSANETWORKEVENTS", &wsa.NetworkEvents{NetworkEvents: wsa.FD_CONNECT, ErrorCode: [10]wsa.Errno{wsa.FD_CONNECT_BIT: wsa.WSAECONNREFUSED}},
		append(append([]byte{16, 0, 0, 0}, make([]byte, 16)...), append([]byte{0x4d, 0x27}, make([]byte, 22)...)...)},
}

func TestOptionMemory(t *testing.T) {
	for _, m := range memories {
		if got := m.value.Append([]byte{0xee}); !bytes.Equal(got, append([]byte{0xee}, m.want...)) {
			t.Errorf("%s structure: the memory is % x, want % x", m.name, got[1:], m.want)
		}
		back := reflect.New(reflect.TypeOf(m.value).Elem()).Interface().(memory)
		if err := back.Decode(append(bytes.Clone(m.want), 0xee)); err != nil || !reflect.DeepEqual(back, m.value) {
			t.Errorf("%s structure: % x is read as %+v, %v; want %+v", m.name, m.want, back, err, m.value)
		}
		for _, n := range []int{0, 1, len(m.want) - 1} {
			if err := back.Decode(bytes.Repeat([]byte{0xee}, n)); err != wsa.WSAEFAULT || !reflect.DeepEqual(back, m.value) {
				t.Errorf("%s structure: %d bytes: %v, %+v; want WSAEFAULT and no change", m.name, n, err, back)
			}
		}
	}
	for name, size := range map[string][2]int{
		"LINGER": {wsa.SizeofLinger, 4}, "IP_MREQ": {wsa.SizeofIPMreq, 8}, "IP_MREQ_SOURCE": {wsa.SizeofIPMreqSource, 12},
		"IPV6_MREQ": {wsa.SizeofIPv6Mreq, 20}, "GROUP_REQ": {wsa.SizeofGroupReq, 136}, "GROUP_SOURCE_REQ": {wsa.SizeofGroupSourceReq, 264},
		"IN_PKTINFO": {wsa.SizeofInPktinfo, 8}, "IN6_PKTINFO": {wsa.SizeofIn6Pktinfo, 20},
		"tcp_keepalive": {wsa.SizeofTCPKeepalive, 12}, "WSANETWORKEVENTS": {wsa.SizeofNetworkEvents, 44},
	} {
		if size[0] != size[1] {
			t.Errorf("%s structure has %d bytes, not %d", name, size[1], size[0])
		}
	}
}

func FuzzOptionMemory(f *testing.F) {
	for _, m := range memories {
		f.Add(m.want)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, m := range memories {
			first := reflect.New(reflect.TypeOf(m.value).Elem()).Interface().(memory)
			if err := first.Decode(b); (err == nil) != (len(b) >= len(m.want)) {
				t.Fatalf("%s of %d bytes: %v", m.name, len(b), err)
			} else if err != nil {
				continue
			}
			again := first.Append(nil)
			if len(again) != len(m.want) {
				t.Fatalf("%s becomes %d bytes", m.name, len(again))
			}
			second := reflect.New(reflect.TypeOf(m.value).Elem()).Interface().(memory)
			if err := second.Decode(again); err != nil || !reflect.DeepEqual(first, second) {
				t.Errorf("%s: % x is %+v and comes back as %+v, %v", m.name, b, first, second, err)
			}
		}
	})
}
