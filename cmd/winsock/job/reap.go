// SPDX-License-Identifier: Apache-2.0

package job

import (
	"sync"
	"syscall"
	"time"

	"winsock/internal/sys"
)

// children are the program, and the orphans among its descendants that have
// become children of this process.
type children struct {
	program int
	spare   int // a process group whose members are left to those who started them; 0 is none

	mu    sync.Mutex // protects ended, and that the program is not signalled after it was waited for
	ended bool
}

// reap waits for children until there are none, and tells what becomes of
// the program.
func (c *children) reap(tell func(syscall.WaitStatus)) {
	for {
		pid, e := sys.PeekChild(false)
		if e != 0 {
			return
		}
		if pid != c.program && c.spare != 0 {
			if group, err := syscall.Getpgid(pid); err == nil && group == c.spare {
				time.Sleep(time.Millisecond) // its own waiter is about to take it
				continue
			}
		}
		if status, ok := c.take(pid); ok {
			tell(status)
		}
	}
}

// take takes a child's status, and returns that of the program.
func (c *children) take(pid int) (status syscall.WaitStatus, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	got, err := syscall.Wait4(pid, &status, syscall.WNOHANG|syscall.WUNTRACED|wContinued, nil)
	if err != nil || got != pid || pid != c.program {
		return 0, false
	}
	c.ended = status.Exited() || status.Signaled()
	return status, true
}

const wContinued = 8

// signal gives the program a signal if it has not ended.
func (c *children) signal(n syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		syscall.Kill(c.program, n)
	}
}

// alone tells that there are no children.
func alone() bool {
	_, e := sys.PeekChild(true)
	return e == syscall.ECHILD
}
