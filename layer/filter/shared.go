// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"sync"
	"sync/atomic"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A shared is the base of a socket that is asked for it more than once, and
// may return the same. When what stands on it is replaced, that is closed with
// all that is below, of which this one has to live on.
type shared struct {
	spi.Provider

	mu   sync.Mutex // protects what follows
	uses map[spi.Socket]int
}

// A use is one chain's hold of the socket. The data goes past it.
type use struct {
	layer.HandlePreserving
	of     *shared
	closed atomic.Bool
}

// Socket asks the base for its socket.
func (b *shared) Socket(o *spi.Opening) (spi.Socket, error) {
	s, err := b.Provider.Socket(o)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.uses == nil {
		b.uses = make(map[spi.Socket]int)
	}
	b.uses[s]++
	u := &use{of: b}
	u.Socket = s
	return u, nil
}

// Close closes the socket if nobody else has it.
func (u *use) Close() error {
	if u.closed.Swap(true) {
		return wsa.WSAENOTSOCK
	}
	b := u.of
	b.mu.Lock()
	b.uses[u.Socket]--
	last := b.uses[u.Socket] == 0
	if last {
		delete(b.uses, u.Socket)
	}
	b.mu.Unlock()
	if last {
		return u.HandlePreserving.Close()
	}
	return nil
}

// Abandon is Close for a socket whose own has failed.
func (u *use) Abandon() { _ = u.Close() }
