// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/binary"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A stream is a stream socket whose data goes through two links, one for each
// direction, as soon as a toxic is about it. Until then, and when all toxics
// are gone and the links are empty, its calls for data are those of the socket
// below, at the cost of a few atomic operations and no lock.
type stream struct {
	layer.HandlePreserving
	place    *place
	log      *slog.Logger
	family   int32
	ending   *layer.Ending // of the provider: closed sockets that still send
	seesData bool
	connects bool // toxics may be about connecting

	watchers spi.WatchList
	inner    spi.Watcher
	linked   atomic.Bool // inner is on the socket below

	queued    atomic.Bool  // routineRun will run
	held      atomic.Bool  // there is an attempt, or something pending
	busy      atomic.Bool  // the links hold something, so that no call may go past them
	receiving atomic.Int32 // calls of Recv that go past them at the moment
	carried   atomic.Bool  // the place counts it as an open connection

	parking   sync.Mutex // protects what follows; taken inside of mu
	kicked    atomic.Bool
	deadlines [2]time.Time // of the program, by spi.Direction

	mu       sync.Mutex // protects what follows; held over calls to the socket below
	id       uint64     // of the connection; 0: there was none yet
	open     bool       // it is connected
	up, down link
	timer    bucket.Timer
	next     time.Time   // when the links want to be looked at again
	events   spi.Events  // to be told
	attempt  *attempt    // a connect that is held back or has failed
	pending  []*accepted // connections that are held back
	noSend   bool
	noRecv   bool
	sendErr  error // what Send answers
	recvErr  error // what Recv answers when there is no more data
	ended    bool  // no more data will come: Recv answers 0
	closing  bool
	hasty    bool // what is held is not to be sent
	drained  bool // it has all been sent, since closing
	patience bucket.Timer
}

// closeTimeout is how long what was sent has to get through after a close.
const closeTimeout = 20 * time.Second

func (f *provider) wrapStream(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := &stream{place: f.place, log: f.log, ending: &f.ending}
	s.family, _, _ = o.Kind()
	concern := f.place.concerns()
	s.seesData, s.connects = concern.streams, concern.connects
	s.Socket = below
	s.up, s.down = link{s: s, stream: upstream}, link{s: s, stream: downstream}
	s.inner.Mask = spi.EventAll
	s.inner.Notify = s.told
	f.place.join(s)
	return s, nil
}

// told hears from the socket below, with its locks held.
func (s *stream) told(e spi.Events) {
	s.watchers.Notify(e)
	if !s.direct() {
		s.wake()
	}
}

// direct reports whether calls for data may go to the socket below.
func (s *stream) direct() bool { return !s.place.state.Load().streams && !s.busy.Load() }

// wake has the links looked at, soon and on another goroutine.
func (s *stream) wake() {
	if !s.queued.Swap(true) {
		s.after(0, s.routineRun)
	}
}

// after has the clock call f. A panic of the socket below then ends the
// connection and not the program.
func (s *stream) after(d time.Duration, f func()) bucket.Timer {
	return s.place.clock.AfterFunc(d, func() { layer.Guard(s.log, "carrying data late", s.panicked, f) })
}

// panicked aborts the connection, or its connect.
func (s *stream) panicked() {
	s.mu.Lock()
	defer s.unlock()
	if s.open {
		s.breakLocked(wsa.WSAECONNABORTED)
	} else {
		s.failLocked(new(attempt), wsa.WSAECONNABORTED)
	}
}

// routineRun looks at the links. It is called by the clock.
func (s *stream) routineRun() {
	s.queued.Store(false)
	s.mu.Lock()
	defer s.unlock()
	s.runLocked()
}

// unlock gives mu back, tells what happened, and closes what is done.
func (s *stream) unlock() {
	events, drained := s.events, s.drained
	s.events, s.drained = 0, false
	s.mu.Unlock()
	if events != 0 {
		s.watchers.Notify(events)
	}
	if drained {
		s.finish()
	}
}

// beginLocked reports whether there is a connection, and counts a new one.
func (s *stream) beginLocked() bool {
	if s.open {
		return true
	}
	if s.attempt != nil || s.resultBelow() != nil {
		return false
	}
	s.open = true
	s.numberLocked()
	return true
}

