// SPDX-License-Identifier: Apache-2.0

package spi

import "winsock/wsa"

// A Message is the argument of a send or receive: the WSABUF array with all
// that WSAMSG adds. The caller owns it and may use it again once the call
// has returned; a provider that keeps bytes copies them.
type Message struct {
	// Bufs are the buffers, gathered from or scattered to in order.
	Bufs [][]byte

	// Flags are MSG_ flags: in, what is asked (MSG_OOB, MSG_PEEK,
	// MSG_DONTROUTE, MSG_PARTIAL ...); out of Recv, what is reported
	// (MSG_PARTIAL, MSG_TRUNC, MSG_CTRUNC, MSG_BCAST, MSG_MCAST).
	Flags uint32

	// Name is the destination of a send, nil for the connected peer. Recv
	// stores the sender's address in it when it is not nil; on a
	// connection-oriented socket it is left empty.
	Name *wsa.Sockaddr

	// Control is the control data (WSACMSGHDR records) to send, or the
	// room for received control data, of which Recv cuts it to the part
	// it filled. Nil when none is wanted.
	Control []byte

	single [1][]byte
}

// SetBuffer makes p the only buffer, without allocating.
func (m *Message) SetBuffer(p []byte) {
	m.single[0] = p
	m.Bufs = m.single[:]
}

// Len returns the number of bytes of all the buffers.
func (m *Message) Len() int {
	if len(m.Bufs) == 1 {
		return len(m.Bufs[0])
	}
	n := 0
	for _, b := range m.Bufs {
		n += len(b)
	}
	return n
}

// Reset empties the message so that it holds on to no memory of the caller.
func (m *Message) Reset() {
	m.single[0] = nil
	m.Bufs, m.Flags, m.Name, m.Control = nil, 0, nil, nil
}

// Gather copies the bytes of the buffers to p, from offset skip on, and
// returns how many it copied.
func (m *Message) Gather(p []byte, skip int) int {
	n := 0
	for _, b := range m.Bufs {
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		n += copy(p[n:], b[skip:])
		skip = 0
		if n == len(p) {
			break
		}
	}
	return n
}

// Scatter copies p to the buffers, from offset skip on, and returns how many
// bytes found room.
func (m *Message) Scatter(p []byte, skip int) int {
	n := 0
	for _, b := range m.Bufs {
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		n += copy(b[skip:], p[n:])
		skip = 0
		if n == len(p) {
			break
		}
	}
	return n
}
