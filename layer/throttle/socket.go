// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"sync"
	"sync/atomic"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A socket refuses what its buckets do not allow. It keeps nothing back
// itself: what is not received stays below, what is not sent with the program.
type socket struct {
	layer.PassThrough
	of       *throttle
	group    *group
	datagram bool

	up, down side

	watchers spi.WatchList // of those that are told of events
	inner    spi.Watcher   // on the socket below, once there are watchers
	once     sync.Once
	watching atomic.Bool
}

// A side is one direction.
type side struct {
	bytes, packets *bucket.Member // nil: without limit
	quota          *quota
}

// wrap makes the socket of the layer on the one below.
func (t *throttle) wrap(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := &socket{of: t, group: t.group(o.Process), datagram: layer.Datagram(o)}
	s.Socket = below
	s.inner.Mask = spi.EventAll
	s.inner.Notify = func(e spi.Events) { s.watchers.Notify(e) }
	read := func() { s.watchers.Notify(spi.EventRead) }
	write := func() { s.watchers.Notify(spi.EventWrite) }
	join := func(f flow, told func()) *bucket.Member {
		if b := s.group.buckets[f]; b != nil {
			return b.Join(t.weight, t.priority, told)
		}
		return nil
	}
	s.up = side{join(bytesUp, write), join(packetsUp, write), s.group.up}
	s.down = side{join(bytesDown, read), join(packetsDown, read), s.group.down}
	s.up.quota.join(s)
	s.down.quota.join(s)
	return s, nil
}

// reserve takes tokens for up to n bytes, and returns how many may go. 0 is
// for nothing at all, unless n is.
func (d *side) reserve(n int, whole bool) (int, bool) {
	if d.packets != nil && d.packets.Reserve(1, true) == 0 {
		return 0, false
	}
	may := n
	if d.bytes != nil && n > 0 {
		if may = d.bytes.Reserve(n, whole); may == 0 {
			d.giveBack(0, 1)
			return 0, false
		}
	}
	if d.quota != nil && may > 0 {
		allowed := d.quota.take(may, whole)
		if d.bytes != nil {
			d.bytes.Return(may - allowed)
		}
		if may = allowed; may == 0 {
			d.giveBack(0, 1)
			return 0, false
		}
	}
	return may, true
}

// giveBack returns what was reserved and not used.
func (d *side) giveBack(bytes, packets int) {
	if d.bytes != nil {
		d.bytes.Return(bytes)
	}
	if d.packets != nil {
		d.packets.Return(packets)
	}
}

// ready reports whether reserve would give anything. If not, the socket's
// watchers will be told.
func (d *side) ready() bool {
	return (d.packets == nil || d.packets.Ready()) && (d.bytes == nil || d.bytes.Ready())
}

func (d *side) limited() bool { return d.bytes != nil || d.packets != nil || d.quota != nil }

// over reports whether a direction is ended by a quota.
func (s *socket) over(d, other *side) bool {
	return d.quota.over() || s.of.end.both && other.quota.over()
}

// Send sends what the buckets allow.
func (s *socket) Send(m *spi.Message) (int, error) {
	d := &s.up
	if s.over(d, &s.down) {
		s.of.counts[up].refused.Add(1)
		return 0, s.of.end.send
	}
	n := m.Len()
	if !d.limited() || n == 0 && !s.datagram {
		return s.Socket.Send(m)
	}
	may, ok := d.reserve(n, s.datagram || m.Flags&(wsa.MSG_OOB|wsa.MSG_PARTIAL) != 0)
	if ok {
		sent, err := s.part(m, may, s.Socket.Send)
		s.used(d, may, sent, err)
		return sent, err
	}
	switch {
	case s.over(d, &s.down):
		s.of.counts[up].refused.Add(1)
		return 0, s.of.end.send
	case s.Socket.Ready(spi.EventWrite) == 0:
		return s.anyway(d, m, s.Socket.Send) // for the error, or for want of room
	}
	s.of.counts[up].waits.Add(1)
	return 0, wsa.WSAEWOULDBLOCK
}

// Recv receives what the buckets allow.
func (s *socket) Recv(m *spi.Message) (int, error) {
	d := &s.down
	if s.over(d, &s.up) {
		return s.overRecv(m)
	}
	n := m.Len()
	if !d.limited() || m.Flags&wsa.MSG_OOB != 0 || n == 0 && !s.datagram {
		return s.Socket.Recv(m)
	}
	if m.Flags&wsa.MSG_PEEK != 0 {
		if d.ready() || s.Socket.Ready(spi.EventRead) == 0 {
			return s.Socket.Recv(m)
		}
		return 0, wsa.WSAEWOULDBLOCK
	}
	may, ok := d.reserve(n, s.datagram)
	if ok {
		got, err := s.part(m, may, s.Socket.Recv)
		s.used(d, may, got, err)
		return got, err
	}
	switch {
	case s.over(d, &s.up):
		return s.overRecv(m)
	case s.Socket.Ready(spi.EventRead) == 0:
		return s.anyway(d, m, s.Socket.Recv) // for the end, the error, or nothing
	}
	s.of.counts[down].waits.Add(1)
	return 0, wsa.WSAEWOULDBLOCK
}

