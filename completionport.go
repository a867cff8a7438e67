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
// Of the goroutines that wait at any port, one leads (leader.go): it drives
// the poller, finishes what has become ready, and takes its packet from its
// own port without anybody having to wake it. The others are parked, and
// woken when a packet is posted that the leader does not take.
//
// # Concurrency
//
// As many goroutines as the port's concurrency value are let go to work at a
// time. A goroutine has no identity, so the port counts the calls: each that
// returns adds one at work, each that begins takes one off. Windows lets
// another thread go when one of them blocks; goroutines cannot be watched
// like that, so a packet that waits longer than stall lets one more go in any
// case.
type completionPort struct {
	object.Header

	limit int // how many may work at once

	again  atomic.Bool // told is not empty
	behind atomic.Bool // there were packets in the queue since draining began: what ends now comes behind them

	mu       sync.Mutex // protects what follows
	packets  ring
	told     []*notification // level-triggered ones, to be looked at when somebody comes back
	parked   *portWaiter     // the last to come is the first to be woken
	working  int             // goroutines that have returned and did not come back
	letGo    int             // those that were woken for a packet and are on their way
	leading  bool            // one of the port's waiters is in the poller, and must be woken from there
	draining bool            // it does what the poller has told, and looks for packets then
	away     absence
	credit   int // packets that may be taken before the poller is looked at
	closed   bool
	stall    time.Duration // how long packets may wait for a goroutine at work to come back
	timer    *time.Timer   // for stalls, made when first needed
	ticking  bool
	returns  int // of goroutines at work, ever
	seen     int // returns when the stall time began
}

// oneProcessor: somebody at work, who mostly comes back soon, is back before
// anybody else can run.
var oneProcessor = runtime.NumCPU() == 1

// stall is that time of a new port.
const stall = 2 * time.Millisecond

// A packet is one entry of a port's queue.
type packet struct {
	key         uintptr
	overlapped  *Overlapped
	transferred uint32
	status      wsa.NTStatus
	note        *notification // which is told, nil for the end of an operation
}

// CreateIoCompletionPort makes a completion port, if existing is 0, and
// associates a socket or a notification handle of [WSAProviderConfigChange]
// with it, if file is not INVALID_HANDLE_VALUE
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
	a, done, err := associable(file)
	if err != nil {
		return 0, err
	}
	defer done()
	port := existing
	if port == 0 {
		if port, err = newPort(concurrency); err != nil {
			return 0, err
		}
	}
	if err := a.associate(port, key); err != nil {
		if existing == 0 {
			CloseHandle(port)
		}
		return 0, err
	}
	return port, nil
}

