// SPDX-License-Identifier: Apache-2.0

package run

import (
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// bind is bind(fd, address, length). The program's own socket is bound, to
// where the chain says.
func (c *call) bind() {
	a, e := c.addressArg(c.arg(1), c.intArg(2))
	if e == sys.EPERM {
		c.opaque()
		return
	}
	fd, domain, ok := c.socket()
	if !ok {
		return
	}
	if e == 0 {
		e = c.bindTo(fd, domain, &a)
	}
	sys.Close(fd) // before the program can close its own
	if e == sys.EACCES && kernelTakes(&a, domain) && mayBindLow(c.tid()) {
		c.proceed() // it has the right in a user namespace of its own
		return
	}
	c.fail(e)
}

// bindTo binds the call's socket by its chain.
func (c *call) bindTo(fd, domain int, a *address) sys.Errno {
	typ, protocol := c.sort(fd)
	chain := c.s.chainsOf(c.tid()).of(domain, typ, protocol)
	name, inet := a.name()
	// The rights to low ports are the program's and not the supervisor's.
	if kernelTakes(a, domain) && !mayBind(c.tid(), a) {
		return sys.EACCES
	}
	if chain == nil || !chain.layered || !inet {
		return sys.Bind(fd, a.bytes())
	}
	k, e := c.remember(fd, domain, typ)
	if e != 0 {
		return e
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.openLocked(chain, c); err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	if k.carrier.owned() != nil {
		return sys.Bind(fd, a.bytes()) // relayed: EINVAL
	}
	k.carrier.lend(fd, domain, sys.O_NONBLOCK)
	err := winsock.Bind(k.handle, &name)
	e = k.carrier.errnoOf(err)
	k.carrier.giveBack()
	if e == 0 {
		if now, e := sockName(fd); e == 0 && !sameAddress(a, &now) {
			k.setNames(func(n *names) { n.local = a.withPort(now.port()) })
		}
	}
	return e
}

// kernelTakes reports whether the kernel takes a for an address to bind to,
// and so comes to the question whether that is allowed.
func kernelTakes(a *address, domain int) bool {
	switch a.family() {
	case sys.AF_INET, sys.AF_UNSPEC: // which may stand for AF_INET
		return domain == sys.AF_INET && a.n >= sizeofInet
	case sys.AF_INET6:
		return domain == sys.AF_INET6 && a.n >= minInet6
	}
	return false
}

// sameAddress reports whether a socket that asked for a has got it.
func sameAddress(a, now *address) bool {
	x, y := a.addrPort(), now.addrPort()
	return x.Addr() == y.Addr() && (x.Port() == y.Port() || x.Port() == 0)
}

// withPort returns the address with a port if it has none.
func (a address) withPort(port uint16) address {
	if a.port() == 0 {
		a.setPort(port)
	}
	return a
}

// listen is listen(fd, backlog).
func (c *call) listen() {
	fd, domain, ok := c.socket()
	if !ok {
		return
	}
	e := c.listenOn(fd, domain, c.intArg(1))
	sys.Close(fd) // before the program can close its own
	c.fail(e)
}

// listenOn makes the call's socket listen by its chain.
func (c *call) listenOn(fd, domain, backlog int) sys.Errno {
	typ, protocol := c.sort(fd)
	chain := c.s.chainsOf(c.tid()).of(domain, typ, protocol)
	if chain == nil || !chain.layered || typ != sys.SOCK_STREAM {
		return sys.Listen(fd, backlog)
	}
	k, e := c.remember(fd, domain, typ)
	if e != 0 {
		return e
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := k.openLocked(chain, c); err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	if k.carrier.owned() != nil {
		return sys.EINVAL
	}
	for k.attempt != nil { // the call comes again, as a signal has interrupted it
		at := k.attempt
		k.mu.Unlock()
		<-at.done
		k.mu.Lock()
	}
	base, h := k.carrier, k.handle
	if base == nil {
		return sys.EBADF // it was closed meanwhile
	}
	base.lend(fd, domain, sys.O_NONBLOCK)
	at := k.beginLocked(c, fd)
	k.mu.Unlock() // a layer may have to ask somebody
	err := winsock.Listen(h, int32(backlog))
	k.mu.Lock()
	if k.attempt == at {
		k.attempt = nil
	}
	close(at.done)
	e = base.errnoOf(err)
	if e == 0 {
		k.remote.Store(listensElsewhere(h, fd))
	}
	base.giveBack()
	k.setNonblockingLocked(true)
	return e
}

// listensElsewhere reports whether a layer has found another place to listen
// for the socket of fd than where that one does.
func listensElsewhere(h winsock.SOCKET, fd int) bool {
	var name wsa.Sockaddr
	if winsock.GetSockName(h, &name) != nil {
		return false
	}
	own, e := sockName(fd)
	return e == 0 && own.port() != 0 && own.addrPort() != addrPortOf(&name)
}

// showListener takes the address to show from the layer that listens for the
// socket elsewhere, as it may change.
func (k *socket) showListener() {
	k.mu.Lock()
	defer k.mu.Unlock()
	var name wsa.Sockaddr
	if k.handle == 0 || winsock.GetSockName(k.handle, &name) != nil {
		return
	}
	if a, ok := kernelAddress(&name, k.domain); ok {
		k.setNames(func(n *names) { n.local = a })
	}
}

// An arrival is an accepted connection on its way to the program.
type arrival struct {
	fd   int // what the program gets
	peer address
	k    *socket // what is known of it

	blocking bool // it was made so, for a call that did not wait for it any more
}

// drop ends a connection that nobody wants any more.
func (a *arrival) drop() {
	sys.Close(a.fd) // a relay notices
	a.k.mu.Lock()
	defer a.k.mu.Unlock()
	a.k.closeLocked()
}

// Waiting in the kernel for a connection is interrupted now and then, to see
// whether the program still waits.
const acceptPatience = 500 * time.Millisecond

// accept is accept(fd, address, length) and accept4, with flags.
func (c *call) accept(flags int) {
	fd, domain, ok := c.socket()
	if !ok {
		return
	}
	listens := c.k != nil && c.k.listens.Load() // if not any more, the kernel will say so
	if flags&^(sys.SOCK_CLOEXEC|sys.SOCK_NONBLOCK) != 0 || !listens && sys.TCPState(fd) != sys.TCP_LISTEN {
		sys.Close(fd)
		c.proceed() // the kernel knows the error
		return
	}
	k, e := c.listening(fd, domain)
	if e != 0 {
		sys.Close(fd)
		c.fail(e)
		return
	}
	if c.acceptOnce(k, fd, domain, flags) {
		return
	}
	if mode, _ := sys.FileFlags(fd); mode&sys.O_NONBLOCK != 0 {
		sys.Close(fd)
		c.fail(sys.EAGAIN)
		return
	}
	if c.awaitBriefly(fd, sys.POLLIN) && c.acceptOnce(k, fd, domain, flags) {
		return
	}
	c.s.later(func() { c.routineAccept(k, fd, domain, flags) })
}

// listening returns what is known of a listening socket. One that the program
// was given by somebody else gets its chain now.
func (c *call) listening(fd, domain int) (*socket, sys.Errno) {
	k, e := c.remember(fd, domain, sys.SOCK_STREAM)
	if e != 0 {
		return nil, e
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.listens.Store(true)
	if k.handle != 0 {
		return k, 0
	}
	chain := c.s.chainsOf(c.tid()).of(domain, sys.SOCK_STREAM, sys.IPPROTO_TCP)
	if err := k.openLocked(chain, c); err != nil {
		return nil, wsa.ErrnoOf(err).Errno()
	}
	k.setNonblockingLocked(true)
	return k, 0
}

// routineAccept waits for a connection. fd is its to close.
func (c *call) routineAccept(k *socket, fd, domain, flags int) {
	deadline := time.Time{}
	if timeout := timeoutOption(fd, sys.SO_RCVTIMEO); timeout > 0 {
		deadline = time.Now().Add(timeout)
	}
	for {
		wait := acceptPatience
		if !deadline.IsZero() {
			wait = min(wait, max(time.Until(deadline), 0))
		}
		sys.PollWaiting(fd, sys.POLLIN, int(wait/time.Millisecond))
		if !c.valid() { // interrupted, or gone
			sys.Close(fd)
			return
		}
		if c.acceptOnce(k, fd, domain, flags) {
			return
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			sys.Close(fd)
			c.fail(sys.EAGAIN)
			return
		}
	}
}

// acceptOnce answers the call if there is a connection or an error, and closes
// fd before, so that the program can close its listener at once.
func (c *call) acceptOnce(k *socket, fd, domain, flags int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	var a arrival
	if n := len(k.queue); n > 0 {
		a = k.queue[0]
		k.queue = k.queue[1:]
	} else {
		var e sys.Errno
		if a, e = k.arriveLocked(fd, domain); e != 0 {
			if e == sys.EAGAIN {
				return false
			}
			sys.Close(fd)
			c.fail(e)
			return true
		}
	}
	sys.Close(fd)
	c.handOverLocked(k, a, flags)
	return true
}

// arriveLocked takes the next connection from the chain.
func (k *socket) arriveLocked(fd, domain int) (a arrival, e sys.Errno) {
	if k.handle == 0 {
		return a, sys.EINVAL
	}
	k.carrier.lend(fd, domain, sys.O_NONBLOCK)
	var peer wsa.Sockaddr
	h, err := winsock.Accept(k.handle, &peer)
	e = k.carrier.errnoOf(err)
	k.carrier.giveBack()
	if e != 0 {
		return a, e
	}
	a.peer, _ = kernelAddress(&peer, domain)
	base := k.carrier.child(&a.peer)
	direct, err := reaches(h, nil, base)
	switch {
	case err != nil:
		e = wsa.ErrnoOf(err).Errno()
	case base == nil:
		e = k.broughtLocked(&a, h, fd)
	case direct:
		e = k.directLocked(&a, h, base)
	default:
		e = k.relayedArrivalLocked(&a, h, base, fd, domain)
	}
	if e != 0 {
		_ = winsock.CloseSocket(h)
		return a, sys.ECONNABORTED
	}
	k.s.stats.accepted.Add(1)
	return a, 0
}

// directLocked makes an accepted connection the program's as it is.
func (k *socket) directLocked(a *arrival, h winsock.SOCKET, base *carrier) sys.Errno {
	a.fd = base.take()
	child, e := k.s.remember(a.fd, k.domain, k.typ)
	if e != 0 {
		sys.Close(a.fd)
		return e
	}
	child.mu.Lock()
	defer child.mu.Unlock()
	child.handle, child.carrier = h, base
	k.introduceLocked(child, h, a, false)
	k.s.stats.direct.Add(1)
	a.k = child
	return 0
}

// introduceLocked fills in what is told of an accepted connection.
func (k *socket) introduceLocked(child *socket, h winsock.SOCKET, a *arrival, relayed bool) {
	k.info.mu.Lock()
	listener := k.info.public
	k.info.mu.Unlock()
	child.describe(func(p *Connection) {
		*p = listener
		p.ID, p.Accepted, p.Relayed, p.State = child.number, true, relayed, "open"
		p.Peer, p.Actual, p.Since = a.peer.addrPort(), a.peer.addrPort(), time.Now()
		p.Chain, _ = winsock.ChainNames(h)
	})
}

// relayedArrivalLocked gives the program a connection to the supervisor, which
// relays between it and the chain of the one that was accepted.
func (k *socket) relayedArrivalLocked(a *arrival, h winsock.SOCKET, base *carrier, listener, domain int) sys.Errno {
	real := base.take()
	local, _ := sockName(real)
	name, _ := a.peer.name()
	if err := base.own(&spi.Connection{Descriptor: real, Peer: name}); err != nil {
		sys.Close(real)
		return wsa.ErrnoOf(err).Errno()
	}
	fd, e := sys.Socket(domain, sys.SOCK_STREAM, 0)
	if e != 0 {
		return e
	}
	kind := kindFor(domain, &a.peer)
	copyOptions(listener, fd, accepted)
	end, e := k.s.near.Connect(fd, kind)
	if e != 0 {
		sys.Close(fd)
		return e
	}
	child, e := k.s.remember(fd, domain, k.typ)
	if e != 0 {
		sys.Close(fd)
		sys.Close(end)
		return e
	}
	a.fd = fd
	child.mu.Lock()
	defer child.mu.Unlock()
	child.handle, child.carrier = h, base
	child.setNames(func(n *names) { n.local, n.peer = local, a.peer })
	k.introduceLocked(child, h, a, true)
	child.relayLocked(end)
	a.k = child
	return 0
}

// broughtLocked makes a connection the program's that a layer has brought from
// elsewhere: the socket itself, if the data goes there directly.
func (k *socket) broughtLocked(a *arrival, h winsock.SOCKET, listener int) sys.Errno {
	var name wsa.Sockaddr
	_ = winsock.GetSockName(h, &name) // is then the kernel's own
	local, _ := kernelAddress(&name, k.domain)
	below, err := winsock.BaseSocket(h, nil)
	if err != nil {
		return wsa.ErrnoOf(err).Errno()
	}
	fd, end, e := -1, -1, sys.Errno(0)
	handler, direct := spi.As[spi.Handler](below)
	if direct {
		fd, e = sys.Dup(handler.Handle())
	} else if fd, e = sys.Socket(k.domain, sys.SOCK_STREAM, 0); e == 0 {
		if end, e = k.s.near.Connect(fd, kindFor(k.domain, &a.peer)); e != 0 {
			sys.Close(fd)
		}
	}
	if e != 0 {
		return e
	}
	copyOptions(listener, fd, accepted)
	child, e := k.s.remember(fd, k.domain, k.typ)
	if e != 0 {
		sys.Close(fd)
		if end >= 0 {
			sys.Close(end)
		}
		return e
	}
	a.fd, a.k = fd, child
	child.mu.Lock()
	defer child.mu.Unlock()
	child.setNames(func(n *names) { n.local, n.peer = local, a.peer })
	k.introduceLocked(child, h, a, !direct)
	if direct {
		k.s.stats.direct.Add(1)
		_ = winsock.CloseSocket(h) // the program's descriptor is another one
		return 0
	}
	child.handle, child.carrier = h, &carrier{fd: -1}
	child.relayLocked(end)
	return 0
}

// accepted are the options that an accepted socket has from its listener.
var accepted = append([]option{
	{sys.SOL_SOCKET, sys.SO_OOBINLINE},
	{sys.IPPROTO_TCP, sys.TCP_NODELAY},
	{sys.IPPROTO_TCP, sys.TCP_MAXSEG},
	{sys.IPPROTO_IPV6, sys.IPV6_V6ONLY},
}, inherited...)

// handOverLocked gives a connection to the program. If it does not wait any
// more, the connection is kept for its next call.
func (c *call) handOverLocked(k *socket, a arrival, flags int) {
	if addr := c.arg(1); addr != 0 {
		if e := c.returnAddress(&a.peer, addr, c.arg(2)); e != 0 {
			if c.fail(e) {
				a.drop()
			} else {
				k.queue = append([]arrival{a}, k.queue...)
			}
			return
		}
	}
	if blocking := flags&sys.SOCK_NONBLOCK == 0; blocking != a.blocking {
		if mode, e := sys.FileFlags(a.fd); e == 0 {
			sys.SetFileFlags(a.fd, mode^sys.O_NONBLOCK)
			a.blocking = blocking
		}
	}
	fd, e := c.s.listener.AnswerWithDescriptor(c.n.ID, a.fd, flags&sys.SOCK_CLOEXEC != 0)
	switch e {
	case 0:
		a.k.place.Store(&place{c.tid(), fd})
		sys.Close(a.fd)
	case sys.ENOENT: // interrupted
		k.queue = append([]arrival{a}, k.queue...)
	default: // EMFILE of the program
		c.fail(e)
		k.queue = append([]arrival{a}, k.queue...)
	}
}
