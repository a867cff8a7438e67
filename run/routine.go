// SPDX-License-Identifier: Apache-2.0

package run

import (
	"runtime"
	"runtime/debug"
	"time"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/internal/sys/seccomp"
)

// Calls are received and handled by the same goroutine, as handing them over
// would cost more than most of them take. Before one is handled, which runs
// code of layers and may take as long as it likes, somebody else must be
// there to receive the next.

// One receiver waits while there is nothing to do. The kernel wakes the one
// that has waited longest, so that more would take turns, each on a thread
// that has to find its way back into Go's scheduler.

// brief reports whether a call is handled without code of layers, and
// without waiting for anybody, so that the next one can wait meanwhile.
func (c *call) brief() bool {
	switch c.n.Number {
	case seccomp.GETSOCKNAME, seccomp.GETPEERNAME, seccomp.GETSOCKOPT:
		return true
	}
	return false
}

// maxSpare is how many receivers are kept that have nothing to receive. Their
// stacks have grown to what layers need.
const maxSpare = 4

// receiveLocked has a receiver wait.
func (s *Supervisor) receiveLocked() {
	s.idle++
	if s.spare > 0 {
		s.spare--
		s.wake <- struct{}{}
		return
	}
	s.working.Go(s.routineReceive)
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
	e := s.listener.Recv(n)
	s.mu.Lock()
	delete(s.receivers, tid)
	s.mu.Unlock()
	return e
}

// rest waits until another receiver is wanted, and reports whether one is.
func (s *Supervisor) rest() bool {
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
	if c.brief() {
		c.handle()
		return true
	}
	s.mu.Lock()
	if s.idle--; s.idle == 0 && !s.closed {
		s.receiveLocked()
	}
	s.mu.Unlock()
	c.handle()
	s.mu.Lock()
	if s.idle == 0 {
		s.idle++
		s.mu.Unlock()
		return true
	}
	keep := s.spare < maxSpare
	if keep {
		s.spare++
	}
	s.mu.Unlock()
	return keep && s.rest()
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
		at := k.attempt
		k.mu.Unlock()
		if at == nil || time.Since(at.began) < time.Second {
			continue
		}
		select {
		case <-at.done:
		default:
			if !foreign.Has(at.tid, at.inode) {
				at.stop()
			}
		}
	}
}
