// SPDX-License-Identifier: Apache-2.0

package chain

import (
	"log/slog"
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A Manager keeps the started chains of a process. Its zero value is ready
// for use.
//
// A chain stays started while it may be needed again: until [Manager.Shutdown]
// or until the catalog has no such chain any more, and in either case not
// before its last socket is closed.
type Manager struct {
	// Log takes what went wrong; nil means slog.Default. It must be set
	// before the first use.
	Log *slog.Logger

	mu     sync.Mutex // protects what follows
	chains map[key]*Chain
	latest *catalog.Snapshot // whose chains are kept
}

// A key tells chains apart: the same entry over other providers, or a
// provider with other options, is another chain.
type key struct {
	info  wsa.ProtocolInfo
	paths [wsa.MAX_PROTOCOL_CHAIN]string
}

// Open opens a socket of the entry: it starts the providers of the entry's
// chain as far as that has not happened, and has the topmost one open its
// socket, which opens the one below, and so on. o's Info and Next are set
// here. The chain is the caller's to [Chain.Release] once the socket is
// closed; sockets that it accepts need a [Chain.Retain] each.
//
// Errors are plain codes: WSAEPROVIDERFAILEDINIT when a provider is missing,
// fails to start, or panics; WSAVERNOTSUPPORTED when a provider does not
// speak version 2.2; WSAEINVALIDPROCTABLE when it starts without a provider
// or opens without a socket; else what the provider answered.
func (m *Manager) Open(snap *catalog.Snapshot, entry *catalog.Entry, o *spi.Opening) (spi.Socket, *Chain, error) {
	c, err := m.acquire(snap, entry)
	if err != nil {
		return nil, nil, err
	}
	opening := *o
	opening.Info = &c.info
	s, err := c.open(spot{}, &opening)
	if err != nil {
		c.Release()
		return nil, nil, err
	}
	return s, c, nil
}

// Start starts the providers of the entry's chain, as far as that has not
// happened, without opening a socket.
//
// Errors: those of [Manager.Open] for starting.
func (m *Manager) Start(snap *catalog.Snapshot, entry *catalog.Entry) error {
	c, err := m.acquire(snap, entry)
	if err != nil {
		return err
	}
	c.Release()
	return nil
}

// acquire returns the started chain of the entry, with one more use.
func (m *Manager) acquire(snap *catalog.Snapshot, entry *catalog.Entry) (*Chain, error) {
	k, members, ok := resolve(snap, entry)
	if !ok {
		m.log().Warn("winsock: chain is incomplete in the catalog", "entry", entry.ID(), "protocol", entry.Info.Name)
		return nil, wsa.WSAEPROVIDERFAILEDINIT
	}
	m.mu.Lock()
	c := m.chains[k]
	if c == nil {
		if m.chains == nil {
			m.chains = make(map[key]*Chain)
		}
		c = &Chain{manager: m, key: k, info: entry.Info, kept: true}
		m.chains[k] = c
	}
	c.uses++
	idle := m.trimLocked(snap)
	m.mu.Unlock()

	for _, old := range idle {
		old.cleanup()
	}
	if err := c.start(members); err != nil {
		m.forget(c)
		c.Release()
		return nil, err
	}
	m.mu.Lock()
	c.started = true
	m.mu.Unlock()
	return c, nil
}

// resolve finds the entries that a chain consists of, from the top down.
func resolve(snap *catalog.Snapshot, entry *catalog.Entry) (k key, members []*catalog.Entry, ok bool) {
	k.info = entry.Info
	if entry.Kind() == catalog.Base {
		k.paths[0] = entry.Path
		return k, []*catalog.Entry{entry}, true
	}
	ids := entry.Members()
	if len(ids) == 0 {
		return k, nil, false
	}
	for i, id := range ids {
		e := snap.Entry(id)
		if e == nil || e == entry {
			return k, nil, false
		}
		k.paths[i] = e.Path
		members = append(members, e)
	}
	return k, members, true
}

// trimLocked stops keeping the chains that the catalog has no more, and
// returns those that are not in use. It does something only for a new
// snapshot.
func (m *Manager) trimLocked(snap *catalog.Snapshot) (idle []*Chain) {
	if m.latest == snap || m.latest != nil && snap.Generation() <= m.latest.Generation() {
		return nil
	}
	m.latest = snap
	for k, c := range m.chains {
		if synthetic(c.info.CatalogEntryID) {
			continue
		}
		e := snap.Entry(c.info.CatalogEntryID)
		if e != nil {
			if now, _, ok := resolve(snap, e); ok && now == k {
				continue
			}
		}
		if m.dropLocked(c) {
			idle = append(idle, c)
		}
	}
	return idle
}

// dropLocked takes a chain out of the keeping, and reports whether nobody
// uses it, so that the caller has to clean it up.
func (m *Manager) dropLocked(c *Chain) (idle bool) {
	if !c.kept {
		return false
	}
	c.kept = false
	delete(m.chains, c.key)
	return c.uses == 0
}

// forget takes a chain that did not start out of the keeping, so that the
// next attempt starts anew.
func (m *Manager) forget(c *Chain) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropLocked(c)
}

// Shutdown ends the providers, each as soon as its last socket is closed.
// The manager can be used again.
func (m *Manager) Shutdown() {
	m.mu.Lock()
	var idle []*Chain
	for _, c := range m.chains {
		if m.dropLocked(c) {
			idle = append(idle, c)
		}
	}
	m.latest = nil
	m.mu.Unlock()
	for _, c := range idle {
		c.cleanup()
	}
}

func (m *Manager) log() *slog.Logger {
	if m.Log != nil {
		return m.Log
	}
	return slog.Default()
}
