// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"runtime/debug"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// open is WSPSocket of the provider at a place of the chain. o is the
// callee's own copy.
//
// A layer that fails after it has opened the socket below closes that one,
// as it is the one to know whether it has done so already. Only when the
// layer panicked, or returned neither a socket nor an error, it is closed
// here.
func (c *Chain) open(place int, o *spi.Opening) (spi.Socket, error) {
	if place == len(c.links)-1 {
		o.Next = nil
		return c.call(place, o, nil)
	}
	below := &lower{chain: c, place: place + 1}
	o.Next = below.open
	return c.call(place, o, below)
}

// call calls the provider's Socket and survives it.
func (c *Chain) call(place int, o *spi.Opening, below *lower) (s spi.Socket, err error) {
	l := &c.links[place]
	panicked, abandoned := true, true
	defer func() {
		if panicked {
			c.log(l.name).Error("winsock: provider panicked in Socket", "place", place, "panic", recover(), "stack", string(debug.Stack()))
			s, err = nil, wsa.WSAEPROVIDERFAILEDINIT
		}
		if below != nil {
			below.settle(abandoned)
		}
	}()
	s, err = l.provider.Socket(o)
	panicked, abandoned = false, s == nil && err == nil
	switch {
	case err != nil:
		if below == nil || !below.failed(err) {
			c.log(l.name).Debug("winsock: provider opened no socket", "place", place, "error", err)
		}
		return nil, wsa.ErrnoOf(err).Err()
	case s == nil:
		c.log(l.name).Warn("winsock: provider returned neither a socket nor an error", "place", place)
		return nil, wsa.WSAEINVALIDPROCTABLE
	}
	return s, nil
}

// A lower is the Next of one opening: what a layer has opened below itself.
type lower struct {
	chain *Chain
	place int

	mu      sync.Mutex   // protects what follows
	opened  []spi.Socket // until the layer has succeeded
	err     error        // of the last failure
	settled bool         // the layer has returned
}

func (b *lower) open(o *spi.Opening) (spi.Socket, error) {
	own := *o
	s, err := b.chain.open(b.place, &own)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err != nil:
		b.err = err
	case !b.settled:
		b.opened = append(b.opened, s)
	}
	return s, err
}

// failed reports whether err is what the layer below has answered, so that
// it was logged already.
func (b *lower) failed(err error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err != nil && b.err == err
}

// settle ends the bookkeeping, and closes what was opened if nobody else
// will.
func (b *lower) settle(abandoned bool) {
	b.mu.Lock()
	opened := b.opened
	b.opened, b.settled = nil, true
	b.mu.Unlock()
	if !abandoned {
		return
	}
	for _, s := range opened {
		b.chain.abandon(b.place, s)
	}
}

// abandon closes a socket that has no owner any more, and survives it.
func (c *Chain) abandon(place int, s spi.Socket) {
	defer func() {
		if v := recover(); v != nil {
			c.log(c.links[place].name).Error("winsock: provider panicked in Close", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	_ = s.Close()
}

// Another opens one more socket of the chain, for a caller who has a use of
// it, with WSA_FLAG_ flags. The use is then one for both.
//
// Errors: those of [Manager.Open].
func (c *Chain) Another(flags uint32) (spi.Socket, error) {
	return c.open(0, &spi.Opening{Info: &c.info, Flags: flags})
}
