// SPDX-License-Identifier: Apache-2.0

package spi

import (
	"bytes"
	"testing"
)

func TestGatherScatter(t *testing.T) {
	source := []byte("0123456789")
	shapes := [][]int{{10}, {3, 7}, {0, 5, 0, 5, 0}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {}}
	for _, shape := range shapes {
		var m Message
		at, total := 0, 0
		for _, n := range shape {
			m.Bufs = append(m.Bufs, bytes.Clone(source[at:at+n]))
			at += n
			total += n
		}
		if m.Len() != total {
			t.Errorf("%v: length %d, want %d", shape, m.Len(), total)
		}
		for skip := 0; skip <= total; skip++ {
			for room := 0; room <= total+1; room++ {
				p := make([]byte, room)
				n := m.Gather(p, skip)
				if want := min(room, total-skip); n != want || !bytes.Equal(p[:n], source[skip:skip+n]) {
					t.Errorf("%v: gathered %q from %d into %d bytes", shape, p[:n], skip, room)
				}
			}
			into := Message{}
			for _, n := range shape {
				into.Bufs = append(into.Bufs, make([]byte, n))
			}
			n := into.Scatter(source[skip:total], skip)
			p := make([]byte, total)
			into.Gather(p, 0)
			if n != total-skip || !bytes.Equal(p[skip:], source[skip:total]) {
				t.Errorf("%v: scattered %d bytes from %d: %q", shape, n, skip, p)
			}
		}
	}
}

func TestSetBuffer(t *testing.T) {
	var m Message
	p := make([]byte, 4)
	if n := testing.AllocsPerRun(100, func() { m.SetBuffer(p) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if len(m.Bufs) != 1 || &m.Bufs[0][0] != &p[0] {
		t.Error("the buffer is another one")
	}
	m.Reset()
	if m.Bufs != nil || m.single[0] != nil {
		t.Error("the message still holds the buffer")
	}
}

func TestEventsString(t *testing.T) {
	for e, want := range map[Events]string{0: "", EventRead: "read", EventWrite | EventReset: "write|reset"} {
		if got := e.String(); got != want {
			t.Errorf("%#x is %q, want %q", uint32(e), got, want)
		}
	}
}