// resultBelow is ConnectResult of the socket below. As of its first success
// there is an open connection.
func (s *stream) resultBelow() error {
	err := s.Socket.ConnectResult()
	if err == nil && !s.carried.Swap(true) {
		s.place.open.Add(1)
	}
	return err
}

func (s *stream) numberLocked() {
	if s.id == 0 {
		s.id = s.place.connections.Add(1)
	}
}

// runLocked passes on what may pass, and sees to it that it is called again.
func (s *stream) runLocked() {
	if s.closing && s.linkGone() {
		return
	}
	if !s.beginLocked() {
		return
	}
	now := s.place.clock.Now()
	state := s.place.state.Load()
	if state.streams {
		s.busy.Store(true)
		s.linkLocked()
	}
	if !state.enabled && !s.linkGone() {
		s.cutLocked()
	}
	s.up.renewLocked(state, now)
	s.down.renewLocked(state, now)
	s.next = time.Time{}
	s.down.fetchLocked(now)
	s.down.passLocked(now)
	s.up.passLocked(now)
	if !s.down.over && s.down.stalled {
		s.down.fetchLocked(now) // there may be room now
		s.down.passLocked(now)
	}
	s.busy.Store(state.streams || !s.up.emptyLocked() || !s.down.emptyLocked() || s.sendErr != nil || s.recvErr != nil)
	if !s.next.IsZero() && !s.linkGone() {
		if d := max(s.next.Sub(now), 0); s.timer == nil {
			s.timer = s.after(d, s.routineRun)
		} else {
			s.timer.Reset(d)
		}
	}
}

// linkGone reports whether the links carry nothing any more.
func (s *stream) linkGone() bool { return s.up.over && s.down.over }

// linkLocked has the socket below tell of its events.
func (s *stream) linkLocked() {
	if !s.closing && !s.linked.Load() {
		s.Socket.Watch(&s.inner)
		s.linked.Store(true)
	}
}

// changed is called when other toxics are in force.
func (s *stream) changed(state *state) {
	s.mu.Lock()
	defer s.unlock()
	if s.closing && s.linkGone() {
		return // the socket below may be closed
	}
	if !s.closing && !state.quiet {
		// Who is parked below would not hear of the links.
		s.parking.Lock()
		s.kicked.Store(true)
		for _, d := range [2]spi.Direction{spi.Receiving, spi.Sending} {
			s.HandlePreserving.SetParkDeadline(d, layer.Past)
		}
		s.parking.Unlock()
	}
	if state.streams && s.Socket.ConnectResult() != wsa.WSAENOTCONN {
		s.linkLocked()
	}
	s.runLocked()
	s.events |= spi.EventRead | spi.EventWrite | spi.EventAccept
}

// Park parks below while no toxic is about anything, and nothing is held back
// of which only the layer can tell.
func (s *stream) Park(d spi.Direction, try func() bool) (bool, error) {
	if !s.place.state.Load().quiet || s.busy.Load() || s.held.Load() {
		return false, nil
	}
	if s.kicked.Load() {
		s.parking.Lock()
		if s.place.state.Load().quiet {
			s.kicked.Store(false)
			for d, t := range s.deadlines {
				s.HandlePreserving.SetParkDeadline(spi.Direction(d), t)
			}
		}
		s.parking.Unlock()
	}
	parked, err := s.HandlePreserving.Park(d, try)
	if err == wsa.WSAETIMEDOUT && !s.overdue(d) {
		return false, nil // toxics came, and may be gone again
	}
	return parked, err
}

// overdue reports whether the program's own deadline is over.
func (s *stream) overdue(d spi.Direction) bool {
	s.parking.Lock()
	defer s.parking.Unlock()
	t := s.deadlines[d]
	return !t.IsZero() && !time.Now().Before(t)
}

// SetParkDeadline sets the deadline of the socket below, now or when somebody
// may park there again.
func (s *stream) SetParkDeadline(d spi.Direction, t time.Time) {
	s.parking.Lock()
	defer s.parking.Unlock()
	s.deadlines[d] = t
	if !s.kicked.Load() {
		s.HandlePreserving.SetParkDeadline(d, t)
	}
}

