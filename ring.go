// SPDX-License-Identifier: Apache-2.0

package winsock

// A ring is a completion port's queue.
type ring = ringOf[packet]

// A ringOf is a queue that grows as needed.
type ringOf[T any] struct {
	items  []T // its length is a power of two
	first  int
	length int
}

func (r *ringOf[T]) push(k T) {
	if r.length == len(r.items) {
		grown := make([]T, max(16, 2*len(r.items)))
		for i := range r.length {
			grown[i] = r.items[(r.first+i)&(len(r.items)-1)]
		}
		r.items, r.first = grown, 0
	}
	r.items[(r.first+r.length)&(len(r.items)-1)] = k
	r.length++
}

func (r *ringOf[T]) pop() T {
	k := r.items[r.first]
	var nothing T // to hold on to
	r.items[r.first] = nothing
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.length--
	return k
}
