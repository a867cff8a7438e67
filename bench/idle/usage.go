// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// A usage is what the servers of one kind have together. What one process
// needs without connections is in none of the differences.
type usage struct {
	empty     memory // without connections, after a collection
	connected int64  // resident, with all connections open
	collected memory // the same after a collection
}

// usageOf starts a server and a client process for each share, and looks at
// the servers when all connections are open. Each of them must get its byte
// at the end, so none has gone in the meantime.
func usageOf(k kind, shares []share, buffer int) (u usage, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()

	var servers []*child
	var addresses []string // of each server
	for _, s := range shares {
		server, err := startChild(k.name, s.n, buffer, s.hosts...)
		if err != nil {
			return u, err
		}
		defer server.stop()
		line, err := server.answer(ctx, "")
		if err != nil {
			return u, err
		}
		servers, addresses = append(servers, server), append(addresses, line)
	}
	if u.empty, err = collected(ctx, servers); err != nil {
		return u, err
	}

	clients, stop, err := connect(ctx, servers, shares, addresses)
	defer stop()
	if err != nil {
		return u, err
	}
	if u.connected, err = resident(servers); err != nil {
		return u, err
	}
	if u.collected, err = collected(ctx, servers); err != nil {
		return u, err
	}
	return u, exchange(ctx, servers, clients, shares)
}

// connect starts the clients, one after the other, as a client and its server
// are busy with two processors. stop ends those that were started.
func connect(ctx context.Context, servers []*child, shares []share, addresses []string) (clients []*child, stop func(), err error) {
	stop = func() {
		for _, c := range clients {
			c.stop()
		}
	}
	for i, s := range shares {
		c, err := startChild("clients", s.n, 1, strings.Fields(addresses[i])...)
		if err != nil {
			return clients, stop, err
		}
		clients = append(clients, c)
		for _, side := range []*child{c, servers[i]} {
			if _, err := side.answer(ctx, ""); err != nil { // it has all connections
				return clients, stop, err
			}
		}
	}
	return clients, stop, nil
}

// exchange has a byte sent on each connection, and fails unless the servers
// receive them all.
func exchange(ctx context.Context, servers, clients []*child, shares []share) error {
	for i, s := range shares {
		if _, err := clients[i].answer(ctx, send); err != nil {
			return err
		}
		received, err := servers[i].answer(ctx, count)
		if err != nil {
			return err
		}
		if received != strconv.Itoa(s.n) {
			return fmt.Errorf("%s of %d connections have received their byte", received, s.n)
		}
	}
	return nil
}
