// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync/atomic"

	"winsock/spi"
	"winsock/wsa"
)

// A SockNotifyRegistration is a SOCK_NOTIFY_REGISTRATION: what
// [ProcessSocketNotifications] is to do about a socket. Its memory is that of
// the C structure on 64-bit systems.
type SockNotifyRegistration struct {
	Socket             SOCKET
	CompletionKey      uintptr // comes with the packets; counts when the registration is made
	EventFilter        uint16  // SOCK_NOTIFY_REGISTER_EVENT_
	Operation          uint8   // SOCK_NOTIFY_OP_
	TriggerFlags       uint8   // SOCK_NOTIFY_TRIGGER_
	RegistrationResult wsa.Errno
}

// ProcessSocketNotifications registers sockets with a completion port, which
// then tells of their readiness, and takes packets of the port
// ("ProcessSocketNotifications function", "SOCK_NOTIFY_REGISTRATION
// structure"). The result of each registration is in it: 0; WSAENOTSOCK;
// WSAEINVAL for an unknown operation, filter or trigger, and for a socket that
// is registered with another port; ERROR_NOT_FOUND for one that is not
// registered. The packets are those of [GetQueuedCompletionStatusEx]; those of
// notifications have the events where others have the bytes, see
// [SocketNotificationRetrieveEvents]. Without room in entries, timeout must be
// 0, and only registrations are done.
//
// There is at most one packet of a socket in the queue; further events are
// added to it. Level-triggered persistent registrations are looked at again
// whenever somebody comes to the port for more. An edge-triggered one tells of
// what was received or sent in part, and then became ready for more, too.
//
// Errors: WSANOTINITIALISED, WSA_INVALID_HANDLE, WSAEINVAL for a timeout
// without entries, WSA_WAIT_TIMEOUT, ERROR_ABANDONED_WAIT_0. But for the
// last two, nothing was registered.
func ProcessSocketNotifications(port HANDLE, registrations []SockNotifyRegistration, timeout uint32, entries []OverlappedEntry) (int, error) {
	if err := requireStartup(); err != nil {
		return 0, err
	}
	p, err := usePort(port)
	if err != nil {
		return 0, err
	}
	defer p.Release()
	if len(entries) == 0 && timeout != 0 {
		return 0, wsa.WSAEINVAL
	}
	for i := range registrations {
		registrations[i].RegistrationResult = wsa.ErrnoOf(p.register(port, &registrations[i]))
	}
	if len(entries) == 0 {
		return 0, nil
	}
	return GetQueuedCompletionStatusEx(port, entries, timeout, false)
}

// SocketNotificationRetrieveEvents returns the SOCK_NOTIFY_EVENT_ flags of a
// packet ("SocketNotificationRetrieveEvents function").
func SocketNotificationRetrieveEvents(e *OverlappedEntry) uint32 { return e.Transferred }

func (p *completionPort) register(port HANDLE, r *SockNotifyRegistration) (err error) {
	if r.Operation == wsa.SOCK_NOTIFY_OP_NONE {
		return nil
	}
	s, err := use(r.Socket)
	if err != nil {
		return err
	}
	defer s.done("ProcessSocketNotifications", &err)
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	n := a.seldomLocked().note
	switch {
	case a.closed:
		return wsa.WSAENOTSOCK
	case n != nil && n.port != p:
		return wsa.WSAEINVAL
	case r.Operation == wsa.SOCK_NOTIFY_OP_ENABLE:
		return a.enableLocked(port, r)
	case r.Operation != wsa.SOCK_NOTIFY_OP_DISABLE && r.Operation != wsa.SOCK_NOTIFY_OP_REMOVE:
		return wsa.WSAEINVAL
	case n == nil:
		return wsa.ERROR_NOT_FOUND
	}
	n.enabled = false
	if r.Operation == wsa.SOCK_NOTIFY_OP_REMOVE {
		n.tell(wsa.SOCK_NOTIFY_EVENT_REMOVE)
		a.forgetNoteLocked()
	}
	return nil
}

// A notification is the registration of a socket with a port. But for the
// atomics, it is protected by the lock of the socket's async.
type notification struct {
	sock *socket
	port *completionPort // with a use of it
	key  uintptr

	filter  spi.Events // what is worth a look
	wanted  uint32     // SOCK_NOTIFY_EVENT_
	level   bool
	once    bool
	enabled bool
	held    uint32 // SOCK_NOTIFY_EVENT_ that held at the last look; for edges

	waiting atomic.Uint32 // SOCK_NOTIFY_EVENT_ in the packet that is queued, 0 if there is none
	spent   atomic.Bool   // it was to tell once, and has
}

