// SPDX-License-Identifier: Apache-2.0

package poller

import (
	"time"

	"winsock/internal/sys"
)

// Poll drives the poller: it waits up to timeout for events (forever if that
// is negative, not at all if it is 0), runs their notifications on the
// calling goroutine, and returns how many there were. It returns early, with
// 0, after [Poller.Wake] and when a signal came.
//
// Another goroutine, the background one included, may take an event before
// Poll does. So a caller that waits for a notification has it call Wake, and
// looks whether it has come before each Poll:
//
//	s.Watch(w) // w.Notify: came.Store(true); p.Wake()
//	for !came.Load() {
//		p.Poll(-1)
//	}
func (p *Poller) Poll(timeout time.Duration) (int, error) {
	epfd, err := p.enter()
	if err != nil {
		return 0, err
	}
	defer p.leave()
	if timeout != 0 && p.takePark() {
		return p.waitParked(timeout)
	}
	n, err := p.dispatch(epfd, 0, false)
	if n > 0 || err != nil || timeout == 0 || !p.beginWait() {
		return n, err
	}
	return p.dispatch(epfd, milliseconds(timeout), true)
}

// beginWait reports whether the caller is to wait in the kernel.
func (p *Poller) beginWait() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.woken {
		return false
	}
	p.waiting++
	if p.armed { // a timer costs a thread's wake-up, and nobody is away
		p.armed = !p.timer.Stop()
	}
	return true
}

// Wake makes one call of Poll return, the next one if there is none now. It
// costs next to nothing from a notification, as that call returns anyhow.
func (p *Poller) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting > 0 {
		sys.EventFdAdd(p.wakefd)
	} else {
		p.woken = true
	}
}

func (p *Poller) enter() (epfd int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.openLocked(); err != nil {
		return 0, err
	}
	p.drivers++
	p.entries++
	if !p.driven {
		p.driven = true
		p.settleLocked()
	}
	return p.epfd, nil
}

func (p *Poller) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.woken = false // whoever called Wake meanwhile sees this call return
	if p.drivers--; p.drivers == 0 && !p.armed {
		p.armLocked()
	}
}

// armLocked has handBack called after the time of grace.
func (p *Poller) armLocked() {
	p.armed, p.seen = true, p.entries
	if p.timer == nil {
		p.timer = time.AfterFunc(grace, p.handBack)
		return
	}
	p.timer.Reset(grace)
}

// handBack gives the poller back to the background goroutine if nobody has
// driven it since the timer was armed.
func (p *Poller) handBack() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	switch {
	case p.drivers > 0: // its leave arms the timer again
	case p.seen != p.entries:
		p.armLocked()
	default:
		p.driven = false
		p.settleLocked()
	}
}

// milliseconds rounds up, so that a wait is never shorter than was asked.
func milliseconds(d time.Duration) int {
	if d < 0 {
		return -1
	}
	return int(min((d+time.Millisecond-1)/time.Millisecond, 1<<30))
}
