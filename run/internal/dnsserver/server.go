// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Config says how a server is to be.
type Config struct {
	// Log takes what went wrong; nil means slog.Default.
	Log *slog.Logger
}

// limits bound what clients can make a server do. It has no more goroutines
// than there are queries and streams, and one for each listening socket;
// those for the ends of time limits are gone as soon as they run.
type limits struct {
	queries int           // under way at once; further ones wait in the kernel
	streams int           // TCP connections at once; likewise
	query   time.Duration // for one answer
	idle    time.Duration // until a stream without queries is closed
	write   time.Duration // for a client to take an answer
}

var usual = limits{queries: 256, streams: 128, query: 30 * time.Second, idle: 10 * time.Second, write: 5 * time.Second}

// A Server answers queries on loopback, by UDP and TCP.
type Server struct {
	log    *slog.Logger
	limits limits
	v4, v6 netip.AddrPort

	ctx     context.Context // done when the server is closed
	cancel  context.CancelFunc
	group   sync.WaitGroup // all goroutines
	queries chan struct{}  // holds one for each query under way
	streams chan struct{}  // holds one for each connection
	count   atomic.Uint64

	mu   sync.Mutex // protects open
	open map[io.Closer]struct{}
}

// Start starts a server on ports that the kernel chooses. There is none for
// IPv6 on a host without it.
func Start(c Config) (*Server, error) { return start(c, usual) }

func start(c Config, l limits) (*Server, error) {
	s := &Server{
		log:     c.Log,
		limits:  l,
		queries: make(chan struct{}, l.queries),
		streams: make(chan struct{}, l.streams),
		open:    make(map[io.Closer]struct{}),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var err error
	if s.v4, err = s.listen(netip.AddrFrom4([4]byte{127, 0, 0, 1})); err != nil {
		_ = s.Close()
		return nil, err
	}
	s.v6, err = s.listen(netip.IPv6Loopback())
	if err != nil && !errors.Is(err, syscall.EADDRNOTAVAIL) && !errors.Is(err, syscall.EAFNOSUPPORT) {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// listen serves one port of an address.
func (s *Server) listen(addr netip.Addr) (netip.AddrPort, error) {
	packets, listener, err := bind(addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	s.hold(packets)
	s.hold(listener)
	s.group.Go(func() { s.routinePackets(packets) })
	s.group.Go(func() { s.routineAccept(listener) })
	return netip.AddrPortFrom(addr, packets.LocalAddr().(*net.UDPAddr).AddrPort().Port()), nil
}

// bind looks for a port that is free for both protocols.
func bind(addr netip.Addr) (packets *net.UDPConn, listener *net.TCPListener, err error) {
	for range 64 {
		listener, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(addr, 0)))
		if err != nil {
			return nil, nil, err
		}
		port := listener.Addr().(*net.TCPAddr).AddrPort().Port()
		packets, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
		if err == nil {
			return packets, listener, nil
		}
		listener.Close()
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return nil, nil, err
}

// Addr returns where the queries that a program sends by IPv4, or by IPv6,
// are to go, for UDP and TCP alike. It is the zero AddrPort for IPv6 on a
// host without it.
func (s *Server) Addr(v6 bool) netip.AddrPort {
	if v6 {
		return s.v6
	}
	return s.v4
}

// Queries returns how many queries have been answered.
func (s *Server) Queries() uint64 { return s.count.Load() }

// Close ends the server and all that it does; queries under way get no
// answer. It returns when all goroutines have ended.
func (s *Server) Close() error {
	s.cancel()
	s.mu.Lock()
	for c := range s.open {
		_ = c.Close() // it is gone whatever that returns
	}
	s.open = nil
	s.mu.Unlock()
	s.group.Wait()
	return nil
}

// hold has Close close c. It returns false, and closes c, if the server is
// closed already.
func (s *Server) hold(c io.Closer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		_ = c.Close()
		return false
	}
	s.open[c] = struct{}{}
	return true
}

// drop closes what hold was told of.
func (s *Server) drop(c io.Closer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
	_ = c.Close()
}

// take waits until there is room in a bound. It returns false when the
// server is closed.
func (s *Server) take(bound chan struct{}) bool {
	select {
	case bound <- struct{}{}:
		return true
	case <-s.ctx.Done():
		return false
	}
}

func give(bound chan struct{}) { <-bound }

// again reports whether to go on after a listening socket has failed, and
// waits a little before: the process may be short of descriptors or memory.
func (s *Server) again(err error) bool {
	if s.ctx.Err() != nil {
		return false
	}
	s.log.Warn("dns server: cannot receive", "err", err)
	select {
	case <-time.After(100 * time.Millisecond):
		return true
	case <-s.ctx.Done():
		return false
	}
}
