// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/wsa"
)

// Replacing what a socket stands on: AcceptEx gives it the connection that
// the listener has accepted, DisconnectEx and TransmitFile with
// TF_REUSE_SOCKET give it a socket as new. The handle stays, and with it
// everything that is Winsock's own: the association with a port, the
// blocking mode, time-outs and selected events.

// replace makes top what the socket stands on, and closes what it stood on.
// The program makes no other calls on the socket meanwhile.
func (s *socket) replace(top spi.Socket) {
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.replaceLocked(top)
}

// replaceLocked is replace for callers with the lock of the socket's async.
func (s *socket) replaceLocked(top spi.Socket) {
	old := s.path.Swap(pathOf(top))
	if a := s.ofAsync(); !a.closed {
		if a.watched != nil {
			a.unwatchLocked()
			a.watchLocked()
		}
		if c := a.changes(); c != nil {
			c.rewatchLocked()
		}
		a.drained, a.ended = false, false
		if n := a.seldomLocked().note; n != nil {
			n.held = 0
			a.noteLocked()
		}
	}
	s.selection.moved()
	if p := old.parker(); p != nil {
		guarded(s.info(), p.Unpark)
	}
	s.wakeAll()
	closeGuarded(old.top, s.info())
}

// renewLocked makes the socket as good as new, for callers with the lock of
// its async. One that was bound by the program, or by connecting, is bound to
// the same address again if that is free, and to another port if not; one
// that was accepted is unbound ("AcceptEx function", "ConnectEx function").
//
// Errors: those of the provider's Socket; the socket then stays as it is.
func (s *socket) renewLocked() error {
	top, err := s.chain.Another(s.flags, observer(s.info()))
	if err != nil {
		return err
	}
	var name wsa.Sockaddr
	bound := !s.selection.passive.Load() && s.path.Load().top.GetSockName(&name) == nil
	s.connecting.Store(false)
	s.selection.passive.Store(false)
	s.replaceLocked(top)
	if bound && top.Bind(&name) != nil {
		name.SetPort(0)
		_ = top.Bind(&name) // if it stays unbound, ConnectEx will say so
	}
	s.context.Store(contextWhole)
	return nil
}

// reset aborts the connection and renews the socket.
func (s *socket) reset() {
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.resetLocked()
}

func (s *socket) resetLocked() {
	if l, ok := spi.As[spi.Lingerer](s.path.Load().top); ok {
		guarded(s.info(), l.Abort)
	}
	if err := s.renewLocked(); err != nil {
		s.replaceLocked(aborted{})
	}
}

// moved is called when the socket stands on something else. The recorder
// goes there, and all begins anew.
func (sel *selection) moved() {
	r := sel.recorder.Load()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watched != nil {
		r.unwatchLocked()
		r.watchLocked()
	}
	r.reported, r.recorded = r.reported&changeEvents, r.recorded&changeEvents
	if sel.passive.Load() {
		r.reported |= wsa.FD_CONNECT
	}
	r.lookLocked()
}

// released is called when nothing pending takes what may be there any more.
func (sel *selection) released() {
	if r := sel.recorder.Load(); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.lookLocked()
	}
}

// taken are the events that a pending operation takes before WSAEventSelect
// hears of them (difference 113).
func (s *socket) taken() spi.Events {
	if a := s.async.Load(); a != nil {
		return spi.Events(a.taking.Load()) & takingReceive
	}
	return 0
}
