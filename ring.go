// SPDX-License-Identifier: Apache-2.0

package winsock

// A ring is a queue of packets that grows as needed.
type ring struct {
	items  []packet // its length is a power of two
	first  int
	length int
}

func (r *ring) push(k packet) {
	if r.length == len(r.items) {
		grown := make([]packet, max(16, 2*len(r.items)))
		for i := range r.length {
			grown[i] = r.items[(r.first+i)&(len(r.items)-1)]
		}
		r.items, r.first = grown, 0
	}
	r.items[(r.first+r.length)&(len(r.items)-1)] = k
	r.length++
}

func (r *ring) pop() packet {
	k := r.items[r.first]
	r.items[r.first] = packet{} // hold on to nothing
	r.first = (r.first + 1) & (len(r.items) - 1)
	r.length--
	return k
}
