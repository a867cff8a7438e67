// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// datagramPart is what a datagram socket has besides.
type datagramPart struct {
	first, last *packet // received
	waiting     int     // bytes of them
	leaving     int     // bytes that wait for bandwidth
	unreachable bool    // a port was unreachable; the next receive says so
	ignoreICMP  bool    // SIO_UDP_CONNRESET FALSE
	circular    bool    // SIO_ENABLE_CIRCULAR_QUEUEING
	groups      []netip.Addr
}

// A packet is a datagram.
type packet struct {
	next     *packet
	data     []byte
	from, to netip.AddrPort
	fromPath string
	ttl, tos uint8
	flags    uint32  // MSG_BCAST, MSG_MCAST
	sender   *socket // of a unicast, to tell it that the port is unreachable
	host     *Host   // where it goes, or
	target   *socket // the AF_UNIX socket that it goes to
}

// arriveLocked is the end of the packet's way.
func (p *packet) arriveLocked(w *wakes) {
	switch {
	case p.target != nil && p.target.st.Has(sockstate.Connected) && p.target.peerPath != p.fromPath:
		p.target.net.freePacketLocked(p) // a connected socket hears its peer only
	case p.target != nil:
		p.target.queueLocked(p, w)
	case p.flags != 0:
		p.host.takeManyLocked(p, w)
	default:
		p.host.takeLocked(p, w)
	}
}

// newPacketLocked returns a packet with room for size bytes, one that was
// used before if there is one.
func (n *Network) newPacketLocked(size int) *packet {
	p := n.free
	if p == nil {
		p = new(packet)
	} else {
		n.free = p.next
		p.next = nil
	}
	if cap(p.data) < size {
		p.data = make([]byte, size)
	}
	p.data = p.data[:size]
	return p
}

func (n *Network) freePacketLocked(p *packet) {
	*p = packet{next: n.free, data: p.data}
	n.free = p
}

// connectDatagramLocked sets the peer, or takes it away for AF_UNSPEC
// (difference 70).
func (s *socket) connectDatagramLocked(name *wsa.Sockaddr) error {
	if name != nil && name.Len() >= 2 && name.Family() == wsa.AF_UNSPEC {
		s.peer, s.peerPath = netip.AddrPort{}, ""
		s.st.SetPeer(false)
		return nil
	}
	if err := s.checkName(name); err != nil {
		return err
	}
	if s.family == wsa.AF_UNIX {
		if name.Family() != s.family {
			return wsa.WSAEAFNOSUPPORT
		}
		if l := s.net.local[name.UnixPath()]; l == nil || !l.datagram {
			return wsa.WSAECONNREFUSED
		}
		s.peerPath = name.UnixPath()
		s.st.SetPeer(true)
		return nil
	}
	to, err := s.parseName(name)
	if err != nil {
		return err
	}
	if to.Port() == 0 || to.Addr().IsUnspecified() {
		return wsa.WSAEADDRNOTAVAIL
	}
	source, ok := s.host.sourceFor(to.Addr())
	if !ok {
		return wsa.WSAENETUNREACH
	}
	if err := s.bindForLocked(source); err != nil {
		return err
	}
	s.aimFromLocked(source)
	s.peer = to
	s.st.SetPeer(true)
	return nil
}

// aimFromLocked makes the name of a socket on the wildcard specific.
func (s *socket) aimFromLocked(source netip.Addr) {
	if s.local.Addr().IsUnspecified() {
		s.local = netip.AddrPortFrom(source, s.local.Port())
	}
}

// sendDatagram sends one datagram. Its errors are those of "sendto
// function": WSAEMSGSIZE above the maximum, WSAEACCES for a broadcast that
// SO_BROADCAST does not allow, WSAEADDRNOTAVAIL for port 0, WSAENETUNREACH
// without a route.
func (s *socket) sendDatagram(m *spi.Message) (int, error) {
	var w wakes
	s.net.mu.Lock()
	n, err := s.sendDatagramLocked(m, &w)
	s.net.mu.Unlock()
	w.fire()
	return n, err
}

