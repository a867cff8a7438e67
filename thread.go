// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/sys"
	"winsock/object"
	"winsock/wsa"
)

// A Thread is where completion routines and other asynchronous procedure
// calls (APCs) run. They run only while the thread is in an alertable wait.
//
// On Windows the system knows the calling thread. A goroutine has no such
// identity, so there are two ways to name one:
//
//   - An explicit Thread from [NewThread], which any goroutine may wait on.
//     It is given to the operation in [Completion.Thread].
//   - The operating system's thread, for a goroutine that is locked to it by
//     runtime.LockOSThread and for callers from C: [CurrentThread].
type Thread struct {
	object.Header
	object.Signal // set while the thread lives no more

	alert alert // set while there are calls to run
	id    int   // of the operating system's thread, 0 for an explicit one

	// waker wakes an alertable wait that is none for the alert: select, or
	// one at a completion port.
	waker atomic.Pointer[func()]

	mu    sync.Mutex // protects what follows
	calls []apc      // oldest first; those before next have been taken
	next  int
	ended bool
}

// An alert is the state of having calls to run, as something to wait for. It
// has no handle.
type alert struct {
	object.Header
	object.Signal
}

// Destroy is never called.
func (*alert) Destroy() {}

// An apc is one call to make on a thread: a completion routine, or the
// function of QueueUserAPC.
type apc struct {
	routine     CompletionRoutine
	errno       wsa.Errno
	transferred uint32
	overlapped  *Overlapped
	flags       uint32
	user        func()
}

// threads are those of the operating system.
var threads struct {
	mu   sync.Mutex // protects byID
	byID map[int]*Thread
}

// NewThread makes a thread context for goroutines.
//
// Errors: WSANOTINITIALISED, WSA_NOT_ENOUGH_MEMORY.
func NewThread() (*Thread, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	return newThread(0)
}

func newThread(id int) (*Thread, error) {
	t := &Thread{id: id}
	if _, err := object.Open(t); err != nil {
		return nil, wsa.WSA_NOT_ENOUGH_MEMORY
	}
	return t, nil
}

// CurrentThread returns the context of the operating system's thread that
// the caller runs on, making it when first asked for. The caller must be
// locked to it (runtime.LockOSThread). Whoever ends the thread closes the
// context.
//
// Errors: WSANOTINITIALISED, WSA_NOT_ENOUGH_MEMORY.
func CurrentThread() (*Thread, error) {
	if err := requireStartup(); err != nil {
		return nil, err
	}
	id := sys.Gettid()
	threads.mu.Lock()
	defer threads.mu.Unlock()
	if t := threads.byID[id]; t != nil {
		return t, nil
	}
	t, err := newThread(id)
	if err != nil {
		return nil, err
	}
	if threads.byID == nil {
		threads.byID = make(map[int]*Thread)
	}
	threads.byID[id] = t
	return t, nil
}

// knownThread returns the context of the caller's thread if there is one.
func knownThread() *Thread {
	threads.mu.Lock()
	defer threads.mu.Unlock()
	if len(threads.byID) == 0 {
		return nil
	}
	return threads.byID[sys.Gettid()]
}

// Close ends the thread: operations that were to complete on it are
// cancelled, calls that wait to be run are dropped, and who waits for the
// thread's end goes on.
func (t *Thread) Close() error {
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	if t.id != 0 {
		threads.mu.Lock()
		delete(threads.byID, t.id)
		threads.mu.Unlock()
	}
	for _, o := range object.All() {
		own := func(r *request) bool { return r.thread() == t }
		if s := socketIn(o); s != nil {
			if a := s.async.Load(); a != nil {
				a.cancel(own)
			}
		} else if n, ok := o.(*configNotification); ok {
			n.cancel(wsa.WSAEINTR, own)
		}
		release(o)
	}
	t.mu.Lock()
	t.calls, t.next = nil, 0
	t.mu.Unlock()
	t.Signal.Set()
	if !object.Close(t) {
		return wsa.WSA_INVALID_HANDLE
	}
	return nil
}

// Destroy is called when the last use has ended.
func (t *Thread) Destroy() {}

// wakeBy has wake called for each call that is queued, until the result is
// called. Calls may be queued already.
func (t *Thread) wakeBy(wake func()) (undo func()) {
	before := t.waker.Swap(&wake)
	return func() { t.waker.Store(before) }
}

