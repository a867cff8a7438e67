// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net/netip"
	"sync"
	"sync/atomic"

	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A datagram is a socket whose datagrams go by way of a proxy (RFC 1928, 7),
// all but those to direct peers. The association with the proxy begins with
// the first datagram and lasts as long as the connection that it was made
// over. When that has ended, the next datagram begins another one.
//
// Whoever knows the socket's own address can send to it past the proxy, unless
// it is connected.
type datagram struct {
	layer.PassThrough
	*socks
	opening *spi.Opening
	family  int32

	// watchers are all that are put on this socket; link, on the socket
	// below, tells them.
	watchers spi.WatchList
	link     spi.Watcher

	relay atomic.Pointer[wsa.Sockaddr] // where datagrams go, and come from
	asked atomic.Pointer[wsa.Sockaddr] // the peer behind the proxy that it is connected to

	mu     sync.Mutex // protects what follows
	linked bool
	assoc  *association
	known  peers
}

// An association is a connection to a proxy that carries datagrams.
type association struct {
	control *stream
	watcher spi.Watcher
	hint    atomic.Bool // it may have ended
	via     wsa.Sockaddr
}

// peers are those behind the proxy to whom was sent. Answers come from
// addresses, also those of peers that are known by name only.
type peers struct {
	addrs map[netip.AddrPort]bool
	names map[uint16]wsa.Sockaddr // by their port: to whom was sent last
}

// maxPeers bounds them; when there are more, all are forgotten.
const maxPeers = 1024

var (
	_ spi.Socket   = (*datagram)(nil)
	_ spi.Foreseer = (*datagram)(nil)
)

func (s *datagram) init(p *socks, below spi.Socket, o *spi.Opening, family int32) {
	s.socks, s.opening, s.family, s.Socket = p, o, family, below
	s.link.Mask = spi.EventAll
	s.link.Notify = func(e spi.Events) { s.watchers.Notify(e) }
}

// Foresee tells that the data goes past the layer when the owner of a socket
// that exists already connects it to a direct peer.
func (s *datagram) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.opening.Base == nil || !layer.IsPeer(name, s.family) {
		return s
	}
	own := *name
	if _, past, err := s.targetOf(&own); err != nil || !past {
		return s
	}
	return spi.DataPathTo(s.Socket, &own)
}

// Connect sets the peer. One behind the proxy is not told to the socket below.
func (s *datagram) Connect(name *wsa.Sockaddr) error {
	if !layer.IsPeer(name, s.family) {
		err := s.Socket.Connect(name)
		if err == nil {
			s.asked.Store(nil) // it was dissolved
		}
		return err
	}
	own := *name
	_, past, err := s.targetOf(&own)
	if err != nil {
		return err
	}
	if past {
		if err := s.Socket.Connect(&own); err != nil {
			return err
		}
		s.asked.Store(nil)
		return nil
	}
	if !s.usable() {
		return wsa.WSAENETUNREACH
	}
	var peer wsa.Sockaddr
	if s.Socket.GetPeerName(&peer) == nil { // a direct one
		unspec := wsa.SockaddrBytes(make([]byte, wsa.SizeofSockaddrIn))
		if err := s.Socket.Connect(&unspec); err != nil {
			return err
		}
	}
	if err := s.bind(); err != nil {
		return err
	}
	s.asked.Store(&own)
	return nil
}

// usable reports whether there is a proxy that carries datagrams: they go
// through one of SOCKS 5 and no other.
func (s *datagram) usable() bool {
	for _, p := range s.router.proxies {
		if p.kind == socks5 {
			return len(s.router.proxies) == 1 || s.router.mode >= roundRobin && s.router.length == 1
		}
	}
	return false
}

// bind binds the socket as a connect or a send does.
func (s *datagram) bind() error {
	var name wsa.Sockaddr
	if s.Socket.GetSockName(&name) == nil {
		return nil
	}
	addr := netip.IPv4Unspecified()
	if s.family == wsa.AF_INET6 {
		addr = netip.IPv6Unspecified()
		// The proxy may have an IPv4 address only.
		_ = s.Socket.SetSockOpt(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY, make([]byte, 4))
	}
	name = wsa.SockaddrFrom(netip.AddrPortFrom(addr, 0))
	return s.Socket.Bind(&name)
}

