// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/sys"
	"winsock/wsa"
)

// interest is what every descriptor is registered for, but for POLLOUT if that
// is told on request. Errors and hang-ups are told unasked.
const interest = sys.POLLIN | sys.POLLOUT | sys.POLLPRI | sys.POLLRDHUP | sys.EPOLLET

// batch is how many events one look takes at most.
const batch = 64

// grace is how long the background goroutine waits, after the last driver
// has left, for one to come back: a server's loop leaves only to handle what
// it got, and starting the goroutine each time would cost more than it gives.
const grace = time.Millisecond

// A Target is told of its descriptor's readiness.
type Target interface {
	// NotifyReady gets the sys.POLL bits of an event. It must not block.
	// An event that was under way when the descriptor was removed may
	// still be told afterwards.
	NotifyReady(bits uint32)
}

// A Desc is the registration of one descriptor. Its zero value with a Target
// is ready for Add.
type Desc struct {
	Target Target

	// OutOnRequest keeps POLLOUT from being told before [Poller.Request] has
	// asked for it. The kernel tells it of a datagram socket after each
	// datagram that it has sent.
	OutOnRequest bool
	requested    bool // protected by Poller.mu

	// id is the place in the poller's table and its generation; the kernel
	// hands it back with each event, so that a late event of a descriptor
	// that is gone cannot reach the next one with the same number.
	id id
}

// Added reports whether the descriptor is registered. It must not be called
// while Add or Remove is.
func (d *Desc) Added() bool { return d.id.generation != 0 }

type id struct {
	index      int32
	generation int32 // 0 when not registered
}

type slot struct {
	desc       *Desc
	generation int32
}

// A Poller is an epoll with its table of descriptors. The zero value is
// ready for use.
type Poller struct {
	// AfterBackground, when not nil, is called by the background goroutine
	// each time it has told the targets of events, for work that must not
	// be done while they are told. A driver does such work itself, when
	// Poll has returned. It must be set before the first Add.
	AfterBackground func()

	dispatching atomic.Int32 // goroutines that are telling targets

	mu    sync.Mutex // protects everything below
	slots []slot
	free  []int32
	count int // registered descriptors

	open    bool // epfd and wakefd are
	epfd    int
	wakefd  int
	woken   bool // Wake came while nobody waited
	lone    bool // the last wait brought a single event
	drivers int  // calls of Poll
	waiting int  // those of them that wait in the kernel
	driven  bool // somebody drives, or did a moment ago
	entries int  // of drivers, ever

	park park

	routine *os.File // what the background goroutine is parked on, nil when there is none
	timer   *time.Timer
	armed   bool
	seen    int // entries when the timer was armed
}

// Default is the poller of the process.
var Default Poller

// Add registers fd. Events that hold already are told at once. The error is
// WSAENOBUFS or WSAEMFILE when the kernel cannot take another one.
func (p *Poller) Add(fd int, d *Desc) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.openLocked(); err != nil {
		return err
	}
	var index int32
	if n := len(p.free); n > 0 {
		index, p.free = p.free[n-1], p.free[:n-1]
	} else {
		index = int32(len(p.slots))
		p.slots = append(p.slots, slot{generation: 1})
	}
	s := &p.slots[index]
	s.desc = d
	d.id = id{index, s.generation}
	ev := d.event()
	if e := sys.EpollAdd(p.epfd, fd, &ev); e != 0 {
		p.dropLocked(d)
		p.settleLocked()
		return wsa.FromErrno(e).Err()
	}
	p.count++
	p.settleLocked()
	return nil
}

// event is what the kernel is told of the descriptor.
func (d *Desc) event() sys.EpollEvent {
	ev := sys.EpollEvent{Events: interest, Fd: d.id.index, Pad: d.id.generation}
	if d.OutOnRequest && !d.requested {
		ev.Events &^= sys.POLLOUT
	}
	return ev
}

// Request has the next POLLOUT of a descriptor told, which is at once if it
// holds; one that is not registered has it told from Add on.
func (p *Poller) Request(fd int, d *Desc) { p.request(fd, d, true) }

// Withdraw takes the request back. It comes before whatever is done on the
// event, so that whoever finds the descriptor blocked after that can request
// it anew.
func (p *Poller) Withdraw(fd int, d *Desc) { p.request(fd, d, false) }