// noteSources are the events that each notification comes from.
var noteSources = [...]struct {
	flag    uint32
	sources spi.Events
}{
	{wsa.SOCK_NOTIFY_EVENT_IN, spi.EventRead | spi.EventAccept},
	{wsa.SOCK_NOTIFY_EVENT_OUT, spi.EventWrite},
	{wsa.SOCK_NOTIFY_EVENT_HANGUP, spi.EventClose | spi.EventReset},
	{wsa.SOCK_NOTIFY_EVENT_ERR, spi.EventReset | spi.EventConnectFail},
}

// notes translates events that hold.
func notes(events spi.Events) (flags uint32) {
	for _, n := range noteSources {
		if events&n.sources != 0 {
			flags |= n.flag
		}
	}
	return flags
}

func (a *async) enableLocked(port HANDLE, r *SockNotifyRegistration) error {
	const (
		one  = wsa.SOCK_NOTIFY_TRIGGER_ONESHOT
		many = wsa.SOCK_NOTIFY_TRIGGER_PERSISTENT
		lev  = wsa.SOCK_NOTIFY_TRIGGER_LEVEL
		edge = wsa.SOCK_NOTIFY_TRIGGER_EDGE
	)
	switch r.TriggerFlags {
	case one | lev, one | edge, many | lev, many | edge:
	default:
		return wsa.WSAEINVAL
	}
	if r.EventFilter&^wsa.SOCK_NOTIFY_REGISTER_EVENTS_ALL != 0 {
		return wsa.WSAEINVAL
	}
	x := a.ofSeldomLocked()
	if x.note == nil {
		p, err := usePort(port)
		if err != nil {
			return err
		}
		x.note = &notification{sock: a.sock, port: p, key: r.CompletionKey}
	}
	n := x.note
	n.wanted = uint32(r.EventFilter) | wsa.SOCK_NOTIFY_EVENT_ERR
	n.filter = 0
	for _, source := range noteSources {
		if n.wanted&source.flag != 0 {
			n.filter |= source.sources
		}
	}
	n.level = r.TriggerFlags&lev != 0
	n.once = r.TriggerFlags&one != 0
	n.enabled = true
	n.spent.Store(false)
	if a.watched == nil {
		a.watchLocked()
	}
	if a.sock.selection.edges.Store(!n.level); !n.level {
		a.sock.selection.consumed.Store(0)
		n.held = notes(a.sock.readiness(n.filter)) & n.wanted
	}
	a.noteLocked()
	return nil
}

// noteLocked looks at the socket, and tells of what there is to tell.
func (a *async) noteLocked() {
	n := a.seldomLocked().note
	if n == nil || !n.enabled || n.spent.Load() {
		return
	}
	// What was consumed is as good as gone, even if it is there again.
	n.held &^= notes(spi.Events(a.sock.selection.consumed.Swap(0)))
	have := notes(a.sock.readiness(n.filter)) & n.wanted
	news := have
	if !n.level {
		news &^= n.held
		n.held = have
	}
	if news != 0 {
		n.tell(news)
	}
}

// tell queues a packet, or adds to the one that is queued. It is called under
// the lock of the socket's async.
func (n *notification) tell(flags uint32) {
	if n.waiting.Or(flags) != 0 {
		return
	}
	if n.once && n.spent.Load() && flags&wsa.SOCK_NOTIFY_EVENT_REMOVE == 0 {
		n.waiting.Store(0) // the one packet was handed out since the caller looked
		return
	}
	n.port.post(n.key, nil, 0, wsa.STATUS_SUCCESS, n)
}

// deliver returns the events of the packet that is being handed out, and
// whether the port has to see to it that the socket is looked at again. It is
// called under the port's lock.
func (n *notification) deliver() (flags uint32, again bool) {
	if n.once {
		n.spent.Store(true) // before tell can find nothing waiting
	}
	flags = n.waiting.Swap(0)
	return flags, n.level && !n.once && flags&wsa.SOCK_NOTIFY_EVENT_REMOVE == 0
}

// forgetNoteLocked ends the registration. What is queued may still be
// delivered.
func (a *async) forgetNoteLocked() {
	if n := a.seldomLocked().note; n != nil {
		a.seldom.Load().note = nil
		a.sock.selection.edges.Store(false)
		n.port.Release()
	}
}

// lookAgain looks at the sockets of level-triggered registrations that have
// been told of, as their condition may still hold.
func (p *completionPort) lookAgain() {
	p.mu.Lock()
	list := p.told
	p.told = nil
	p.again.Store(false)
	p.mu.Unlock()
	for _, n := range list {
		a := n.sock.ofAsync()
		a.mu.Lock()
		if a.seldomLocked().note == n && !a.closed {
			a.noteLocked()
		}
		a.mu.Unlock()
	}
}

// An edge is what an edge-triggered registration has to know of the program's
// calls: which events they may have taken.
type edge struct {
	edges    atomic.Bool // there is such a registration
	consumed atomic.Uint32
}

func (e *edge) consume(events spi.Events) {
	if e.edges.Load() {
		e.consumed.Or(uint32(events))
	}
}