func newPort(concurrency uint32) (HANDLE, error) {
	p := &completionPort{limit: int(concurrency), stall: stall}
	if p.limit == 0 {
		p.limit = runtime.NumCPU()
	}
	h, err := object.Open(p)
	if err != nil {
		return 0, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	return h, nil
}

// associable finds what can be tied to a port: a socket, or a notification
// handle of WSAProviderConfigChange. done ends its use.
func associable(h HANDLE) (a *async, done func(), err error) {
	if s, err := use(SOCKET(h)); err == nil {
		return s.ofAsync(), s.Release, nil
	}
	n, err := useNotification(h)
	if err != nil {
		return nil, nil, err
	}
	return &n.owner, n.Release, nil
}

// associate ties the socket to a port for good.
func (a *async) associate(port HANDLE, key uintptr) error {
	p, err := usePort(port)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.port != nil || a.closed || a.sock != nil && a.sock.flags&wsa.WSA_FLAG_OVERLAPPED == 0 {
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
	p.wakeAllLocked()
	if p.timer != nil {
		p.timer.Stop()
	}
	return true
}

// post appends a packet, and sees to it that somebody takes it.
//
// It is not given a packet but what goes into one, which is so written once.
func (p *completionPort) post(key uintptr, overlapped *Overlapped, transferred uint32, status wsa.NTStatus, note *notification) {
	p.mu.Lock()
	if !p.closed {
		k := p.packets.add()
		k.key, k.overlapped, k.transferred, k.status, k.note = key, overlapped, transferred, status, note
		if p.draining && !p.behind.Load() {
			p.behind.Store(true)
		}
		if p.leading || p.parked != nil { // else who comes next looks
			p.rouseLocked()
		}
	}
	p.mu.Unlock()
}

// rouseLocked lets a goroutine go for the packets there are, if the
// concurrency value allows it.
func (p *completionPort) rouseLocked() {
	switch {
	case p.draining: // the leader looks when it is done
	case !p.leading && p.parked == nil: // who comes next looks
	case p.working+p.letGo >= p.limit, p.working > 0 && oneProcessor && !p.away.long():
		p.tickLocked() // whoever comes back first takes them
	default:
		p.wakeLocked()
	}
}

// wakeLocked has one of the port's waiters look for packets: the one in the
// poller, which is about to use the processor, or else the one parked last.
func (p *completionPort) wakeLocked() {
	if p.leading {
		p.leading = false
		poller.Default.Wake()
		return
	}
	if w := p.parked; w != nil {
		p.parked, w.next, w.letGo = w.next, nil, true
		p.letGo++
		w.wake()
	}
}

// tickLocked lets the stall time run while packets wait.
func (p *completionPort) tickLocked() {
	if p.ticking {
		return
	}
	p.ticking, p.seen = true, p.returns
	if p.timer == nil {
		p.timer = time.AfterFunc(p.stall, p.stalled)
	} else {
		p.timer.Reset(p.stall)
	}
}

// stalled lets one more goroutine go if packets still wait and nobody has come
// back to take them. One of those at work is taken to be blocked.
func (p *completionPort) stalled() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ticking = false
	if p.closed || p.packets.length == 0 || !p.leading && p.parked == nil {
		return
	}
	if p.returns != p.seen {
		p.tickLocked()
		return
	}
	p.away.count(p.working)
	if p.working > 0 {
		p.working--
	}
	p.wakeLocked()
	if p.leading || p.parked != nil {
		p.tickLocked()
	}
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
func (e *OverlappedEntry) Err() error {
	if e.Internal == uint64(wsa.STATUS_SUCCESS) {
		return nil
	}
	return e.failure()
}

func (e *OverlappedEntry) failure() error { return wsa.NTStatus(e.Internal).SystemErrno().Err() }

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
	if p.again.Load() {
		p.lookAgain()
	}
	if alertable {
		if t := knownThread(); t != nil {
			return p.getAlertably(t, entries, timeout)
		}
	}
	return p.get(entries, timeout, nil)
}

// takeLocked moves packets to entries.
func (p *completionPort) takeLocked(entries []OverlappedEntry) (n int) {
	for n < len(entries) && p.packets.length > 0 {
		list := p.packets.front(len(entries) - n)
		for i := range list {
			k := &list[i]
			if k.note != nil {
				p.deliverLocked(k)
			}
			e := &entries[n]
			e.Key, e.Overlapped, e.Internal, e.Transferred = k.key, k.overlapped, uint64(k.status), k.transferred
			n++
		}
		p.packets.drop(len(list))
	}
	p.credit -= n
	return n
}

// deliverLocked makes the packet tell what the notification has to tell now.
func (p *completionPort) deliverLocked(k *packet) {
	var again bool
	if k.transferred, again = k.note.deliver(); again {
		p.told = append(p.told, k.note)
		p.again.Store(true)
	}
}

// get takes packets. alert, if not nil, ends the wait for the first one with
// WSA_WAIT_IO_COMPLETION; whoever sets it calls nudge.
func (p *completionPort) get(entries []OverlappedEntry, timeout uint32, alert *alert) (n int, err error) {
	var end time.Time
	if timeout != wsa.WSA_INFINITE {
		end = time.Now().Add(time.Duration(timeout) * time.Millisecond)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away.count(p.working)
	if p.working > 0 {
		p.working-- // the caller has come back
		p.returns++
		p.away.ended()
	}
	leads := false
	for first := true; ; first = false {
		if p.closed {
			err = wsa.ERROR_ABANDONED_WAIT_0
			break
		}
		if p.packets.length > 0 {
			if p.working+p.letGo >= p.limit {
				p.tickLocked()
			} else if p.credit > 0 {
				n = p.takeLocked(entries)
				break
			} else {
				p.lookLocked()
				continue
			}
		}
		if alert != nil && alert.Signalled() {
			err = wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION)
			break
		}
		left := time.Duration(-1)
		if !end.IsZero() {
			if left = time.Until(end); left <= 0 && !first {
				err = wsa.WSA_WAIT_TIMEOUT
				break
			}
			left = max(left, 0)
		}
		if leads = leads || lead.take(); leads {
			if n = p.leadLocked(left, entries); n > 0 {
				n += p.takeLocked(entries[n:])
				break
			}
		} else if left != 0 {
			p.parkLocked(left)
		}
	}
	p.away.count(p.working)
	p.away.went(n)
	p.working++
	if p.packets.length > 0 { // more than the caller takes
		p.rouseLocked()
	}
	lead.leave(leads, n == 0 || p.away.long())
	return n, err
}

// minCredit is how many packets may be taken at least before the poller is
// looked at: a look costs about what four of them do.
const minCredit = 64

// lookLocked looks for what has become ready, while there are packets. Without
// it, sockets whose operations end at once could keep the port busy with their
// packets for as long as they like, and those that wait in the poller would
// starve. A server that answers each message with another takes two packets for
// each socket that was ready, and does not come here.
//
// The lock is given back meanwhile.
func (p *completionPort) lookLocked() {
	if lead.take() {
		p.leadLocked(0, nil)
		lead.leave(true, false)
	}
	p.credit = max(minCredit, 3*p.packets.length)
}

// leadLocked drives the poller once, and does what that has made possible. Of the
// packets that come of it, it puts what it can into entries, and returns how many.
//
// The lock is given back meanwhile.
func (p *completionPort) leadLocked(timeout time.Duration, entries []OverlappedEntry) int {
	p.leading = true
	p.mu.Unlock()
	_, err := poller.Default.Poll(timeout)
	p.mu.Lock()
	p.leading, p.draining = false, true
	if p.packets.length > 0 || p.working+p.letGo >= p.limit {
		entries = nil // others come first, or the caller may not take any
	}
	if p.behind.Load() {
		p.behind.Store(false)
	}
	direct := len(entries) > 0
	if direct {
		p.letGo++ // what it takes is as good as returned
	}
	p.mu.Unlock()
	n := drainReady(p, entries)
	if err != nil { // no descriptors are left; not a reason to spin
		time.Sleep(stall)
	}
	p.mu.Lock()
	p.draining = false
	if direct {
		p.letGo--
	}
	p.credit = max(minCredit, 3*(n+p.packets.length))
	return n
}

// parkLocked waits until there may be a packet for the caller, or nobody
// leads, or the time is over. The lock is given back meanwhile.
func (p *completionPort) parkLocked(timeout time.Duration) {
	w := portWaiters.Get().(*portWaiter)
	defer portWaiters.Put(w)
	w.next, p.parked = p.parked, w
	if lead.follow(w) {
		p.mu.Unlock()
		w.pause(timeout)
		p.mu.Lock()
		lead.unfollow(w)
	}
	if w.letGo {
		w.letGo = false
		p.letGo--
	} else {
		p.unparkLocked(w)
	}
	w.settle()
}

// unparkLocked takes w off the list.
func (p *completionPort) unparkLocked(w *portWaiter) {
	for at := &p.parked; ; at = &(*at).next {
		if *at == w {
			*at, w.next = w.next, nil
			return
		}
	}
}

// getAlertably waits for packets and for calls of the thread.
func (p *completionPort) getAlertably(t *Thread, entries []OverlappedEntry, timeout uint32) (int, error) {
	defer t.wakeBy(p.nudge)()
	n, err := p.get(entries, timeout, &t.alert)
	if n == 0 && t.runCalls() {
		err = wsa.Errno(wsa.WSA_WAIT_IO_COMPLETION)
	}
	return n, err
}

// nudge has everybody who waits at the port look around.
func (p *completionPort) nudge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeAllLocked()
}

func (p *completionPort) wakeAllLocked() {
	for p.leading || p.parked != nil {
		p.wakeLocked()
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
	p.post(key, overlapped, transferred, wsa.STATUS_SUCCESS, nil)
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
		closed = o.closeHandle(SOCKET(h))
	case *duplicate:
		closed = o.sock.closeHandle(SOCKET(h))
	case *completionPort:
		closed = o.close()
	case *configNotification:
		closed = o.close()
	case *object.Event:
		closed = o.Close()
	case *Thread:
		return o.Close()
	case *rioCompletionQueue, *rioRequestQueue, *rioBuffer: // have functions of their own
	default:
		closed = object.Close(o)
	}
	if !closed {
		return wsa.WSA_INVALID_HANDLE
	}
	return nil
}
