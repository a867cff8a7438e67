// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// An Origin says for whom a chain's socket is opened and what it stands on,
// where that is not the calling process and the chain's own base provider.
// It is for programs that act for others, as a supervisor does.
type Origin struct {
	// Process is the owner, nil for the calling process.
	Process *spi.Process

	// Base, when not nil, makes the socket at the bottom of the chain. The
	// Next of its Opening is the chain's own base provider.
	Base spi.Provider

	// Observe, when not nil, is called with each socket of the chain, see
	// [spi.Opening].
	Observe func(place int, name string, s spi.Socket) spi.Socket
}

// SocketFrom is [Composed.Socket] for an Origin.
//
// Errors: those of [WSASocket].
func (c *Composed) SocketFrom(from Origin, flags uint32) (SOCKET, error) {
	if err := requireStartup(); err != nil {
		return INVALID_SOCKET, err
	}
	return openChain(c.snap, c.choice.Entry, &spi.Opening{
		AddressFamily: c.choice.AddressFamily,
		SocketType:    c.choice.SocketType,
		Protocol:      c.choice.Protocol,
		Flags:         flags,
		Process:       from.Process,
		Base:          from.Base,
		Observe:       from.Observe,
	})
}

// BaseSocket returns the provider's socket that calls which carry data go to
// directly, once h is connected to name, or as h is now when name is nil. For
// a chain whose layers all leave the data alone that is the socket of the
// base provider, and not the meter that an Observe may have put on it.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAECONNABORTED.
func BaseSocket(h SOCKET, name *wsa.Sockaddr) (below spi.Socket, err error) {
	s, err := use(h)
	if err != nil {
		return nil, err
	}
	defer s.done("BaseSocket", &err)
	if name == nil {
		return meter.Unwrap(spi.DataPathOf(s.path.Load().top)), nil
	}
	return meter.Unwrap(spi.DataPathTo(s.path.Load().top, name)), nil
}
