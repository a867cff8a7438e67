// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"runtime/debug"
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// A spot is a place on the way down a chain: that of the first of the branch's
// layers, which a layer has put in between (see [spi.Opening.Through]), or
// else a place of the chain itself.
type spot struct {
	branch []link
	place  int
}

func (at spot) below() spot {
	if len(at.branch) > 0 {
		return spot{at.branch[1:], at.place}
	}
	return spot{place: at.place + 1}
}

func (c *Chain) link(at spot) *link {
	if len(at.branch) > 0 {
		return &at.branch[0]
	}
	return &c.links[at.place]
}

// bottom reports whether the provider there is the base provider.
func (c *Chain) bottom(at spot) bool { return len(at.branch) == 0 && at.place == len(c.links)-1 }

// open is WSPSocket of the provider at a spot of the chain. o is the
// callee's own copy.
//
// A layer that fails after it has opened the socket below closes that one,
// as it is the one to know whether it has done so already. Only when the
// layer panicked, or returned neither a socket nor an error, it is closed
// here.
func (c *Chain) open(at spot, o *spi.Opening) (spi.Socket, error) {
	l := c.link(at)
	if !c.bottom(at) {
		below := &lower{chain: c, at: at.below()}
		o.Next, o.Through = below.open, below.through
		return c.call(l.name, l.provider, at.place, o, below)
	}
	o.Next, o.Through = nil, nil
	if base := o.Base; base != nil {
		below := &lower{chain: c, at: at}
		o.Base, o.Next = nil, below.open
		return c.call("base", base, at.place, o, below)
	}
	return c.call(l.name, l.provider, at.place, o, nil)
}

// call calls a provider's Socket and survives it.
func (c *Chain) call(name string, provider spi.Provider, place int, o *spi.Opening, below *lower) (s spi.Socket, err error) {
	observe := o.Observe // the provider may change its copy
	panicked, abandoned := true, true
	defer func() {
		if panicked {
			c.log(name).Error("winsock: provider panicked in Socket", "place", place, "panic", recover(), "stack", string(debug.Stack()))
			s, err = nil, wsa.WSAEPROVIDERFAILEDINIT
		}
		if below != nil {
			below.settle(abandoned)
		}
	}()
	s, err = provider.Socket(o)
	panicked, abandoned = false, s == nil && err == nil
	switch {
	case err != nil:
		if below == nil || !below.failed(err) {
			c.log(name).Debug("winsock: provider opened no socket", "place", place, "error", err)
		}
		return nil, wsa.ErrnoOf(err).Err()
	case s == nil:
		c.log(name).Warn("winsock: provider returned neither a socket nor an error", "place", place)
		return nil, wsa.WSAEINVALIDPROCTABLE
	}
	if observe != nil {
		s = c.observed(observe, name, place, s)
	}
	return s, nil
}

// observed is what observe makes of a socket; the socket itself if it panics.
func (c *Chain) observed(observe func(int, string, spi.Socket) spi.Socket, name string, place int, s spi.Socket) (shown spi.Socket) {
	shown = s
	defer func() {
		if v := recover(); v != nil {
			c.log(name).Error("winsock: Observe panicked", "place", place, "panic", v, "stack", string(debug.Stack()))
		}
	}()
	if o := observe(place, name, s); o != nil {
		return o
	}
	return s
}

// A lower is the Next of one opening: what a layer has opened below itself.
type lower struct {
	chain *Chain
	at    spot

	mu      sync.Mutex   // protects what follows
	opened  []spi.Socket // until the layer has succeeded
	err     error        // of the last failure
	settled bool         // the layer has returned
}

func (b *lower) open(o *spi.Opening) (spi.Socket, error) {
	own := *o
	return b.note(b.chain.open(b.at, &own))
}

func (b *lower) through(layers []string, o *spi.Opening) (spi.Socket, error) {
	branch, err := b.chain.branch(b.at.place, layers)
	if err != nil {
		return b.note(nil, err)
	}
	own := *o
	return b.note(b.chain.open(spot{append(branch, b.at.branch...), b.at.place}, &own))
}

// note remembers what was opened until the layer has returned.
func (b *lower) note(s spi.Socket, err error) (spi.Socket, error) {
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
		b.chain.abandon(b.chain.link(b.at).name, s)
	}
}

// abandon closes a socket that has no owner any more, and survives it.
func (c *Chain) abandon(name string, s spi.Socket) {
	defer func() {
		if v := recover(); v != nil {
			c.log(name).Error("winsock: provider panicked in Close", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	_ = s.Close()
}

// Another opens one more socket of the chain, for a caller who has a use of
// it, with WSA_FLAG_ flags and what observes it, if anything (see
// [spi.Opening].Observe). The use is then one for both.
//
// Errors: those of [Manager.Open].
func (c *Chain) Another(flags uint32, observe func(place int, name string, s spi.Socket) spi.Socket) (spi.Socket, error) {
	return c.open(spot{}, &spi.Opening{Info: &c.info, Flags: flags, Observe: observe})
}
