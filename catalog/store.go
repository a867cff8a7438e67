// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"log/slog"
	"sync"
	"sync/atomic"
)

// Config says where a store takes its catalog from. The composition root of
// a program makes it.
type Config struct {
	// Drivers names the base drivers whose protocols are the defaults, in
	// their order. Drivers that are registered but not named here can be
	// installed, but are not there by themselves.
	Drivers []string

	// NameDrivers does the same for name spaces.
	NameDrivers []string

	// File, when not empty, is the only file, like $WINSOCK_CATALOG.
	File string

	// Log takes reports of damage; nil means slog.Default.
	Log *slog.Logger
}

// A Store keeps the catalog: it publishes snapshots and makes changes.
type Store struct {
	config  Config
	current atomic.Pointer[Snapshot]

	mu sync.Mutex // one reader of the file or writer of it at a time
}

// NewStore returns a store. Nothing is read before it is first used, so that
// drivers may still register.
func NewStore(config Config) *Store { return &Store{config: config} }

// Snapshot returns the catalog. It does not wait for changes under way.
func (s *Store) Snapshot() *Snapshot {
	if snap := s.current.Load(); snap != nil {
		return snap
	}
	return s.Refresh()
}

// Refresh returns the catalog after looking for changes by other processes.
func (s *Store) Refresh() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if snap := s.current.Load(); snap != nil {
		return snap
	}
	d := &draft{nextID: FirstID}
	gather(s.config.Drivers, s.config.NameDrivers).merge(d)
	snap := newSnapshot(d)
	s.current.Store(snap)
	return snap
}
