// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net/netip"
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A bind is what a socket that listens has at a proxy (BIND): a request for one
// connection, and when that was accepted, one for the next.
//
// The socket below listens as well, on this machine. That a connection has
// come to the proxy is told by one that the layer makes to it, the knock, so
// that whoever waits there is woken, be it a program of which the layer knows
// only its socket. Nobody else's connections are accepted.
type bind struct {
	s      *stream
	below  wsa.Sockaddr // where the socket below listens
	asks   uint16       // the port that is asked for; 0: any
	cancel chan struct{}
	ended  chan struct{} // closed when the goroutine makes no more calls
	wanted chan struct{} // the connection was accepted

	mu      sync.Mutex   // protects what follows; taken before the locks of the socket below
	outcome error        // of the first request, WSAEWOULDBLOCK until then
	at      wsa.Sockaddr // where the proxy listens
	ready   *stream      // a connection that has come
	knock   spi.Socket   // it tells of that
	knocker wsa.Sockaddr // its own name
	taken   bool         // it was accepted below
}

// listenAtProxy is Listen. The answer is WSAEWOULDBLOCK until the proxy has
// told where it listens.
func (s *stream) listenAtProxy(backlog int32) error {
	if b := s.bound.Load(); b != nil {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.outcome != nil && b.outcome != wsa.WSAEWOULDBLOCK {
			s.bound.Store(nil) // the next Listen asks anew
		}
		return b.outcome
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bound.Load() != nil { // another Listen has just begun
		return wsa.WSAEWOULDBLOCK
	}
	if !s.router.takes(binds) {
		return wsa.WSAEOPNOTSUPP
	}
	if err := s.lower.Listen(backlog); err != nil {
		return err
	}
	b := &bind{
		s: s, asks: s.wants, outcome: wsa.WSAEWOULDBLOCK,
		cancel: make(chan struct{}), ended: make(chan struct{}), wanted: make(chan struct{}, 1),
	}
	if err := s.lower.GetSockName(&b.below); err != nil {
		return err
	}
	s.phase.Store(uint32(idle))
	s.bound.Store(b)
	s.linkLocked()
	layer.Go(s.log, "listening at a proxy", func() { b.answer(wsa.WSAECONNABORTED) }, b.routine)
	return wsa.WSAEWOULDBLOCK
}

// boundToDirect reports whether the socket is bound to an address of option
// direct, so that it listens on this machine all the same.
func (s *stream) boundToDirect() bool {
	var name wsa.Sockaddr
	if s.lower.GetSockName(&name) != nil {
		return false
	}
	ap, ok := name.AddrPort()
	return ok && s.direct.hasAddr(ap.Addr())
}

// binds reports whether a proxy can be asked to listen.
func binds(p *proxy) bool { return p.kind != httpConnect }

// routine asks for one connection after the other.
func (b *bind) routine() {
	defer close(b.ended)
	for {
		began := time.Now()
		conn, err := b.request()
		if err == nil && b.arrived(conn) {
			select {
			case <-b.wanted:
				continue
			case <-b.cancel:
				return
			}
		}
		if err != nil && b.answer(err) {
			return // Listen has failed
		}
		select { // a proxy may wait for some time only
		case <-time.After(time.Until(began.Add(max(b.s.router.retry, time.Second)))):
		case <-b.cancel:
			return
		}
	}
}

// answer ends the first request, and reports whether it was that.
func (b *bind) answer(err error) bool {
	b.mu.Lock()
	first := b.outcome == wsa.WSAEWOULDBLOCK
	if first {
		b.outcome = err
	}
	b.mu.Unlock()
	if first && err == nil {
		b.s.watchers.Notify(spi.EventAccept)
	} else if first {
		b.s.watchers.Notify(spi.EventConnectFail)
	}
	return first
}

// request asks for a connection and waits for it.
func (b *bind) request() (*stream, error) {
	conn, err := b.ask(b.asks)
	if err != nil && b.asks != 0 && b.asks != b.s.wants && !b.cancelled() {
		conn, err = b.ask(0) // the port of the last one is not to be had
	}
	return conn, err
}

// cancelled reports whether the socket that listens is being closed.
func (b *bind) cancelled() bool {
	select {
	case <-b.cancel:
		return true
	default:
		return false
	}
}

func (b *bind) ask(port uint16) (*stream, error) {
	s := b.s
	conn, err := s.aside(s.opening, s.family)
	if err != nil {
		return nil, err
	}
	s.lower.settings.Apply(&conn.lower)
	a := &attempt{command: cmdBind, to: s.expected(), usable: binds}
	a.to.port = port
	a.listens = func(at netip.AddrPort) { b.listens(conn, at) }
	conn.mu.Lock()
	conn.beginLocked(a)
	conn.mu.Unlock()
	conn.await(a, b.cancel)
	if err := conn.drive(a); err != nil {
		_ = conn.Close()
		return nil, err
	}
	peer, err := sockaddrFor(a.bound, s.family)
	if err != nil { // the proxy does not tell, or only a name
		peer = anyAddr(s.family, a.bound.Port())
	}
	conn.asked.Store(&peer)
	return conn, nil
}

// listens notes where the proxy listens.
func (b *bind) listens(conn *stream, at netip.AddrPort) {
	if !at.Addr().IsValid() || at.Addr().IsUnspecified() { // where the proxy is
		var via wsa.Sockaddr
		if conn.lower.GetPeerName(&via) == nil {
			ap, _ := via.AddrPort()
			at = netip.AddrPortFrom(ap.Addr().Unmap(), at.Port())
		}
	}
	name, err := sockaddrFor(at, b.s.family)
	if err != nil { // one of another family than the socket's
		name = anyAddr(b.s.family, at.Port())
	}
	conn.shown.Store(&name)
	b.mu.Lock()
	b.at, b.asks = name, at.Port()
	b.mu.Unlock()
	b.answer(nil)
}

// anyAddr is the unspecified address of a family.
func anyAddr(family int32, port uint16) wsa.Sockaddr {
	addr := netip.IPv4Unspecified()
	if family == wsa.AF_INET6 {
		addr = netip.IPv6Unspecified()
	}
	return wsa.SockaddrFrom(netip.AddrPortFrom(addr, port))
}

// arrived has the socket below tell of a connection.
func (b *bind) arrived(conn *stream) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	knock, err := b.s.aside(b.s.opening, b.s.family)
	if err == nil {
		b.knock, b.ready = knock.lower.socket(), conn
		to := b.below
		if ap, ok := to.AddrPort(); ok && ap.Addr().IsUnspecified() {
			loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
			if b.s.family == wsa.AF_INET6 {
				loopback = netip.IPv6Loopback()
			}
			to = wsa.SockaddrFrom(netip.AddrPortFrom(loopback, ap.Port()))
		}
		if err = b.knock.Connect(&to); err == nil || err == wsa.WSAEWOULDBLOCK {
			err = b.knock.GetSockName(&b.knocker)
		}
	}
	if err != nil {
		b.s.log.Warn("socks: a connection cannot be told to the socket that listens", "err", err)
		b.dropLocked()
		return false
	}
	return true
}