func (s *socket) sendDatagramLocked(m *spi.Message, w *wakes) (int, error) {
	if m.Name != nil {
		if err := s.checkName(m.Name); err != nil {
			return 0, err
		}
	}
	if err := s.st.CheckSend(m.Name != nil); err != nil {
		return 0, err
	}
	size := m.Len()
	limit := sockopt.MaxDatagram4
	if s.family == wsa.AF_INET6 {
		limit = sockopt.MaxDatagram6
	}
	if size > limit {
		return 0, wsa.WSAEMSGSIZE
	}
	if s.fullLocked() {
		return 0, wsa.WSAEWOULDBLOCK
	}
	if s.family == wsa.AF_UNIX {
		return s.sendLocalLocked(m, size, w)
	}
	to := s.peer
	if m.Name != nil {
		var err error
		if to, err = s.parseName(m.Name); err != nil {
			return 0, err
		}
		if to.Port() == 0 || to.Addr().IsUnspecified() {
			return 0, wsa.WSAEADDRNOTAVAIL
		}
		if to.Addr() == broadcast && !s.opts.Bool(broadcastRule) {
			return 0, wsa.WSAEACCES
		}
	}
	source, ok := s.host.sourceFor(to.Addr())
	if !ok {
		return 0, wsa.WSAENETUNREACH
	}
	if err := s.bindForLocked(source); err != nil {
		return 0, err
	}
	from := s.local
	if from.Addr().IsUnspecified() || from.Addr().Is4() != to.Addr().Is4() {
		from = netip.AddrPortFrom(source, from.Port())
	}
	ttl, tos := hopRules(to.Addr())
	head := packet{from: from, to: to, ttl: s.octet(ttl), tos: s.octet(tos)}
	if len(m.Control) > 0 {
		if err := s.takeControl(m.Control, &head); err != nil {
			return 0, err
		}
	}
	s.net.traceLocked("send", head.from, to, size)
	switch {
	case to.Addr() == broadcast:
		head.flags = wsa.MSG_BCAST
		s.sendManyLocked(m, &head, size, w)
	case to.Addr().IsMulticast():
		head.flags = wsa.MSG_MCAST
		s.sendManyLocked(m, &head, size, w)
	default:
		head.sender = s
		if head.host = s.host.routeLocked(to.Addr()); head.host == nil {
			return 0, wsa.WSAENETUNREACH
		}
		s.launchLocked(m, &head, size, w)
	}
	return size, nil
}

// hopRules are the options that say how many hops datagrams to the address
// may make, and their type of service.
func hopRules(to netip.Addr) (ttl, tos *sockopt.Rule) {
	switch {
	case to.Is4() && to.IsMulticast():
		return multicastTTL4Rule, tosRule
	case to.Is4():
		return ttl4Rule, tosRule
	case to.IsMulticast():
		return multicastTTL6Rule, trafficClassRule
	}
	return ttl6Rule, trafficClassRule
}

// octet is the value of an option of one byte, for which -1 is the default.
func (s *socket) octet(r *sockopt.Rule) uint8 {
	v := s.opts.Value(r)
	if v < 0 {
		v = r.DefaultOf(s.opts.Kind())
	}
	return uint8(v)
}

func (s *socket) sendLocalLocked(m *spi.Message, size int, w *wakes) (int, error) {
	path := s.peerPath
	if m.Name != nil {
		if m.Name.Family() != s.family {
			return 0, wsa.WSAEAFNOSUPPORT
		}
		path = m.Name.UnixPath()
	}
	r := s.net.local[path]
	if r == nil || !r.datagram {
		return 0, wsa.WSAECONNREFUSED
	}
	if err := s.bindForLocked(netip.Addr{}); err != nil {
		return 0, err
	}
	s.launchLocked(m, &packet{fromPath: s.path, target: r}, size, w)
	return size, nil
}

// launchLocked sends the message on its way in a packet with that head, and
// in another one if chance duplicates it.
func (s *socket) launchLocked(m *spi.Message, head *packet, size int, w *wakes) {
	n := s.net
	way := pair{head.from.Addr(), head.to.Addr()}
	l := n.linkLocked(way)
	if l.perfect() {
		n.fillLocked(m, head, size).arriveLocked(w)
		return
	}
	copies := 1
	if n.chanceLocked(l.Duplicate) {
		copies = 2
	}
	for range copies {
		if n.lostLocked(&l) {
			n.traceLocked("lost", head.from, head.to, size)
			continue
		}
		left, at := n.travelLocked(way, &l, size)
		if n.chanceLocked(l.Reorder) {
			at = at.Add(l.holdBack())
		}
		if left.After(n.clock.Now()) {
			s.leaving += size
			n.laterLocked(left, func(w *wakes) {
				s.leaving -= size
				w.add(s, spi.EventWrite)
			})
		}
		p := n.fillLocked(m, head, size)
		n.laterLocked(at, p.arriveLocked)
	}
}