// Send gives data to the link upstream.
func (s *stream) Send(m *spi.Message) (int, error) {
	if s.direct() {
		return s.Socket.Send(m)
	}
	s.mu.Lock()
	defer s.unlock()
	if !s.beginLocked() {
		return s.Socket.Send(m) // for its error
	}
	s.runLocked()
	l := &s.up
	switch {
	case s.noSend:
		return 0, wsa.WSAESHUTDOWN
	case s.sendErr != nil:
		return 0, s.sendErr
	case l.pureLocked():
		return s.Socket.Send(m)
	case m.Flags&wsa.MSG_OOB != 0:
		return 0, wsa.WSAEOPNOTSUPP // it could only go past what is held
	}
	n := min(m.Len(), l.roomLocked())
	if n == 0 {
		if m.Len() == 0 {
			return 0, nil
		}
		return 0, wsa.WSAEWOULDBLOCK
	}
	for at := 0; at < n; {
		data := make([]byte, min(n-at, pieceSize))
		m.Gather(data, at)
		l.pushLocked(piece{data: data, at: s.place.clock.Now()})
		at += len(data)
	}
	s.runLocked()
	return n, nil
}

// Recv takes what has come through the link downstream.
func (s *stream) Recv(m *spi.Message) (int, error) {
	if m.Flags&wsa.MSG_OOB != 0 {
		return s.Socket.Recv(m)
	}
	// The links take nothing from below while somebody else does, or data
	// would come in another order.
	s.receiving.Add(1)
	if s.direct() {
		n, err := s.Socket.Recv(m)
		if s.receiving.Add(-1) == 0 && !s.direct() {
			s.wake()
		}
		return n, err
	}
	s.receiving.Add(-1)
	s.mu.Lock()
	defer s.unlock()
	if !s.beginLocked() || s.noRecv {
		return s.Socket.Recv(m) // for its error
	}
	s.runLocked()
	l := &s.down
	switch {
	case l.heldLocked():
		n := l.takeLocked(m)
		if l.stalled && m.Flags&wsa.MSG_PEEK == 0 {
			s.runLocked()
		}
		m.Flags = 0
		return n, nil
	case s.recvErr != nil:
		return 0, s.recvErr
	case s.ended:
		m.Flags = 0
		return 0, nil
	case l.pureLocked():
		n, err := s.Socket.Recv(m)
		switch err {
		case wsa.WSAECONNRESET, wsa.WSAECONNABORTED, wsa.WSAENETRESET, wsa.WSAETIMEDOUT:
			if s.sendErr == nil {
				s.sendErr = err // the link upstream may hold what it is given
			}
		}
		return n, err
	}
	return 0, wsa.WSAEWOULDBLOCK
}

// Ready tells of what has come through the links.
func (s *stream) Ready(mask spi.Events) spi.Events {
	if s.direct() && !s.opening() {
		return s.Socket.Ready(mask)
	}
	s.mu.Lock()
	defer s.unlock()
	switch {
	case s.attempt != nil && s.attempt.failure != nil:
		return mask & spi.EventConnectFail
	case s.attempt != nil:
		return 0
	case s.beginLocked():
		if s.direct() {
			return s.Socket.Ready(mask)
		}
	case mask&spi.EventAccept != 0 && s.opening() && s.listens():
		if err := s.fetchConnectionsLocked(); err != nil && err != wsa.WSAEWOULDBLOCK {
			return s.Socket.Ready(mask)
		}
		e := s.Socket.Ready(mask &^ spi.EventAccept)
		if s.firstLocked() >= 0 {
			e |= spi.EventAccept
		}
		return e
	default:
		return s.Socket.Ready(mask)
	}
	s.runLocked()
	const up, down = spi.EventWrite | spi.EventReset, spi.EventRead | spi.EventClose | spi.EventReset
	below := mask &^ (up | down)
	if s.down.pureLocked() && s.recvErr == nil {
		below |= mask & down
	}
	if s.up.pureLocked() && s.sendErr == nil {
		below |= mask & up
	}
	e := s.Socket.Ready(below)
	if !s.down.pureLocked() {
		if s.down.heldLocked() && !s.noRecv {
			e |= spi.EventRead
		}
		if s.ended {
			e |= spi.EventClose
		}
	}
	if !s.up.pureLocked() && s.up.roomLocked() > 0 && !s.noSend {
		e |= spi.EventWrite
	}
	if s.sendErr != nil {
		e &^= spi.EventWrite
	}
	if s.recvErr != nil || s.sendErr != nil {
		e |= spi.EventReset
	}
	return e & mask
}

