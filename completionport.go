// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/poller"
	"winsock/object"
	"winsock/wsa"
)

// Modes of SetFileCompletionNotificationModes.
const (
	FILE_SKIP_COMPLETION_PORT_ON_SUCCESS = 1
	FILE_SKIP_SET_EVENT_ON_HANDLE        = 2
)

// INVALID_HANDLE_VALUE is no handle.
const INVALID_HANDLE_VALUE = ^HANDLE(0)

// A completionPort is a queue of packets, each of which tells of the end of
// one overlapped operation or was posted by the program.
//
// # Who waits how
//
// Of the goroutines that wait at any port, at most one leads: it drives the
// poller, finishes what has become ready, and takes its packet from its own
// port without anybody having to wake it. The others are parked, and woken
// when a packet is posted that the leader does not take. When the leader goes
// off to work, nobody polls for up to a millisecond; it mostly comes back
// sooner. Otherwise the poller's background goroutine takes over.
//
// # Concurrency
//
// As many goroutines as the port's concurrency value are let go to work at a
// time. The port counts them by the packets it has handed out, less the calls
// that come back for more. Windows lets another thread go when one of them
// blocks; goroutines cannot be watched like that, so a packet that waits
// longer than stall lets one more go in any case.
type completionPort struct {
	object.Header

	limit int // how many may work at once

	mu      sync.Mutex // protects what follows
	packets ring
	parked  *portWaiter // the last to come is the first to be woken
	working int         // goroutines that have a packet and did not come back
	leading bool        // one of the port's waiters drives the poller, and may be asleep in it
	closed  bool
	timer   *time.Timer // for stalls, made when first needed
	ticking bool
}

// stall is how long packets may wait for a goroutine at work to come back.
const stall = 2 * time.Millisecond

// A packet is one entry of a port's queue.
type packet struct {
	key         uintptr
	overlapped  *Overlapped
	transferred uint32
	status      wsa.NTStatus
}

// A portWaiter is a goroutine parked at a port. It is pooled.
type portWaiter struct {
	woken chan struct{} // holds one token
	timer *time.Timer
	next  *portWaiter
	gone  bool // it was woken, and is off the list
}

var portWaiters = sync.Pool{New: func() any { return &portWaiter{woken: make(chan struct{}, 1)} }}

// leader is set while a goroutine drives the poller for a port.
var leader atomic.Bool

// CreateIoCompletionPort makes a completion port, if existing is 0, and
// associates a socket with it, if file is not INVALID_HANDLE_VALUE
// ("CreateIoCompletionPort function"). key comes with every packet of the
// socket. concurrency is how many goroutines may work on packets at once, 0
// for as many as there are processors; it counts when the port is made.
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE, WSA_INVALID_PARAMETER for a
// socket that is associated already and for no socket with a port,
// WSA_NOT_ENOUGH_MEMORY.
func CreateIoCompletionPort(file, existing HANDLE, key uintptr, concurrency uint32) (HANDLE, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	if file == INVALID_HANDLE_VALUE {
		if existing != 0 {
			return 0, wsa.WSA_INVALID_PARAMETER
		}
		return newPort(concurrency)
	}
	s, err := use(SOCKET(file))
	if err != nil {
		return 0, wsa.WSA_INVALID_HANDLE
	}
	defer s.Release()
	port := existing
	if port == 0 {
		if port, err = newPort(concurrency); err != nil {
			return 0, err
		}
	}
	if err := s.associate(port, key); err != nil {
		if existing == 0 {
			CloseHandle(port)
		}
		return 0, err
	}
	return port, nil
}

