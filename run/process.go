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

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/spi"
)

// A process is what descriptors of one thread's process are reached by.
type process struct {
	tid   int
	pidfd int
	pid   int // the thread's process, which does not change
	uses  atomic.Int32

	mu   sync.Mutex // protects what follows
	proc int        // its folder in /proc, 0 until that is wanted
	file string     // what it executed when it was described last, as the kernel names it
	last *spi.Process
}

// release ends a use.
func (p *process) release() {
	if p.uses.Add(-1) == 0 {
		sys.Close(p.pidfd)
		p.leaveProc()
	}
}

func (p *process) leaveProc() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc != 0 {
		sys.Close(p.proc)
		p.proc = 0
	}
}

// processes keeps them by the threads that have called. The zero value is
// ready for use.
type processes struct {
	mu    sync.Mutex // protects byTID
	byTID map[int]*process
}

// sweepAt is how many are kept before those are looked for that have ended.
const sweepAt = 256

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
	p := &process{tid: tid, pidfd: pidfd, pid: tid}
	if pid, e := foreign.Process(tid); e == 0 {
		p.pid = pid
	}
	p.uses.Store(2) // the table's and the caller's
	ps.byTID[tid] = p
	return p, 0
}

// sweep drops those that have ended, unless they are few.
func (ps *processes) sweep() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if len(ps.byTID) > few {
		ps.dropEndedLocked()
	}
}

// few is how many ended processes may be kept.
const few = 16

func (ps *processes) dropEndedLocked() {
	for tid, p := range ps.byTID {
		if !foreign.Alive(p.pidfd) {
			delete(ps.byTID, tid)
			p.release()
		}
	}
}

func (ps *processes) sweepLocked() {
	ps.dropEndedLocked()
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

// longPath is the length of a file's name from which on it is not kept.
const longPath = 1024

// describe tells what layers are told of the process. The kernel is asked each
// time a chain is opened, as a process may execute another file, and become
// somebody else's. What it answers is seldom new.
func (p *process) describe() *spi.Process {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proc == 0 {
		proc, e := foreign.Proc(p.tid)
		if e != 0 {
			return &spi.Process{ID: p.pid, UserID: -1}
		}
		p.proc = proc
	}
	var buf [longPath]byte
	n, e := foreign.Executable(p.proc, buf[:])
	uid, _ := foreign.Owner(p.proc) // -1 if it is not known
	if e == 0 && p.last != nil && p.last.UserID == uid && p.file == string(buf[:n]) {
		return p.last
	}
	d := &spi.Process{ID: p.pid, UserID: uid}
	if uid >= 0 {
		d.User = userName(uid)
	}
	if path := string(buf[:max(n, 0)]); e == 0 && n < longPath {
		d.Path = strings.TrimSuffix(path, " (deleted)")
		d.Name = filepath.Base(d.Path)
		p.file, p.last = path, d
		return d
	}
	dir := "/proc/" + strconv.Itoa(p.tid)
	if path, err := os.Readlink(dir + "/exe"); err == nil {
		d.Path = strings.TrimSuffix(path, " (deleted)")
		d.Name = filepath.Base(d.Path)
	} else if comm, err := os.ReadFile(dir + "/comm"); err == nil {
		d.Name = strings.TrimSpace(string(comm))
	}
	return d
}

// programOf names the program of a thread for a message.
func programOf(tid int) string {
	p := &process{tid: tid, pid: tid}
	defer p.leaveProc()
	return p.describe().Name
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
