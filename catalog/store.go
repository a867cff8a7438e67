// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
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

// staleAfter is how long [Store.Snapshot] may miss a change by another
// process. It bounds how often a program that opens many sockets looks at
// the file.
const staleAfter = time.Second

// A Store keeps the catalog: it publishes snapshots and makes changes. Any
// number of goroutines may use it.
type Store struct {
	config  Config
	current atomic.Pointer[Snapshot]
	looked  atomic.Int64 // when the file was last looked at, Unix nanoseconds

	writing sync.Mutex // one change at a time; taken before mu

	mu     sync.Mutex // protects what follows, and publication
	seen   sighting   // the file that current comes from
	damage string     // the file in force, while it cannot be understood
}

// NewStore returns a store. Nothing is read before it is first used, so that
// drivers may still register.
func NewStore(config Config) *Store { return &Store{config: config} }

// Snapshot returns the catalog. It never waits for a change under way. A
// change by this process is seen at once, one by another process within a
// second; see [Store.Refresh].
func (s *Store) Snapshot() *Snapshot {
	snap := s.current.Load()
	if snap == nil {
		return s.Refresh()
	}
	now, last := time.Now().UnixNano(), s.looked.Load()
	if now-last > int64(staleAfter) && s.looked.CompareAndSwap(last, now) && s.mu.TryLock() {
		snap = s.refreshLocked()
		s.mu.Unlock()
	}
	return snap
}

// Refresh looks whether another process has changed the catalog, and returns
// the present one.
func (s *Store) Refresh() *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshLocked()
}

func (s *Store) refreshLocked() *Snapshot {
	s.looked.Store(time.Now().UnixNano())
	file := s.config.locate().read
	snap := s.current.Load()
	if snap != nil && s.seen.current(file) {
		return snap
	}
	d, seen, err := read(file)
	s.seen, s.damage = seen, ""
	if err != nil {
		d = s.surviveLocked(file, seen.data, err)
	}
	s.defaults().merge(d)
	return s.publishLocked(newSnapshot(d))
}

// publishLocked makes a snapshot the present one.
func (s *Store) publishLocked(snap *Snapshot) *Snapshot {
	old := s.current.Load()
	if old != nil {
		snap.generation = old.generation + 1
	}
	s.current.Store(snap)
	if old != nil {
		close(old.superseded)
	}
	return snap
}

// change makes a change: it applies it to the latest catalog, writes that,
// and publishes it. Whatever fails, the catalog remains as it was.
func (s *Store) change(apply func(d *draft) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	file := s.config.locate().write
	lock, err := lockFile(file)
	if err != nil {
		return err
	}
	defer lock.release()

	d := s.Refresh().draft()
	if err := apply(d); err != nil {
		return err
	}
	s.defaults().noteRemoved(d)
	d.serial++
	data := encode(d)
	if _, err := decode(data); err != nil {
		return notWritable(err) // rather none than one that cannot be read
	}
	if s.damaged() == file {
		aside, err := setAside(file)
		if err != nil {
			return err
		}
		s.log().Warn("winsock: the damaged catalog was put aside", "file", aside)
	}
	if err := replaceFile(file, data); err != nil {
		return err
	}
	s.Refresh()
	return nil
}

func (s *Store) damaged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.damage
}

func (s *Store) defaults() defaults { return gather(s.config.Drivers, s.config.NameDrivers) }

func (s *Store) log() *slog.Logger {
	if s.config.Log != nil {
		return s.config.Log
	}
	return slog.Default()
}
