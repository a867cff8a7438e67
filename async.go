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
//
// # Size
//
// Each idle connection of a server has one of these, and a message of a busy
// one goes through all of it. So what few sockets need is in seldom.
type async struct {
	watcher   spi.Watcher
	nextReady *async        // behind it on the ready list
	events    atomic.Uint32 // spi.Events told since the last run, and onReadyList
	taking    atomic.Uint32 // what pending operations wait for, for a selection's recorder, which cannot take the lock
	shutting  atomic.Bool   // shutdown for receiving was called, and awaits the receives under way

	mu         sync.Mutex // protects what follows
	claimed    spi.Events // what pending operations waited for, or may have, when that was made known last
	closed     bool
	drained    bool  // a receive has emptied the kernel's buffer, and nothing was told since
	ended      bool  // the end of the stream, or a reset, was told
	signalled  bool  // the state of the handle as something to wait for, while seldom.signal is nil
	modes      uint8 // FILE_SKIP_
	ownTaken   bool  // own is under way
	recv, send requestQueue
	sock       *socket
	watched    *path           // on whose top the watcher is, nil if it is on none
	port       *completionPort // where ends are told, nil if it has none
	key        uintptr

	seldom atomic.Pointer[seldom] // made under the lock when first needed, and kept

	own request // for one operation, see newRequestLocked
}

// onReadyList is beside the events of an async that is on the ready list.
const onReadyList = 1 << 31

// A seldom is what an async has that few sockets need.
type seldom struct {
	signal  *object.Signal             // of the handle, nil until somebody waits for it
	arrived atomic.Pointer[acceptance] // of arriving, those with something to receive; the last one first; not protected

	arriving acceptances      // AcceptEx that have a connection and wait for its first data
	connect  *request         // ConnectEx under way
	rio      *rioRequestQueue // of registered I/O, nil if it has none
	note     *notification
	changes  atomic.Pointer[changes] // who waits for other addresses or routes, nil until the first; changed under mu
}

// nothingSeldom is what is read of an async without.
var nothingSeldom seldom

// seldomLocked is for reading only.
func (a *async) seldomLocked() *seldom {
	if x := a.seldom.Load(); x != nil {
		return x
	}
	return &nothingSeldom
}

// ofSeldomLocked is for writing.
func (a *async) ofSeldomLocked() *seldom {
	if a.seldom.Load() == nil {
		a.seldom.Store(new(seldom))
	}
	return a.seldom.Load()
}

// ofAsync returns the socket's part in overlapped I/O.
func (s *socket) ofAsync() *async {
	if a := s.async.Load(); a != nil {
		return a
	}
	a := &async{sock: s}
	a.watcher.Mask = spi.EventAll
	a.watcher.Notify, a.watcher.Steady = a.notify, true
	s.async.CompareAndSwap(nil, a)
	return s.async.Load()
}

// ofSignal returns the state of the handle as something to wait for.
func (a *async) ofSignal() *object.Signal {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.ofSeldomLocked()
	if x.signal == nil {
		x.signal = new(object.Signal)
		if a.signalled {
			x.signal.Set()
		}
		if a.closed {
			x.signal.Abandon()
		}
	}
	return x.signal
}

// signalLocked sets or resets the signal. As long as nobody waits for the
// handle, that is no more than a note.
func (a *async) signalLocked(set bool) {
	if a.seldom.Load() == nil {
		a.signalled = set
		return
	}
	a.signalSeldomLocked(set)
}

func (a *async) signalSeldomLocked(set bool) {
	switch signal := a.seldomLocked().signal; {
	case signal == nil:
		a.signalled = set
	case set:
		signal.Set()
	default:
		signal.Reset()
	}
}

// readEvents are those after which a receive is worth a try.
const readEvents = spi.EventRead | spi.EventOOB | spi.EventAccept | spi.EventsEnd

// writeEvents are those that leave receives as they were. The kernel tells of
// them whenever a datagram was sent.
const writeEvents = spi.EventWrite | spi.EventConnect

