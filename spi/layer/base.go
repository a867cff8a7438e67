// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// A Base is a socket that forwards every call to the one below it and has no
// abilities. A layer's socket embeds it by value, sets Socket, and is used
// by pointer:
//
//	s := &socket{Base: layer.Base{Socket: below}}
type Base struct {
	// Socket is the socket below. It does not change once calls are made.
	spi.Socket

	wrap   func(below spi.Socket) (spi.Socket, error) // set by NewProvider; nil: accepted sockets are not wrapped
	outer  spi.Socket                                 // set by NewProvider: the socket that embeds this one
	ending *Ending                                    // set by NewProvider: what Cleanup waits for
	closed atomic.Bool
	left   atomic.Bool // the Close below has returned
}

var _ spi.Socket = (*Base)(nil)

// base is how NewProvider finds the Base inside a layer's socket.
func (b *Base) base() *Base { return b }

// Accept takes the next connection from the socket below. Under a provider
// made by [NewProvider] the result is the layer's own socket around it; an
// override that calls this method gets that one.
func (b *Base) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	conn, err := b.Socket.Accept(peer)
	if err != nil || b.wrap == nil {
		return conn, err
	}
	return b.wrap(conn)
}

// Close closes the socket below, the first time. Again it is WSAENOTSOCK,
// and the socket below, whose number or memory may by then serve somebody
// else, is left alone.
func (b *Base) Close() error {
	if b.closed.Swap(true) {
		return wsa.WSAENOTSOCK
	}
	err := b.Socket.Close()
	b.left.Store(true)
	return err
}

// Abandon closes the socket below if Close has not, which an override that
// panicked may have left undone. If it is the socket below whose Close has
// panicked, that one is abandoned in its turn.
func (b *Base) Abandon() {
	defer func() {
		if a, ok := spi.As[spi.Abandoner](b.Socket); ok && !b.left.Load() {
			a.Abandon()
		}
	}()
	_ = b.Close()
}

var _ spi.Abandoner = (*Base)(nil)
