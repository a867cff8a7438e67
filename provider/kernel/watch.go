// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"time"

	"winsock/internal/poller"
	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockstate"
)

// retryWatch is how soon a registration is tried again for which the kernel
// had no memory.
const retryWatch = 20 * time.Millisecond

// Watch puts w on the socket. The descriptor is registered with the poller
// only from the first watcher on, and until an event finds none.
func (s *socket) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		changes.watch(w)
		return
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	s.watchers.Add(w)
	s.pollLocked()
}

// pollLocked registers the descriptor. If the kernel has no room for it (it
// limits how many a user may have), the watchers are told to try now and
// then.
func (s *socket) pollLocked() {
	if s.desc.Added() || s.watchers.Empty() || poller.Default.Add(s.fd, &s.desc) == nil {
		return
	}
	time.AfterFunc(retryWatch, func() {
		s.watchers.Notify(spi.EventAll)
		s.watchMu.Lock()
		defer s.watchMu.Unlock()
		s.pollLocked() // without watchers, as after Close, nothing
	})
}

// Unwatch takes w off.
func (s *socket) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		changes.unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// requestOut has the poller tell when there is room to send again. Whoever
// finds that there is none calls it.
func (s *socket) requestOut() {
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	poller.Default.Request(s.fd, &s.desc)
}

// NotifyReady is how the poller tells of an event.
func (s *socket) NotifyReady(bits uint32) {
	if !s.kind.stream && bits&sys.POLLOUT != 0 {
		s.watchMu.Lock()
		poller.Default.Withdraw(s.fd, &s.desc)
		s.watchMu.Unlock()
	}
	if s.watchers.Notify(s.events(bits)) {
		return
	}
	s.watchMu.Lock()
	defer s.watchMu.Unlock()
	if s.watchers.Empty() {
		poller.Default.Remove(s.fd, &s.desc)
	}
}

// events are the events that may have begun to hold with the bits.
func (s *socket) events(bits uint32) (e spi.Events) {
	const alive = sockstate.Datagram | sockstate.Connected | sockstate.Connecting | sockstate.Listening | sockstate.Failed
	if !s.state.Has(alive) {
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
