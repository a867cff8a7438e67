// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/spi"
)

// Ready tells which of the events hold now.
func (s *socket) Ready(mask spi.Events) spi.Events {
	s.settle()
	var have spi.Events
	switch state := s.state.Load(); {
	case !s.kind.stream:
		have = s.readyDatagram(state)
	case state&stateConnected != 0:
		have = s.readyStream(state)
	case state&stateListening != 0:
		if sys.Poll(s.fd, sys.POLLIN)&sys.POLLIN != 0 {
			have = spi.EventAccept
		}
	case state&stateFailed != 0:
		have = spi.EventConnectFail
	}
	return have & mask // a fresh or connecting stream has none (differences 64 and 103)
}

func (s *socket) readyStream(state uint32) spi.Events {
	have := spi.EventConnect
	p := sys.Poll(s.fd, sys.POLLIN|sys.POLLOUT|sys.POLLPRI|sys.POLLRDHUP)
	if p&sys.POLLERR != 0 && state&stateDead == 0 {
		if n, _ := sys.GetSockOptInt(s.fd, sys.SOL_SOCKET, sys.SO_ERROR); n != 0 {
			s.streamError(sys.Errno(n)) // asking took it; from now on the state knows
			state = s.state.Load()
		}
	}
	if p&sys.POLLIN != 0 && state&stateNoRecv == 0 && (p&sys.POLLRDHUP == 0 || s.pending() > 0) {
		have |= spi.EventRead
	}
	if p&sys.POLLPRI != 0 {
		have |= spi.EventOOB
	}
	switch {
	case state&stateDead != 0:
		return have | spi.EventReset
	case p&sys.POLLRDHUP != 0:
		have |= spi.EventClose
	}
	if p&sys.POLLOUT != 0 && state&stateNoSend == 0 {
		have |= spi.EventWrite
	}
	return have
}

// pending is the number of bytes that a receive would find.
func (s *socket) pending() int32 {
	n, _ := sys.Ioctl(s.fd, sys.SIOCINQ, 0)
	return n
}

func (s *socket) readyDatagram(state uint32) spi.Events {
	var have spi.Events
	p := sys.Poll(s.fd, sys.POLLIN|sys.POLLOUT)
	if p&sys.POLLERR != 0 && state&stateRefused == 0 {
		for {
			code, found := s.nextICMP()
			if found && code != 0 {
				s.refuse(code)
			}
			if !found || code != 0 {
				break
			}
		}
		state = s.state.Load()
	}
	if p&sys.POLLIN != 0 && state&(stateBound|stateNoRecv) == stateBound {
		have |= spi.EventRead
	}
	if p&sys.POLLOUT != 0 && state&stateNoSend == 0 {
		have |= spi.EventWrite
	}
	if state&stateRefused != 0 {
		have |= spi.EventReset
	}
	return have
}

// Watch puts w on the socket. The descriptor is registered with the poller
// only from the first watcher on, and until an event finds none.
func (s *socket) Watch(w *spi.Watcher) {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watchers.Add(w)
	if !s.polled {
		// The poller cannot fail but for want of kernel memory. There is
		// nobody to tell then; the watcher's own time-out is what is left.
		s.polled = poller.Default.Add(s.fd, &s.desc) == nil
	}
}

// Unwatch takes w off.
func (s *socket) Unwatch(w *spi.Watcher) { s.watchers.Remove(w) }

// NotifyReady is how the poller tells of an event.
func (s *socket) NotifyReady(bits uint32) {
	s.watchers.Notify(s.events(bits))
	if !s.watchers.Empty() {
		return
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	if s.polled && s.watchers.Empty() {
		s.polled = false
		poller.Default.Remove(s.fd, &s.desc)
	}
}

// events are the events that may have begun to hold with the bits.
func (s *socket) events(bits uint32) (e spi.Events) {
	state := s.state.Load()
	if s.kind.stream && state&(stateConnected|stateConnecting|stateListening|stateFailed) == 0 {
		return 0 // an idle stream hangs up, in the kernel's view
	}
	if bits&sys.POLLIN != 0 {
		e |= spi.EventRead | spi.EventAccept
	}
	if bits&sys.POLLOUT != 0 {
		e |= spi.EventWrite | spi.EventConnect
	}
	if bits&sys.POLLPRI != 0 {
		e |= spi.EventOOB
	}
	if bits&sys.POLLRDHUP != 0 {
		e |= spi.EventClose
	}
	if bits&(sys.POLLERR|sys.POLLHUP) != 0 {
		e |= spi.EventReset | spi.EventConnectFail
	}
	return e
}
