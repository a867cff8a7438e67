// SPDX-License-Identifier: Apache-2.0

package relay

import "sync"

// The sizes of buffers. A direction begins with the smallest, which is all
// that an idle connection keeps, and takes the next one when it was filled.
// The largest costs a fifth less time than half of it: whoever is sent to
// wakes, and takes the processor, once for each send.
var (
	sizes = [...]int{4 << 10, 64 << 10, 512 << 10}
	pools [len(sizes)]sync.Pool
)

// A buffer is the memory of one direction.
type buffer struct {
	bytes []byte
	class int
	large int // how often in a row a smaller one would have done
}

// room returns the memory, taking some if there is none.
func (b *buffer) room() []byte {
	if b.bytes == nil {
		if p, ok := pools[b.class].Get().(*[]byte); ok {
			b.bytes = *p
		} else {
			b.bytes = make([]byte, sizes[b.class])
		}
	}
	return b.bytes
}

// used tells how much of the memory was needed.
func (b *buffer) used(n int) {
	switch {
	case n == sizes[b.class] && b.class < len(sizes)-1:
		b.change(b.class + 1)
	case b.class > 0 && n <= sizes[b.class-1]:
		if b.large++; b.large >= 8 {
			b.change(b.class - 1)
		}
	default:
		b.large = 0
	}
}

func (b *buffer) change(class int) {
	b.free()
	b.class, b.large = class, 0
}

func (b *buffer) free() {
	if b.bytes != nil {
		p := b.bytes
		pools[b.class].Put(&p)
		b.bytes = nil
	}
}
