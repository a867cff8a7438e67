// SPDX-License-Identifier: Apache-2.0

package poller

import "time"

// Poll drives the poller: it waits up to timeout for events (forever if that
// is negative, not at all if it is 0), runs their notifications on the
// calling goroutine, and returns how many there were. It returns early, with
// 0, after [Poller.Wake] and when a signal came.
func (p *Poller) Poll(timeout time.Duration) (int, error) {
	epfd, woken, err := p.enter()
	if err != nil {
		return 0, err
	}
	defer p.leave()
	n, err := p.dispatch(epfd, 0)
	if n > 0 || err != nil || woken || timeout == 0 {
		return n, err
	}
	return p.dispatch(epfd, milliseconds(timeout))
}

// Wake makes one call of Poll return, the next one if there is none now.
func (p *Poller) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drivers == 0 {
		p.woken = true
		return
	}
	wake(p)
}

func (p *Poller) enter() (epfd int, woken bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.openLocked(); err != nil {
		return 0, false, err
	}
	woken, p.woken = p.woken, false
	p.drivers++
	p.entries++
	if !p.driven {
		p.driven = true
		p.settleLocked()
	}
	return p.epfd, woken, nil
}

func (p *Poller) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
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
