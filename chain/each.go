// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"runtime/debug"

	"winsock/spi"
	"winsock/wsa"
)

// Each calls f for each provider of the chains that are started and may be
// used again, those of layers that were put in between included, with the
// chain's entry, the provider's place and its name. The provider is not ended
// meanwhile.
func (m *Manager) Each(f func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider)) {
	m.mu.Lock()
	var chains []*Chain
	for _, c := range m.chains {
		if c.started {
			c.uses++
			chains = append(chains, c)
		}
	}
	m.mu.Unlock()
	for _, c := range chains {
		c.each(f)
		c.Release()
	}
}

func (c *Chain) each(f func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider)) {
	type placed struct {
		link
		place int
	}
	var list []placed
	for place, l := range c.links {
		list = append(list, placed{l, place})
	}
	c.branchMu.Lock()
	for key, branch := range c.branches {
		for _, l := range branch {
			list = append(list, placed{l, key.place})
		}
	}
	c.branchMu.Unlock()
	for _, l := range list {
		c.survive(l.name, func() { f(&c.info, l.place, l.name, l.provider) })
	}
}

// survive calls f, which calls a provider, and survives it.
func (c *Chain) survive(name string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			c.log(name).Error("winsock: provider panicked", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	f()
}
