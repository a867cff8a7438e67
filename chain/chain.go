// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A Chain is a started chain of providers, shared by all sockets of its
// entry. A base protocol is a chain of one.
type Chain struct {
	manager *Manager
	key     key
	info    wsa.ProtocolInfo

	// Protected by manager.mu.
	uses    int  // sockets, and openings under way
	kept    bool // the manager will use it again
	started bool // links is set

	starting sync.Once
	failed   error  // why it did not start; set once
	links    []link // from the top down; set once

	branchMu sync.Mutex      // protects branches; held while layers are started
	branches map[fork][]link // see branch
}

// A fork is where a branch begins, and what it consists of.
type fork struct {
	place  int    // of the provider below
	layers string // their paths, with \x00 between
}

// A link is one started provider of a chain.
type link struct {
	entry    *catalog.Entry
	name     string // for messages
	provider spi.Provider
}

// A Link describes one provider of a chain.
type Link struct {
	Entry    *catalog.Entry
	Provider spi.Provider
}

// Info returns the entry's description.
func (c *Chain) Info() *wsa.ProtocolInfo { return &c.info }

// Links returns the providers, from the top of the chain to its base.
func (c *Chain) Links() []Link {
	list := make([]Link, len(c.links))
	for i, l := range c.links {
		list[i] = Link{l.entry, l.provider}
	}
	return list
}

// Name names the provider at a place of the chain, 0 being the top, as
// messages do.
func (c *Chain) Name(place int) string {
	if place < 0 || place >= len(c.links) {
		return "winsock"
	}
	return c.links[place].name
}

// Retain adds a use, for a socket that was accepted.
func (c *Chain) Retain() {
	c.manager.mu.Lock()
	c.uses++
	c.manager.mu.Unlock()
}

// Release ends a use. The last one of a chain that is not kept ends its
// providers.
func (c *Chain) Release() {
	c.manager.mu.Lock()
	c.uses--
	idle := c.uses == 0 && !c.kept
	if c.uses < 0 {
		c.manager.mu.Unlock()
		panic("chain: released more often than opened")
	}
	c.manager.mu.Unlock()
	if idle {
		c.cleanup()
	}
}

// start starts the providers from the base up. When one fails, those below
// it are ended again.
func (c *Chain) start(members []*catalog.Entry) error {
	c.starting.Do(func() {
		links := make([]link, len(members))
		for place := len(members) - 1; place >= 0; place-- {
			l, err := c.startLink(place, place == len(members)-1, members[place])
			if err != nil {
				for _, below := range links[place+1:] {
					c.end(below)
				}
				c.failed = err
				return
			}
			links[place] = l
		}
		c.links = links
	})
	return c.failed
}

// cleanup is WSPCleanup of all providers, from the top down. The caller has
// seen that nobody uses the chain.
func (c *Chain) cleanup() {
	for _, l := range c.links {
		c.end(l)
	}
	c.branchMu.Lock()
	defer c.branchMu.Unlock()
	for _, branch := range c.branches {
		for _, l := range branch {
			c.end(l)
		}
	}
	c.branches = nil
}
