// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A stream is a connection that may begin with conversations with proxies.
//
// The phases of its life, and what moves it on:
//
//	idle --Connect--> talking --the proxies agree--> open
//	                  talking --failure--> failed --Connect--> talking
//	idle --Connect to a direct peer--> direct --failure, and another Connect--> talking
//	an accepted connection is open from the beginning
type stream struct {
	layer.HandlePreserving // on lower
	*socks
	lower   lower
	opening *spi.Opening
	family  int32

	// watchers are all that are put on this socket. link, on the socket
	// below, tells them; it is there while it is needed.
	watchers spi.WatchList
	link     spi.Watcher

	phase    atomic.Uint32                // a phase
	pending  atomic.Uint32                // wsa.Errno that SO_ERROR tells
	asked    atomic.Pointer[wsa.Sockaddr] // whom the proxies were asked for
	foreseen atomic.Pointer[wsa.Sockaddr] // whom Foresee was asked about
	bound    atomic.Pointer[bind]         // of a socket that listens at a proxy
	shown    atomic.Pointer[wsa.Sockaddr] // its name, or where a connection has come to
	current  atomic.Pointer[attempt]      // attempt, if it waits, for told

	mu      sync.Mutex // protects what follows
	wants   uint16     // the port that Bind was asked for
	linked  bool
	attempt *attempt // the last one
	failure error
	closed  bool
}

type phase uint32

const (
	idle phase = iota
	talking
	open
	direct
	failed
)

var (
	_ spi.Socket   = (*stream)(nil)
	_ spi.Foreseer = (*stream)(nil)
	_ spi.Speaker  = (*stream)(nil)
)

func (s *stream) init(p *socks, below spi.Socket, o *spi.Opening, family int32) {
	s.socks, s.opening, s.family = p, o, family
	s.lower.init(below)
	s.Socket = &s.lower
	s.link.Mask = spi.EventAll
	s.link.Notify = s.told
}

// told hears from the socket below.
func (s *stream) told(e spi.Events) {
	if phase(s.phase.Load()) != talking {
		s.watchers.Notify(e)
		return
	}
	s.wake()
}

// settled reports whether the socket below stays, so that it may be shown to
// others.
func (s *stream) settled() bool {
	p := phase(s.phase.Load())
	return p == open || p == direct && s.lower.ConnectResult() == nil
}

// DataPath leaves the data to the socket below as soon as the proxies have
// nothing more to say.
func (s *stream) DataPath() spi.Socket {
	if s.settled() {
		return s.lower.DataPath()
	}
	return s
}

// Connect begins to connect, through proxies unless the peer is a direct one.
func (s *stream) Connect(name *wsa.Sockaddr) error {
	a, err := s.attemptFor(name)
	if a == nil {
		return err
	}
	return s.goOn(a)
}

// attemptFor begins an attempt to connect to a name, or says how the connect
// has gone that needed none.
func (s *stream) attemptFor(name *wsa.Sockaddr) (*attempt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch phase(s.phase.Load()) {
	case talking:
		return nil, wsa.WSAEALREADY
	case open:
		return nil, wsa.WSAEISCONN
	case direct:
		if err := s.lower.ConnectResult(); err == nil || err == wsa.WSAEWOULDBLOCK {
			return nil, s.lower.Connect(name)
		}
	}
	if !layer.IsPeer(name, s.family) || s.isListening() {
		return nil, s.lower.Connect(name)
	}
	own := *name
	to, past, err := s.targetOf(&own)
	if err != nil {
		return nil, err
	}
	s.pending.Store(0)
	s.asked.Store(nil)
	if past {
		s.phase.Store(uint32(direct))
		if to.host != "" {
			return nil, wsa.WSAEHOSTUNREACH
		}
		return nil, s.lower.Connect(&own)
	}
	s.asked.Store(&own)
	a := &attempt{command: cmdConnect, to: to}
	s.beginLocked(a)
	return a, nil
}

// begin begins an attempt on a socket that is nobody else's.
func (s *stream) begin(a *attempt) {
	s.mu.Lock()
	s.beginLocked(a)
	s.mu.Unlock()
	_ = s.goOn(a) // is asked for again
}