// startLocked begins an operation of the queue, and answers as the overlapped
// calls do: with the bytes if it ended at once, else with WSA_IO_PENDING.
//
// flags are what the receive reports. When it ends, its structure may be at
// once used again by whoever was told, so they cannot be read from there.
func (a *async) startLocked(q *requestQueue, r *request) (n int, flags uint32, err error) {
	if r.extras == nil && r.overlapped.Event == 0 {
		a.signalLocked(false)
	} else if err := a.beginLocked(r); err != nil {
		a.dropLocked(r)
		return 0, 0, err
	}
	switch {
	case a.closed:
		n, err = a.refuseLocked(r, wsa.WSAENOTSOCK)
		return n, 0, err
	case q == &a.recv && a.shutting.Load():
		n, err = a.refuseLocked(r, wsa.WSAESHUTDOWN)
		return n, 0, err
	}
	if q.last != nil || q == &a.recv && a.emptyLocked() || !a.attempt(r) {
		a.queueLocked(q, r)
		return 0, 0, wsa.WSA_IO_PENDING
	}
	return a.startedLocked(r)
}

// startedLocked ends an operation that has ended within the call that began it.
func (a *async) startedLocked(r *request) (n int, flags uint32, err error) {
	n, flags, err = r.n, r.msg.Flags, r.err
	if err != nil && statusOf(wsa.ErrnoOf(err)) != wsa.STATUS_BUFFER_OVERFLOW {
		n, err = a.refuseLocked(r, err)
		return n, flags, err
	}
	a.completeLocked(r, atOnce)
	return n, flags, err
}

// emptyLocked reports whether a receive is known to find nothing.
func (a *async) emptyLocked() bool {
	return a.drained && a.events.Load()&uint32(readEvents) == 0
}

func (a *async) queueLocked(q *requestQueue, r *request) {
	r.capture()
	if q == &a.send {
		r.captureName()
	}
	r.mark()
	q.push(r)
	if a.watched == nil {
		a.watchLocked()
		a.pumpCarefullyLocked(q) // what happened before the watcher was there
	}
	a.claimLocked()
}

// pend begins an operation of the queue that always ends by its completion,
// even if that comes before the call returns.
func (a *async) pend(q *requestQueue, r *request) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.beginLocked(r); err != nil {
		a.dropLocked(r)
		return err
	}
	if a.closed {
		_, err := a.refuseLocked(r, wsa.WSAENOTSOCK)
		return err
	}
	a.queueLocked(q, r)
	if q.first() == r {
		a.pumpCarefullyLocked(q)
		a.claimLocked()
	}
	return wsa.WSA_IO_PENDING
}

// refuseLocked ends an operation that has failed within its call: nothing is
// told but the error.
func (a *async) refuseLocked(r *request, err error) (int, error) {
	if !r.waitedFor() {
		r.overlapped.InternalHigh = 0
		atomic.StoreUint64(&r.overlapped.Internal, uint64(wsa.ErrnoOf(err).Status()))
	}
	a.dropLocked(r)
	return 0, err
}

// attempt tries an operation once, for callers other than run, and survives
// the panic of a provider. It reports false if that would block.
func (a *async) attempt(r *request) (done bool) {
	panicked := true
	defer func() {
		if panicked {
			a.sock.fail("overlapped I/O", recover())
			r.err, done = wsa.WSAECONNABORTED, true
		}
	}()
	done = r.try(r, a.sock)
	panicked = false
	return done
}

// run is called by the engine after events were told.
//
// It needs no use of the socket: whoever closes that has one, and waits for
// the lock here before giving it back. If a provider panics, the caller calls
// panicked.
func (a *async) run(events spi.Events, t *taker) {
	a.mu.Lock()
	if !a.closed { // and with it all that was pending
		a.runLocked(events, t)
	}
	a.mu.Unlock()
}

// beginEarly begins a run for a socket of the kernel that plain receives wait on.
// It returns the first of them and where it is to be tried, holding the lock,
// and [async.endEarly] follows. Otherwise run is to be called.
//
// The lock is not waited for, as the caller may hold that of other sockets.
func (a *async) beginEarly(events spi.Events) (r *request, from spi.Socket) {
	if events&readEvents == 0 || !a.mu.TryLock() {
		return nil, nil
	}
	p := a.sock.path.Load()
	if a.recv.last == nil || !p.edges || p != a.watched {
		a.mu.Unlock()
		return nil, nil
	}
	if r = a.recv.first(); !r.plain() || p.batches && r != a.recv.last {
		a.mu.Unlock()
		return nil, nil
	}
	a.toldLocked(events)
	return r, p.data
}