// Watch puts w on the layer's own list.
func (s *stream) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Watch(w)
		return
	}
	s.watchers.Add(w)
	if !s.linked.Load() {
		s.mu.Lock()
		s.linkLocked()
		s.mu.Unlock()
	}
}

// Unwatch takes w off again.
func (s *stream) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Shutdown ends a direction: what was sent before still goes out first.
func (s *stream) Shutdown(how int32) error {
	s.mu.Lock()
	defer s.unlock()
	if how < wsa.SD_RECEIVE || how > wsa.SD_BOTH || !s.beginLocked() {
		return s.Socket.Shutdown(how)
	}
	if s.direct() && s.place.state.Load().quiet {
		err := s.Socket.Shutdown(how)
		if err == nil { // for the toxics that may come
			s.noSend = s.noSend || how != wsa.SD_RECEIVE
			s.noRecv = s.noRecv || how != wsa.SD_SEND
		}
		return err
	}
	s.runLocked()
	if how != wsa.SD_RECEIVE && !s.noSend {
		s.noSend = true
		if !s.up.over {
			s.up.pushLocked(piece{at: s.place.clock.Now(), end: true})
		}
	}
	if how != wsa.SD_SEND {
		s.noRecv = true
		s.down.dropLocked(true)
		if err := s.Socket.Shutdown(wsa.SD_RECEIVE); err != nil && s.sendErr == nil {
			return err
		}
	}
	s.runLocked()
	return nil
}

// Linger ends the sending direction and waits for what the link holds.
func (s *stream) Linger() error {
	if s.direct() && s.place.state.Load().quiet {
		return s.HandlePreserving.Linger()
	}
	if s.holds() {
		return wsa.WSAEWOULDBLOCK
	}
	return s.HandlePreserving.Linger()
}

// holds ends the sending direction, and reports whether the link still holds
// something.
func (s *stream) holds() bool {
	s.mu.Lock()
	defer s.unlock()
	if !s.beginLocked() || s.up.over {
		return false
	}
	if !s.noSend {
		s.noSend = true
		s.up.pushLocked(piece{at: s.place.clock.Now(), end: true})
	}
	s.runLocked()
	return len(s.up.queue) > 0 && !s.up.over
}

// Abort makes the following Close reset the connection.
func (s *stream) Abort() {
	s.mu.Lock()
	s.hasty = true
	s.mu.Unlock()
	s.HandlePreserving.Abort()
}

// Close ends the connection, in the background if there is something to send.
func (s *stream) Close() error {
	slow, err := s.beginClose(s.lingersHard())
	if slow || err != nil {
		return err
	}
	s.leave()
	return s.HandlePreserving.Close()
}

// beginClose ends what is under way, and reports whether something is still to
// be sent.
func (s *stream) beginClose(hard bool) (slow bool, err error) {
	s.mu.Lock()
	defer s.unlock()
	if s.closing {
		return false, wsa.WSAENOTSOCK
	}
	s.stopConnectingLocked()
	if !hard && !s.hasty && s.sendErr == nil && s.recvErr == nil && s.attempt == nil && !s.direct() && s.beginLocked() {
		s.runLocked()
		s.up.pushLocked(piece{at: s.place.clock.Now(), end: true, closing: true})
		s.down.dropLocked(true)
		s.down.over = true
		s.linkLocked()
		s.runLocked()
		slow = !s.drained && !s.up.over
	}
	s.closing = true
	s.drained = false
	if slow {
		s.ending.Add()
		s.patience = s.after(closeTimeout, s.routineGiveUp)
	}
	return slow, nil
}

