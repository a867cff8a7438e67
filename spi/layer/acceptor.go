// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"log/slog"
	"sync"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// An Acceptor makes connections of a listening socket ready before the
// program accepts them. Handshakes run side by side, so that a slow one holds
// up nobody, and are bounded in number, so that many of them cannot use up
// the program; further connections wait below. That they are bounded in time
// is the handshakes' own business.
type Acceptor struct {
	from    Accepting
	parker  spi.Parker    // where to wait for connections; nil: nowhere
	woken   chan struct{} // holds one token: look again
	stop    chan struct{} // closed to end routineAccept
	stopped chan struct{} // closed when that has ended

	mu      sync.Mutex // protects all below
	backlog int
	shaking map[spi.Socket]func() // what gives each of them up
	queue   []accepted
	err     error // of Accept, to be told once
	full    bool  // routineAccept waits for room
	closed  bool
}

// Accepting is what an [Acceptor] works with.
type Accepting struct {
	Log    *slog.Logger
	Below  spi.Socket // listens
	Accept func(peer *wsa.Sockaddr) (spi.Socket, error)

	// Begin prepares the handshake of an accepted connection. Without one
	// the connection is handed on as it is.
	Begin func(s spi.Socket, peer wsa.Sockaddr) Shaking

	Told func() // called when the program can accept

	Most int // handshakes at a time, and connections that wait for Accept
}

// Shaking is the handshake of a connection.
type Shaking struct {
	Shake    func() error // nil: there is none
	Cancel   func()       // makes Shake fail soon
	Panicked func()       // may be nil; called when Shake has
}

// accepted is a connection with its handshake behind it.
type accepted struct {
	socket spi.Socket
	peer   wsa.Sockaddr
}

// NewAcceptor begins to accept.
func NewAcceptor(from Accepting, backlog int32) *Acceptor {
	a := &Acceptor{
		from:    from,
		woken:   make(chan struct{}, 1),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
		shaking: make(map[spi.Socket]func()),
	}
	a.SetBacklog(backlog)
	if spi.DataPathOf(from.Below) == from.Below { // else it may accept what comes from elsewhere
		a.parker, _ = spi.As[spi.Parker](from.Below)
	}
	if a.parker != nil {
		a.parker.SetParkDeadline(spi.Receiving, time.Time{})
	}
	Go(from.Log, "accepting", func() { a.fail(wsa.WSAECONNABORTED) }, a.routineAccept)
	return a
}

// SetBacklog sets how many connections may wait for Next. Below zero it is
// SOMAXCONN_HINT of as many.
func (a *Acceptor) SetBacklog(backlog int32) {
	n := int(backlog)
	a.mu.Lock()
	a.backlog = min(max(n, -n, 1), a.from.Most)
	a.roomLocked()
	a.mu.Unlock()
}

// Next returns the next connection whose handshake has succeeded.
func (a *Acceptor) Next(peer *wsa.Sockaddr) (spi.Socket, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer a.roomLocked()
	if len(a.queue) == 0 {
		if err := a.err; err != nil {
			a.err = nil
			return nil, err
		}
		return nil, wsa.WSAEWOULDBLOCK
	}
	first := a.queue[0]
	a.queue[0] = accepted{}
	a.queue = a.queue[1:]
	if peer != nil {
		*peer = first.peer
	}
	return first.socket, nil
}

// Ready reports whether Next would return something.
func (a *Acceptor) Ready() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.queue) > 0 || a.err != nil
}

// roomLocked tells routineAccept of room, if it waits for that.
func (a *Acceptor) roomLocked() {
	if a.full {
		a.full = false
		a.wake()
	}
}