func (a *async) endEarly(t *taker) {
	if r := a.recv.first(); r.err != wsa.WSAEWOULDBLOCK {
		r.received(a.sock, true, 0)
		if x := r.extras; x != nil {
			x.rio.describe(r, a.sock)
		}
		a.recv.pop()
		if a.succeeds(r) {
			a.succeedLocked(r, later, t.take(a, r))
		} else {
			a.completeLocked(r, later)
		}
		if a.recv.last != nil {
			a.pumpLocked(&a.recv)
		}
	}
	a.runRestLocked()
	a.mu.Unlock()
}

// panicked does after a panic of a provider in run what done does after one in
// a call: the socket is cut off from its chain, and what pends on it ends with
// WSAECONNABORTED.
func (a *async) panicked(v any) {
	a.panickedLocked(v)
	a.mu.Unlock()
}

func (a *async) panickedLocked(v any) {
	a.sock.fail("overlapped I/O", v)
	a.endLocked(func(*request) bool { return true }, wsa.WSAECONNABORTED)
}

// toldLocked keeps what the events say about the stream.
func (a *async) toldLocked(events spi.Events) {
	if events&readEvents != 0 {
		a.drained = false
	}
	if events&spi.EventsEnd != 0 {
		a.ended = true
	}
}

func (a *async) runLocked(events spi.Events, t *taker) {
	s := a.sock
	a.toldLocked(events)
	if w, p := a.watched, s.path.Load(); w != nil && w != p && w.top != p.top { // the chain was replaced
		a.unwatchLocked()
		a.watchLocked()
		a.drained, events = false, spi.EventAll
	}
	if a.recv.last != nil && (events&^writeEvents != 0 || events == 0 || s.connecting.Load() || a.seldomLocked().connect != nil) {
		if !a.receiveBatchLocked(events, t) {
			a.pumpLocked(&a.recv)
		}
	}
	a.runRestLocked()
}

// runRestLocked is what runLocked does after the receives.
func (a *async) runRestLocked() {
	if a.send.last != nil && !a.sendBatchLocked() {
		a.pumpLocked(&a.send)
	}
	if a.seldom.Load() != nil {
		a.pumpConnectLocked()
		a.pumpArrivedLocked()
		a.noteLocked()
	}
	a.claimLocked()
}

// rest returns when what the engine was doing with the socket is over.
func (a *async) rest() {
	a.mu.Lock()
	defer a.mu.Unlock()
}

// pumpLocked finishes what can be finished, in order.
func (a *async) pumpLocked(q *requestQueue) {
	for q.last != nil && !a.closed && !(q == &a.recv && a.emptyLocked()) {
		r := q.first()
		if !r.try(r, a.sock) {
			return
		}
		if q.first() == r { // an attempt may have moved itself elsewhere
			q.pop()
			a.completeLocked(r, later)
		}
	}
}

// pumpCarefullyLocked is pumpLocked for callers other than run.
func (a *async) pumpCarefullyLocked(q *requestQueue) {
	defer func() {
		if v := recover(); v != nil {
			a.panickedLocked(v)
		}
	}()
	switch {
	case q == &a.send && a.sendBatchLocked():
	case q == &a.recv && a.receiveBatchLocked(spi.EventAll, nil):
	default:
		a.pumpLocked(q)
	}
}

func (a *async) watchLocked() {
	a.watched = a.sock.path.Load()
	a.sock.guard("Watch", func() { a.watched.top.Watch(&a.watcher) })
}

func (a *async) unwatchLocked() {
	if a.watched != nil {
		a.sock.guard("Unwatch", func() { a.watched.top.Unwatch(&a.watcher) })
		a.watched = nil
	}
}

// cancel ends pending operations that want picks with WSA_OPERATION_ABORTED,
// and returns how many there were.
func (a *async) cancel(want func(*request) bool) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.endLocked(want, wsa.WSA_OPERATION_ABORTED)
}

// endLocked ends pending operations that want picks.
func (a *async) endLocked(want func(*request) bool, reason error) int {
	taken := append(a.recv.take(want), a.send.take(want)...)
	if x := a.seldom.Load(); x != nil {
		taken = append(taken, x.arriving.take(want)...)
		if x.connect != nil && want(x.connect) {
			taken = append(taken, x.connect)
			x.connect = nil
		}
		if c := x.changes.Load(); c != nil {
			taken = append(taken, c.takeLocked(want)...)
		}
	}
	for _, r := range taken {
		r.err = reason
		a.completeLocked(r, later)
	}
	if a.sock != nil { // not a notification's
		a.claimLocked()
	}
	return len(taken)
}