func newPort(concurrency uint32) (HANDLE, error) {
	p := &completionPort{limit: int(concurrency)}
	if p.limit == 0 {
		p.limit = runtime.NumCPU()
	}
	h, err := object.Open(p)
	if err != nil {
		return 0, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	return h, nil
}

// associate ties the socket to a port for good.
func (s *socket) associate(port HANDLE, key uintptr) error {
	p, err := usePort(port)
	if err != nil {
		return err
	}
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.port != nil || a.closed || s.flags&wsa.WSA_FLAG_OVERLAPPED == 0 {
		p.Release()
		return wsa.WSA_INVALID_PARAMETER
	}
	a.port, a.key = p, key // with its use, which a.close gives back
	return nil
}

func usePort(h HANDLE) (*completionPort, error) {
	o := object.Acquire(h)
	p, ok := o.(*completionPort)
	if !ok {
		release(o)
		return nil, wsa.WSA_INVALID_HANDLE
	}
	return p, nil
}

// Destroy is called when the last use has ended.
func (p *completionPort) Destroy() {}

// close ends all waits with ERROR_ABANDONED_WAIT_0.
func (p *completionPort) close() bool {
	if !object.Close(p) {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for p.wakeLocked() {
	}
	if p.leading {
		poller.Default.Wake()
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	return true
}

// post appends a packet, and sees to it that somebody takes it.
func (p *completionPort) post(k packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.packets.push(k)
	p.rouseLocked()
}

// rouseLocked lets goroutines go for the packets there are, as far as the
// concurrency value allows.
func (p *completionPort) rouseLocked() {
	if p.leading { // it looks when it is back from the poller
		p.leading = false
		poller.Default.Wake()
		return
	}
	switch {
	case p.parked == nil:
	case p.working < p.limit:
		p.wakeLocked()
	default:
		p.tickLocked()
	}
}

// tickLocked lets the stall time run while packets wait.
func (p *completionPort) tickLocked() {
	if p.ticking {
		return
	}
	p.ticking = true
	if p.timer == nil {
		p.timer = time.AfterFunc(stall, p.stalled)
	} else {
		p.timer.Reset(stall)
	}
}

// stalled lets one more goroutine go if packets still wait. One of those at
// work is taken to be blocked.
func (p *completionPort) stalled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ticking = false
	if p.closed || p.packets.length == 0 || p.parked == nil {
		return
	}
	if p.working > 0 {
		p.working--
	}
	p.wakeLocked()
	if p.parked != nil {
		p.tickLocked()
	}
}

// wakeLocked wakes the waiter that came last.
func (p *completionPort) wakeLocked() bool {
	w := p.parked
	if w == nil {
		return false
	}
	p.parked, w.next, w.gone = w.next, nil, true
	w.woken <- struct{}{}
	return true
}

// An OverlappedEntry is an OVERLAPPED_ENTRY: one packet of a port.
type OverlappedEntry struct {
	Key         uintptr
	Overlapped  *Overlapped
	Internal    uint64 // NTSTATUS
	Transferred uint32 // bytes
}

// Err returns the error that GetQueuedCompletionStatus reports for the
// packet, nil for success.
func (e *OverlappedEntry) Err() error { return wsa.NTStatus(e.Internal).SystemErrno().Err() }

// GetQueuedCompletionStatus takes the next packet of a port, waiting for it
// up to the time, which is in milliseconds ("GetQueuedCompletionStatus
// function"). A packet of an operation that failed is returned with its
// error.
//
// Errors with a nil Overlapped: WSA_WAIT_TIMEOUT; ERROR_ABANDONED_WAIT_0 when
// the port is closed meanwhile; WSANOTINITIALISED; WSA_INVALID_HANDLE.
func GetQueuedCompletionStatus(port HANDLE, timeout uint32) (transferred uint32, key uintptr, overlapped *Overlapped, err error) {
	var e [1]OverlappedEntry
	if _, err := GetQueuedCompletionStatusEx(port, e[:], timeout, false); err != nil {
		return 0, 0, nil, err
	}
	return e[0].Transferred, e[0].Key, e[0].Overlapped, e[0].Err()
}

// GetQueuedCompletionStatusEx takes as many packets as there are and as
// entries has room for, waiting for the first up to the time
// ("GetQueuedCompletionStatusEx function"). The result is how many it took.
// An alertable call runs what is queued for the calling thread (see
// [CurrentThread]) and then returns WSA_WAIT_IO_COMPLETION as its error.
//
// Errors: those of [GetQueuedCompletionStatus]; WSA_INVALID_PARAMETER without
// room.
func GetQueuedCompletionStatusEx(port HANDLE, entries []OverlappedEntry, timeout uint32, alertable bool) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	if len(entries) == 0 {
		return 0, wsa.WSA_INVALID_PARAMETER
	}
	p, err := usePort(port)
	if err != nil {
		return 0, err
	}
	defer p.Release()
	if alertable {
		if t := knownThread(); t != nil {
			return p.getAlertably(t, entries, timeout)
		}
	}
	return p.get(entries, timeout)
}

// takeLocked moves packets to entries.
func (p *completionPort) takeLocked(entries []OverlappedEntry) (n int) {
	for n < len(entries) && p.packets.length > 0 {
		k := p.packets.pop()
		entries[n] = OverlappedEntry{k.key, k.overlapped, uint64(k.status), k.transferred}
		n++
	}
	p.working++
	if p.packets.length > 0 { // more than this one can take
		p.rouseLocked()
	}
	return n
}

func (p *completionPort) get(entries []OverlappedEntry, timeout uint32) (int, error) {
	var end time.Time
	if timeout != wsa.WSA_INFINITE {
		end = time.Now().Add(time.Duration(timeout) * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.working > 0 {
		p.working-- // the caller has come back
	}
	letGo := false // somebody has woken the caller for a packet
	for first := true; ; first = false {
		if p.closed {
			return 0, wsa.ERROR_ABANDONED_WAIT_0
		}
		if p.packets.length > 0 && (letGo || p.working < p.limit) {
			return p.takeLocked(entries), nil
		}
		left := time.Duration(-1)
		if !end.IsZero() {
			if left = time.Until(end); left <= 0 && !first {
				return 0, wsa.WSA_WAIT_TIMEOUT
			}
			left = max(left, 0)
		}
		switch {
		case p.packets.length > 0: // others are at work on as many as may be
			letGo = p.parkLocked(left)
		case leader.CompareAndSwap(false, true):
			p.leadLocked(left)
		case left == 0:
			return 0, wsa.WSA_WAIT_TIMEOUT
		default:
			letGo = p.parkLocked(left)
		}
	}
}

// leadLocked drives the poller once, and does what that has made possible.
// The lock is given back meanwhile.
func (p *completionPort) leadLocked(timeout time.Duration) {
	p.leading = true
	p.mu.Unlock()
	_, err := poller.Default.Poll(timeout)
	p.mu.Lock()
	p.leading = false
	p.mu.Unlock()
	leader.Store(false)
	drainReady()
	if err != nil { // no descriptors are left; not a reason to spin
		time.Sleep(stall)
	}
	p.mu.Lock()
}

// parkLocked waits until the caller is woken, which it reports, or the time
// is over. The lock is given back meanwhile.
func (p *completionPort) parkLocked(timeout time.Duration) (woken bool) {
	w := portWaiters.Get().(*portWaiter)
	defer portWaiters.Put(w)
	w.gone = false
	w.next, p.parked = p.parked, w
	if p.packets.length > 0 {
		p.tickLocked()
	}
	p.mu.Unlock()
	if timeout < 0 {
		<-w.woken
		p.mu.Lock()
		return true
	}
	if w.timer == nil {
		w.timer = time.NewTimer(timeout)
	} else {
		w.timer.Reset(timeout)
	}
	select {
	case <-w.woken:
		woken = true
	case <-w.timer.C:
	}
	w.timer.Stop()
	p.mu.Lock()
	switch {
	case woken:
	case w.gone: // woken while the time ran out
		<-w.woken
		woken = true
	default:
		for at := &p.parked; ; at = &(*at).next {
			if *at == w {
				*at, w.next = w.next, nil
				break
			}
		}
	}
	return woken
}

// getAlertably waits for packets and for calls of the thread. It polls for
// both by turns, as no single wait sees the two.
func (p *completionPort) getAlertably(t *Thread, entries []OverlappedEntry, timeout uint32) (int, error) {
	const turn = 10 // milliseconds
	for {
		if t.runCalls() {
			return 0, wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION)
		}
		n, err := p.get(entries, min(timeout, turn))
		if err != wsa.WSA_WAIT_TIMEOUT || timeout <= turn {
			if err == wsa.WSA_WAIT_TIMEOUT && t.runCalls() {
				err = wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION)
			}
			return n, err
		}
		if timeout != wsa.WSA_INFINITE {
			timeout -= turn
		}
	}
}

// PostQueuedCompletionStatus appends a packet of the program's own to a port
// ("PostQueuedCompletionStatus function"). overlapped may be nil, and is not
// looked at.
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE.
func PostQueuedCompletionStatus(port HANDLE, transferred uint32, key uintptr, overlapped *Overlapped) error {
	if err := requireStartup(); err != nil {
		return err
	}
	p, err := usePort(port)
	if err != nil {
		return err
	}
	defer p.Release()
	p.post(packet{key: key, overlapped: overlapped, transferred: transferred})
	return nil
}

// SetFileCompletionNotificationModes says which ends of operations a socket
// does not tell of: FILE_SKIP_COMPLETION_PORT_ON_SUCCESS those within the
// call that began them, FILE_SKIP_SET_EVENT_ON_HANDLE by signalling the
// socket's handle ("SetFileCompletionNotificationModes function"). A mode
// cannot be taken back.
//
// Errors: WSA_INVALID_HANDLE, WSA_INVALID_PARAMETER.
func SetFileCompletionNotificationModes(h SOCKET, modes uint8) error {
	s, err := use(h)
	if err != nil {
		return wsa.WSA_INVALID_HANDLE
	}
	defer s.Release()
	if modes&^(FILE_SKIP_COMPLETION_PORT_ON_SUCCESS|FILE_SKIP_SET_EVENT_ON_HANDLE) != 0 {
		return wsa.WSA_INVALID_PARAMETER
	}
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.modes |= modes
	return nil
}

// CloseHandle closes an object of any kind ("CloseHandle function"). A
// socket is closed as closesocket does.
//
// Errors: WSA_INVALID_HANDLE.
func CloseHandle(h HANDLE) error {
	o := object.Acquire(h)
	if o == nil {
		return wsa.WSA_INVALID_HANDLE
	}
	defer release(o)
	closed := false
	switch o := o.(type) {
	case *socket:
		closed = o.close()
	case *completionPort:
		closed = o.close()
	case *object.Event:
		closed = o.Close()
	case *Thread:
		return o.Close()
	default:
		closed = object.Close(o)
	}
	if !closed {
		return wsa.WSA_INVALID_HANDLE
	}
	return nil
}
