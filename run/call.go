// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/binary"

	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/internal/sys/seccomp"
	"winsock/spi"
)

// A call is a system call of the program that waits for an answer. What its
// arguments point to is copied once, and acted on as copied; the kernel makes
// the call itself (proceed) only where nothing was judged by that memory.
type call struct {
	s *Supervisor
	n seccomp.Notification
	p *process
	k *socket // what is known of its socket, once that was looked for

	cookie uint64 // of that socket
}

func (c *call) arg(i int) uint64 { return c.n.Args[i] }
func (c *call) intArg(i int) int { return int(int32(c.n.Args[i])) }
func (c *call) tid() int         { return int(c.n.TID) }
func (c *call) valid() bool      { return c.s.listener.Valid(c.n.ID) }

// answer ends the call with a value. It reports false if the call did not
// wait any more: a signal has interrupted it, and it may come again.
func (c *call) answer(value int) bool {
	return c.s.listener.Answer(c.n.ID, int64(value), 0) == 0
}

// fail ends the call with an error; with success for 0.
func (c *call) fail(e sys.Errno) bool {
	return c.s.listener.Answer(c.n.ID, 0, e) == 0
}

// proceed lets the kernel make the call.
func (c *call) proceed() { c.s.listener.Continue(c.n.ID) }

// opaque ends a call of a process that cannot be looked into.
func (c *call) opaque() {
	if c.s.config.PassOpaque {
		c.proceed()
		return
	}
	c.s.stats.denied.Add(1)
	c.s.warnOnce("opaque", "a process cannot be looked into, and its network calls are refused; see PassOpaque",
		"pid", c.tid(), "program", programOf(c.tid()))
	c.fail(sys.EACCES)
}

// descriptor returns a descriptor of our own for the one in the first
// argument. If there is none, it ends the call.
func (c *call) descriptor() (fd int, ok bool) {
	for range 2 {
		fd, e := foreign.Descriptor(c.p.pidfd, c.intArg(0))
		switch e {
		case 0:
			return fd, true
		case sys.ESRCH: // the thread that the number meant before has ended
			c.s.processes.forget(c.p)
			c.p.release()
			if c.p, e = c.s.processes.get(c.tid()); e != 0 {
				c.p = nil
				return -1, false
			}
		case sys.EPERM:
			c.opaque()
			return -1, false
		default:
			c.fail(e)
			return -1, false
		}
	}
	return -1, false // the process is gone, and waits for nothing
}

// socket returns a descriptor of our own for the socket in the first
// argument, and its domain. If it is no socket of IPv4 or IPv6, it lets the
// kernel make the call, or fails it, and ok is false.
func (c *call) socket() (fd, domain int, ok bool) { return c.socketOr(nil) }

// owner describes the process that calls.
func (c *call) owner() *spi.Process {
	p, e := c.s.processes.get(c.tid()) // c.p may be given back already
	if e != 0 {
		return &spi.Process{ID: c.tid(), UserID: -1}
	}
	defer p.release()
	return p.describe()
}

// end gives back what a call holds for its handler. A goroutine that goes on
// with the call does without.
func (c *call) end() {
	if c.p != nil {
		c.p.release()
		c.p = nil
	}
}

// read copies memory of the program. It reports EFAULT if not all of it is
// there, and EPERM if it may not be read.
func (c *call) read(parts ...foreign.Part) sys.Errno {
	n, e := foreign.Read(c.tid(), parts...)
	return allOf(parts, n, e)
}

// write copies to the memory of the program.
func (c *call) write(parts ...foreign.Part) sys.Errno {
	n, e := foreign.Write(c.tid(), parts...)
	return allOf(parts, n, e)
}

// part is memory of the program.
func part(addr uint64, p []byte) foreign.Part { return foreign.Part{Addr: addr, Bytes: p} }

// allOf returns EFAULT if not all of the parts were copied.
func allOf(parts []foreign.Part, n int, e sys.Errno) sys.Errno {
	if e != 0 {
		return e
	}
	for i := range parts {
		n -= len(parts[i].Bytes)
	}
	if n < 0 {
		return sys.EFAULT
	}
	return 0
}

// addressArg copies an address of n bytes, as the kernel does.
func (c *call) addressArg(addr uint64, n int) (a address, e sys.Errno) {
	if n < 0 || n > len(a.buf) {
		return a, sys.EINVAL
	}
	a.n = n
	return a, c.read(part(addr, a.buf[:n]))
}

// returnAddress writes an address, as much as there is room for, and its
// length to where the program wants them, after what goes with it.
func (c *call) returnAddress(a *address, addr, lenAddr uint64, with ...foreign.Part) sys.Errno {
	var length [4]byte
	if e := c.read(part(lenAddr, length[:])); e != 0 {
		return e
	}
	n := int(int32(binary.NativeEndian.Uint32(length[:])))
	if n < 0 {
		return sys.EINVAL
	}
	binary.NativeEndian.PutUint32(length[:], uint32(a.n))
	return c.write(append(with, part(addr, a.buf[:min(n, a.n)]), part(lenAddr, length[:]))...)
}