func (a *Acceptor) wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// routineAccept takes connections from the socket below and starts their
// handshakes.
func (a *Acceptor) routineAccept() {
	defer close(a.stopped)
	for a.parker != nil && a.park() {
		select {
		case <-a.woken: // there may be room
		case <-a.stop:
			return
		}
	}
	w := spi.Watcher{Mask: spi.EventAccept, Notify: func(spi.Events) { a.wake() }}
	a.from.Below.Watch(&w)
	defer a.from.Below.Unwatch(&w)
	for {
		for a.room() && a.acceptOne() {
		}
		select {
		case <-a.woken:
		case <-a.stop:
			return
		}
	}
}

// park accepts as long as there is room, waiting where the program's own
// goroutines would, and then returns true. It returns false if it cannot wait
// there, or not any more.
func (a *Acceptor) park() bool {
	for a.room() {
		parked, err := a.parker.Park(spi.Receiving, func() bool { return !a.room() || a.acceptOne() })
		if !parked || err != nil {
			return false
		}
	}
	return true
}

// room reports whether one more connection may be taken.
func (a *Acceptor) room() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.full = a.closed || a.err != nil || len(a.queue) >= a.backlog || len(a.shaking) >= a.from.Most
	return !a.full
}

// acceptOne takes a connection, or what is told instead. It returns false if
// there is none.
func (a *Acceptor) acceptOne() bool {
	var peer wsa.Sockaddr
	s, err := a.from.Accept(&peer)
	switch err {
	case nil:
	case wsa.WSAEWOULDBLOCK:
		return false
	case wsa.WSAECONNABORTED, wsa.WSAECONNRESET, wsa.WSAEPROVIDERFAILEDINIT:
		return true // that one is gone; the next may be well
	default:
		a.fail(err)
		return true // what waits behind it comes when the program was told
	}
	h := a.from.Begin(s, peer)
	if h.Shake == nil {
		a.deliver(s, peer)
		return true
	}
	a.mu.Lock()
	a.shaking[s] = h.Cancel
	a.mu.Unlock()
	panicked := func() {
		if h.Panicked != nil {
			h.Panicked()
		}
		a.failed(s)
	}
	Go(a.from.Log, "accepting", panicked, func() {
		if h.Shake() != nil {
			a.failed(s)
			return
		}
		a.deliver(s, peer)
	})
	return true
}

// fail has the next call of Next answer an error.
func (a *Acceptor) fail(err error) {
	a.mu.Lock()
	a.err = err
	a.mu.Unlock()
	a.from.Told()
}

// failed drops a connection whose handshake has failed.
func (a *Acceptor) failed(s spi.Socket) {
	a.mu.Lock()
	delete(a.shaking, s)
	a.roomLocked()
	a.mu.Unlock()
	_ = s.Close()
}

// deliver queues a connection for Next.
func (a *Acceptor) deliver(s spi.Socket, peer wsa.Sockaddr) {
	a.mu.Lock()
	delete(a.shaking, s)
	if a.closed {
		a.mu.Unlock()
		drop(s)
		return
	}
	a.queue = append(a.queue, accepted{s, peer})
	a.roomLocked()
	a.mu.Unlock()
	a.from.Told()
}

// Close ends the accepting: connections that nobody has accepted are reset,
// as those of a closed listening socket are.
func (a *Acceptor) Close() {
	a.mu.Lock()
	a.closed = true // from here on, there is no room
	a.mu.Unlock()
	close(a.stop)
	if a.parker != nil {
		a.parker.SetParkDeadline(spi.Receiving, Past)
	}
	<-a.stopped // it only makes calls that do not block
	a.mu.Lock()
	queue := a.queue
	a.queue = nil
	cancels := make([]func(), 0, len(a.shaking))
	for _, cancel := range a.shaking {
		cancels = append(cancels, cancel)
	}
	a.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
	for _, c := range queue {
		drop(c.socket)
	}
}

// Past is a deadline that has passed, for SetParkDeadline: whoever parks comes
// back at once.
var Past = time.Unix(1, 0)

func drop(s spi.Socket) {
	abort(s)
	_ = s.Close()
}