func (p *Poller) request(fd int, d *Desc, wanted bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !d.OutOnRequest || !d.requested && !wanted {
		return
	}
	d.requested = wanted
	if d.Added() {
		ev := d.event()
		sys.EpollMod(p.epfd, fd, &ev)
	}
}

// Remove takes fd out; it does nothing if d is not registered.
func (p *Poller) Remove(fd int, d *Desc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !d.Added() {
		return
	}
	sys.EpollDel(p.epfd, fd)
	p.dropLocked(d)
	p.count--
	p.settleLocked()
}

func (p *Poller) dropLocked(d *Desc) {
	s := &p.slots[d.id.index]
	s.desc = nil
	if s.generation++; s.generation <= 0 {
		s.generation = 1
	}
	p.free = append(p.free, d.id.index)
	d.id = id{}
}

// openLocked makes sure that there is an epoll descriptor.
func (p *Poller) openLocked() error {
	if p.open {
		return nil
	}
	epfd, e := sys.EpollCreate()
	if e != 0 {
		return wsa.FromErrno(e).Err()
	}
	wakefd, e := sys.EventFd()
	if e == 0 {
		ev := sys.EpollEvent{Events: sys.POLLIN | sys.EPOLLET, Fd: -1}
		if e = sys.EpollAdd(epfd, wakefd, &ev); e != 0 {
			sys.Close(wakefd)
		}
	}
	if e == 0 {
		e = sys.SetNonblock(epfd) // for os.NewFile to let the runtime poll it
	}
	if e != 0 {
		sys.Close(epfd)
		return wsa.FromErrno(e).Err()
	}
	p.open, p.epfd, p.wakefd = true, epfd, wakefd
	p.openParkLocked()
	return nil
}

// settleLocked starts or stops the background goroutine and closes what is
// no longer used, as the state wants it.
func (p *Poller) settleLocked() {
	switch {
	case p.routine == nil && p.count > 0 && !p.driven:
		p.startLocked()
	case p.routine != nil && !p.wantRoutineLocked():
		p.routine.SetReadDeadline(past) // it ends by itself
	}
	if p.open && p.count == 0 && p.routine == nil && !p.driven {
		p.closeParkLocked()
		sys.Close(p.wakefd)
		sys.Close(p.epfd)
		p.open = false
	}
}

// dispatch takes the events that are there, waiting up to ms milliseconds
// for the first, and tells the targets. It returns how many it took. waits
// says that the caller's wait has begun, so that a wake-up is for the caller;
// the wait ends if there are events, or if dispatch has waited.
func (p *Poller) dispatch(epfd, ms int, waits bool) (int, error) {
	var events [batch]sys.EpollEvent
	n, e := sys.EpollWait(epfd, events[:], ms)
	var targets [batch]Target
	p.mu.Lock()
	if waits && (n > 0 || ms != 0) {
		p.waiting--
		p.lone = n == 1
	} else if n > 1 {
		p.lone = false
	}
	for i := range events[:n] {
		ev := &events[i]
		if ev.Fd < 0 {
			sys.EventFdTake(p.wakefd)
			if !waits && p.waiting > 0 {
				// It was meant for one that waits, and the kernel tells
				// one only: here the background goroutine, which has
				// looked a last time, or a driver that begins.
				sys.EventFdAdd(p.wakefd)
			}
			continue
		}
		if s := &p.slots[ev.Fd]; s.desc != nil && s.generation == ev.Pad {
			targets[i] = s.desc.Target
		}
	}
	p.mu.Unlock()
	if e != 0 && e != sys.EINTR {
		return 0, wsa.FromErrno(e).Err()
	}
	p.dispatching.Add(1)
	for i, t := range targets[:n] {
		if t != nil {
			t.NotifyReady(events[i].Events)
		}
	}
	p.dispatching.Add(-1)
	return n, nil
}

// Dispatching reports whether targets are being told of events right now.
// What a target leaves for later is then found by the driver after Poll, or
// by AfterBackground; otherwise whoever leaves it has to see to it.
func (p *Poller) Dispatching() bool { return p.dispatching.Load() > 0 }
