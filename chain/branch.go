// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"fmt"
	"slices"
	"strings"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// branch returns the started layers with these paths, which a layer puts
// below itself (see [spi.Opening.Through]). They are started when they are
// first asked for and live as long as the chain. place is that of the
// provider below them.
//
// Errors: as those of [Compose], and what starting a provider answers.
func (c *Chain) branch(place int, layers []string) ([]link, error) {
	if n := len(layers) + len(c.links); n > wsa.MAX_PROTOCOL_CHAIN {
		return nil, fmt.Errorf("a chain of %d providers is longer than %d: %w", n, wsa.MAX_PROTOCOL_CHAIN, wsa.WSAEINVAL)
	}
	key := fork{place, strings.Join(layers, "\x00")}
	c.branchMu.Lock()
	defer c.branchMu.Unlock()
	if links, ok := c.branches[key]; ok {
		return slices.Clip(links), nil
	}
	links := make([]link, 0, len(layers))
	for _, path := range slices.Backward(layers) {
		l, err := c.startLayer(place, path)
		if err != nil {
			for _, started := range links {
				c.end(started)
			}
			return nil, err
		}
		links = append(links, l)
	}
	slices.Reverse(links)
	if c.branches == nil {
		c.branches = make(map[fork][]link)
	}
	c.branches[key] = links
	return slices.Clip(links), nil
}

// startLayer starts one layer of a branch.
func (c *Chain) startLayer(place int, path string) (link, error) {
	if !catalog.SharedObject(path) {
		if d, _, err := spi.ParsePath(path); err != nil {
			return link{}, err
		} else if d.Base() {
			return link{}, fmt.Errorf("%s is a base provider, not a layer: %w", d.Name, wsa.WSAEINVAL)
		}
	}
	return c.startLink(place, false, layered(path))
}
