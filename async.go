// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// An async is a socket's part in overlapped I/O. It is made with the first
// overlapped operation, the first association with a completion port, or the
// first wait on the socket's handle.
//
// # How an operation goes
//
// It is tried at once, unless others are waiting before it. If it would
// block, it is queued, and a watcher on the top of the chain puts the socket
// on the engine's ready list when it is worth another try. The watcher stays
// from the first queued operation until the socket is closed, so that later
// ones need no registration.
//
// # Locks
//
// mu is taken before the locks of providers, ports, threads and events, and
// under none of them: the watcher's Notify touches atomics only.
type async struct {
	sock    *socket
	watcher spi.Watcher

	queued    atomic.Bool   // it is on the ready list
	nextReady *async        // behind it there
	events    atomic.Uint32 // spi.Events told since the last run
	taking    atomic.Uint32 // spi.Events that the oldest pending receive or accept waits for

	arrived atomic.Pointer[acceptance] // of arriving, those with something to receive; the last one first

	sending  atomic.Bool // there are sends under way
	shutting atomic.Bool // shutdown for receiving was called, and awaits the receives under way

	signal object.Signal // the state of the handle as something to wait for

	mu         sync.Mutex // protects what follows
	watched    spi.Socket // where the watcher is, nil if it is on none
	closed     bool
	drained    bool // a receive has emptied the kernel's buffer, and nothing was told since
	ended      bool // the end of the stream, or a reset, was told
	recv, send requestQueue
	arriving   requestList      // AcceptEx that have a connection and wait for its first data
	connect    *request         // ConnectEx under way
	rio        *rioRequestQueue // of registered I/O, nil if it has none
	note       *notification
	changes    atomic.Pointer[changes] // who waits for other addresses or routes, nil until the first; changed under mu

	port  *completionPort // where ends are told, nil if it has none
	key   uintptr
	modes uint8
}

// ofAsync returns the socket's part in overlapped I/O.
func (s *socket) ofAsync() *async {
	if a := s.async.Load(); a != nil {
		return a
	}
	a := &async{sock: s}
	a.watcher.Mask = spi.EventAll
	a.watcher.Notify = a.notify
	s.async.CompareAndSwap(nil, a)
	return s.async.Load()
}

func (a *async) notify(events spi.Events) {
	a.events.Or(uint32(events))
	a.schedule()
}

// readEvents are those after which a receive is worth a try.
const readEvents = spi.EventRead | spi.EventOOB | spi.EventAccept | spi.EventsEnd

// writeEvents are those that leave receives as they were. The kernel tells of
// them whenever a datagram was sent.
const writeEvents = spi.EventWrite | spi.EventConnect

// start begins an operation of the queue, and answers as the overlapped
// calls do: with the bytes if it ended at once, else with WSA_IO_PENDING.
//
// flags are what the receive reports. When it ends, its structure may be at
// once used again by whoever was told, so they cannot be read from there.
func (a *async) start(q *requestQueue, r *request) (n int, flags uint32, err error) {
	if err := r.begin(); err != nil {
		r.free()
		return 0, 0, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		n, err = a.refuse(r, wsa.WSAENOTSOCK)
		return n, 0, err
	case q == &a.recv && a.shutting.Load():
		n, err = a.refuse(r, wsa.WSAESHUTDOWN)
		return n, 0, err
	}
	if q.first == nil && !(q == &a.recv && a.drained && a.events.Load()&uint32(readEvents) == 0) && a.attempt(r) {
		if r.err != nil && statusOf(wsa.ErrnoOf(r.err)) != wsa.STATUS_BUFFER_OVERFLOW {
			flags = r.msg.Flags
			n, err = a.refuse(r, r.err)
			return n, flags, err
		}
		n, flags, err = r.n, r.msg.Flags, r.err
		r.complete(atOnce)
		return n, flags, err
	}
	a.queueLocked(q, r)
	return 0, 0, wsa.WSA_IO_PENDING
}

func (a *async) queueLocked(q *requestQueue, r *request) {
	r.capture()
	q.push(r)
	if q == &a.send {
		a.sending.Store(true)
	}
	if a.watched == nil {
		a.watchLocked()
		a.pumpLocked(q) // what happened before the watcher was there
	}
	a.claimLocked()
}

// pend begins an operation of the queue that always ends by its completion,
// even if that comes before the call returns.
func (a *async) pend(q *requestQueue, r *request) error {
	if err := r.begin(); err != nil {
		r.drop()
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		_, err := a.refuse(r, wsa.WSAENOTSOCK)
		return err
	}
	a.queueLocked(q, r)
	if q.first == r {
		a.pumpLocked(q)
		a.claimLocked()
	}
	return wsa.WSA_IO_PENDING
}

// refuse ends an operation that has failed within its call: nothing is told
// but the error.
func (a *async) refuse(r *request, err error) (int, error) {
	if r.sync == nil {
		atomic.StoreUint64(&r.overlapped.Internal, uint64(wsa.ErrnoOf(err).Status()))
	}
	r.drop()
	return 0, err
}

// attempt tries an operation once. It reports false if that would block.
func (a *async) attempt(r *request) (done bool) {
	defer func() {
		if v := recover(); v != nil {
			a.sock.fail("overlapped I/O", v)
			r.err, done = wsa.WSAECONNABORTED, true
		}
	}()
	return r.try(r, a.sock)
}

