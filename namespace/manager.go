// SPDX-License-Identifier: Apache-2.0

package namespace

import (
	"log/slog"
	"slices"
	"sync"

	"winsock/catalog"
	"winsock/spi"
	"winsock/wsa"
)

// A Manager keeps the started name space providers of a process. Its zero
// value is ready for use.
//
// A provider stays started until the catalog has it no more, and then until
// its last use ends.
type Manager struct {
	// Log takes what went wrong; nil means slog.Default. It must be set
	// before the first use.
	Log *slog.Logger

	mu        sync.Mutex // protects what follows
	providers map[key]*Provider
	latest    *catalog.Snapshot // whose providers are kept
	guards    uint64            // spi.NameGuardChanges of those
}

// A key tells providers apart: the same one with other options is another.
type key struct {
	id   wsa.GUID
	path string
}

// Active returns the active providers that serve a name space, NS_ALL for
// every one, in the catalog's order, and starts them as far as that has not
// happened. When id is not nil, the provider must also have that GUID. One
// that does not start is logged and left out. Each is the caller's to
// [Provider.Release].
func (m *Manager) Active(snap *catalog.Snapshot, nameSpace uint32, id *wsa.GUID) []*Provider {
	m.retire(snap)
	var active []*Provider
	for _, n := range Listed(snap) {
		if !n.Info.Active || nameSpace != wsa.NS_ALL && nameSpace != n.Info.NameSpace || id != nil && *id != n.Info.ProviderID {
			continue
		}
		p := m.acquire(n)
		if err := p.start(); err != nil {
			m.log().Warn("winsock: a name space provider does not start", "provider", n.Info.Identifier, "path", spi.RedactPath(n.Path), "err", err)
			m.forget(p)
			p.Release()
			continue
		}
		active = append(active, p)
	}
	return active
}

func (m *Manager) acquire(n catalog.NameSpace) *Provider {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key{n.Info.ProviderID, n.Path}
	p := m.providers[k]
	if p == nil {
		if m.providers == nil {
			m.providers = make(map[key]*Provider)
		}
		p = &Provider{manager: m, key: k, info: n.Info, kept: true}
		m.providers[k] = p
	}
	p.uses++
	return p
}

// retire stops keeping the providers that the catalog has no more, nor a
// guard.
func (m *Manager) retire(snap *catalog.Snapshot) {
	m.mu.Lock()
	var idle []*Provider
	guards := spi.NameGuardChanges()
	if m.latest == nil || snap.Generation() > m.latest.Generation() || guards > m.guards {
		m.latest, m.guards = snap, guards
		names := Listed(snap)
		for k, p := range m.providers {
			if !slices.ContainsFunc(names, func(n catalog.NameSpace) bool { return key{n.Info.ProviderID, n.Path} == k }) && m.dropLocked(p) {
				idle = append(idle, p)
			}
		}
	}
	m.mu.Unlock()
	for _, p := range idle {
		p.cleanup()
	}
}

// forget stops keeping a provider, so that the next use starts it anew.
func (m *Manager) forget(p *Provider) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropLocked(p)
}

// dropLocked stops keeping a provider, and reports whether nobody uses it,
// so that the caller has to clean it up.
func (m *Manager) dropLocked(p *Provider) (idle bool) {
	if !p.kept {
		return false
	}
	p.kept = false
	delete(m.providers, p.key)
	return p.uses == 0
}

func (m *Manager) log() *slog.Logger {
	if m.Log != nil {
		return m.Log
	}
	return slog.Default()
}