func (s *stream) beginLocked(a *attempt) {
	a.s = s
	s.failure = nil
	s.attempt = a
	s.current.Store(nil)
	s.phase.Store(uint32(talking))
}

// goOn carries an attempt as far as it goes at once, and leaves what has to
// wait to a goroutine. That is how often proxies nearby have answered before
// one could go to wait for it.
func (s *stream) goOn(a *attempt) error {
	err := a.advance()
	if err != wsa.WSAEWOULDBLOCK {
		return s.over(a, err)
	}
	a.done = make(chan struct{})
	s.await(a, make(chan struct{}))
	layer.Go(s.log, "connecting", func() { _ = s.fail(a, wsa.WSAECONNABORTED) }, func() { s.routineConnect(a) })
	return wsa.WSAEWOULDBLOCK
}

// await has an attempt hear of the socket below.
func (s *stream) await(a *attempt, cancel chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.woken, a.cancel = make(chan struct{}, 1), cancel
	s.current.Store(a)
	s.linkLocked()
}

// isListening reports whether the socket below waits for connections: it has
// the right error.
func (s *stream) isListening() bool {
	var value [4]byte
	n, err := s.lower.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN, value[:])
	return err == nil && n > 0 && value != [4]byte{}
}

// linkLocked has the socket below tell the watchers.
func (s *stream) linkLocked() {
	if !s.linked {
		s.linked = true
		s.lower.Watch(&s.link)
	}
}

func (s *stream) unlinkLocked() {
	if s.linked {
		s.linked = false
		s.lower.Unwatch(&s.link)
	}
}

// ConnectResult tells how the last Connect ended.
func (s *stream) ConnectResult() error {
	switch phase(s.phase.Load()) {
	case talking:
		return wsa.WSAEWOULDBLOCK
	case open:
		return nil
	case failed:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.failure != nil {
			return s.failure
		}
	}
	return s.lower.ConnectResult()
}

// Foresee returns the socket itself for a peer that is reached through
// proxies.
func (s *stream) Foresee(name *wsa.Sockaddr) spi.Socket {
	switch phase(s.phase.Load()) {
	case open:
		return s.lower.DataPath()
	case talking:
		return s
	}
	if name == nil {
		return s
	}
	own := *name
	if _, past, err := s.targetOf(&own); past && err == nil {
		return spi.DataPathTo(s.lower.socket(), &own)
	}
	s.foreseen.Store(&own)
	return s
}

// Spoken returns what the data is left to.
func (s *stream) Spoken() spi.Socket {
	name, err := sockaddrFor(s.router.proxies[0].likely(), s.family)
	if err != nil { // its name was not looked up yet
		asked := s.foreseen.Load()
		if asked == nil {
			return s
		}
		name = *asked
	}
	return spi.DataPathTo(s.lower.socket(), &name)
}

// Bind binds the socket below. A proxy that listens for it is asked for the
// same port.
func (s *stream) Bind(name *wsa.Sockaddr) error {
	if err := s.lower.Bind(name); err != nil {
		return err
	}
	if ap, ok := name.AddrPort(); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wants = ap.Port()
	}
	return nil
}

// Listen makes the socket listen, on this machine or at the proxy.
func (s *stream) Listen(backlog int32) error {
	if s.remote && !s.boundToDirect() {
		return s.listenAtProxy(backlog)
	}
	err := s.lower.Listen(backlog)
	if err == nil {
		s.phase.CompareAndSwap(uint32(failed), uint32(idle))
	}
	return err
}

// Accept takes a connection, which has nobody to talk to.
func (s *stream) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if b := s.bound.Load(); b != nil {
		return b.accept(peer)
	}
	conn, err := s.HandlePreserving.Accept(peer)
	if accepted, ok := conn.(*stream); err == nil && ok {
		accepted.phase.Store(uint32(open))
	}
	return conn, err
}