// close ends everything with the socket.
func (a *async) close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed = true
	a.unwatchLocked()
	a.endLocked(func(*request) bool { return true }, wsa.WSA_OPERATION_ABORTED)
	if a.port != nil {
		a.port.Release()
		a.port = nil
	}
	if x := a.seldom.Load(); x != nil {
		if x.rio != nil {
			x.rio.closeLocked()
		}
		if c := x.changes.Load(); c != nil {
			c.closeLocked()
		}
		a.forgetNoteLocked()
		if x.signal != nil {
			x.signal.Abandon()
		}
	}
}

// What a pending receive or accept takes, and what tells that there are sends
// under way.
const (
	takingReceive = spi.EventRead | spi.EventAccept
	takingSend    = spi.EventWrite
)

// claimsLocked are what pending operations wait for.
func (a *async) claimsLocked() (events spi.Events) {
	if r := a.recv.first(); r != nil {
		events = spi.EventRead
		if r.accepts() {
			events = spi.EventAccept
		}
	}
	if a.send.last != nil {
		events |= takingSend
	}
	return events
}

// claimLocked makes known what pending operations wait for, whenever that may
// have changed: that of a receive or accept WSAEventSelect does not tell
// (difference 113), and synchronous calls wait until there are none before them.
// What nothing waits for any more, may be told and taken. On most sockets nobody
// wants to know.
func (a *async) claimLocked() {
	if s := a.sock; s.selection.recorder.Load() != nil || s.halves.Load() != nil || a.shutting.Load() {
		a.makeClaimsKnownLocked()
		return
	}
	a.claimed = takingReceive | takingSend // as may be
}

func (a *async) makeClaimsKnownLocked() {
	before, events := a.claimed, a.claimsLocked()
	a.claimed = events
	if a.sock.selection.recorder.Load() != nil {
		a.taking.Store(uint32(events))
	}
	if before&takingReceive != 0 && events&takingReceive == 0 {
		if a.shutting.Load() {
			a.shutLocked()
		}
		a.sock.selection.released()
		a.sock.wake(spi.Receiving)
	}
	if before&takingSend != 0 && events&takingSend == 0 {
		a.sock.wake(spi.Sending)
	}
}

// failed is called when the chain was taken off the socket: whatever pends
// fails at its next try.
func (a *async) failed() {
	a.notify(spi.EventReset)
	a.changes().notify(0)
}

// recorded is called when the socket has got a recorder.
func (a *async) recorded() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taking.Store(uint32(a.claimsLocked()))
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
	r.received(s, p.hasEdges(), flags)
	return true
}

// received does what follows a receive, which had these flags.
func (r *request) received(s *socket, edges bool, flags uint32) {
	if edges && r.err == nil && flags == 0 && r.n > 0 && r.n < r.msg.Len() && s.stream() {
		// A stream of the kernel that gave less than it was asked for is
		// empty, and the poller, which is edge-triggered, will tell of
		// more. The next receive saves itself the try.
		a := s.async.Load()
		a.drained = a.watched != nil && !a.ended
	}
	s.selection.received(flags)
}

// trySend is the attempt of sends. A send on a stream has ended when all of
// it is sent.
func trySend(r *request, s *socket) bool {
	for {
		n, err := s.path.Load().data.Send(&r.msg)
		if err != nil {
			if err == wsa.WSAEWOULDBLOCK {
				s.selection.sent(err)
				return false
			}
			r.err = err
		}
		r.n += n
		if err != nil || n == r.msg.Len() || !s.stream() || !r.skip(n) {
			r.msg.Flags = 0 // a send has none to report
			return true
		}
	}
}

// capture makes the array of buffers the operation's own, as the caller may
// use its array for something else when the call returns.
func (r *request) capture() {
	switch bufs := r.msg.Bufs; len(bufs) {
	case 0:
	case 1:
		r.msg.SetBuffer(bufs[0])
	default:
		r.keep(bufs)
	}
}

// keep makes a copy of bufs the buffers of the operation.
func (r *request) keep(bufs [][]byte) {
	x := r.ofExtras()
	x.partial = append(x.partial[:0], bufs...)
	r.msg.Bufs = x.partial
}

// captureName makes the destination of a send its own, for the same reason.
func (r *request) captureName() {
	if r.msg.Name != nil {
		name := *r.msg.Name
		r.msg.Name = &name
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
		r.keep(bufs)
		r.msg.Bufs[0] = r.msg.Bufs[0][n:] // and not bufs[0], which may lie in the same array
	}
	return true
}
