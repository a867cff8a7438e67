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

func (r *ringOf[T]) push(k T) { *r.add() = k }

// add appends an empty item, and returns its place.
func (r *ringOf[T]) add() *T {
	if r.length == len(r.items) {
		r.grow()
	}
	r.length++
	return &r.items[(r.first+r.length-1)&(len(r.items)-1)]
}

func (r *ringOf[T]) grow() {
	grown := make([]T, max(16, 2*len(r.items)))
	for i := range r.length {
		grown[i] = r.items[(r.first+i)&(len(r.items)-1)]
	}
	r.items, r.first = grown, 0
}

// front returns the first items, as many as lie behind each other in memory
// and at most n.
func (r *ringOf[T]) front(n int) []T {
	return r.items[r.first : r.first+min(n, r.length, len(r.items)-r.first)]
}

// drop takes off the first n items, which front has returned.
func (r *ringOf[T]) drop(n int) {
	clear(r.items[r.first : r.first+n]) // hold on to nothing
	r.first = (r.first + n) & (len(r.items) - 1)
	r.length -= n
}

func (r *ringOf[T]) pop() T {
	k := r.items[r.first]
	var nothing T // to hold on to
	r.items[r.first] = nothing
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.length--
	return k
}