// dropLocked forgets the connection that has come.
func (b *bind) dropLocked() {
	if b.ready != nil {
		b.ready.Abort()
		_ = b.ready.Close()
	}
	if b.knock != nil {
		_ = b.knock.Close()
	}
	b.ready, b.knock, b.taken = nil, nil, false
}

// takeLocked looks for the knock, and resets who else has come. The error is
// that of the socket below.
func (b *bind) takeLocked() error {
	for !b.taken {
		var peer wsa.Sockaddr
		conn, err := b.s.lower.Accept(&peer)
		if err != nil {
			return err
		}
		if b.ready != nil && sameAddr(&peer, &b.knocker) {
			b.taken = true
		} else {
			below := new(layer.PassThrough)
			below.Socket = conn
			below.Abort()
		}
		_ = conn.Close()
	}
	return nil
}

// accept takes the connection that has come.
func (b *bind) accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.takeLocked(); err != nil {
		return nil, err
	}
	conn := b.ready
	b.ready = nil
	b.dropLocked()
	b.wanted <- struct{}{}
	if peer != nil {
		*peer = *conn.asked.Load()
	}
	return conn, nil
}

// name returns where the proxy listens.
func (b *bind) name() (name wsa.Sockaddr, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at, b.at.Len() > 0
}

// pending reports whether there is a connection to accept.
func (b *bind) pending() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.takeLocked() == nil
}

// end ends all that is under way.
func (b *bind) end() {
	close(b.cancel)
	<-b.ended
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dropLocked()
}

// maxRecent bounds the processes whose last peers are remembered; when there
// are more, all are forgotten.
const maxRecent = 1024

// A recents is to whom each process has connected last.
type recents struct {
	mu sync.Mutex // protects of
	of map[int]target
}

func processOf(o *spi.Opening) int {
	if o.Process == nil {
		return 0
	}
	return o.Process.ID
}

func (r *recents) note(process int, to target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil || len(r.of) >= maxRecent {
		r.of = map[int]target{}
	}
	r.of[process] = to
}

// expected returns from whom connections are expected. That the proxy has to
// be told, and may hold it against others.
func (s *stream) expected() target {
	if s.expect != (target{}) {
		return s.expect
	}
	s.recent.mu.Lock()
	defer s.recent.mu.Unlock()
	if to, ok := s.recent.of[processOf(s.opening)]; ok {
		return to
	}
	return target{addr: netip.IPv4Unspecified()}
}