// run is called by the engine after events were told.
func (a *async) run() {
	s := a.sock
	if !s.Hold() {
		return // closed, and with it all that was pending
	}
	defer s.Release()
	a.mu.Lock()
	defer a.mu.Unlock()
	events := spi.Events(a.events.Swap(0))
	if events&readEvents != 0 {
		a.drained = false
	}
	if events&spi.EventsEnd != 0 {
		a.ended = true
	}
	if s.path.Load().top != a.watched && a.watched != nil { // the chain was replaced
		a.unwatchLocked()
		a.watchLocked()
		events = spi.EventAll
	}
	if events&^writeEvents != 0 || events == 0 || s.connecting.Load() || a.connect != nil {
		a.pumpLocked(&a.recv)
	}
	a.pumpLocked(&a.send)
	a.pumpConnectLocked()
	a.pumpArrivedLocked()
	a.noteLocked()
	a.claimLocked()
}

// pumpLocked finishes what can be finished, in order.
func (a *async) pumpLocked(q *requestQueue) {
	for q.first != nil && !a.closed {
		r := q.first
		if !a.attempt(r) {
			return
		}
		if q.first == r { // an attempt may have moved itself elsewhere
			q.pop()
			r.complete(later)
		}
	}
}

func (a *async) watchLocked() {
	a.watched = a.sock.path.Load().top
	a.sock.guard("Watch", func() { a.watched.Watch(&a.watcher) })
}

func (a *async) unwatchLocked() {
	if a.watched != nil {
		a.sock.guard("Unwatch", func() { a.watched.Unwatch(&a.watcher) })
		a.watched = nil
	}
}

// cancel ends pending operations that want picks with WSA_OPERATION_ABORTED,
// and returns how many there were.
func (a *async) cancel(want func(*request) bool) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.cancelLocked(want)
}

func (a *async) cancelLocked(want func(*request) bool) int {
	taken := append(a.recv.take(want), a.send.take(want)...)
	taken = append(taken, a.arriving.take(want)...)
	if a.connect != nil && want(a.connect) {
		taken = append(taken, a.connect)
		a.connect = nil
	}
	if c := a.changes.Load(); c != nil {
		taken = append(taken, c.takeLocked(want)...)
	}
	for _, r := range taken {
		r.err = wsa.WSA_OPERATION_ABORTED
		r.complete(later)
	}
	a.claimLocked()
	return len(taken)
}

// close ends everything with the socket.
func (a *async) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.unwatchLocked()
	a.cancelLocked(func(*request) bool { return true })
	if a.rio != nil {
		a.rio.closeLocked()
	}
	if c := a.changes.Load(); c != nil {
		c.closeLocked()
	}
	if a.port != nil {
		a.port.Release()
		a.port = nil
	}
	a.forgetNoteLocked()
	a.signal.Abandon()
}

// claimLocked makes known what a pending receive or accept waits for, so that
// WSAEventSelect does not tell of it (difference 113). What nothing waits for
// any more, it may.
func (a *async) claimLocked() {
	var events spi.Events
	if r := a.recv.first; r != nil {
		events = spi.EventRead
		if r.accepts() {
			events = spi.EventAccept
		}
	}
	if a.taking.Swap(uint32(events)) != 0 && events == 0 {
		if a.shutting.Load() {
			a.shutLocked()
		}
		a.sock.selection.released()
		a.sock.wake(spi.Receiving)
	}
	if a.send.first == nil && a.sending.Swap(false) {
		a.sock.wake(spi.Sending)
	}
}

// failed is called when the chain was taken off the socket: whatever pends
// fails at its next try.
func (a *async) failed() {
	a.events.Or(uint32(spi.EventReset))
	a.schedule()
	a.changes.Load().notify(0)
}

// tryRecv is the attempt of receives.
func tryRecv(r *request, s *socket) bool {
	flags, control := r.msg.Flags, r.msg.Control
	p := s.path.Load()
	r.n, r.err = p.data.Recv(&r.msg)
	if r.err == wsa.WSAEWOULDBLOCK {
		r.msg.Flags, r.msg.Control = flags, control // the next try is to ask for the same
		return false
	}
	a := s.async.Load()
	if r.err == nil && a.watched != nil && !a.ended && flags == 0 && s.stream() && r.n < r.msg.Len() && r.n > 0 {
		// A stream of the kernel that gave less than it was asked for is
		// empty, and the poller, which is edge-triggered, will tell of
		// more. The next receive saves itself the try.
		_, a.drained = p.data.(spi.Handler)
	}
	s.selection.received(flags)
	return true
}

// trySend is the attempt of sends. A send on a stream has ended when all of
// it is sent.
func trySend(r *request, s *socket) bool {
	for {
		n, err := s.path.Load().data.Send(&r.msg)
		if err == wsa.WSAEWOULDBLOCK {
			s.selection.sent(err)
			return false
		}
		r.n += n
		r.err = err
		if err != nil || !s.stream() || !r.skip(n) {
			r.msg.Flags = 0 // a send has none to report
			return true
		}
	}
}

// capture makes the array of buffers the operation's own, as the caller may
// use its array for something else when the call returns.
func (r *request) capture() {
	switch len(r.msg.Bufs) {
	case 0:
	case 1:
		r.msg.SetBuffer(r.msg.Bufs[0])
	default:
		r.partial = append(r.partial[:0], r.msg.Bufs...)
		r.msg.Bufs = r.partial
	}
}

// skip takes n bytes off the front of the buffers and reports whether any
// are left. The program's array of buffers is not changed.
func (r *request) skip(n int) (left bool) {
	bufs := r.msg.Bufs
	for len(bufs) > 0 && n >= len(bufs[0]) {
		n -= len(bufs[0])
		bufs = bufs[1:]
	}
	switch len(bufs) {
	case 0:
		return false
	case 1:
		r.msg.SetBuffer(bufs[0][n:])
	default:
		r.partial = append(r.partial[:0], bufs...)
		r.partial[0] = r.partial[0][n:]
		r.msg.Bufs = r.partial
	}
	return true
}
