// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"testing"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// TestPart: the call sees the first bytes, and the caller what it reported.
func TestPart(t *testing.T) {
	text := [][]byte{[]byte("ab"), nil, []byte("cde"), []byte("f")}
	for n := 1; n <= 7; n++ {
		m := spi.Message{Bufs: text, Flags: wsa.MSG_PEEK, Control: make([]byte, 8)}
		got := make([]byte, 10)
		k, err := layer.Part(&m, n, func(p *spi.Message) (int, error) {
			k := p.Gather(got, 0)
			if p.Flags != wsa.MSG_PEEK {
				t.Errorf("flags %#x", p.Flags)
			}
			p.Flags, p.Control = wsa.MSG_PARTIAL, p.Control[:3]
			return k, wsa.WSAEMSGSIZE
		})
		if want := min(n, 6); k != want || string(got[:k]) != "abcdef"[:want] || err != wsa.WSAEMSGSIZE {
			t.Errorf("%d bytes: %q, %v", n, got[:k], err)
		}
		if m.Flags != wsa.MSG_PARTIAL || len(m.Control) != 3 || m.Len() != 6 {
			t.Errorf("%d bytes: the caller's message is %+v", n, m)
		}
	}
}
