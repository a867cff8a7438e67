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

// Layouts of 64-bit Linux.
const (
	sizeofIovec   = 16
	sizeofMsghdr  = 56
	sizeofMmsghdr = 64

	maxIovecs   = 1024
	maxMessages = 1024
	maxDatagram = 1 << 16
	maxControl  = 20 << 10
)

// A msghdr is struct msghdr of the program.
type msghdr struct {
	at         uint64 // where it is
	name       uint64
	nameLen    int
	iov        uint64
	iovs       int
	control    uint64
	controlLen int
	flags      int
}

// msghdrAt copies the msghdr at addr.
func (c *call) msghdrAt(addr uint64) (m msghdr, e sys.Errno) {
	var b [sizeofMsghdr]byte
	if e := c.read(part(addr, b[:])); e != 0 {
		return m, e
	}
	word := binary.NativeEndian.Uint64
	m = msghdr{
		at: addr, name: word(b[0:]), nameLen: int(int32(binary.NativeEndian.Uint32(b[8:]))),
		iov: word(b[16:]), iovs: int(word(b[24:])),
		control: word(b[32:]), controlLen: int(word(b[40:])),
		flags: int(binary.NativeEndian.Uint32(b[48:])),
	}
	switch {
	case m.iovs < 0 || m.iovs > maxIovecs:
		return m, sys.EMSGSIZE
	case m.controlLen < 0 || m.controlLen > maxControl:
		return m, sys.ENOBUFS
	case m.name == 0:
		m.nameLen = 0
	case m.nameLen < 0:
		return m, sys.EINVAL
	}
	m.nameLen = min(m.nameLen, sizeofStorage)
	return m, 0
}

// An iovec is a part of the program's memory.
type iovec struct {
	base uint64
	len  int
}

// iovecs copies the description of the program's buffers.
func (c *call) iovecs(m *msghdr) (list []iovec, total int, e sys.Errno) {
	b := make([]byte, m.iovs*sizeofIovec)
	if e := c.read(part(m.iov, b)); e != 0 {
		return nil, 0, e
	}
	for ; len(b) > 0; b = b[sizeofIovec:] {
		v := iovec{binary.NativeEndian.Uint64(b), int(binary.NativeEndian.Uint64(b[8:]))}
		if v.len < 0 {
			return nil, 0, sys.EINVAL
		}
		list = append(list, v)
		total += min(v.len, 1<<30)
	}
	return list, total, 0
}

// A datagram is a socket and what the supervisor does with its datagrams.
type datagram struct {
	c      *call
	k      *socket
	fd     int
	domain int
	chain  *chainOf
	held   bool // the last send was kept back by a layer, not by the kernel
}

// datagramSocket returns the datagram socket of the call. If it is none that
// has to be seen, the kernel makes the call, and ok is false. sending says
// whether a socket that is not known yet becomes one.
func (c *call) datagramSocket(sending bool) (d *datagram, ok bool) {
	fd, domain, ok := c.socket()
	if !ok {
		return nil, false
	}
	typ, protocol := c.sort(fd)
	chain := c.s.chainsOf(c.tid()).of(domain, typ, protocol)
	if typ != sys.SOCK_DGRAM || chain == nil {
		sys.Close(fd)
		c.proceed() // a stream has its peer already
		return nil, false
	}
	d = &datagram{c: c, fd: fd, domain: domain, chain: chain}
	if !sending && !chain.layered {
		if d.k = c.k; d.k == nil { // nothing of it is ours
			sys.Close(fd)
			c.proceed()
			return nil, false
		}
		return d, true
	}
	var e sys.Errno
	if d.k, e = c.remember(fd, domain, typ); e != 0 {
		sys.Close(fd)
		c.fail(e)
		return nil, false
	}
	return d, true
}

// connectDatagram is connect of a UDP socket. fd is its to close.
func (c *call) connectDatagram(fd, domain int, a address, name *wsa.Sockaddr, chain *chainOf) {
	e := c.connectPeer(fd, domain, a, name, chain)
	sys.Close(fd) // before the program can close its own
	c.fail(e)
}

