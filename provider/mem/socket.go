// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// A socket is a stream or datagram socket on a host. The state and the
// options protect themselves; the network's lock protects the rest.
type socket struct {
	net      *Network
	host     *Host
	family   int32
	sockType int32
	datagram bool

	st    sockstate.State
	opts  sockopt.Store
	watch spi.WatchList

	bound          endpoint // what it holds of its host's ports
	local, peer    netip.AddrPort
	path, peerPath string // of AF_UNIX, instead of local and peer
	sndbuf, rcvbuf int
	closed         bool

	streamPart
	datagramPart
}

var (
	_ spi.Socket   = (*socket)(nil)
	_ spi.Lingerer = (*socket)(nil)
)

func newSocket(h *Host, family, sockType int32) *socket {
	s := &socket{net: h.net, host: h, family: family, sockType: sockType, datagram: sockType == wsa.SOCK_DGRAM}
	s.st.Init(s.datagram)
	s.opts.Init(sockopt.KindOf(family, sockType))
	s.sndbuf, s.rcvbuf = sockopt.BufferSize, sockopt.BufferSize
	return s
}

// pair is the direction in which s sends to its peer.
func (s *socket) pair() pair {
	return pair{s.local.Addr(), s.peer.Addr()}
}

func (s *socket) linkLocked() Link { return s.net.linkLocked(s.pair()) }

// directLocked reports whether traffic to and from the peer takes no time.
func (s *socket) directLocked() bool {
	if s.net.perfect {
		return true
	}
	there, p := s.linkLocked(), s.pair()
	back := s.net.linkLocked(pair{p.to, p.from})
	return there.perfect() && back.perfect()
}

// Bind is WSPBind ("bind function"): WSAEADDRNOTAVAIL for an address that is
// not the host's.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	if err := s.checkName(name); err != nil {
		return err
	}
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckBind(); err != nil {
		return err
	}
	if name.Family() != s.family {
		return wsa.WSAEAFNOSUPPORT
	}
	if s.family == wsa.AF_UNIX {
		return s.bindPathLocked(name.UnixPath())
	}
	ap, err := s.parseName(name)
	if err != nil {
		return wsa.WSAEADDRNOTAVAIL
	}
	if !ap.Addr().IsUnspecified() && !s.host.has(ap.Addr()) {
		return wsa.WSAEADDRNOTAVAIL
	}
	return s.bindLocked(ap)
}

func (s *socket) bindLocked(ap netip.AddrPort) error {
	ep := endpoint{
		addr:      ap.Addr(),
		port:      ap.Port(),
		dual:      ap.Addr() == netip.IPv6Unspecified() && !s.opts.Bool(v6OnlyRule),
		reuse:     s.opts.Bool(reuseRule),
		exclusive: s.opts.Bool(exclusiveRule),
	}
	if err := s.host.bindLocked(s, ep); err != nil {
		return err
	}
	s.st.SetBound()
	return nil
}

// bindForLocked binds an unbound socket that is to talk to an address, as
// connect and sendto do: a connection to the address that is its source, a
// datagram socket to the wildcard.
func (s *socket) bindForLocked(source netip.Addr) error {
	if s.st.Has(sockstate.Bound) {
		return nil
	}
	if s.family == wsa.AF_UNIX {
		s.st.SetBound() // it stays without a name
		return nil
	}
	if s.datagram {
		source = netip.IPv4Unspecified()
		if s.family == wsa.AF_INET6 {
			source = netip.IPv6Unspecified()
		}
	}
	return s.bindLocked(netip.AddrPortFrom(source, 0))
}

// GetSockName is WSPGetSockName.
func (s *socket) GetSockName(name *wsa.Sockaddr) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckSockName(); err != nil {
		return err
	}
	return s.putName(name, s.local, s.path)
}

// GetPeerName is WSPGetPeerName.
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	if err := s.st.CheckPeerName(); err != nil {
		return err
	}
	return s.putName(name, s.peer, s.peerPath)
}

// ConnectResult is how the last Connect ended.
func (s *socket) ConnectResult() error { return s.st.ConnectResult() }

// Connect is WSPConnect.
func (s *socket) Connect(name *wsa.Sockaddr) error {
	var w wakes
	s.net.mu.Lock()
	var err error
	if s.datagram {
		err = s.connectDatagramLocked(name)
	} else {
		err = s.connectStreamLocked(name, &w)
	}
	s.net.mu.Unlock()
	w.fire()
	return err
}

// Send is WSPSend, WSPSendTo and WSASendMsg. MSG_PARTIAL is WSAEOPNOTSUPP, as
// no protocol here has partial messages ("WSASend function"), and MSG_OOB is
// for streams of the Internet families only.
func (s *socket) Send(m *spi.Message) (int, error) {
	if m.Flags&^(wsa.MSG_OOB|wsa.MSG_DONTROUTE|wsa.MSG_PUSH_IMMEDIATE) != 0 {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if m.Flags&wsa.MSG_OOB != 0 && (s.datagram || s.family == wsa.AF_UNIX) {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if s.datagram {
		return s.sendDatagram(m)
	}
	return s.sendStream(m)
}

// Recv is WSPRecv, WSPRecvFrom and WSARecvMsg.
func (s *socket) Recv(m *spi.Message) (int, error) {
	if m.Flags&^(wsa.MSG_OOB|wsa.MSG_PEEK|wsa.MSG_PARTIAL|wsa.MSG_WAITALL|wsa.MSG_PUSH_IMMEDIATE) != 0 {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if m.Flags&wsa.MSG_OOB != 0 && (s.datagram || s.family == wsa.AF_UNIX) {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if s.datagram {
		return s.recvDatagram(m)
	}
	return s.recvStream(m)
}

// Shutdown is WSPShutdown.
func (s *socket) Shutdown(how int32) error {
	var w wakes
	s.net.mu.Lock()
	closed, err := s.st.Shutdown(how)
	if closed != 0 {
		// Whoever waits in a closed direction learns of it.
		w.add(s, spi.EventRead|spi.EventWrite|spi.EventClose)
		switch {
		case s.datagram && closed&sockstate.RecvShut != 0:
			s.dropPacketsLocked()
		case !s.datagram && closed&sockstate.SendShut != 0:
			s.out.end(&w)
		}
	}
	s.net.mu.Unlock()
	w.fire()
	return err
}

// Close is WSPCloseSocket.
func (s *socket) Close() error {
	var w wakes
	s.net.mu.Lock()
	s.closeLocked(&w)
	s.net.mu.Unlock()
	w.fire()
	return nil
}

func (s *socket) closeLocked(w *wakes) {
	if s.closed {
		return
	}
	if s.datagram {
		s.dropPacketsLocked()
	} else {
		s.closeStreamLocked(w)
	}
	s.closed = true
	s.host.unbindLocked(s)
	if s.path != "" && s.net.local[s.path] == s {
		delete(s.net.local, s.path)
	}
	s.net.closedLocked()
}

// Ready tells which events hold.
func (s *socket) Ready(mask spi.Events) spi.Events {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	e := s.st.Events()
	if s.datagram {
		e |= s.readyDatagramLocked()
	} else {
		e |= s.readyStreamLocked()
	}
	return e & mask
}

// Watch puts w on the socket.
func (s *socket) Watch(w *spi.Watcher) { s.watchList(w).Add(w) }

// Unwatch takes w off again.
func (s *socket) Unwatch(w *spi.Watcher) { s.watchList(w).Remove(w) }

func (s *socket) watchList(w *spi.Watcher) *spi.WatchList {
	if w.Mask&spi.EventsChange != 0 {
		return &s.host.changes
	}
	return &s.watch
}
