// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A socket is a stream that may be a secure one.
//
// While nothing makes it secure all calls go to the socket below, and its
// data past the layer. The phases of a secure one, and what moves it on:
//
//	through --Listen--> listening
//	through --Connect--> connecting --connected below--> shaking --> open
//	                     connecting --refused below--> refused --Connect--> connecting
//	                                                   shaking --error--> spent
//	through --SO_SSL_PERFORM_HANDSHAKE--> shaking
//	an accepted connection begins at shaking, or at waiting, where the first
//	call that carries data begins the handshake
//
// With SSL_FLAG_DEFER_HANDSHAKE, connect and accept leave it at through.
type socket struct {
	layer.PassThrough
	*secure
	opening  *spi.Opening
	watchers watchers

	phase atomic.Uint32 // changes with mu held

	mu        sync.Mutex // protects what follows; Watchers are notified without it
	settings  settings
	secured   bool // SO_SECURE, or a rule: connect and accept are to make a handshake
	byRule    *rule
	server    bool
	peer      wsa.Sockaddr // what Connect was asked for
	failure   error        // why the last Connect failed
	accepts   *layer.Acceptor
	patience  *patience     // of the goroutine that connects, makes the handshake, or sends what is pending; nil before
	left      chan struct{} // closed when the goroutine that connects waits below no more
	berth     *berth        // who waits for its end; nil: nobody
	unparked  bool
	closing   bool
	aborting  bool
	users     int // goroutines that use the socket below, which is closed by the last
	ownDelay  bool
	deadlines [2]time.Time // of those who park, by direction

	*channel // once shaking
}

// A channel is the secure connection of a socket.
type channel struct {
	wire    *wire
	session session

	rmu     sync.Mutex // held while receiving; protects what follows
	plain   []byte     // received and not asked for yet
	storage *buffer    // where it is
	ended   bool       // the peer has finished sending
	broken  error      // what Recv answers, after the data
	noRecv  bool
	heard   bool // anything came
	rest    bool // the session may have plain text that was not read

	dead atomic.Bool // broken is set
	park parking

	wmu     sync.Mutex // held while sending; protects what follows
	noSend  bool
	lost    error // what Send answers
	carried int   // how much was sent

	fmu      sync.Mutex // protects what follows
	flushing bool       // somebody sees to it that what is pending goes out
}

const (
	through uint32 = iota
	listening
	connecting
	waiting
	shaking
	open
	refused
	spent
)

var (
	_ spi.Socket     = (*socket)(nil)
	_ spi.Parker     = (*socket)(nil)
	_ spi.Lingerer   = (*socket)(nil)
	_ spi.DataPather = (*socket)(nil)
	_ spi.Foreseer   = (*socket)(nil)
)

func (x *secure) newSocket(below spi.Socket, o *spi.Opening) *socket {
	s := &socket{secure: x, opening: o}
	s.Socket = below
	s.watchers.s = s
	s.settings.flags = x.flags
	return s
}

// is reports whether the socket is in a phase.
func (s *socket) is(phase uint32) bool { return s.phase.Load() == phase }

// DataPath lets the data go past the layer unless the socket is, or may
// become, a secure one.
func (s *socket) DataPath() spi.Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is(through) || s.secured || s.server {
		return s
	}
	if len(s.originate) > 0 && s.Socket.ConnectResult() != nil {
		return s // it may be connected to one of those
	}
	return spi.DataPathOf(s.Socket)
}

// Below returns the socket below.
func (s *socket) Below() spi.Socket { return s.Socket }

// Foresee tells whether a connection to name would be a secure one.
func (s *socket) Foresee(name *wsa.Sockaddr) spi.Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is(through) || s.secured || s.ruleFor(name) != nil {
		return s
	}
	return spi.DataPathTo(s.Socket, name)
}

// Watch puts w on the socket.
func (s *socket) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Watch(w)
		return
	}
	s.watchers.add(w)
	s.begin()
}

// Unwatch takes w off.
func (s *socket) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.remove(w)
}

// watchers are those of a socket. While there are any, and the phase is
// through or open, one of their own on the socket below tells them what
// concerns plain text.
type watchers struct {
	s    *socket
	list spi.WatchList
	ends spi.WatchList // those who wait for the end and not for data, which the end comes like

	mu      sync.Mutex // protects what follows; nobody who notifies takes it
	below   spi.Watcher
	on      bool
	stopped bool
}

func (l *watchers) of(w *spi.Watcher) *spi.WatchList {
	if w.Mask&spi.EventRead == 0 && w.Mask&spi.EventsEnd != 0 {
		return &l.ends
	}
	return &l.list
}

func (l *watchers) add(w *spi.Watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(w).Add(w)
	l.onLocked()
}

// attach has the watchers that came before told from now on: the phase is one
// in which the socket below has something to tell.
func (l *watchers) attach() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.list.Empty() || !l.ends.Empty() {
		l.onLocked()
	}
}

// onLocked begins to listen below. In other phases than these, those who watch
// are told by the layer only, and whatever came from below would be in vain.
func (l *watchers) onLocked() {
	if l.on || l.stopped || !l.s.is(through) && !l.s.is(open) {
		return
	}
	if l.below.Notify == nil {
		l.below = spi.Watcher{Mask: spi.EventAll, Notify: l.told}
	}
	l.on = true
	l.s.Socket.Watch(&l.below)
}

func (l *watchers) remove(w *spi.Watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.of(w).Remove(w)
	if l.list.Empty() && l.ends.Empty() {
		l.offLocked()
	}
}

