// SPDX-License-Identifier: Apache-2.0

package run

import (
	"encoding/binary"
	"net/netip"
	"time"

	"winsock"
	"winsock/internal/sys"
	"winsock/run/internal/near"
	"winsock/run/internal/relay"
	"winsock/wsa"
)

// connect is connect(fd, address, length).
func (c *call) connect() {
	a, e := c.addressArg(c.arg(1), c.intArg(2))
	if e == sys.EPERM {
		c.opaque()
		return
	}
	fd, domain, ok := c.socketOr(func(domain int) bool {
		if domain == sys.AF_UNIX && e == 0 && c.s.hidesUnix(&a) {
			c.fail(sys.ECONNREFUSED)
			return true
		}
		return false
	})
	if !ok {
		return
	}
	if e != 0 {
		sys.Close(fd)
		c.fail(e)
		return
	}
	if c.k != nil {
		c.k.listens.Store(false)
	}
	typ, protocol := c.sort(fd)
	chain := c.s.chainsOf(c.tid()).of(domain, typ, protocol)
	if typ == sys.SOCK_DGRAM && domain == sys.AF_INET6 && a.family() == sys.AF_INET {
		a.mapIPv4() // as the kernel does
	}
	name, inet := a.name()
	switch {
	case chain == nil && c.s.config.DenyUnknown:
		sys.Close(fd)
		c.s.stats.denied.Add(1)
		c.fail(sys.EACCES)
	case chain == nil || !inet || a.family() != domain:
		if k := c.k; k != nil && a.family() == sys.AF_UNSPEC {
			k.dissolve()
		}
		// No address, or none for this socket: the kernel knows the error,
		// or dissolves what was. It is asked with what was judged.
		c.native(fd, a)
	default:
		if a.wildcard() {
			a = a.orLoopback()
			name, _ = a.name()
		}
		if typ == sys.SOCK_STREAM {
			c.connectStream(fd, domain, a, &name, chain)
		} else {
			c.connectDatagram(fd, domain, a, &name, chain)
		}
	}
}

// socketOr is socket, with another judge of sockets of other domains.
func (c *call) socketOr(other func(domain int) bool) (fd, domain int, ok bool) {
	fd, ok = c.descriptor()
	if !ok {
		return -1, 0, false
	}
	var e sys.Errno
	c.cookie, e = sys.Cookie(fd)
	if c.k = c.s.sockets.find(c.cookie); e == 0 && c.k != nil {
		c.k.uses.Add(1)
		domain = c.k.domain
	} else if e == 0 {
		domain, e = sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_DOMAIN)
	}
	switch {
	case e == 0 && (domain == sys.AF_INET || domain == sys.AF_INET6):
		if c.valid() { // the thread's number has meant what we took it for
			return fd, domain, true
		}
		sys.Close(fd)
		return -1, 0, false
	case e == sys.ENOTSOCK:
		c.fail(e)
	case other == nil || !other(domain):
		c.proceed()
	}
	sys.Close(fd)
	return -1, domain, false
}

// sort returns the type and the protocol of the call's socket.
func (c *call) sort(fd int) (typ, protocol int) {
	if c.k != nil {
		return c.k.typ, c.k.protocol
	}
	if protocol, _ = sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_PROTOCOL); protocol == sys.IPPROTO_TCP {
		return sys.SOCK_STREAM, protocol // sockets of TCP are of no other type
	}
	typ, _ = sys.GetSockOptInt(fd, sys.SOL_SOCKET, sys.SO_TYPE)
	return typ, protocol
}

// native makes the connect on fd, which it closes, as the program would have
// made it.
func (c *call) native(fd int, a address) {
	flags, _ := sys.FileFlags(fd)
	c.nativeAs(fd, flags, a)
}

// nativeAs is native for a file whose flags are known.
func (c *call) nativeAs(fd, flags int, a address) {
	if flags&sys.O_NONBLOCK != 0 {
		e := sys.Connect(fd, a.bytes())
		sys.Close(fd) // before the program can close its own
		c.fail(e)
		return
	}
	e := connectAtOnce(fd, flags, a.bytes())
	if e != sys.EINPROGRESS && e != sys.EALREADY {
		sys.Close(fd)
		c.fail(e)
		return
	}
	c.s.later(func() {
		if again := sys.ConnectWaiting(fd, a.bytes()); again != sys.EALREADY {
			e = again // else it is this connect, or the one before, that goes on
		}
		sys.Close(fd)
		c.fail(e)
	})
}

