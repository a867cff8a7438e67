// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"

	"winsock/object"
	"winsock/spi"
	"winsock/wsa"
)

// A selection is a socket's part in WSAEventSelect and WSAAsyncSelect.
// Sockets without one pay a load and a comparison for each of the calls
// below, which tell it of what re-enables events.
type selection struct {
	recorder atomic.Pointer[recorder] // nil until the first selection
	passive  atomic.Bool              // the connection was accepted: no FD_CONNECT
	edge                              // for ProcessSocketNotifications
}

// A sink is where a recorder tells what has happened: an event object, or
// whatever else can be notified.
type sink interface {
	// happened is told of events that have just been recorded. It returns
	// those that it has delivered in full; the others stay recorded until
	// WSAEnumNetworkEvents. It is called under the recorder's lock.
	happened(s SOCKET, events int32, codes *[wsa.FD_MAX_EVENTS]wsa.Errno) int32

	// messages reports whether the rules of WSAAsyncSelect hold.
	messages() bool
}

// An eventSink is an event object: it is signalled, and the record stays.
type eventSink struct{ *object.Event }

func (e eventSink) happened(SOCKET, int32, *[wsa.FD_MAX_EVENTS]wsa.Errno) int32 {
	e.Set()
	return 0
}

func (eventSink) messages() bool { return false }

// A recorder is the network event record of a socket. It keeps, as the
// socket's readiness is a level and network events are not, two sets:
//
//   - recorded: what has happened and was not yet delivered;
//   - reported: what was recorded since it was last enabled, and so is not
//     recorded again. The re-enabling function of an event takes it out.
//
// Whenever something may have changed, look asks for the level of the events
// that are selected and enabled, and records those that hold. So nothing has
// to be kept of what happens before an event is selected: if it still holds
// then, it is recorded then.
//
// # Locks
//
// mu is taken before the locks of providers, of watch lists, and of event
// objects, and under none of them: Notify, which runs under a watch list's
// lock and perhaps a provider's, only reads atomics and starts a goroutine.
type recorder struct {
	sock    *socket
	watcher spi.Watcher
	wanted  atomic.Uint32 // spi.Events that are worth a look
	looking atomic.Bool   // a goroutine is about to look
	look    func()        // routineLook, made once as notify must not allocate

	mu       sync.Mutex // protects what follows
	held     int        // calls under way that begin everything anew
	watched  spi.Socket // where the watcher is, nil if it is on none
	mask     int32      // the events that are selected, 0 if none
	sink     sink
	handle   SOCKET // the one that events were selected with
	recorded int32
	reported int32
	codes    [wsa.FD_MAX_EVENTS]wsa.Errno // of the events in recorded
}

// eventSources are the events that each network event comes from. The changes
// of addresses and routes have sources of their own, see changes; the other
// network events do not happen.
var eventSources = [...]spi.Events{
	wsa.FD_READ_BIT:    spi.EventRead,
	wsa.FD_WRITE_BIT:   spi.EventWrite,
	wsa.FD_OOB_BIT:     spi.EventOOB,
	wsa.FD_ACCEPT_BIT:  spi.EventAccept,
	wsa.FD_CONNECT_BIT: spi.EventConnect | spi.EventConnectFail,
	wsa.FD_CLOSE_BIT:   spi.EventClose | spi.EventReset,
}

// active reports whether events are selected.
func (sel *selection) active() bool {
	r := sel.recorder.Load()
	if r == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mask != 0
}

// of returns the recorder of s, made if there is none.
func (sel *selection) of(s *socket) *recorder {
	if r := sel.recorder.Load(); r != nil {
		return r
	}
	r := &recorder{sock: s}
	r.watcher.Mask = spi.EventAll
	r.watcher.Notify = r.notify
	r.look = r.routineLook
	if sel.passive.Load() || s.connectionless() {
		r.reported = wsa.FD_CONNECT // it never happens
	}
	sel.recorder.CompareAndSwap(nil, r)
	if a := s.async.Load(); a != nil {
		a.recorded()
	}
	return sel.recorder.Load()
}

