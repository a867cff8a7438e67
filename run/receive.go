// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/binary"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/internal/sys/foreign"
	"winsock/wsa"
)

const (
	msgPeek        = 0x2
	msgTrunc       = 0x20
	msgErrQueue    = 0x2000
	msgWaitForOne  = 0x10000
	msgCmsgCloexec = 0x40000000
)

// recvfrom is recvfrom(fd, bytes, n, flags, address, length) with room for
// the address.
func (c *call) recvfrom() {
	d, ok := c.datagramSocket(false)
	if !ok {
		return
	}
	in := incoming{iov: []iovec{{c.arg(1), int(min(c.arg(2), maxDatagram))}}, named: true}
	d.receive(c.intArg(3), false, &in, func(e sys.Errno) {
		if e == 0 {
			e = c.returnAddress(&in.from, c.arg(4), c.arg(5), in.scattered(nil)...)
		}
		if e != 0 {
			c.fail(e)
			return
		}
		c.answer(in.result(c.intArg(3)))
	})
}

// recvmsg is recvmsg(fd, msghdr, flags).
func (c *call) recvmsg() {
	d, ok := c.datagramSocket(false)
	if !ok {
		return
	}
	in, e := c.incomingAt(c.arg(1))
	if e != 0 {
		sys.Close(d.fd)
		c.failRead(e)
		return
	}
	d.receive(c.intArg(2), false, &in, func(e sys.Errno) {
		if e == 0 {
			e = c.storeMessage(&in)
		}
		if e != 0 {
			c.fail(e)
			return
		}
		c.answer(in.result(c.intArg(2)))
	})
}

// recvmmsg is recvmmsg(fd, mmsghdrs, n, flags, timeout). It gives what is
// there, and waits for the first only, which is one of its ways.
func (c *call) recvmmsg() {
	d, ok := c.datagramSocket(false)
	if !ok {
		return
	}
	flags := c.intArg(3) &^ msgWaitForOne
	most := int(min(uint64(uint32(c.arg(2))), maxMessages))
	if most == 0 {
		sys.Close(d.fd)
		c.answer(0)
		return
	}
	count := 0
	var next func()
	next = func() {
		at := c.arg(1) + uint64(count)*sizeofMmsghdr
		in, e := c.incomingAt(at)
		if e != 0 {
			sys.Close(d.fd)
			c.endBatch(count, e)
			return
		}
		d.receive(flags, true, &in, func(e sys.Errno) {
			if e == 0 {
				e = c.storeMessage(&in)
			}
			if e == 0 {
				var n [4]byte
				binary.NativeEndian.PutUint32(n[:], uint32(in.result(flags)))
				e = c.write(part(at+sizeofMsghdr, n[:]))
			}
			if e == 0 {
				count++
			}
			if e != 0 || count == most {
				sys.Close(d.fd)
				c.endBatch(count, e)
				return
			}
			flags |= sys.MSG_DONTWAIT
			next()
		})
	}
	next()
}

// endBatch ends a recvmmsg.
func (c *call) endBatch(count int, e sys.Errno) {
	if count == 0 && e != 0 {
		c.failRead(e)
		return
	}
	c.answer(count)
}

// An incoming is a datagram on its way to the program, and where that wants
// it.
type incoming struct {
	msg     msghdr
	iov     []iovec
	named   bool // the sender's address is wanted
	payload []byte
	length  int // of the datagram before it was cut
	from    address
	control []byte
	flags   int
}

// result is what the call returns.
func (in *incoming) result(flags int) int {
	if flags&msgTrunc != 0 {
		return in.length
	}
	return len(in.payload)
}

func (c *call) incomingAt(addr uint64) (in incoming, e sys.Errno) {
	if in.msg, e = c.msghdrAt(addr); e != 0 {
		return in, e
	}
	in.iov, _, e = c.iovecs(&in.msg)
	in.named = in.msg.name != 0
	if in.msg.control != 0 && in.msg.controlLen > 0 {
		in.control = make([]byte, in.msg.controlLen)
	}
	return in, e
}

// scattered adds the datagram, cut to the program's buffers, to what is written.
func (in *incoming) scattered(parts []foreign.Part) []foreign.Part {
	rest := in.payload
	for _, v := range in.iov {
		n := min(v.len, len(rest))
		parts = append(parts, part(v.base, rest[:n]))
		rest = rest[n:]
	}
	return parts
}

// storeMessage writes a datagram and all that goes with it.
func (c *call) storeMessage(in *incoming) sys.Errno {
	m := &in.msg
	parts := in.scattered(make([]foreign.Part, 0, 8))
	var n [4]byte
	if m.name != 0 {
		binary.NativeEndian.PutUint32(n[:], uint32(in.from.n))
		parts = append(parts, part(m.name, in.from.buf[:min(m.nameLen, in.from.n)]), part(m.at+8, n[:]))
	}
	var tail [12]byte // msg_controllen and msg_flags
	binary.NativeEndian.PutUint64(tail[:], uint64(len(in.control)))
	binary.NativeEndian.PutUint32(tail[8:], uint32(in.flags&^msgCmsgCloexec))
	return c.write(append(parts, part(m.control, in.control), part(m.at+40, tail[:]))...)
}

