// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"context"
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A patience is with what a goroutine of the layer's own waits for the socket
// below.
//
// One that has the socket below to itself waits there as those of the program
// do, without the poller's between them, and its time limit is a deadline
// there. It must call leave before the socket below may be closed, or is the
// program's.
type patience struct {
	watched spi.Socket

	mu     sync.Mutex    // protects what follows
	parker spi.Parker    // waits where that can; nil: nowhere
	until  time.Time     // the limit; zero: none
	timed  [2]bool       // it is the deadline below, by direction
	ended  error         // why nobody waits any more, one of package context's
	gone   chan struct{} // closed then; nil until it is asked for
}

// cancel ends the waiting, also that which has not begun.
func (p *patience) cancel() { p.end(context.Canceled) }

func (p *patience) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil {
		return
	}
	p.ended = why
	if p.parker != nil {
		p.parker.SetParkDeadline(spi.Receiving, layer.Past)
		p.parker.SetParkDeadline(spi.Sending, layer.Past)
	}
	if p.gone != nil {
		close(p.gone)
	}
}

// limit sets how long the waiting may take from now on.
func (p *patience) limit(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = time.Now().Add(d)
}

// leave ends the waiting in the socket below. It returns why that was ended
// before, if it was.
func (p *patience) leave() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parker = nil
	return p.ended
}

// why returns why nobody waits any more.
func (p *patience) why() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// wait returns when try has returned true.
func (p *patience) wait(events spi.Events, try func() bool) error {
	d := spi.Receiving
	if events&(spi.EventRead|spi.EventAccept) == 0 {
		d = spi.Sending
	}
	if parker := p.timedParker(d); parker != nil {
		parked, err := parker.Park(d, try)
		if ended := p.hasEnded(err); ended != nil {
			return ended
		}
		if parked && err == nil {
			return nil
		}
		_ = p.leave() // it cannot, or not any more
	}
	return p.watch(events, try)
}

// timedParker returns who waits for a direction, with the limit as the
// deadline.
func (p *patience) timedParker(d spi.Direction) spi.Parker {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended != nil || p.parker == nil {
		return nil
	}
	if !p.until.IsZero() && !p.timed[d] {
		p.timed[d] = true
		p.parker.SetParkDeadline(d, p.until)
	}
	return p.parker
}

// hasEnded returns why nobody waits any more, given what the last one was
// told.
func (p *patience) hasEnded(err error) error {
	p.mu.Lock()
	late := err == wsa.WSAETIMEDOUT && !p.until.IsZero() && !time.Now().Before(p.until)
	p.mu.Unlock()
	if late {
		p.end(context.DeadlineExceeded)
	}
	return p.why()
}

// watch waits with a watcher.
func (p *patience) watch(events spi.Events, try func() bool) error {
	woken := make(chan struct{}, 1)
	w := spi.Watcher{Mask: events, Notify: func(spi.Events) {
		select {
		case woken <- struct{}{}:
		default:
		}
	}}
	gone, until := p.parting()
	var late <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		late = timer.C
	}
	p.watched.Watch(&w)
	defer p.watched.Unwatch(&w)
	for {
		if err := p.why(); err != nil {
			return err
		}
		if try() {
			return nil
		}
		select {
		case <-woken:
		case <-gone:
		case <-late:
			p.end(context.DeadlineExceeded)
		}
	}
}

// parting returns what tells of the end, and the limit.
func (p *patience) parting() (gone <-chan struct{}, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil {
		p.gone = make(chan struct{})
		if p.ended != nil {
			close(p.gone)
		}
	}
	return p.gone, p.until
}