// choose makes mask the events that are selected and tells of them through
// to. What is recorded of them already, or holds, is told at once.
func (r *recorder) choose(h SOCKET, mask int32, to sink) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.handle = h
	r.sock.nonblocking.Store(true)
	if postsMessages(r.sink) || postsMessages(to) {
		r.forgetLocked()
	}
	r.mask, r.sink = mask, to
	if mask == 0 {
		r.sink = nil
		r.unwatchLocked()
	} else {
		r.watchLocked()
	}
	if r.sock.Closing() { // cancel has been or has nothing left to do
		r.unwatchLocked()
		return
	}
	r.tellLocked(r.recorded & r.mask)
	r.lookLocked()
}

// enumerate moves what is recorded to events, and resets an event object in
// the same moment.
func (r *recorder) enumerate(events *wsa.NetworkEvents, reset *object.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if reset != nil {
		defer reset.Reset()
	}
	if postsMessages(r.sink) {
		events.NetworkEvents = 0 // they come as messages
		return
	}
	r.recordLocked() // the caller needs no signal for what it gets
	got := r.recorded & r.mask
	r.recorded &^= got
	events.NetworkEvents = got
	for bit := range r.codes {
		if got&(1<<bit) != 0 {
			events.ErrorCode[bit] = r.codes[bit]
		}
	}
}

