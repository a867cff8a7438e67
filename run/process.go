// SPDX-License-Identifier: Apache-2.0

package run

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/spi"
)

// A process is what descriptors of one thread's process are reached by.
type process struct {
	tid   int
	pidfd int
	uses  atomic.Int32
}

// release ends a use.
func (p *process) release() {
	if p.uses.Add(-1) == 0 {
		sys.Close(p.pidfd)
	}
}

// processes keeps them by the threads that have called. The zero value is
// ready for use.
type processes struct {
	mu    sync.Mutex // protects byTID
	byTID map[int]*process
}

// sweepAt is how many are kept before those are looked for that have ended.
const sweepAt = 512

// get returns the process of a thread, with one more use.
func (ps *processes) get(tid int) (*process, sys.Errno) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.byTID[tid]; p != nil {
		p.uses.Add(1)
		return p, 0
	}
	pidfd, e := foreign.Open(tid)
	if e != 0 {
		return nil, e
	}
	if ps.byTID == nil {
		ps.byTID = make(map[int]*process)
	}
	if len(ps.byTID) >= sweepAt {
		ps.sweepLocked()
	}
	p := &process{tid: tid, pidfd: pidfd}
	p.uses.Store(2) // the table's and the caller's
	ps.byTID[tid] = p
	return p, 0
}

func (ps *processes) sweepLocked() {
	for tid, p := range ps.byTID {
		if !foreign.Alive(p.pidfd) {
			delete(ps.byTID, tid)
			p.release()
		}
	}
	if len(ps.byTID) < sweepAt {
		return
	}
	for _, p := range ps.byTID { // all of them live; they are found again
		p.release()
	}
	clear(ps.byTID)
}

// forget drops a process that has turned out to be gone.
func (ps *processes) forget(p *process) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.byTID[p.tid] == p {
		delete(ps.byTID, p.tid)
		p.release()
	}
}

// close drops all.
func (ps *processes) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.byTID {
		p.release()
	}
	ps.byTID = nil
}

// describe tells what layers are told of a thread's process. It is asked for
// each time a chain is opened, as a process may execute another file.
func describe(tid int) *spi.Process {
	p := &spi.Process{ID: tid, UserID: -1}
	dir := "/proc/" + strconv.Itoa(tid)
	if pid, e := foreign.Process(tid); e == 0 {
		p.ID = pid
	}
	if path, err := os.Readlink(dir + "/exe"); err == nil {
		p.Path = strings.TrimSuffix(path, " (deleted)")
		p.Name = filepath.Base(p.Path)
	} else if comm, err := os.ReadFile(dir + "/comm"); err == nil {
		p.Name = strings.TrimSpace(string(comm))
	}
	if info, err := os.Stat(dir); err == nil {
		p.UserID = int(info.Sys().(*syscall.Stat_t).Uid)
		p.User = userName(p.UserID)
	}
	return p
}

var userNames sync.Map // by number

func userName(id int) string {
	if name, ok := userNames.Load(id); ok {
		return name.(string)
	}
	name := ""
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		name = u.Username
	}
	userNames.Store(id, name)
	return name
}
