// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// A socket is a socket of the kernel with Winsock's state. What every message
// needs comes first, in one line of the processor's cache.
type socket struct {
	kind     *kind
	fd       int
	watchers spi.WatchList
	state    sockstate.State

	protocol int32
	refused  atomic.Uint32 // wsa.Errno of an ICMP message that waits for Recv, else 0
	marks    atomic.Uint32 // of the marks below

	// shared counts the processes that have, had, or were offered the
	// kernel's socket too.
	shared atomic.Int32

	opts sockopt.Store // the options as they were set

	mu    sync.Mutex // held over system calls that change the state; protects what follows
	peer  heldName   // of the last Connect, or of the accepted connection
	claim *claim     // the address that Bind was given, nil if there is none

	watchMu sync.Mutex // protects desc
	desc    poller.Desc

	park atomic.Pointer[parker] // nil until a goroutine parks or a deadline is set
}

// Marks of a socket.
const (
	unparked    = 1 << iota // Unpark was called
	gone                    // Close was called
	unreachable             // ICMP messages of that kind are not told: SIO_UDP_CONNRESET is off
	expired                 // the same for SIO_UDP_NETRESET
)

func (s *socket) marked(mark uint32) bool { return s.marks.Load()&mark != 0 }

func (s *socket) mark(mark uint32, set bool) {
	if set {
		s.marks.Or(mark)
	} else {
		s.marks.And(^mark)
	}
}

var (
	_ spi.Socket   = (*socket)(nil)
	_ spi.Handler  = (*socket)(nil)
	_ spi.Parker   = (*socket)(nil)
	_ spi.Lingerer = (*socket)(nil)
	_ spi.Steady   = (*socket)(nil)

	_ spi.Duplicator = (*socket)(nil)
)

// open makes s a new socket of that kind.
func (s *socket) open(k *kind, protocol int32) error {
	fd, e := sys.Socket(k.domain, int(k.typ), int(protocol))
	if e != 0 {
		return wsa.FromErrno(e).Err()
	}
	s.wrap(k, fd, protocol)
	s.state.Init(!k.stream)
	s.opts.Init(k.options)
	s.prepare()
	return nil
}

// accepted makes the socket of a connection that was accepted on l.
func (l *socket) accepted(fd int, peer *wsa.Sockaddr) *socket {
	s := new(socket)
	s.wrap(l.kind, fd, l.protocol)
	s.peer.set(peer)
	s.state.InitAccepted(time.Now())
	s.opts.Inherit(&l.opts) // the kernel has done so with those that it keeps
	return s
}

// wrapConnection makes the socket of a connection that the kernel has already.
func wrapConnection(k *kind, protocol int32, c *spi.Connection) (spi.Socket, error) {
	if !k.stream {
		return nil, wsa.WSAEOPNOTSUPP
	}
	if e := sys.SetNonblock(c.Descriptor); e != 0 {
		return nil, wsa.FromErrno(e).Err()
	}
	s := new(socket)
	s.wrap(k, c.Descriptor, protocol)
	s.peer.set(&c.Peer)
	s.state.InitAccepted(time.Now())
	s.opts.Init(k.options)
	return s, nil
}

func (s *socket) wrap(k *kind, fd int, protocol int32) {
	s.kind, s.fd, s.protocol = k, fd, protocol
	s.desc.Target, s.desc.OutOnRequest = s, !k.stream
}

// prepare gives a new socket of the kernel Winsock's defaults.
func (s *socket) prepare() {
	switch {
	case s.kind.typ == wsa.SOCK_RAW:
		s.prepareRaw()
	case s.kind.family == wsa.AF_INET6:
		sys.SetSockOptInt(s.fd, sys.IPPROTO_IPV6, sys.IPV6_V6ONLY, 1) // difference 39
	}
	if s.kind.typ == wsa.SOCK_DGRAM {
		s.keepErrors(1)
		s.hearOwnGroups()
	}
}

// prepareRaw hides echo requests from an ICMP socket, which the system
// answers itself (difference 88).
func (s *socket) prepareRaw() {
	const echoRequest, echoRequest6 = 8, 128
	switch {
	case s.kind.family == wsa.AF_INET && s.protocol == wsa.IPPROTO_ICMP:
		sys.SetSockOptInt(s.fd, sys.SOL_RAW, sys.ICMP_FILTER, 1<<echoRequest)
	case s.kind.family == wsa.AF_INET6 && s.protocol == wsa.IPPROTO_ICMPV6:
		var blocked [8]uint32 // struct icmp6_filter: a bit for each type
		blocked[echoRequest6/32] = 1 << (echoRequest6 % 32)
		sys.SetICMP6Filter(s.fd, &blocked)
	}
}

// Steady says that Send and Recv do not panic.
func (s *socket) Steady() {}

// Handle returns the kernel's descriptor.
func (s *socket) Handle() int { return s.fd }

// Close is WSPCloseSocket.
func (s *socket) Close() error {
	if s.marks.Or(gone)&gone != 0 {
		return wsa.WSAENOTSOCK // the descriptor may be somebody else's by now
	}
	s.watchMu.Lock()
	poller.Default.Remove(s.fd, &s.desc)
	s.watchMu.Unlock()

	s.mu.Lock()
	s.claim.release()
	if l := s.opts.Linger(); l.OnOff != 0 && l.Linger == 0 {
		s.Abort()
	}
	s.mu.Unlock()
	if p := s.park.Load(); p == nil || !p.close() {
		sys.Close(s.fd)
	}
	return nil
}

// hearOwnGroups keeps multicasts away that only other sockets of the system
// have asked for.
func (s *socket) hearOwnGroups() {
	sys.SetSockOptInt(s.fd, sys.IPPROTO_IP, sys.IP_MULTICAST_ALL, 0)
	if s.kind.family == wsa.AF_INET6 {
		sys.SetSockOptInt(s.fd, sys.IPPROTO_IPV6, sys.IPV6_MULTICAST_ALL, 0)
	}
}