// GetPeerName tells the peer behind the proxy, if the socket has one.
func (s *datagram) GetPeerName(name *wsa.Sockaddr) error {
	if asked := s.asked.Load(); asked != nil {
		if name == nil {
			return wsa.WSAEFAULT
		}
		*name = *asked
		return nil
	}
	return s.Socket.GetPeerName(name)
}

// GetSockName tells an address of the same kind as the peer behind the proxy
// has: resolvers compare the two. The socket below may not know one, as it is
// not connected.
func (s *datagram) GetSockName(name *wsa.Sockaddr) error {
	err := s.Socket.GetSockName(name)
	asked := s.asked.Load()
	if asked == nil || err != nil {
		return err
	}
	own, ok := name.AddrPort()
	peer, _ := asked.AddrPort()
	addr, v4 := own.Addr().Unmap(), peer.Addr().Unmap().Is4()
	switch {
	case !ok || addr.Is4() == v4 && !addr.IsUnspecified():
		return nil
	case v4:
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	default:
		addr = netip.IPv6Loopback()
	}
	shown, err := sockaddrFor(netip.AddrPortFrom(addr, own.Port()), s.family)
	if err == nil {
		*name = shown
	}
	return nil
}

// A packet is what one send or receive needs.
type packet struct {
	msg  spi.Message
	name wsa.Sockaddr
	bufs [][]byte
	head []byte
	data []byte // room for a datagram that is received
}

var packets = sync.Pool{New: func() any { return new(packet) }}

func (p *packet) free() {
	p.msg.Reset()
	clear(p.bufs[:cap(p.bufs)])
	packets.Put(p)
}

// Send sends past the proxy to a direct peer, and else through it. It answers
// WSAEWOULDBLOCK until the proxy is ready.
func (s *datagram) Send(m *spi.Message) (int, error) {
	to := m.Name
	if to == nil {
		to = s.asked.Load()
	}
	if !layer.IsPeer(to, s.family) {
		return s.Socket.Send(m)
	}
	p := packets.Get().(*packet)
	defer p.free()
	p.name = *to // whatever the caller's memory does
	t, past, err := s.targetOf(&p.name)
	if err != nil {
		return 0, err
	}
	if past {
		p.msg = *m
		p.msg.Name = &p.name
		n, err := s.Socket.Send(&p.msg)
		m.Flags = p.msg.Flags
		return n, err
	}
	relay, err := s.associated(&p.name, t)
	if err != nil {
		return 0, err
	}
	p.head = append(p.head[:0], 0, 0, 0)
	if t.host != "" {
		p.head = append(append(p.head, atypName, byte(len(t.host))), t.host...)
		p.head = append(p.head, byte(t.port>>8), byte(t.port))
	} else {
		p.head = appendAddr(p.head, netip.AddrPortFrom(t.addr, t.port))
	}
	p.bufs = append(append(p.bufs[:0], p.head), m.Bufs...)
	p.msg.Bufs, p.msg.Flags, p.msg.Control, p.msg.Name = p.bufs, m.Flags, m.Control, relay
	n, err := s.Socket.Send(&p.msg)
	return max(n-len(p.head), 0), err
}

// associated returns where datagrams go, and notes to whom one is about to be
// sent. The first call begins the association.
func (s *datagram) associated(name *wsa.Sockaddr, t target) (*wsa.Sockaddr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.assoc
	if a != nil && a.hint.Swap(false) && a.control.ConnectResult() == nil &&
		a.control.Ready(spi.EventRead|spi.EventsEnd) != 0 {
		s.dissolveLocked()
		a = nil
	}
	if a == nil {
		if !s.usable() {
			return nil, wsa.WSAENETUNREACH
		}
		if err := s.bind(); err != nil {
			return nil, err
		}
		var err error
		if a, err = s.associate(); err != nil {
			return nil, err
		}
		s.assoc = a
	}
	relay := s.relay.Load()
	if relay == nil {
		if err := a.control.ConnectResult(); err != nil {
			if err != wsa.WSAEWOULDBLOCK {
				s.dissolveLocked()
			}
			return nil, err
		}
		var err error
		if relay, err = s.relayOf(a); err != nil {
			s.dissolveLocked()
			return nil, err
		}
		s.relay.Store(relay)
	}
	s.known.note(name, t)
	return relay, nil
}

