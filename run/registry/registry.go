// SPDX-License-Identifier: Apache-2.0

// Package registry lets the supervisors of a user be found, and asked what
// they carry: each listens on a UNIX socket in a folder of the user's, and
// answers whoever connects with a [Snapshot] in JSON.
package registry

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"winsock/internal/listen"
	"winsock/run"
)

// A Snapshot is what a supervisor tells of itself.
type Snapshot struct {
	Program    string    `json:"program"`
	Args       []string  `json:"args"` // without the program
	PID        int       `json:"pid"`  // the program's
	Supervisor int       `json:"supervisor"`
	Started    time.Time `json:"started"`
	Layers     []string  `json:"layers"` // from the top down

	Stats       run.Stats        `json:"stats"`
	Connections []run.Connection `json:"connections"`
}

// patience is how long the other side may take for one snapshot.
const patience = 2 * time.Second

// Dir returns the folder of the sockets, and makes it if there is none. It is
// below $XDG_RUNTIME_DIR, else in /tmp, where it must belong to the user
// and be closed to all others.
func Dir() (string, error) {
	dir := fmt.Sprintf("/tmp/winsock-%d", os.Getuid())
	if runtime := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(runtime) {
		dir = filepath.Join(runtime, "winsock")
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("%s is not a folder that only this user can enter", dir)
	}
	return dir, nil
}

// Serve has this process found. snapshot is called for each who asks,
// possibly several at a time. stop ends it.
func Serve(snapshot func() Snapshot) (stop func(), err error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	l, err := listenAt(filepath.Join(dir, fmt.Sprint(os.Getpid())))
	if err != nil {
		return nil, err
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(10 * time.Millisecond) // no descriptor is free
				continue
			}
			running.Go(func() { answer(c, snapshot()) })
		}
	})
	return func() { l.Close(); running.Wait() }, nil
}

// listenAt listens at base.sock. A socket that a dead process has left there
// is taken over. A live one is of a process that has the same id in another
// PID name space; then the name gets a suffix.
func listenAt(base string) (net.Listener, error) {
	for n := range 100 {
		name := base
		if n > 0 {
			name += fmt.Sprint("-", n)
		}
		name += ".sock"
		l, err := listen.On("unix:" + name)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
	}
	return nil, syscall.EADDRINUSE
}

func answer(c net.Conn, s Snapshot) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	_ = json.NewEncoder(c).Encode(s) // who asked has gone, if it fails
}

// All asks all supervisors of the user, and returns what they tell, the
// oldest first. Those that do not answer are left out; sockets of dead ones
// are removed.
func All() ([]Snapshot, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var (
		mu    sync.Mutex // protects list
		list  []Snapshot
		asked sync.WaitGroup
	)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".sock" {
			continue
		}
		asked.Go(func() {
			s, err := ask(filepath.Join(dir, e.Name()))
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			list = append(list, s)
		})
	}
	asked.Wait()
	slices.SortFunc(list, func(a, b Snapshot) int {
		if c := a.Started.Compare(b.Started); c != 0 {
			return c
		}
		return a.Supervisor - b.Supervisor
	})
	return list, nil
}

func ask(name string) (s Snapshot, err error) {
	c, err := net.DialTimeout("unix", name, patience)
	if errors.Is(err, syscall.ECONNREFUSED) {
		listen.RemoveStale(name)
	}
	if err != nil {
		return s, err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	err = json.NewDecoder(c).Decode(&s)
	return s, err
}
