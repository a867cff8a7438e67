// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"sync"

	"winsock/spi"
)

// A partial is a message that is shorter than the caller's.
type partial struct {
	message spi.Message
	bufs    [][]byte
}

var partials = sync.Pool{New: func() any { return new(partial) }}

// Part makes a call, a Send or Recv, with the first n bytes of the buffers of
// m, for layers that let less pass at once. It does not allocate.
func Part(m *spi.Message, n int, call func(*spi.Message) (int, error)) (int, error) {
	if n >= m.Len() {
		return call(m)
	}
	l := partials.Get().(*partial)
	l.bufs = l.bufs[:0]
	for _, b := range m.Bufs {
		if len(b) > n {
			b = b[:n]
		}
		if n -= len(b); len(b) > 0 {
			l.bufs = append(l.bufs, b)
		}
	}
	p := &l.message
	p.Bufs, p.Flags, p.Name, p.Control = l.bufs, m.Flags, m.Name, m.Control
	done, err := call(p)
	m.Flags, m.Control = p.Flags, p.Control
	p.Reset()
	clear(l.bufs)
	partials.Put(l)
	return done, err
}