func (k *peers) note(name *wsa.Sockaddr, t target) {
	if k.addrs == nil || len(k.addrs) >= maxPeers || len(k.names) >= maxPeers {
		*k = peers{map[netip.AddrPort]bool{}, map[uint16]wsa.Sockaddr{}}
	}
	if t.host != "" {
		k.names[t.port] = *name
	} else {
		k.addrs[netip.AddrPortFrom(t.addr, t.port)] = true
	}
}

// associate begins an association.
func (s *datagram) associate() (*association, error) {
	control, err := s.aside(s.opening, s.family)
	if err != nil {
		return nil, err
	}
	a := &association{control: control}
	a.watcher.Mask = spi.EventAll
	a.watcher.Notify = func(e spi.Events) {
		a.hint.Store(true)
		s.watchers.Notify(spi.EventWrite)
	}
	a.control.Watch(&a.watcher)
	a.control.begin(&attempt{command: cmdAssociate, to: target{addr: netip.IPv4Unspecified()}, usable: func(p *proxy) bool { return p.kind == socks5 }})
	return a, nil
}

// relayOf returns the address that the proxy takes datagrams at: without a
// word of it, its own.
func (s *datagram) relayOf(a *association) (*wsa.Sockaddr, error) {
	bound := a.control.attempt.bound
	addr := bound.Addr()
	if !addr.IsValid() || addr.IsUnspecified() {
		if err := a.control.lower.GetPeerName(&a.via); err != nil {
			return nil, wsa.WSAENETUNREACH
		}
		ap, _ := a.via.AddrPort()
		addr = ap.Addr().Unmap()
	}
	name, err := sockaddrFor(netip.AddrPortFrom(addr, bound.Port()), s.family)
	if err != nil || bound.Port() == 0 {
		return nil, wsa.WSAENETUNREACH
	}
	return &name, nil
}

// dissolveLocked ends the association.
func (s *datagram) dissolveLocked() {
	if a := s.assoc; a != nil {
		s.assoc = nil
		s.relay.Store(nil)
		a.control.Unwatch(&a.watcher)
		_ = a.control.Close()
	}
}

// Recv receives what the proxy brings, as from the peer that sent it, and, on
// a socket that is not connected to one behind the proxy, what others send.
func (s *datagram) Recv(m *spi.Message) (int, error) {
	asked := s.asked.Load()
	if asked == nil && s.relay.Load() == nil {
		return s.Socket.Recv(m)
	}
	p := packets.Get().(*packet)
	defer p.free()
	if p.data == nil {
		p.data = make([]byte, 1<<16)
	}
	for {
		p.msg.SetBuffer(p.data)
		p.name.SetLen(0)
		p.msg.Name, p.msg.Flags, p.msg.Control = &p.name, m.Flags, m.Control
		n, err := s.Socket.Recv(&p.msg)
		if err == wsa.WSAECONNRESET { // the proxy's address, most likely, and not the peer's
			s.doubt()
			continue
		}
		if err != nil {
			return 0, err
		}
		data, ok := s.taken(p, n, asked)
		if !ok {
			if m.Flags&wsa.MSG_PEEK != 0 { // away with it
				p.msg.Flags &^= wsa.MSG_PEEK
				p.msg.SetBuffer(nil)
				_, _ = s.Socket.Recv(&p.msg)
			}
			continue
		}
		m.Flags, m.Control = p.msg.Flags, p.msg.Control
		if m.Name != nil {
			*m.Name = p.name
		}
		n = m.Scatter(data, 0)
		if n < len(data) {
			m.Flags |= wsa.MSG_TRUNC
			return n, wsa.WSAEMSGSIZE
		}
		return n, nil
	}
}