// routineGiveUp ends a close that takes too long.
func (s *stream) routineGiveUp() {
	s.mu.Lock()
	defer s.unlock()
	if !s.up.over {
		s.up.dropLocked(true)
		s.up.over, s.drained = true, true
		s.HandlePreserving.Abort()
	}
}

// finish is the end of a close in the background.
func (s *stream) finish() {
	s.mu.Lock()
	closing := s.closing && s.patience != nil
	if closing {
		s.patience.Stop()
		s.patience = nil
	}
	s.mu.Unlock()
	if !closing {
		return // Close itself goes on
	}
	defer s.ending.Done()
	s.leave()
	layer.Guard(s.log, "closing late", s.HandlePreserving.Abandon, func() {
		_ = s.HandlePreserving.Close() // there is nobody to tell
	})
}

// leave ends what the layer has under way.
func (s *stream) leave() {
	s.place.leave(s)
	if s.carried.Swap(false) {
		s.place.open.Add(-1)
	}
	if s.linked.Swap(false) {
		s.Socket.Unwatch(&s.inner)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up.endLocked()
	s.down.endLocked()
	if s.timer != nil {
		s.timer.Stop()
	}
}

// Abandon is Close for a socket whose own has failed.
func (s *stream) Abandon() {
	s.mu.Lock()
	s.closing = true
	s.stopConnectingLocked()
	s.mu.Unlock()
	s.leave()
	s.HandlePreserving.Abandon()
}

// lingersHard reports whether SO_LINGER asks for a reset.
func (s *stream) lingersHard() bool {
	var value [4]byte
	n, err := s.Socket.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_LINGER, value[:])
	return err == nil && n == 4 && binary.LittleEndian.Uint16(value[:]) != 0 && binary.LittleEndian.Uint16(value[2:]) == 0
}

// cutLocked ends the connection for both sides. What has come through can
// still be received.
func (s *stream) cutLocked() {
	s.up.dropLocked(false)
	s.down.dropLocked(false)
	s.up.over, s.down.over = true, true
	s.ended, s.sendErr = true, wsa.WSAECONNRESET
	s.busy.Store(true)
	_ = s.Socket.Shutdown(wsa.SD_BOTH) // it may be over already
	s.events |= spi.EventClose | spi.EventReset
	s.drained = s.closing
}

// resetLocked has both sides find the connection reset: the peer at once if
// the socket below can do so, else when the program closes it.
func (s *stream) resetLocked() {
	s.breakLocked(wsa.WSAECONNRESET)
	s.HandlePreserving.Abort()
}

// breakLocked ends both links with an error.
func (s *stream) breakLocked(err error) {
	s.up.dropLocked(true)
	s.down.dropLocked(false)
	s.up.over, s.down.over = true, true
	s.sendErr, s.recvErr = err, err
	s.busy.Store(true)
	s.events |= spi.EventReset
	s.drained = s.closing
}

// Ioctl answers FIONREAD for what has come through.
func (s *stream) Ioctl(code uint32, in, out []byte) (int, error) {
	if code == wsa.FIONREAD && len(out) >= 4 && !s.direct() {
		s.mu.Lock()
		defer s.unlock()
		if s.beginLocked() {
			if s.runLocked(); !s.down.pureLocked() {
				binary.LittleEndian.PutUint32(out, uint32(s.down.outSize))
				return 4, nil
			}
		}
	}
	return s.Socket.Ioctl(code, in, out)
}

// DataPath lets the data go past if no fault can be about it.
func (s *stream) DataPath() spi.Socket {
	if s.seesData || s.connects && s.ConnectResult() != nil {
		return s
	}
	return s.HandlePreserving.DataPath()
}

// Foresee tells the same of the time after a connect.
func (s *stream) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.seesData || s.connects {
		return s
	}
	return spi.DataPathTo(s.Socket, name)
}

// Spoken tells that toxics about connecting leave the data alone.
func (s *stream) Spoken() spi.Socket {
	if s.seesData {
		return s
	}
	return s.HandlePreserving.DataPath()
}