// anyway makes a call that is not expected to move data. Should it do so, as
// what was not ready may have become so, that is paid for afterwards.
func (s *socket) anyway(d *side, m *spi.Message, call func(*spi.Message) (int, error)) (int, error) {
	n, err := call(m)
	if n > 0 {
		if d.bytes != nil {
			d.bytes.Charge(n)
		}
		if d.packets != nil {
			d.packets.Charge(1)
		}
		d.quota.take(n, true)
		d.quota.end()
	}
	return n, err
}

// overRecv answers a receive after the quota.
func (s *socket) overRecv(m *spi.Message) (int, error) {
	s.of.counts[down].refused.Add(1)
	if s.of.end.close {
		m.Flags = 0
		return 0, nil
	}
	return 0, s.of.end.recv
}

// used settles a call for which may bytes were reserved.
func (s *socket) used(d *side, may, n int, err error) {
	if err != nil && err != wsa.WSAEMSGSIZE {
		n = 0
		d.giveBack(may, 1)
	} else {
		d.giveBack(may-n, 0)
	}
	d.quota.give(may - n)
	d.quota.end()
	if d == &s.up {
		s.of.counts[up].passed.Add(int64(n))
	} else {
		s.of.counts[down].passed.Add(int64(n))
	}
}

// part makes a call with the first n bytes of a message. A datagram is not
// cut.
func (s *socket) part(m *spi.Message, n int, call func(*spi.Message) (int, error)) (int, error) {
	if s.datagram {
		return call(m)
	}
	return layer.Part(m, n, call)
}

// Ready does not count what the buckets do not allow.
func (s *socket) Ready(mask spi.Events) spi.Events {
	ask := mask
	if mask&spi.EventClose != 0 && s.down.limited() {
		ask |= spi.EventRead
	}
	e := s.Socket.Ready(ask)
	noRecv, noSend := s.over(&s.down, &s.up), s.over(&s.up, &s.down)
	if e&spi.EventRead != 0 {
		switch {
		case noRecv:
			e &^= spi.EventRead
		case !s.down.ready():
			// The end comes after the data that waits.
			e &^= spi.EventRead | spi.EventClose
		}
	}
	if e&spi.EventWrite != 0 && (noSend || !s.up.ready()) {
		e &^= spi.EventWrite
	}
	if noRecv || noSend {
		e |= s.endEvents()
	}
	return e & mask
}

// endEvents are those of a quota that is over.
func (s *socket) endEvents() spi.Events {
	if s.of.end.close {
		return spi.EventClose
	}
	return spi.EventReset
}

// overdrawn is called once when a quota of the socket is over, with the
// quota's lock held, so that the socket is not closed meanwhile.
func (s *socket) overdrawn() {
	if s.of.end.close && !s.datagram {
		_ = s.Socket.Shutdown(wsa.SD_BOTH) // one that is not connected has nothing to end
	}
	s.watchers.Notify(s.endEvents())
}

// Watch puts w on the layer's own list, which is told of what happens below
// and in the buckets.
func (s *socket) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Watch(w)
		return
	}
	s.watchers.Add(w)
	s.once.Do(func() {
		s.Socket.Watch(&s.inner)
		s.watching.Store(true)
	})
}

// Unwatch takes w off again.
func (s *socket) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Park leaves waiting to watchers: who parks below would hear nothing of
// the buckets.
func (s *socket) Park(spi.Direction, func() bool) (bool, error) { return false, nil }

// Close gives back what the socket has of its group.
func (s *socket) Close() error {
	s.leave()
	if s.of.end.reset && s.over(&s.up, &s.down) {
		s.Abort()
	}
	return s.PassThrough.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *socket) Abandon() {
	s.leave()
	s.PassThrough.Abandon()
}

var _ spi.Abandoner = (*socket)(nil)

func (s *socket) leave() {
	if s.watching.Swap(false) {
		s.Socket.Unwatch(&s.inner)
	}
	for _, d := range [2]*side{&s.up, &s.down} {
		for _, m := range [2]*bucket.Member{d.bytes, d.packets} {
			if m != nil {
				m.Leave()
			}
		}
		d.quota.leave(s)
	}
	if g := s.group; g != nil {
		s.group = nil
		g.release()
	}
}