// receive receives one datagram and tells so. d.fd is its to close, unless
// keep.
func (d *datagram) receive(flags int, keep bool, in *incoming, told func(sys.Errno)) {
	room := 0
	for _, v := range in.iov {
		room += min(v.len, maxDatagram)
	}
	in.payload = make([]byte, min(room, maxDatagram))
	control := in.control
	once := func() sys.Errno {
		in.payload, in.control = in.payload[:cap(in.payload)], control
		return d.receiveOnce(flags, in)
	}
	end := func(e sys.Errno) {
		if !keep {
			sys.Close(d.fd)
		}
		told(e)
	}
	e := once()
	mode, _ := sys.FileFlags(d.fd)
	if e != sys.EAGAIN || mode&sys.O_NONBLOCK != 0 || flags&(sys.MSG_DONTWAIT|msgErrQueue) != 0 {
		end(e)
		return
	}
	if d.c.awaitBriefly(d.fd, sys.POLLIN) {
		if e = once(); e != sys.EAGAIN {
			end(e)
			return
		}
	}
	d.c.s.later(func() {
		deadline := time.Time{}
		if timeout := timeoutOption(d.fd, sys.SO_RCVTIMEO); timeout > 0 {
			deadline = time.Now().Add(timeout)
		}
		for e == sys.EAGAIN {
			wait := acceptPatience
			if !deadline.IsZero() {
				if wait = min(wait, time.Until(deadline)); wait <= 0 {
					break
				}
			}
			sys.PollWaiting(d.fd, sys.POLLIN, int((wait+time.Millisecond-1)/time.Millisecond))
			if !d.c.valid() {
				break // interrupted: the datagram stays for the next call
			}
			e = once()
		}
		end(e)
	})
}

// receiveOnce takes a datagram that is there.
func (d *datagram) receiveOnce(flags int, in *incoming) sys.Errno {
	k := d.k
	k.mu.Lock()
	defer k.mu.Unlock()
	t := &transfer{flags: flags &^ (msgTrunc | msgCmsgCloexec), control: in.control}
	if !d.chain.layered || flags&msgErrQueue != 0 || k.flow != nil || d.isAnswer() {
		return d.receiveRaw(t, in)
	}
	if err := k.openLocked(d.chain, d.c); err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	base := k.carrier
	k.lendRawLocked(d, t)
	var from wsa.Sockaddr
	recvFlags := uint32(0)
	if flags&msgPeek != 0 {
		recvFlags = wsa.MSG_PEEK
	}
	n, err := winsock.RecvFrom(k.handle, in.payload, recvFlags, &from)
	e := base.errnoOf(err)
	base.giveBack()
	switch err {
	case nil, wsa.WSAEMSGSIZE:
		e = 0
	case wsa.WSAEWOULDBLOCK:
		return sys.EAGAIN
	default:
		return e
	}
	in.payload, in.control, in.flags = in.payload[:n], t.control, t.flags
	in.length = max(t.length, n)
	in.from, _ = kernelAddress(&from, d.domain)
	k.describe(func(p *Connection) { p.State, p.Received = "open", p.Received+uint64(n) })
	d.c.s.stats.received.Add(uint64(n))
	return 0
}

// isAnswer reports whether the next datagram comes from where name servers
// are answered for. The chain had no part in the question.
func (d *datagram) isAnswer() bool {
	if names := d.k.namesNow(); names.asked.n == 0 && names.peer.n == 0 {
		return false
	}
	var from address
	_, r, e := sys.RecvMsg(d.fd, nil, msgPeek, from.buf[:], nil)
	from.n = r.NameLen
	return e == 0 && d.c.s.isAnswerer(&from)
}

// receiveRaw takes a datagram past the chain, and gives the name servers'
// answers the name that was asked.
func (d *datagram) receiveRaw(t *transfer, in *incoming) sys.Errno {
	var from address
	n, r, e := sys.RecvMsg(d.fd, [][]byte{in.payload}, t.flags|msgTrunc, from.buf[:], t.control)
	if e != 0 {
		return e
	}
	from.n = r.NameLen
	in.length = n
	in.payload = in.payload[:min(n, len(in.payload))]
	in.control, in.flags = t.control[:r.ControlLen], r.Flags
	if n <= len(in.payload) {
		in.flags &^= msgTrunc
	}
	in.from = from
	names := d.k.namesNow()
	switch {
	case d.c.s.isAnswerer(&from) && names.asked.n > 0:
		in.from = names.asked
	case d.c.s.isAnswerer(&from) && names.peer.n > 0, d.k.flow != nil && names.peer.n > 0:
		in.from = names.peer
	}
	return 0
}