// stop ends the listening below.
func (l *watchers) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.offLocked()
}

func (l *watchers) offLocked() {
	if l.on {
		l.on = false
		l.s.Socket.Unwatch(&l.below)
	}
}

// told passes on what the socket below tells.
func (l *watchers) told(e spi.Events) {
	switch l.s.phase.Load() {
	case through:
		l.notify(e)
	case open:
		l.list.Notify(e)
		if e&(spi.EventRead|spi.EventsEnd) != 0 {
			l.ends.Notify(e | spi.EventClose)
		}
	}
}

func (l *watchers) notify(e spi.Events) {
	l.list.Notify(e)
	l.ends.Notify(e)
}

// Ready tells the level of the plain text.
func (s *socket) Ready(mask spi.Events) spi.Events {
	switch s.phase.Load() {
	case through:
		return s.Socket.Ready(mask)
	case open:
		return s.channelReady(mask) & mask
	case listening:
		if s.accepts.Ready() {
			return spi.EventAccept & mask
		}
	case refused, spent:
		if s.accepted() {
			return spi.EventReset & mask
		}
		return spi.EventConnectFail & mask
	case waiting, shaking:
		if s.accepted() {
			return spi.EventConnect & mask
		}
	}
	return 0
}

// accepted reports whether the socket was connected before its handshake, as
// far as the program is concerned.
func (s *socket) accepted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.connected
}

// Send takes plain text.
func (s *socket) Send(m *spi.Message) (int, error) {
	switch s.phase.Load() {
	case through:
		return s.Socket.Send(m)
	case open:
		return s.channelSend(m)
	}
	return 0, s.notOpen()
}

// Recv gives plain text.
func (s *socket) Recv(m *spi.Message) (int, error) {
	switch s.phase.Load() {
	case through:
		return s.Socket.Recv(m)
	case open:
		return s.channelRecv(m)
	}
	return 0, s.notOpen()
}

// notOpen tells why no data can be carried.
func (s *socket) notOpen() error {
	s.begin()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.phase.Load() {
	case waiting, shaking:
		if s.settings.connected {
			return wsa.WSAEWOULDBLOCK
		}
	case open:
		return wsa.WSAEWOULDBLOCK // by now; whoever waits is told
	case spent:
		if s.settings.connected {
			return s.failure
		}
	}
	return wsa.WSAENOTCONN
}

// GetPeerName tells the peer of a connection that did not fail.
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	if s.is(spent) {
		return wsa.WSAENOTCONN
	}
	return s.Socket.GetPeerName(name)
}

// GetSockOpt knows SO_SECURE, and adds the failure of the handshake to
// SO_ERROR.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	if level == wsa.SOL_SOCKET && name == wsa.SO_SECURE {
		s.mu.Lock()
		asked := s.settings.asked
		s.mu.Unlock()
		if asked != 0 { // else it is SO_GROUP_ID
			if len(value) < 4 {
				return 0, wsa.WSAEFAULT
			}
			binary.LittleEndian.PutUint32(value, asked)
			return 4, nil
		}
	}
	n, err := s.Socket.GetSockOpt(level, name, value)
	if level != wsa.SOL_SOCKET || name != wsa.SO_ERROR || err != nil || n < 4 || !s.is(spent) {
		return n, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	binary.LittleEndian.PutUint32(value, uint32(wsa.ErrnoOf(s.failure)))
	return n, nil
}

// SetSockOpt takes SO_SECURE, while the socket is neither connected nor
// listens.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	switch {
	case level == wsa.SOL_SOCKET && name == wsa.SO_SECURE:
		return s.setSecure(value)
	case level == wsa.IPPROTO_TCP && name == wsa.TCP_NODELAY:
		s.mu.Lock()
		defer s.mu.Unlock()
		err := s.Socket.SetSockOpt(level, name, value)
		s.ownDelay = s.ownDelay || err == nil
		return err
	}
	return s.Socket.SetSockOpt(level, name, value)
}

func (s *socket) setSecure(value []byte) error {
	if len(value) < 4 {
		return wsa.WSAEFAULT
	}
	v := binary.LittleEndian.Uint32(value)
	if v != wsa.SO_SEC_NONE && v != wsa.SO_SEC_SSL {
		return wsa.WSAEINVAL
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.clearLocked(); err != nil {
		return err
	}
	s.settings.asked = v
	s.secured = v == wsa.SO_SEC_SSL
	return nil
}

// clearLocked checks that the socket has not been connected and does not
// listen.
//
// Errors: WSAEISCONN, WSAEINVAL.
func (s *socket) clearLocked() error {
	switch s.phase.Load() {
	case refused:
		return nil
	case through:
	case open:
		return wsa.WSAEISCONN
	default:
		return wsa.WSAEINVAL
	}
	switch s.Socket.ConnectResult() {
	case nil:
		return wsa.WSAEISCONN
	case wsa.WSAEWOULDBLOCK:
		return wsa.WSAEINVAL
	}
	if s.server { // a connection that was accepted, or a listener
		return wsa.WSAEINVAL
	}
	return nil
}

// Ioctl answers the control codes of secure sockets, and FIONREAD.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	if code == wsa.FIONREAD && s.is(open) {
		if len(out) < 4 {
			return 0, wsa.WSAEFAULT
		}
		binary.LittleEndian.PutUint32(out, uint32(s.buffered()))
		return 4, nil
	}
	if n, err, ours := s.control(code, in, out); ours {
		return n, err
	}
	return s.Socket.Ioctl(code, in, out)
}

func (s *socket) log() *slog.Logger { return s.secure.logger }