// connectPeer connects the call's UDP socket by its chain.
func (c *call) connectPeer(fd, domain int, a address, name *wsa.Sockaddr, chain *chainOf) sys.Errno {
	if target, ok := c.s.answersFor(&a, domain); ok {
		e := sys.Connect(fd, target.bytes())
		if k, known := c.remember(fd, domain, sys.SOCK_DGRAM); known == 0 && e == 0 {
			k.setNames(func(n *names) { n.peer = a })
		}
		return e
	}
	k := c.k
	if !chain.layered {
		if k != nil {
			k.setNames(func(n *names) { n.peer = address{} })
		}
		return sys.Connect(fd, a.bytes())
	}
	k, e := c.remember(fd, domain, sys.SOCK_DGRAM)
	if e != 0 {
		return e
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flow != nil { // connected before, and now to somebody else
		k.closeLocked()
	}
	used := k.handle != 0
	if err := k.openLocked(chain, c); err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	direct, err := reaches(k.handle, name, k.carrier)
	if err == nil && !direct && used {
		// What layers have agreed on for datagrams of the program's own
		// socket is not for those of another one.
		k.closeLocked()
		err = k.openLocked(chain, c)
	}
	if err != nil {
		k.closeLocked()
		return wsa.ErrnoOf(err).Errno()
	}
	k.describe(func(p *Connection) { p.Peer = a.addrPort() })
	if !direct {
		return c.connectFlowLocked(k, fd, &a, name)
	}
	k.carrier.lend(fd, domain, sys.O_NONBLOCK)
	err = winsock.Connect(k.handle, name)
	e = k.carrier.errnoOf(err)
	k.carrier.giveBack()
	if e == 0 {
		to := k.carrier.destination()
		k.setNames(func(n *names) { n.peer = a })
		k.describe(func(p *Connection) { p.State, p.Actual = "open", to.addrPort() })
		c.s.stats.direct.Add(1)
	}
	return e
}

// sendto is sendto(fd, bytes, n, flags, address, length) with an address.
func (c *call) sendto() {
	to, e := c.addressArg(c.arg(4), c.intArg(5))
	if e == sys.EPERM {
		c.opaque()
		return
	}
	d, ok := c.datagramSocket(true)
	if !ok {
		return
	}
	if n := int(c.arg(2)); e == 0 && (n < 0 || n > maxDatagram) {
		e = sys.EMSGSIZE
	}
	if e != 0 {
		sys.Close(d.fd)
		c.fail(e)
		return
	}
	p := make([]byte, c.arg(2))
	if e := c.read(part(c.arg(1), p)); e != 0 {
		sys.Close(d.fd)
		c.fail(e)
		return
	}
	d.transmit(c.intArg(3), []outgoing{{payload: p, to: to}}, func(sent int, e sys.Errno) {
		if e != 0 {
			c.fail(e)
			return
		}
		c.answer(len(p))
	})
}

// sendmsg is sendmsg(fd, msghdr, flags).
func (c *call) sendmsg() {
	d, ok := c.datagramSocket(true)
	if !ok {
		return
	}
	out, e := c.outgoingAt(c.arg(1))
	if e != 0 {
		sys.Close(d.fd)
		c.failRead(e)
		return
	}
	d.transmit(c.intArg(2), []outgoing{out}, func(sent int, e sys.Errno) {
		if e != 0 {
			c.fail(e)
			return
		}
		c.answer(len(out.payload))
	})
}

// sendmmsg is sendmmsg(fd, mmsghdrs, n, flags).
func (c *call) sendmmsg() {
	d, ok := c.datagramSocket(true)
	if !ok {
		return
	}
	var list []outgoing
	var e sys.Errno
	for i := range min(uint64(uint32(c.arg(2))), maxMessages) {
		var out outgoing
		if out, e = c.outgoingAt(c.arg(1) + i*sizeofMmsghdr); e != 0 {
			break
		}
		list = append(list, out)
	}
	if len(list) == 0 {
		sys.Close(d.fd)
		if e == 0 {
			c.answer(0)
			return
		}
		c.failRead(e)
		return
	}
	d.transmit(c.intArg(3), list, func(sent int, e sys.Errno) {
		if sent == 0 && e != 0 {
			c.fail(e)
			return
		}
		for i := range sent {
			var n [4]byte
			binary.NativeEndian.PutUint32(n[:], uint32(len(list[i].payload)))
			c.write(part(c.arg(1)+uint64(i)*sizeofMmsghdr+sizeofMsghdr, n[:]))
		}
		c.answer(sent)
	})
}

// failRead ends a call whose arguments could not be read.
func (c *call) failRead(e sys.Errno) {
	if e == sys.EPERM {
		c.opaque()
		return
	}
	c.fail(e)
}

// An outgoing is a datagram of the program: a copy.
type outgoing struct {
	payload []byte
	control []byte
	to      address // empty for the connected peer
}

func (c *call) outgoingAt(addr uint64) (out outgoing, e sys.Errno) {
	m, e := c.msghdrAt(addr)
	if e != 0 {
		return out, e
	}
	iov, total, e := c.iovecs(&m)
	if e != 0 {
		return out, e
	}
	if total > maxDatagram {
		return out, sys.EMSGSIZE
	}
	out.to.n = m.nameLen
	out.payload = make([]byte, total)
	if m.control != 0 && m.controlLen > 0 {
		out.control = make([]byte, m.controlLen)
	}
	parts := append(make([]foreign.Part, 0, 8), part(m.name, out.to.bytes()), part(m.control, out.control))
	rest := out.payload
	for _, v := range iov {
		parts = append(parts, part(v.base, rest[:v.len]))
		rest = rest[v.len:]
	}
	return out, c.read(parts...)
}

// transmit sends the datagrams and tells how many were sent. d.fd is its to
// close.
func (d *datagram) transmit(flags int, list []outgoing, told func(sent int, e sys.Errno)) {
	mode, _ := sys.FileFlags(d.fd)
	wait := mode&sys.O_NONBLOCK == 0 && flags&sys.MSG_DONTWAIT == 0
	sent := 0
	more := func() (e sys.Errno) {
		for sent < len(list) {
			if e = d.send(flags, &list[sent]); e != 0 {
				return e
			}
			sent++
		}
		return 0
	}
	e := more()
	if e != sys.EAGAIN || !wait && !d.held {
		sys.Close(d.fd)
		told(sent, e)
		return
	}
	d.c.s.later(func() {
		for e == sys.EAGAIN && d.c.valid() {
			switch {
			case d.held:
				d.awaitChain(acceptPatience)
			case wait:
				sys.PollWaiting(d.fd, sys.POLLOUT, int(acceptPatience/time.Millisecond))
			default:
				sys.Close(d.fd)
				told(sent, e)
				return
			}
			e = more()
		}
		sys.Close(d.fd)
		told(sent, e)
	})
}

// awaitChain waits until the chain can take a datagram for which a layer had
// something to do before. The program's socket cannot be made to look as if it
// was full, so that even a call that must not wait does.
func (d *datagram) awaitChain(patience time.Duration) {
	d.k.mu.Lock()
	h := d.k.handle
	d.k.mu.Unlock()
	if h != 0 { // a chain that was closed is opened anew by the next send
		_, _ = winsock.WSAPoll([]winsock.PollFd{{Fd: h, Events: wsa.POLLWRNORM}}, int32(patience/time.Millisecond))
	}
}

// send sends one datagram.
func (d *datagram) send(flags int, out *outgoing) sys.Errno {
	flags &^= sys.MSG_NOSIGNAL | sys.MSG_DONTWAIT
	if out.to.n == 0 {
		// To the connected peer, which was judged, or to nobody.
		_, e := sys.SendMsg(d.fd, [][]byte{out.payload}, flags, nil, out.control)
		return e
	}
	if out.to.family() == sys.AF_UNSPEC && d.domain == sys.AF_INET {
		out.to.setFamily(sys.AF_INET) // as the kernel takes it
	}
	if out.to.family() == sys.AF_INET && d.domain == sys.AF_INET6 {
		out.to.mapIPv4()
	}
	name, inet := out.to.name()
	if inet && out.to.wildcard() {
		out.to = out.to.orLoopback()
		name, _ = out.to.name()
	}
	if target, ok := d.c.s.answersFor(&out.to, d.domain); ok {
		_, e := sys.SendMsg(d.fd, [][]byte{out.payload}, flags, target.bytes(), out.control)
		if e == 0 {
			d.k.setNames(func(n *names) { n.asked = out.to })
		}
		return e
	}
	if !inet || !d.chain.layered || out.to.family() != d.domain {
		_, e := sys.SendMsg(d.fd, [][]byte{out.payload}, flags, out.to.bytes(), out.control)
		return e
	}
	k := d.k
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.openLocked(d.chain, d.c); err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	base := k.carrier
	k.lendRawLocked(d, &transfer{flags: flags, control: out.control})
	n, err := winsock.SendTo(k.handle, out.payload, 0, &name)
	e := base.errnoOf(err)
	base.giveBack()
	d.held = err == wsa.WSAEWOULDBLOCK && !base.wouldBlock()
	if err == wsa.WSAEWOULDBLOCK {
		e = sys.EAGAIN
	}
	k.describe(func(p *Connection) { p.State, p.Peer, p.Sent = "open", out.to.addrPort(), p.Sent+uint64(n) })
	d.c.s.stats.sent.Add(uint64(n))
	return e
}

// lendRawLocked lends the socket's descriptor to its carrier for a datagram,
// and makes its chain not wait.
func (k *socket) lendRawLocked(d *datagram, t *transfer) {
	k.setNonblockingLocked(true)
	k.carrier.lend(d.fd, d.domain, sys.O_NONBLOCK)
	t.asked, t.room = t.flags, t.control
	k.carrier.mu.Lock()
	k.carrier.raw = t
	k.carrier.mu.Unlock()
}