// GetSockName tells where the proxy listens, if it does so for the socket.
func (s *stream) GetSockName(name *wsa.Sockaddr) error {
	err := s.lower.GetSockName(name)
	if shown := s.shown.Load(); shown != nil && err == nil {
		*name = *shown
	}
	if b := s.bound.Load(); b != nil && name != nil {
		if at, ok := b.name(); ok {
			*name, err = at, nil
		}
	}
	return err
}

// GetPeerName tells whom the proxies were asked for.
func (s *stream) GetPeerName(name *wsa.Sockaddr) error {
	switch phase(s.phase.Load()) {
	case talking, failed:
		return wsa.WSAENOTCONN
	}
	err := s.lower.GetPeerName(name)
	if asked := s.asked.Load(); asked != nil && err == nil {
		*name = *asked
	}
	return err
}

// GetSockOpt adds the failure of the proxies to SO_ERROR.
func (s *stream) GetSockOpt(level, name int32, value []byte) (int, error) {
	n, err := s.lower.GetSockOpt(level, name, value)
	if code := s.pending.Load(); code != 0 && err == nil && n >= 4 && level == wsa.SOL_SOCKET && name == wsa.SO_ERROR {
		binary.LittleEndian.PutUint32(value, code)
	}
	return n, err
}

// SetSockOpt sets an option. SO_ERROR is how a caller says that it was told of
// a failure.
func (s *stream) SetSockOpt(level, name int32, value []byte) error {
	err := s.lower.SetSockOpt(level, name, value)
	if err == nil && level == wsa.SOL_SOCKET && name == wsa.SO_ERROR && len(value) >= 4 {
		if s.pending.Load() != 0 {
			s.pending.Store(binary.LittleEndian.Uint32(value))
		}
	}
	return err
}

// Send sends to the peer, once there is one.
func (s *stream) Send(m *spi.Message) (int, error) {
	if s.between() {
		return 0, wsa.WSAENOTCONN
	}
	return s.lower.Send(m)
}

// Recv receives from the peer, once there is one.
func (s *stream) Recv(m *spi.Message) (int, error) {
	if s.between() {
		return 0, wsa.WSAENOTCONN
	}
	return s.lower.Recv(m)
}

// Shutdown ends a direction of the connection, once there is one.
func (s *stream) Shutdown(how int32) error {
	if s.between() && how >= wsa.SD_RECEIVE && how <= wsa.SD_BOTH {
		return wsa.WSAENOTCONN
	}
	return s.lower.Shutdown(how)
}

// between reports whether what is below, if it is connected at all, is
// connected to a proxy.
func (s *stream) between() bool { return phase(s.phase.Load()) == talking }

// Ready tells of the peer, not of the proxies.
func (s *stream) Ready(mask spi.Events) spi.Events {
	switch phase(s.phase.Load()) {
	case talking:
		return 0
	case failed:
		return mask & spi.EventConnectFail
	}
	e := s.lower.Ready(mask)
	if e&spi.EventAccept != 0 {
		if b := s.bound.Load(); b != nil && !b.pending() {
			e &^= spi.EventAccept
		}
	}
	return e
}

// Watch puts w on the layer's socket.
func (s *stream) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.lower.Watch(w)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers.Add(w)
	s.linkLocked()
}

// Unwatch takes w off.
func (s *stream) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.lower.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Park parks below once that stays as it is. Until then it takes a watcher.
func (s *stream) Park(d spi.Direction, try func() bool) (parked bool, err error) {
	if phase(s.phase.Load()) != open {
		return false, nil
	}
	return s.HandlePreserving.Park(d, try)
}

// Close ends an attempt that is under way, and then the socket below.
func (s *stream) Close() error {
	s.end()
	return s.HandlePreserving.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *stream) Abandon() {
	s.end()
	s.HandlePreserving.Abandon()
}

func (s *stream) end() {
	s.mu.Lock()
	a := s.attempt
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if a != nil && a.done != nil {
		if first {
			close(a.cancel)
		}
		<-a.done // it only ever waits for what cancel ends
	}
	if b := s.bound.Load(); b != nil && first {
		b.end()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlinkLocked()
}
