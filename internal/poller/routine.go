// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"os"
	"syscall"
	"time"

	"winsock/internal/sys"
)

// past is a time that is over.
var past = time.Unix(1, 0)

func (p *Poller) wantRoutineLocked() bool { return p.count > 0 && !p.driven }

// startLocked starts the background goroutine. It is parked on a descriptor
// of its own for the same epoll, so that closing that one takes the epoll out
// of the runtime's poller, and events wake the driver alone.
func (p *Poller) startLocked() {
	fd, e := sys.Dup(p.epfd)
	if e != 0 {
		if !p.armed { // out of descriptors: handBack tries again
			p.armLocked()
		}
		return
	}
	p.routine = os.NewFile(uintptr(fd), "epoll")
	conn, err := p.routine.SyscallConn()
	if err != nil {
		p.routine.Close()
		p.routine = nil
		return
	}
	go p.routinePoll(p.routine, conn)
}

// routinePoll drives the poller until it is not wanted any more.
func (p *Poller) routinePoll(f *os.File, conn syscall.RawConn) {
	drain := func(fd uintptr) bool {
		for {
			n, err := p.dispatch(int(fd), 0, false)
			if n > 0 && p.AfterBackground != nil {
				p.AfterBackground()
			}
			if err != nil || n < batch {
				return false // wait for the next edge
			}
		}
	}
	for {
		conn.Read(drain) // until settleLocked sets the deadline
		if p.routineDone(f) {
			return
		}
	}
}

// routineDone reports whether the goroutine is to end, and has then closed
// its descriptor.
func (p *Poller) routineDone(f *os.File) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wantRoutineLocked() {
		f.SetReadDeadline(time.Time{})
		return false
	}
	f.Close()
	p.routine = nil
	p.settleLocked()
	return true
}