// harmless is an address that the kernel does not look at, as the socket is
// connecting, connected or listening already, and that leads nowhere if it
// should not be any more.
func harmless(domain int) address {
	a, _ := fromAddrPort(netip.AddrPortFrom(netip.IPv4Unspecified(), 0), sys.AF_INET)
	if domain == sys.AF_INET6 {
		a, _ = fromAddrPort(netip.AddrPortFrom(netip.IPv6Unspecified(), 0), domain)
	}
	return a
}

// connectStream connects a TCP socket. fd is its to close.
func (c *call) connectStream(fd, domain int, a address, name *wsa.Sockaddr, chain *chainOf) {
	s := c.s
	flags, _ := sys.FileFlags(fd)
	blocking := flags&sys.O_NONBLOCK == 0
	k := c.k
	if k != nil && c.join(k, fd, blocking) {
		return
	}
	if state := sys.TCPState(fd); state != sys.TCP_CLOSE || k != nil && k.unfinished() {
		c.nativeAs(fd, flags, harmless(domain)) // EISCONN, EALREADY, or how the last one ended
		return
	}
	if target, ok := s.answersFor(&a, domain); ok {
		if k, e := c.remember(fd, domain, sys.SOCK_STREAM); e == 0 {
			k.setNames(func(n *names) { n.peer = a })
		}
		c.nativeAs(fd, flags, target)
		return
	}
	if !chain.layered {
		s.stats.direct.Add(1)
		c.nativeAs(fd, flags, a)
		return
	}
	k, e := c.remember(fd, domain, sys.SOCK_STREAM)
	if e != 0 {
		sys.Close(fd)
		c.fail(e)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.leaveRelayLocked()
	if err := k.openLocked(chain, c); err != nil {
		c.refuse(k, fd, wsa.ErrnoOf(err).Errno())
		return
	}
	k.describe(func(p *Connection) { p.Peer, p.State = a.addrPort(), "connecting" })
	direct, speak, err := reachesLate(k.handle, name, k.carrier)
	if err != nil {
		c.refuse(k, fd, wsa.ErrnoOf(err).Errno())
		k.closeLocked()
		return
	}
	k.refused.Store(0)
	if k.failed {
		k.failed = false
		near.Renew(fd)
	}
	// A non-blocking socket would be ready before the layers have spoken, so
	// that it has to be held meanwhile.
	if direct && (blocking || !speak) {
		c.connectDirectLocked(k, fd, flags, a, name)
		return
	}
	c.connectRelayedLocked(k, fd, a, name, blocking)
}

// refuse ends a connect that failed before it began, and closes fd.
func (c *call) refuse(k *socket, fd int, e sys.Errno) {
	sys.Close(fd)
	c.s.stats.refused.Add(1)
	k.describe(func(p *Connection) { p.State, p.Err = "closed", e.Error() })
	c.fail(e)
}

// join answers a connect on a socket that has one under way, or one that has
// ended without the program's having been told.
func (c *call) join(k *socket, fd int, blocking bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := k.attempt
	if at == nil {
		if e := sys.Errno(k.refused.Swap(0)); e != 0 {
			sys.Close(fd)
			c.fail(e)
			return true
		}
		return false
	}
	select {
	case <-at.done:
	default:
		sys.Close(fd)
		if !blocking {
			c.fail(sys.EALREADY)
			return true
		}
		c.s.later(func() {
			<-at.done
			c.deliver(k, at)
		})
		return true
	}
	sys.Close(fd)
	c.deliverLocked(k, at)
	return true
}

// deliver tells the program how an attempt has ended.
func (c *call) deliver(k *socket, at *attempt) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c.deliverLocked(k, at)
}

func (c *call) deliverLocked(k *socket, at *attempt) {
	if !c.fail(at.errno) {
		return // it will ask again
	}
	at.told = true
	if k.attempt == at {
		k.attempt = nil
	}
}

