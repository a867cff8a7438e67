// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"winsock/internal/sys"
)

// A park is where a driver waits in a program that the runtime gives one
// processor: parked by the runtime, on a descriptor of its own for the same
// epoll. From a thread that waits in epoll_wait the runtime would have to take
// the processor away each time: for that, its monitor wakes some thousand times
// a second, and starts another thread that finds nothing to do. That costs a
// server that is not kept busy a tenth of its time, and more where it shares
// the machine.
//
// With more processors the runtime leaves such a thread alone as long as one is
// idle; but a thread of its own that waits for the network would be woken by
// each event while the driver is at work. So there it is epoll_wait.
//
// The way through the runtime is longer, which counts where each wait brings a
// single event, as with one connection: measured, a fifth fewer round trips. So
// after such a wait, the next one is in epoll_wait.
//
// There is room for one. A second driver waits in epoll_wait, too.
type park struct {
	file *os.File // nil without a park
	conn syscall.RawConn
	try  func(fd uintptr) bool // look, made once as a wait must not allocate

	taken bool // protected by Poller.mu; what follows is of the driver that has it

	timed bool // the file's deadline is set
	waits bool // beginWait has come
	n     int
	err   error
}

// openParkLocked makes the park if there is to be one. Without a descriptor
// for it, drivers do without.
func (p *Poller) openParkLocked() {
	if runtime.GOMAXPROCS(0) > 1 {
		return
	}
	fd, e := sys.Dup(p.epfd)
	if e != 0 {
		return
	}
	k := &p.park
	file := os.NewFile(uintptr(fd), "epoll")
	conn, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return
	}
	k.file, k.conn = file, conn
	if k.try == nil {
		k.try = p.tryPark
	}
}

func (p *Poller) closeParkLocked() {
	if k := &p.park; k.file != nil {
		k.file.Close()
		k.file, k.conn, k.timed = nil, nil, false
	}
}

// takePark reports whether the caller may wait in the park.
func (p *Poller) takePark() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.park.taken || p.park.file == nil || p.lone {
		return false
	}
	p.park.taken = true
	return true
}

// waitParked is Poll for the driver that has taken the park.
func (p *Poller) waitParked(timeout time.Duration) (int, error) {
	k := &p.park
	k.waits, k.n, k.err = false, 0, nil
	if timed := timeout > 0; timed || k.timed {
		var end time.Time
		if timed {
			end = time.Now().Add(timeout)
		}
		k.timed = timed
		k.file.SetReadDeadline(end)
	}
	if k.conn.Read(k.try) != nil { // the time is over, perhaps since before the first look
		p.endPark(false)
		k.n, k.err = p.dispatch(p.epfd, 0, false)
	}
	n, err := k.n, k.err
	p.endPark(true)
	return n, err
}

// endPark ends the wait if it has begun, and with leave gives the park to
// others.
func (p *Poller) endPark(leave bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if k := &p.park; k.waits {
		k.waits = false
		p.waiting--
	}
	p.park.taken = !leave
}

// tryPark looks, and reports true when the wait is over. The first look comes
// before the wait has begun.
func (p *Poller) tryPark(fd uintptr) bool {
	k := &p.park
	k.n, k.err = p.dispatch(int(fd), 0, k.waits)
	if k.n > 0 {
		k.waits = false
		return true
	}
	if k.err != nil {
		return true
	}
	if !k.waits {
		k.waits = p.beginWait()
		return !k.waits
	}
	return false
}
