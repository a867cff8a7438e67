// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"bytes"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/spi/hostnames"
)

// A source has the rules that are in force, and sees to it that these are
// what the file says. A new text that is not right is reported, and the old
// rules stay.
type source struct {
	name     string        // of the file, "" for none
	interval time.Duration // 0: the file is not looked at again
	log      *slog.Logger

	current atomic.Pointer[active]
	next    atomic.Int64  // when to look, in nanoseconds since began
	seen    atomic.Uint64 // of demands

	mu      sync.Mutex // protects what follows; held while the file is read
	stamp   stamp
	settled bool   // a change after the stamp would have another one
	text    []byte // as it was read, whether right or not
	missing bool   // that was reported
	release func() // of hostnames, nil if they are not used
}

// An active is a set of rules in force. What was decided by it holds until
// there is another one.
type active struct {
	set *rules.Set

	mu     sync.Mutex // protects narrow
	narrow map[narrowing]*rules.Set
}

// A narrowing is what a set of rules is narrowed to.
type narrowing struct {
	process  spi.Process // the zero value is this one
	protocol rules.Protocol
}

// maxNarrow bounds what is kept for processes, which come and go.
const maxNarrow = 1024

// A stamp tells versions of a file apart.
type stamp struct {
	dev, ino          uint64
	size              int64
	modified, changed int64 // nanoseconds
}

var began = time.Now()

// demands counts the calls of Reload.
var demands atomic.Uint64

// Reload has all filters of the process look whether their files have changed
// when they decide the next time, without waiting for their interval.
func Reload() { demands.Add(1) }

// newSource returns the source of rules that do not change.
func newSource(set *rules.Set, log *slog.Logger) *source {
	s := &source{log: log}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enforceLocked(set)
	return s
}

// openSource reads the rules in a file.
func openSource(name string, interval time.Duration, log *slog.Logger) (*source, error) {
	if whole, err := filepath.Abs(name); err == nil {
		name = whole // the program may go to another folder
	}
	s := &source{name: name, interval: interval, log: log}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.Store(demands.Load())
	set, _, err := s.readLocked()
	if err != nil {
		return nil, err
	}
	s.enforceLocked(set)
	s.next.Store(int64(time.Since(began) + interval))
	return s, nil
}

func (s *source) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.release != nil {
		s.release()
		s.release = nil
	}
}

// rules returns those in force, having looked at the file if it is time to.
func (s *source) rules() *active {
	if s.name != "" {
		asked := demands.Load()
		if now := int64(time.Since(began)); asked != s.seen.Load() || s.interval > 0 && now >= s.next.Load() {
			s.look(now, asked)
		}
	}
	return s.current.Load()
}

// look reads the file if it has changed. Who comes while somebody else looks
// goes on with the old rules, unless a look was asked for.
func (s *source) look(now int64, asked uint64) {
	if asked != s.seen.Load() {
		s.mu.Lock()
	} else if !s.mu.TryLock() {
		return
	}
	defer s.mu.Unlock()
	s.seen.Store(asked)
	s.next.Store(now + int64(s.interval))
	if info, err := os.Stat(s.name); err == nil && s.settled && stampOf(info) == s.stamp {
		s.missing = false
		return
	}
	set, same, err := s.readLocked()
	switch {
	case same:
	case err != nil:
		s.log.Error("the rules cannot be used; the old ones stay in force", "file", s.name, "error", err)
	default:
		s.enforceLocked(set)
		s.log.Info("the rules were read again", "file", s.name, "rules", len(set.Rules()))
	}
}

// readLocked reads the file. same reports that it says what it said the last
// time, right or not, and that a set is not to be had for it.
func (s *source) readLocked() (set *rules.Set, same bool, err error) {
	f, err := os.Open(s.name)
	if err != nil {
		same, s.missing, s.settled = s.missing, true, false
		_, err = rules.Load(s.name) // whose words for it are the right ones
		return nil, same || err == nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	s.missing = false
	s.stamp = stampOf(info)
	// A file that was written just now may be written again without getting
	// another time.
	s.settled = time.Since(info.ModTime()) > time.Second
	var text bytes.Buffer
	set, err = rules.Read(s.name, &tee{f, &text})
	if s.text != nil && bytes.Equal(text.Bytes(), s.text) {
		return nil, true, nil
	}
	s.text = append(make([]byte, 0, text.Len()), text.Bytes()...)
	return set, false, err
}

// tee is io.TeeReader for what stays in memory.
type tee struct {
	f  *os.File
	to *bytes.Buffer
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.f.Read(p)
	t.to.Write(p[:n])
	return n, err
}

func stampOf(info fs.FileInfo) stamp {
	st := stamp{size: info.Size(), modified: info.ModTime().UnixNano()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		st.dev, st.ino, st.changed = sys.Dev, sys.Ino, sys.Ctim.Nano()
	}
	return st
}

// enforceLocked puts rules in force.
func (s *source) enforceLocked(set *rules.Set) {
	switch uses := set.UsesNames(); {
	case uses && s.release == nil:
		s.release = hostnames.Use()
	case !uses && s.release != nil:
		s.release()
		s.release = nil
	}
	s.current.Store(&active{set: set})
}

// of returns what is left of the rules for a process and protocol.
func (a *active) of(p *spi.Process, protocol rules.Protocol) *rules.Set {
	n := narrowing{protocol: protocol}
	if p != nil {
		n.process = *p
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	set := a.narrow[n]
	if set != nil {
		return set
	}
	if p == nil {
		p = ownProcess()
	} else if a.set.UsesProcess() {
		p = withUser(p)
	}
	set = a.set.For(p, protocol)
	if a.narrow == nil || len(a.narrow) >= maxNarrow {
		a.narrow = map[narrowing]*rules.Set{}
	}
	a.narrow[n] = set
	return set
}