// connectDirectLocked has the chain connect the program's own socket.
func (c *call) connectDirectLocked(k *socket, fd, flags int, a address, name *wsa.Sockaddr) {
	k.setNames(func(n *names) { n.peer = a })
	base := k.carrier
	base.lend(fd, k.domain, flags)
	if flags&sys.O_NONBLOCK != 0 {
		k.setNonblockingLocked(true)
		err := winsock.Connect(k.handle, name)
		if err != wsa.WSAEWOULDBLOCK || base.inProgress() {
			e := sys.Errno(sys.EINPROGRESS)
			if err != wsa.WSAEWOULDBLOCK {
				e = base.errnoOf(err)
			}
			base.giveBack()
			sys.Close(fd)
			k.connectedDirectLocked(e)
			c.fail(e)
			return
		}
		// A layer has something to do before it connects. The program's
		// socket cannot be made to look as if it was connecting, so that
		// the call waits.
		k.setNonblockingLocked(false)
	}
	base.onWait(c.s.handOver, c.s.answersSoon)
	at := k.beginLocked(c, fd)
	h := k.handle
	k.mu.Unlock()
	err := winsock.Connect(h, name)
	k.mu.Lock()
	e := base.errnoOf(err)
	base.giveBack()
	sys.Close(fd)
	k.connectedDirectLocked(e)
	at.errno = e
	close(at.done)
	c.deliverLocked(k, at)
}

// beginLocked begins an attempt.
func (k *socket) beginLocked(c *call, fd int) *attempt {
	at := &attempt{done: make(chan struct{}), began: time.Now(), tid: c.tid(), fd: fd}
	h := k.handle
	at.stop = func() { _ = winsock.CloseSocket(h) }
	k.attempt = at
	return at
}

// unfinished reports whether the program has begun a connect and was not told
// how it ended, and takes it that it is now.
func (k *socket) unfinished() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.carrier == nil || !k.carrier.inProgress() {
		return false
	}
	k.closeLocked()
	return true
}

// connectedDirectLocked notes how a direct connect went.
func (k *socket) connectedDirectLocked(e sys.Errno) {
	k.uses.Add(1)
	switch e {
	case 0, sys.EINPROGRESS:
		k.s.stats.direct.Add(1)
		to := k.carrier.destination()
		k.setNames(func(n *names) {
			if n.peer == to { // what the kernel says, too, at less cost
				n.peer = address{}
			}
		})
		k.describe(func(p *Connection) { p.State, p.Actual = "open", to.addrPort() })
	default:
		k.s.stats.refused.Add(1)
		k.describe(func(p *Connection) { p.State, p.Err = "closed", e.Error() })
		k.setNames(func(n *names) { *n = names{} })
		k.closeLocked() // the next attempt begins anew
	}
}

// connectRelayedLocked has the chain make a connection of its own, and
// connects the program's socket with that by a relay.
func (c *call) connectRelayedLocked(k *socket, fd int, a address, name *wsa.Sockaddr, blocking bool) {
	kind := kindFor(k.domain, &a)
	if e := unreachable(fd, kind, &a); e != 0 {
		c.refuse(k, fd, e)
		k.closeLocked()
		return
	}
	if err := k.carrier.own(nil); err != nil {
		c.refuse(k, fd, wsa.ErrnoOf(err).Errno())
		k.closeLocked()
		return
	}
	k.inheritLocked(fd, kind)
	if !blocking {
		if e := c.s.near.Hold(fd, kind); e != 0 {
			c.elsewhere(e)
			c.refuse(k, fd, e)
			k.closeLocked()
			return
		}
	}
	k.setNames(func(n *names) { n.peer = a })
	k.describe(func(p *Connection) { p.Relayed = true })
	at := k.beginLocked(c, fd)
	r := &relaying{k: k, at: at, fd: fd, kind: kind, blocking: blocking, handle: k.handle, base: k.carrier}
	timeout := time.Duration(0)
	if blocking {
		timeout = sendTimeout(fd)
	}
	peer := *name
	c.s.later(func() { r.routineConnect(peer) })
	if !blocking {
		c.fail(sys.EINPROGRESS)
		return
	}
	c.s.later(func() {
		if timeout > 0 {
			select {
			case <-at.done:
			case <-time.After(timeout):
				c.fail(sys.EINPROGRESS)
				return
			}
		}
		<-at.done
		c.deliver(k, at)
	})
}

// unreachable returns the error of Linux for peers that Winsock has another
// one for, or none.
func unreachable(fd int, kind near.Kind, a *address) sys.Errno {
	if kind == near.Mapped {
		if on, e := sys.GetSockOptInt(fd, sys.IPPROTO_IPV6, sys.IPV6_V6ONLY); e == 0 && on != 0 {
			return sys.ENETUNREACH
		}
	}
	if a.port() == 0 {
		return sys.ECONNREFUSED
	}
	return 0
}