// fillLocked returns a packet with the head and the message's data.
func (n *Network) fillLocked(m *spi.Message, head *packet, size int) *packet {
	p := n.newPacketLocked(size)
	data := p.data
	*p = *head
	p.data = data
	m.Gather(p.data, 0)
	return p
}

// takeLocked is the arrival of a packet at its host. If nobody has the port,
// the sender hears of it.
func (h *Host) takeLocked(p *packet, w *wakes) {
	n, sender := h.net, p.sender
	s := h.findLocked(true, p.to, func(s *socket) int { return s.hears(p) })
	if s != nil {
		s.queueLocked(p, w)
		return
	}
	n.traceLocked("refuse", p.from, p.to, len(p.data))
	back := pair{p.to.Addr(), p.from.Addr()}
	n.freePacketLocked(p)
	l := n.linkLocked(back)
	switch {
	case l.perfect():
		sender.unreachableLocked(w)
	case !n.lostLocked(&l):
		_, at := n.travelLocked(back, &l, 0)
		n.laterLocked(at, func(w *wakes) { sender.unreachableLocked(w) })
	}
}

// hears tells how well a packet fits the socket's peer: a connected socket
// takes nothing from others.
func (s *socket) hears(p *packet) int {
	switch {
	case !s.st.Has(sockstate.Connected):
		return 0
	case s.peer == p.from:
		return 5
	}
	return -1
}

// unreachableLocked notes that a datagram found no receiver, which the next
// receive reports as WSAECONNRESET ("recvfrom function"), unless
// SIO_UDP_CONNRESET turned that off.
func (s *socket) unreachableLocked(w *wakes) {
	if !s.closed && !s.ignoreICMP {
		s.unreachable = true
		w.add(s, spi.EventReset)
	}
}

// queueLocked hands a packet to its receiver, which drops it when the buffer
// is full. The buffer always holds one datagram, whatever its size.
func (s *socket) queueLocked(p *packet, w *wakes) {
	n := s.net
	if s.circular {
		for s.first != nil && s.waiting+len(p.data) > s.rcvbuf {
			s.dropFirstLocked()
		}
	}
	if s.closed || s.st.Has(sockstate.RecvShut) || s.first != nil && s.waiting+len(p.data) > s.rcvbuf {
		n.traceLocked("drop", p.from, p.to, len(p.data))
		n.freePacketLocked(p)
		return
	}
	n.traceLocked("arrive", p.from, p.to, len(p.data))
	if s.last == nil {
		s.first = p
	} else {
		s.last.next = p
	}
	s.last = p
	s.waiting += len(p.data)
	w.add(s, spi.EventRead)
}

func (s *socket) dropFirstLocked() {
	p := s.first
	s.first = p.next
	if s.first == nil {
		s.last = nil
	}
	s.waiting -= len(p.data)
	s.net.freePacketLocked(p)
}

func (s *socket) dropPacketsLocked() {
	for s.first != nil {
		s.dropFirstLocked()
	}
}

// recvDatagram receives one datagram. One that does not fit is cut and
// answered with WSAEMSGSIZE (difference 79).
func (s *socket) recvDatagram(m *spi.Message) (int, error) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckRecv(); err != nil {
		return 0, err
	}
	p := s.first
	if p == nil {
		if s.unreachable {
			s.unreachable = false
			return 0, wsa.WSAECONNRESET
		}
		return 0, wsa.WSAEWOULDBLOCK
	}
	peek := m.Flags&wsa.MSG_PEEK != 0
	n := m.Scatter(p.data, 0)
	m.Flags = p.flags
	if m.Name != nil {
		s.putName(m.Name, p.from, p.fromPath)
	}
	err := s.putControl(m, p)
	if n < len(p.data) {
		m.Flags |= wsa.MSG_TRUNC
		err = wsa.WSAEMSGSIZE
	}
	if !peek {
		s.dropFirstLocked()
	}
	return n, err
}

// fullLocked reports whether the send buffer is full of datagrams that wait
// for bandwidth. It takes one as long as it is not, however large.
func (s *socket) fullLocked() bool { return s.leaving >= max(1, s.sndbuf) }

func (s *socket) readyDatagramLocked() (e spi.Events) {
	f := s.st.Flags()
	if f&sockstate.RecvShut == 0 && s.first != nil {
		e |= spi.EventRead
	}
	if f&sockstate.SendShut == 0 && !s.fullLocked() {
		e |= spi.EventWrite
	}
	if s.unreachable {
		e |= spi.EventReset
	}
	return e
}
