// SPDX-License-Identifier: Apache-2.0

package run

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/internal/sys/seccomp"
)

// Calls are received and handled by the same goroutine, and nobody else waits
// meanwhile: to wake somebody for each call would cost more than most of them
// take. But a call runs code of layers, which may take as long as it likes.
// So there is a watch, which has another receiver wait when the calls that are
// handled do not come to an end, or are too many for those that handle them. A
// call that knows that it will take long says so (handOver).
//
// One receiver waits while there is nothing to do. The kernel wakes the one
// that has waited longest, so that more would take turns, each on a thread
// that has to find its way back into Go's scheduler.

const (
	// watchInterval is how long calls may keep others waiting.
	watchInterval = time.Millisecond

	// watchRest is how many intervals without a call end the watch, until
	// the next call.
	watchRest = 10

	// maxSpare is how many receivers are kept that have nothing to receive.
	// Their stacks have grown to what layers need.
	maxSpare = 4
)

// A watch is the state of the receivers that the watch looks at.
type watch struct {
	active  atomic.Int32  // receivers that do not rest
	waiting atomic.Int32  // those of them that wait for a call, or are about to
	handled atomic.Uint64 // calls that were
	alert   atomic.Bool   // the watch looks
	begin   chan struct{} // has it begin to
}

// addReceiver has one more receiver wait.
func (s *Supervisor) addReceiver() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.watch.active.Add(1)
	if s.spare > 0 {
		s.spare--
		s.wake <- struct{}{}
		return
	}
	s.working.Go(s.routineReceive)
}

// handOver has somebody wait for the next call, as this one takes long.
func (s *Supervisor) handOver() {
	if s.watch.waiting.Load() == 0 && !s.stopping() {
		s.addReceiver()
	}
}

// awaitBriefly waits in a call's handler for one of the events of its socket,
// which most often is the answer to what was sent before, as long as nobody
// else calls. It reports whether there is one, and the call waits for it still.
func (c *call) awaitBriefly(fd int, events int16) bool {
	return c.s.listener.PollBeside(fd, events, watchInterval) && c.valid()
}

// answersSoon waits in a call's handler for what somebody is about to answer on
// a socket, as long as nobody else calls, and reports whether it is there.
func (s *Supervisor) answersSoon(fd int) bool {
	return s.listener.PollBeside(fd, sys.POLLIN, watchInterval)
}

// routineReceive receives calls and handles them.
func (s *Supervisor) routineReceive() {
	for s.receive() {
	}
}

// recv receives a call.
func (s *Supervisor) recv(n *seccomp.Notification) sys.Errno {
	runtime.LockOSThread() // so that it can be interrupted
	defer runtime.UnlockOSThread()
	tid := sys.Gettid()
	s.mu.Lock()
	if s.stopping() { // and interrupt may be over
		s.mu.Unlock()
		return sys.EINTR
	}
	s.receivers[tid] = true
	s.mu.Unlock()
	s.watch.waiting.Add(1)
	e := s.listener.Recv(n)
	s.watch.waiting.Add(-1)
	s.mu.Lock()
	delete(s.receivers, tid)
	s.mu.Unlock()
	return e
}

// rest waits until another receiver is wanted, and reports whether one is.
func (s *Supervisor) rest() bool {
	s.watch.active.Add(-1)
	s.mu.Lock()
	keep := s.spare < maxSpare
	if keep {
		s.spare++
	}
	s.mu.Unlock()
	if !keep {
		return false
	}
	select {
	case <-s.wake:
		return true
	case <-s.stopped:
	case <-s.done:
	}
	return false
}

// receive receives and handles one call. It reports whether the receiver is
// needed any longer.
func (s *Supervisor) receive() bool {
	c := &call{s: s}
	e := s.recv(&c.n)
	if s.stopping() {
		return false
	}
	if e != 0 {
		if e != sys.EINTR && e != sys.ENOENT {
			s.warnOnce("recv", "calls cannot be received", "error", e)
			time.Sleep(time.Millisecond)
		}
		return true
	}
	s.beginWatch()
	c.handle()
	s.watch.handled.Add(1)
	return s.watch.waiting.Load() == 0 || s.rest()
}

// beginWatch has the watch look.
func (s *Supervisor) beginWatch() {
	if !s.watch.alert.Load() && s.watch.alert.CompareAndSwap(false, true) {
		s.watch.begin <- struct{}{}
	}
}

// routineSucceed is the watch.
func (s *Supervisor) routineSucceed() {
	for {
		select {
		case <-s.watch.begin:
		case <-s.stopped:
			return
		case <-s.done:
			return
		}
		s.lookAfterCalls()
		s.watch.alert.Store(false)
		if s.watch.waiting.Load() == 0 { // a call has come just now
			s.beginWatch()
		}
	}
}

// behind reports whether calls come faster than they are handled, and another
// receiver would find a processor.
func (s *Supervisor) behind() bool {
	return int(s.watch.active.Load()) < runtime.GOMAXPROCS(0) && s.listener.Pending()
}

// lookAfterCalls watches until no calls come any more.
func (s *Supervisor) lookAfterCalls() {
	last, quiet := s.watch.handled.Load(), 0
	for quiet < watchRest && !s.stopping() {
		time.Sleep(watchInterval)
		handled := s.watch.handled.Load()
		waiting := s.watch.waiting.Load()
		if waiting == 0 && (handled == last || s.behind()) {
			s.addReceiver()
		}
		if quiet++; waiting == 0 || handled != last {
			quiet = 0
		}
		last = handled
	}
}

// handle handles the call, and survives it.
func (c *call) handle() {
	c.s.stats.calls.Add(1)
	defer func() {
		if v := recover(); v != nil {
			c.s.log.Error("winsock run: a call failed", "call", c.n.Number, "panic", v, "stack", string(debug.Stack()))
			c.fail(sys.EIO)
		}
		c.end()
	}()
	if c.n.TID == 0 { // of a process that cannot be seen from here
		c.opaque()
		return
	}
	var e sys.Errno
	if c.p, e = c.s.processes.get(c.tid()); e != 0 {
		return // gone: nobody waits
	}
	switch c.n.Number {
	case seccomp.CONNECT:
		c.connect()
	case seccomp.BIND:
		c.bind()
	case seccomp.LISTEN:
		c.listen()
	case seccomp.ACCEPT:
		c.accept(0)
	case seccomp.ACCEPT4:
		c.accept(c.intArg(3))
	case seccomp.GETSOCKNAME:
		c.getsockname()
	case seccomp.GETPEERNAME:
		c.getpeername()
	case seccomp.GETSOCKOPT:
		c.getsockopt()
	case seccomp.SENDTO:
		c.sendto()
	case seccomp.SENDMSG:
		c.sendmsg()
	case seccomp.SENDMMSG:
		c.sendmmsg()
	case seccomp.RECVFROM:
		c.recvfrom()
	case seccomp.RECVMSG:
		c.recvmsg()
	case seccomp.RECVMMSG:
		c.recvmmsg()
	default:
		c.proceed()
	}
}

// sweep ends connects whose program has closed the socket, or has died.
// Nobody else would, as the supervisor holds the socket meanwhile.
func (s *Supervisor) sweep() {
	s.processes.sweep()
	for _, k := range s.sockets.all() {
		if !k.mu.TryLock() {
			continue
		}
		at, name := k.attempt, ""
		if at != nil && time.Since(at.began) > time.Second && !at.ended() {
			name = foreign.SocketName(at.fd)
		}
		k.mu.Unlock()
		if name != "" && !foreign.Has(at.tid, name) && !at.ended() {
			at.stop()
		}
	}
}
