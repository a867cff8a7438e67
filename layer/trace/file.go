// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A shared is something that all layers of the process which name one file
// have in common. It is closed when the last of them releases it.
type shared[T any] struct {
	mu     sync.Mutex // protects what follows
	byName map[string]*use[T]
}

type use[T any] struct {
	value T
	count int
}

// open returns the value for a name, made by make if nobody has it yet.
func (s *shared[T]) open(name string, make func() (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.byName[name]; u != nil {
		u.count++
		return u.value, nil
	}
	value, err := make()
	if err != nil {
		return value, err
	}
	if s.byName == nil {
		s.byName = map[string]*use[T]{}
	}
	s.byName[name] = &use[T]{value, 1}
	return value, nil
}

// release calls end if nobody else has the value.
func (s *shared[T]) release(name string, end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.byName[name]
	if u.count--; u.count == 0 {
		delete(s.byName, name)
		end()
	}
}

// canonical returns one name for a file, however it is written.
func canonical(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		name = filepath.Join(dir, filepath.Base(name))
	}
	return name
}

// openFile opens a file to add to, created if need be. The first process to
// have it open owns it, and empties it unless keep is set. A file that is
// shared has other users then, and is emptied by nobody before they all are
// gone. Both are locks of the open file, so they end with the process,
// however that ends.
func openFile(name string, keep, share bool) (f *os.File, owner bool, err error) {
	// Without O_NONBLOCK a named pipe would keep the program waiting for its
	// reader. Files hold what programs said: nobody else is to read them.
	f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, false, err
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return f, true, nil // a pipe or a terminal
	}
	owner = lock(f, syscall.LOCK_EX)
	if owner && !keep {
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, false, err
		}
	}
	if share {
		// Who owns the file at this moment is about to share it as well.
		for tries := 0; !lock(f, syscall.LOCK_SH) && tries < 10; tries++ {
			time.Sleep(time.Millisecond)
		}
	}
	return f, owner, nil
}

// lock locks a file, or changes its lock, if that can be done at once.
func lock(f *os.File, how int) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var lockErr error
	err = conn.Control(func(fd uintptr) { lockErr = syscall.Flock(int(fd), how|syscall.LOCK_NB) })
	return err == nil && lockErr == nil
}

// ownName puts the process id before the extension.
func ownName(name string) string {
	ext := filepath.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), self.id, ext)
}
