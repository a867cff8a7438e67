// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"bytes"
	"testing"

	"winsock/spi"
)

// FuzzRing compares a ring with a plain queue of bytes, under any sequence of
// calls by producer and consumer.
func FuzzRing(f *testing.F) {
	f.Add(uint8(7), []byte{3, 130, 9, 200, 5, 70, 3})
	f.Add(uint8(1), []byte{1, 64, 1, 128, 1, 192})
	f.Fuzz(func(t *testing.T, size uint8, steps []byte) {
		r := &ring{buf: make([]byte, int(size)+1)}
		var queue []byte
		next := byte(0)
		for _, step := range steps {
			n := int(step & 63)
			var m spi.Message
			switch step >> 6 {
			case 0: // gather, from two buffers
				data := make([]byte, n)
				for i := range data {
					data[i] = next + byte(i)
				}
				m.Bufs = [][]byte{data[:n/3], data[n/3:]}
				k := r.gather(&m)
				if want := min(n, len(r.buf)-len(queue)); k != want {
					t.Fatalf("gather of %d with %d of %d in use took %d", n, len(queue), len(r.buf), k)
				}
				queue = append(queue, data[:k]...)
				next += byte(k)
			case 1, 2: // scatter, to two buffers; 2 is a peek
				data := make([]byte, n)
				m.Bufs = [][]byte{data[:n/2], data[n/2:]}
				k := r.scatter(&m, step>>6 == 2)
				if want := min(n, len(queue)); k != want || !bytes.Equal(data[:k], queue[:k]) {
					t.Fatalf("scatter of %d: %d bytes %x, want %d of %x", n, k, data[:k], want, queue)
				}
				if step>>6 == 1 {
					queue = queue[k:]
				}
			case 3: // the pumps' way
				room := r.free()
				k := min(n, len(room))
				for i := range k {
					room[i] = next
					queue = append(queue, next)
					next++
				}
				r.filled(k)
				used := r.used()
				if !bytes.HasPrefix(queue, used) || len(used) == 0 && len(queue) > 0 {
					t.Fatalf("used is %x, the queue %x", used, queue)
				}
				k = len(used) / 2
				r.emptied(k)
				queue = queue[k:]
			}
			if r.len() != len(queue) || r.space() != len(r.buf)-len(queue) {
				t.Fatalf("len %d and space %d, want %d of %d", r.len(), r.space(), len(queue), len(r.buf))
			}
		}
	})
}