// doubt has the next send look whether the association has ended.
func (s *datagram) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.assoc != nil {
		s.assoc.hint.Store(true)
	}
}

// taken returns what of a datagram is the program's, and makes its sender the
// one behind the proxy. ok is false for what is not to be received.
func (s *datagram) taken(p *packet, n int, asked *wsa.Sockaddr) (data []byte, ok bool) {
	relay := s.relay.Load()
	if relay == nil || !sameAddr(&p.name, relay) {
		return p.data[:n], asked == nil
	}
	from, host, size, ok := readHeader(p.data[:n])
	if !ok {
		return nil, false
	}
	name := s.sender(from, host)
	if asked != nil && !sameAddr(&name, asked) || name.Len() == 0 {
		return nil, false
	}
	p.name = name
	return p.data[size:n], true
}

// sender returns the address of a peer that the proxy has named: of one that
// is known by name, that which stands for it.
func (s *datagram) sender(from netip.AddrPort, host string) wsa.Sockaddr {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, named := s.known.names[from.Port()]
	if host != "" {
		if addr, ok := last.AddrPort(); named && ok {
			if known, _ := hostnames.Fake(addr.Addr()); known == host {
				return last
			}
		}
		return wsa.Sockaddr{}
	}
	if named && !s.known.addrs[from] {
		return last
	}
	name, _ := sockaddrFor(from, s.family)
	return name
}

// readHeader reads what the proxy puts before a datagram: who sent it, by
// address or by name, and how long the header is. Datagrams in fragments are
// not taken.
func readHeader(b []byte) (from netip.AddrPort, host string, size int, ok bool) {
	if len(b) < 4 || b[2] != 0 {
		return from, "", 0, false
	}
	at := 4
	switch b[3] {
	case atypIPv4:
		size = 4
	case atypIPv6:
		size = 16
	case atypName:
		if len(b) < 5 || b[4] == 0 {
			return from, "", 0, false
		}
		at, size = 5, int(b[4])
	default:
		return from, "", 0, false
	}
	end := at + size + 2
	if len(b) < end {
		return from, "", 0, false
	}
	port := uint16(b[end-2])<<8 | uint16(b[end-1])
	if b[3] == atypName {
		return netip.AddrPortFrom(netip.Addr{}, port), string(b[at : at+size]), end, true
	}
	addr, _ := netip.AddrFromSlice(b[at : at+size])
	return netip.AddrPortFrom(addr.Unmap(), port), "", end, true
}

// sameAddr reports whether two names are the same address and port, in
// whatever form.
func sameAddr(a, b *wsa.Sockaddr) bool {
	x, okX := a.AddrPort()
	y, okY := b.AddrPort()
	return okX && okY && x.Port() == y.Port() && x.Addr().Unmap().WithZone("") == y.Addr().Unmap().WithZone("")
}

// Ready does not tell that the socket can send while the proxy is not ready.
func (s *datagram) Ready(mask spi.Events) spi.Events {
	e := s.Socket.Ready(mask)
	if e&spi.EventWrite != 0 && s.relay.Load() == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if a := s.assoc; a != nil && a.control.ConnectResult() == wsa.WSAEWOULDBLOCK {
			e &^= spi.EventWrite
		}
	}
	return e
}

// Watch puts w on the layer's socket.
func (s *datagram) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Watch(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers.Add(w)
	if !s.linked {
		s.linked = true
		s.Socket.Watch(&s.link)
	}
}

// Unwatch takes w off.
func (s *datagram) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Park parks below, but not to wait for the proxy.
func (s *datagram) Park(d spi.Direction, try func() bool) (parked bool, err error) {
	if d == spi.Sending {
		if try() {
			return true, nil
		}
		if s.relay.Load() == nil {
			return false, nil
		}
	}
	return s.PassThrough.Park(d, try)
}

// Close ends the association, and then the socket below.
func (s *datagram) Close() error {
	s.end()
	return s.PassThrough.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *datagram) Abandon() {
	s.end()
	s.PassThrough.Abandon()
}

func (s *datagram) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dissolveLocked()
	if s.linked {
		s.linked = false
		s.Socket.Unwatch(&s.link)
	}
}