// enable makes events possible again, takes them off the record, and looks
// whether they hold.
func (r *recorder) enable(events int32) {
	if r.sock.connectionless() {
		events &^= wsa.FD_CONNECT
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reported &^= events
	r.recorded &^= events
	r.lookLocked()
}

// notify is how the provider tells that something may have happened.
func (r *recorder) notify(events spi.Events) {
	if events&spi.Events(r.wanted.Load()) != 0 && r.looking.CompareAndSwap(false, true) {
		go r.look()
	}
}

// routineLook looks once. What happens from then on starts another one.
func (r *recorder) routineLook() {
	if !r.sock.Hold() {
		return // the socket is closed
	}
	defer r.sock.Release()
	r.looking.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lookLocked()
}

// lookLocked records what has happened and tells of it.
func (r *recorder) lookLocked() { r.tellLocked(r.recordLocked()) }

func (r *recorder) tellLocked(events int32) {
	if events != 0 {
		r.recorded &^= r.sink.happened(r.handle, events, &r.codes)
	}
}

// recordLocked records those of the events that are selected and enabled
// which hold, and returns them.
func (r *recorder) recordLocked() int32 {
	s := r.sock
	// Until events are asked for, readiness is; so wanted is set before.
	want := r.wantLocked()
	if r.held > 0 {
		return 0
	}
	happened := r.changesLocked()
	if want == 0 {
		return happened
	}
	have := s.readiness(want)
	if s.path.Load().top != r.watched { // it has just failed
		have = s.readiness(want)
	}
	have &^= s.taken()
	for bit, sources := range eventSources {
		if have&sources != 0 && r.enabledLocked(int32(1)<<bit) {
			happened |= 1 << bit
			r.codes[bit] = 0
		}
	}
	if s.connectionless() {
		if have&spi.EventReset != 0 && r.enabledLocked(wsa.FD_READ) { // a receive reports it
			happened |= wsa.FD_READ
		}
		happened &^= wsa.FD_CLOSE
	}
	if have&spi.EventConnectFail != 0 {
		r.codes[wsa.FD_CONNECT_BIT] = s.connectError()
	}
	if have&spi.EventReset != 0 {
		r.codes[wsa.FD_CLOSE_BIT] = wsa.WSAECONNABORTED
	}
	if postsMessages(r.sink) && happened&wsa.FD_CLOSE != 0 && !r.closeMessageLocked(have) {
		happened &^= wsa.FD_CLOSE
	}
	r.recorded |= happened
	r.reported |= happened
	r.wantLocked()
	return happened
}

func (r *recorder) enabledLocked(event int32) bool { return r.mask&^r.reported&event != 0 }

// wantLocked finds out what is worth a look, for notify and for the caller.
func (r *recorder) wantLocked() (want spi.Events) {
	for bit, sources := range eventSources {
		if r.enabledLocked(int32(1) << bit) {
			want |= sources
		}
	}
	if want&spi.EventRead != 0 && r.sock.connectionless() {
		want |= spi.EventReset
	}
	r.wanted.Store(uint32(want))
	return want
}

func (r *recorder) watchLocked() {
	if r.watched != nil {
		return
	}
	r.watched = r.sock.path.Load().top
	r.sock.guard("Watch", func() { r.watched.Watch(&r.watcher) })
}

func (r *recorder) unwatchLocked() {
	if r.watched == nil {
		return
	}
	r.sock.guard("Unwatch", func() { r.watched.Unwatch(&r.watcher) })
	r.watched = nil
}

// connectError returns why the last connect failed.
func (s *socket) connectError() (code wsa.Errno) {
	code = wsa.WSAECONNABORTED // should the provider fail
	s.guard("ConnectResult", func() { code = wsa.ErrnoOf(s.path.Load().top.ConnectResult()) })
	return code
}

// What follows is called by the functions that re-enable events, after they
// have done their work. The lists are those of "WSAEventSelect function".

// received is called after every receive, with the flags it was called with.
func (sel *selection) received(flags uint32) {
	sel.consume(spi.EventRead)
	if r := sel.recorder.Load(); r != nil {
		if flags&wsa.MSG_OOB != 0 {
			r.enable(wsa.FD_OOB)
		} else {
			r.enable(wsa.FD_READ)
		}
	}
}

// sent is called after every send. Only one that would block re-enables.
func (sel *selection) sent(err error) {
	if err == wsa.WSAEWOULDBLOCK {
		sel.consume(spi.EventWrite)
		if r := sel.recorder.Load(); r != nil {
			r.enable(wsa.FD_WRITE)
		}
	}
}

// accepted is called after every accept but one that was deferred.
func (sel *selection) accepted() {
	sel.consume(spi.EventAccept)
	if r := sel.recorder.Load(); r != nil {
		r.enable(wsa.FD_ACCEPT)
	}
}

// hold is called before a connect, and release of what it returns when all
// about the connect has been said. What happens in between is recorded then,
// as otherwise [selection.connecting] would have it recorded twice.
func (sel *selection) hold() *recorder {
	r := sel.recorder.Load()
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.held++
	}
	return r
}

func (r *recorder) release() {
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.held--
		r.lookLocked()
	}
}

// connecting is called when a connection-oriented socket begins to connect,
// and when it has connected at once: all begins anew.
func (sel *selection) connecting(s *socket) {
	if s.connectionless() {
		return
	}
	sel.passive.Store(false)
	if r := sel.recorder.Load(); r != nil {
		r.enable(wsa.FD_ALL_EVENTS &^ changeEvents)
	}
}

// inherit gives the socket of an accepted connection the listener's
// selection.
func (sel *selection) inherit(from *socket, s *socket) {
	sel.passive.Store(true)
	parent := from.selection.recorder.Load()
	if parent == nil {
		return
	}
	parent.mu.Lock()
	mask, to := parent.mask, parent.sink
	parent.mu.Unlock()
	if mask != 0 {
		sel.of(s).choose(SOCKET(s.Handle()), mask, to)
	}
}

// failed is called when the socket's provider has failed.
func (sel *selection) failed() {
	if r := sel.recorder.Load(); r != nil {
		r.notify(spi.EventReset)
	}
}

// cancel ends the selection of a socket that is closed. Nothing is told of
// the close.
func (sel *selection) cancel() {
	if r := sel.recorder.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.cancelLocked()
	}
}

func (r *recorder) cancelLocked() {
	r.mask, r.sink = 0, nil
	r.wantLocked()
	r.unwatchLocked()
}