// elsewhere explains why a socket cannot be relayed.
func (c *call) elsewhere(e sys.Errno) {
	if e == sys.ENETUNREACH {
		c.s.warnOnce("netns", "a program has gone into a network namespace of its own, where its connections cannot be relayed",
			"pid", c.tid(), "program", programOf(c.tid()))
	}
}

// sendTimeout returns SO_SNDTIMEO, which limits a blocking connect; 0 for
// none.
func sendTimeout(fd int) time.Duration { return timeoutOption(fd, sys.SO_SNDTIMEO) }

func timeoutOption(fd, name int) time.Duration {
	var tv [16]byte
	if n, e := sys.GetSockOpt(fd, sys.SOL_SOCKET, name, tv[:]); e != 0 || n < 16 {
		return 0
	}
	sec, usec := int64(binary.NativeEndian.Uint64(tv[:])), int64(binary.NativeEndian.Uint64(tv[8:]))
	return time.Duration(sec)*time.Second + time.Duration(usec)*time.Microsecond
}

// A relaying is a connection on its way to being relayed.
type relaying struct {
	k        *socket
	at       *attempt
	fd       int // of the program's socket
	kind     near.Kind
	blocking bool
	handle   winsock.SOCKET
	base     *carrier
}

// routineConnect connects the chain, and then the program's socket.
func (r *relaying) routineConnect(name wsa.Sockaddr) {
	err := winsock.Connect(r.handle, &name)
	k := r.k
	k.mu.Lock()
	defer k.mu.Unlock()
	e := r.base.errnoOf(err)
	end := -1
	if e == 0 {
		k.showRelayedLocked() // before the program can ask
		if r.blocking {
			end, e = k.s.near.Connect(r.fd, r.kind)
		} else {
			end, e = k.s.near.Complete(r.fd, r.kind)
		}
	}
	if e == 0 {
		k.relayLocked(end)
		if !r.blocking {
			r.at.told = true
		}
	} else {
		k.s.stats.refused.Add(1)
		k.describe(func(p *Connection) { p.State, p.Err = "closed", e.Error() })
		k.setNames(func(n *names) { *n = names{} })
		k.closeLocked()
		if !r.blocking {
			k.refused.Store(uint32(e))
			k.failed = true
			near.Fail(r.fd)
			r.at.told = true
		}
	}
	sys.Close(r.fd)
	r.at.errno = e
	if r.at.told && k.attempt == r.at {
		k.attempt = nil
	}
	close(r.at.done)
}

// showRelayedLocked takes the names to show from the chain's socket.
func (k *socket) showRelayedLocked() {
	var local, peer wsa.Sockaddr
	if winsock.GetSockName(k.handle, &local) == nil {
		if a, ok := kernelAddress(&local, k.domain); ok {
			k.setNames(func(n *names) { n.local = a })
		}
	}
	_ = winsock.GetPeerName(k.handle, &peer) // is then shown as unknown
	k.describe(func(p *Connection) {
		p.State, p.Local, p.Actual = "open", addrPortOf(&local), addrPortOf(&peer)
	})
}

// relayLocked begins to relay between the near end and the socket's chain.
func (k *socket) relayLocked(end int) {
	k.s.stats.relayed.Add(1)
	k.carrier.markUrgent(k.handle)
	var r *relay.Relay
	ready := make(chan struct{})
	r = relay.Start(end, k.handle, func() {
		<-ready
		k.relayed(r)
	})
	k.relay, k.counted = r, true
	close(ready)
}

// leaveRelayLocked leaves a relay to its end: the socket is not connected any
// more, and may soon be to somebody else.
func (k *socket) leaveRelayLocked() {
	if k.relay != nil {
		k.relay, k.handle, k.carrier = nil, 0, nil
		k.setNames(func(n *names) { *n = names{} })
	}
}

// relayed notes the end of a relay.
func (k *socket) relayed(r *relay.Relay) {
	k.s.stats.sent.Add(r.Sent.Load())
	k.s.stats.received.Add(r.Received.Load())
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.relay != r {
		return // the socket has another connection by now
	}
	k.relay, k.handle, k.carrier = nil, 0, nil
	k.setNames(func(n *names) { *n = names{} })
	k.describe(func(p *Connection) {
		p.State, p.Sent, p.Received = "closed", r.Sent.Load(), r.Received.Load()
	})
	if !k.s.ends.told() { // nobody else would forget it
		k.s.sockets.remove(k.cookie)
		k.gone = true
	}
}
