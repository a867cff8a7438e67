// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/binary"

	"winsock/internal/sys"
)

// getsockname is getsockname(fd, address, length).
func (c *call) getsockname() {
	c.name(func(n *names) *address { return &n.local })
}

// getpeername is getpeername(fd, address, length).
func (c *call) getpeername() {
	c.name(func(n *names) *address { return &n.peer })
}

// name answers with a name that is the program's to see, where it is not the
// kernel's own.
func (c *call) name(which func(*names) *address) {
	fd, _, ok := c.socket()
	if !ok {
		return
	}
	k := c.k
	if k == nil {
		sys.Close(fd)
		c.proceed()
		return
	}
	if k.remote.Load() {
		k.showListener()
	}
	n := k.namesNow()
	a := which(&n)
	shown := a.n > 0 && connected(fd, a == &n.local)
	sys.Close(fd)
	if !shown {
		c.proceed() // the kernel's own, or its error
		return
	}
	c.fail(c.returnAddress(a, c.arg(1), c.arg(2)))
}

// connected reports whether the kernel would tell a name, too.
func connected(fd int, local bool) bool {
	if local {
		return true
	}
	_, e := peerName(fd)
	return e == 0
}

// getsockopt is getsockopt(fd, level, name, value, length) for SO_ERROR and
// SO_PEERNAME.
func (c *call) getsockopt() {
	fd, _, ok := c.socket()
	if !ok {
		return
	}
	k := c.k
	if k == nil {
		sys.Close(fd)
		c.proceed()
		return
	}
	if c.intArg(2) == sys.SO_PEERNAME {
		n := k.namesNow()
		shown := n.peer.n > 0 && connected(fd, false)
		sys.Close(fd)
		if !shown {
			c.proceed()
			return
		}
		c.fail(c.returnAddress(&n.peer, c.arg(3), c.arg(4)))
		return
	}
	e := k.refused.Swap(0)
	if e == 0 {
		sys.Close(fd)
		c.proceed()
		return
	}
	sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_ERROR) // the kernel's own is about the loopback
	sys.Close(fd)
	var value address
	binary.NativeEndian.PutUint32(value.buf[:], e)
	value.n = 4
	if c.fail(c.returnAddress(&value, c.arg(3), c.arg(4))) {
		return
	}
	k.refused.CompareAndSwap(0, e) // it will ask again
}