// QueueUserAPC has f run on the thread in its next alertable wait
// ("QueueUserAPC function").
//
// Errors: WSA_INVALID_HANDLE when the thread has ended.
func (t *Thread) QueueUserAPC(f func()) error {
	if f == nil {
		return wsa.WSA_INVALID_PARAMETER
	}
	if !t.queue(apc{user: f}) {
		return wsa.WSA_INVALID_HANDLE
	}
	return nil
}

func (t *Thread) queue(call apc) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.queueLocked(call)
}

// complete queues the completion routine of an operation, and has its structure
// show how it ended. Who sees that there finds the routine in its next
// alertable wait, and the routine, which is taken under the lock, finds it.
func (t *Thread) complete(call apc, status wsa.NTStatus) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.queueLocked(call)
	atomic.StoreUint64(&call.overlapped.Internal, uint64(status))
}

func (t *Thread) queueLocked(call apc) bool {
	if t.ended {
		return false
	}
	t.calls = append(t.calls, call)
	t.alert.Set()
	if wake := t.waker.Load(); wake != nil {
		(*wake)()
	}
	return true
}

// runCalls runs what is queued, and what that queues, and reports whether
// there was anything.
func (t *Thread) runCalls() (any bool) {
	for {
		c, ok := t.nextCall()
		if !ok {
			return any
		}
		any = true
		if c.user != nil {
			c.user()
		} else {
			c.routine(c.errno, c.transferred, c.overlapped, c.flags)
		}
	}
}

// nextCall takes the oldest call. One that waits alertably itself has the
// next ones run in its own wait, as on Windows.
func (t *Thread) nextCall() (c apc, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next == len(t.calls) {
		return apc{}, false
	}
	c = t.calls[t.next]
	t.calls[t.next] = apc{} // hold on to nothing
	if t.next++; t.next > len(t.calls)/2 {
		t.calls = append(t.calls[:0], t.calls[t.next:]...)
		t.next = 0
	}
	if len(t.calls) == 0 {
		t.alert.Reset()
	}
	return c, true
}

// Wait waits alertably until one or, with all, every one of the objects is
// signalled, and returns its index; or it runs what is queued for the thread
// and returns WSA_WAIT_IO_COMPLETION, which is no error. A negative timeout
// means forever. Without objects it only waits for calls.
//
// Errors: WSA_WAIT_TIMEOUT; WSA_INVALID_HANDLE; WSA_INVALID_PARAMETER.
func (t *Thread) Wait(handles []HANDLE, all bool, timeout time.Duration) (int, error) {
	i, err := t.wait(nil, handles, all, timeout)
	if err == nil && i == object.TimedOut {
		return 0, wsa.WSA_WAIT_TIMEOUT
	}
	return i, err
}

func (t *Thread) wait(room []object.Waitable, handles []HANDLE, all bool, timeout time.Duration) (int, error) {
	var i int
	var err error
	if len(handles) == 0 {
		i, err = object.Wait([]object.Waitable{&t.alert}, false, timeout, nil)
		if err == nil && i == 0 {
			i = object.Alerted
		}
	} else {
		i, err = waitFor(room, handles, all, timeout, &t.alert.Signal)
	}
	if err == nil && i == object.Alerted {
		t.runCalls()
		return wsa.WSA_WAIT_IO_COMPLETION, nil
	}
	return i, err
}

// SleepEx waits for the time, which is in milliseconds (WSA_INFINITE for
// ever), or until calls are queued for the thread, which it then runs
// ("SleepEx function"). It reports whether it ran any.
func (t *Thread) SleepEx(milliseconds uint32) bool {
	i, err := t.wait(nil, nil, false, duration(milliseconds))
	return err == nil && i == wsa.WSA_WAIT_IO_COMPLETION
}

// SleepEx is [Thread.SleepEx] for the operating system's thread of the
// caller, and a mere sleep if it is not alertable. It returns 0 when the time
// is over and WSA_WAIT_IO_COMPLETION when calls were run.
//
// Errors: those of [CurrentThread].
func SleepEx(milliseconds uint32, alertable bool) (uint32, error) {
	if !alertable {
		time.Sleep(duration(milliseconds))
		return 0, nil
	}
	t, err := CurrentThread()
	if err != nil {
		return 0, err
	}
	if t.SleepEx(milliseconds) {
		return wsa.WSA_WAIT_IO_COMPLETION, nil
	}
	return 0, nil
}

// duration is a Win32 time-out as a Go one: negative for WSA_INFINITE.
func duration(milliseconds uint32) time.Duration {
	if milliseconds == wsa.WSA_INFINITE {
		return -1
	}
	return time.Duration(milliseconds) * time.Millisecond
}
