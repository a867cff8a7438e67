// SPDX-License-Identifier: Apache-2.0

package layer

import "winsock/spi"

// A ring is a bounded buffer between one producer and one consumer. Its
// calls need the lock of whoever has it; the memory that free and used
// return may be filled and emptied without, for each belongs to one side
// until that side says how much of it is done.
type ring struct {
	buf  []byte
	head int // of the first byte in use
	size int // bytes in use
}

func (r *ring) len() int   { return r.size }
func (r *ring) space() int { return len(r.buf) - r.size }

// free returns the room up to the buffer's end or the first byte in use.
func (r *ring) free() []byte {
	tail := r.head + r.size
	if tail >= len(r.buf) {
		return r.buf[tail-len(r.buf) : r.head]
	}
	return r.buf[tail:]
}

// filled says that n bytes of free are now in use.
func (r *ring) filled(n int) { r.size += n }

// used returns the bytes in use up to the buffer's end.
func (r *ring) used() []byte { return r.buf[r.head:min(len(r.buf), r.head+r.size)] }

// emptied says that n bytes of used are done with.
//
// An empty ring is not wound back to its start: the producer may be filling
// what it was given before.
func (r *ring) emptied(n int) {
	r.size -= n
	if r.head += n; r.head >= len(r.buf) {
		r.head -= len(r.buf)
	}
}

// gather takes bytes of m into the ring and returns how many found room.
func (r *ring) gather(m *spi.Message) int {
	n := 0
	for {
		k := m.Gather(r.free(), n)
		if k == 0 {
			return n
		}
		r.filled(k)
		n += k
	}
}

// scatter copies bytes of the ring to m, and takes them out unless m peeks.
func (r *ring) scatter(m *spi.Message, peek bool) int {
	first := r.used()
	n := m.Scatter(first, 0)
	if n == len(first) && r.size > n {
		n += m.Scatter(r.buf[:r.size-n], n)
	}
	if !peek {
		for left := n; left > 0; {
			k := min(left, len(r.used()))
			r.emptied(k)
			left -= k
		}
	}
	return n
}
