// SPDX-License-Identifier: Apache-2.0

package mem

// A ring holds the bytes of a stream from position head to position tail,
// which only grow. Its memory grows to the next power of two as needed and
// is kept.
type ring struct {
	buf        []byte
	head, tail uint64
}

const smallestRing = 4 << 10

func (r *ring) len() int { return int(r.tail - r.head) }

// reserve makes room for n more bytes and returns it as two slices.
func (r *ring) reserve(n int) (a, b []byte) {
	if need := r.len() + n; need > len(r.buf) {
		size := max(smallestRing, len(r.buf))
		for size < need {
			size *= 2
		}
		grown := make([]byte, size)
		for pos := r.head; pos < r.tail; {
			old := r.slice(pos, int(r.tail-pos))
			// A run that does not wrap in the old buffer may do so in the
			// new one.
			at := int(pos & uint64(size-1))
			pos += uint64(copy(grown[at:], old))
		}
		r.buf = grown
	}
	at := int(r.tail & uint64(len(r.buf)-1))
	a = r.buf[at:min(at+n, len(r.buf))]
	b = r.buf[:n-len(a)]
	return a, b
}

// slice returns bytes from position pos on, at most n and none beyond the
// end of the buffer.
func (r *ring) slice(pos uint64, n int) []byte {
	at := int(pos & uint64(len(r.buf)-1))
	return r.buf[at:min(at+n, len(r.buf))]
}
