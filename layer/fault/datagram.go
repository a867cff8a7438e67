// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"encoding/binary"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A datagram socket loses, doubles, delays and reorders datagrams. It keeps
// those that are not due yet.
type datagram struct {
	layer.Base
	place  *place
	log    *slog.Logger
	family int32

	watchers spi.WatchList
	inner    spi.Watcher
	once     sync.Once
	watching bool // set by once, read by Close

	noSend atomic.Bool // shut down for sending
	named  atomic.Bool // known to be bound

	up, down way
}

// A way is one direction.
type way struct {
	chance *chance
	stream string

	mu      sync.Mutex // protects what follows; held over calls to the socket below
	queue   []*packet  // by the time they are due
	timer   bucket.Timer
	err     error // that came from below and is to be told
	closed  bool
	message spi.Message
	from    wsa.Sockaddr
	control [maxControl]byte // what a datagram comes with
	again   bucket.Timer     // for more of a flood
}

// A packet is a datagram that is kept.
type packet struct {
	due     time.Time
	data    []byte
	control []byte
	name    wsa.Sockaddr
	named   bool
	flags   uint32
}

// maxControl is the room for the control data of one datagram.
const maxControl = 512

// maxPackets bounds what is kept in a direction. What comes then is lost, as
// in a router.
const maxPackets = 1000

func (f *provider) wrapDatagram(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	p := f.place
	id := p.number.Add(1)
	s := &datagram{place: p, log: f.log}
	s.family, _, _ = o.Kind()
	s.Socket = below
	s.up = way{chance: p.chance('d', id, upstream), stream: upstream}
	s.down = way{chance: p.chance('d', id, downstream), stream: downstream}
	s.inner.Mask = spi.EventAll
	s.inner.Notify = func(e spi.Events) { s.watchers.Notify(e) }
	return s, nil
}

// fate decides about a datagram: after which times it arrives, each a copy.
func (w *way) fate(p *place) (after [2]time.Duration, copies int) {
	copies = 1
	for _, t := range p.toxics() {
		if t.Stream != w.stream || kinds[t.Type].where != inDatagram && t.Type != "latency" || !w.chance.hits(t) {
			continue
		}
		switch t.Type {
		case "drop":
			p.log.note("# %s datagram dropped by %s", w.chance.key, t.Name)
			return after, 0
		case "duplicate":
			copies = 2
		case "reorder":
			after[0] += t.milliseconds("delay")
		case "latency":
			d := t.late(w.chance)
			for i := range after {
				after[i] += d
			}
		}
	}
	return after, copies
}

// keepLocked puts a packet into the queue, behind those that are due before.
func (w *way) keepLocked(k *packet) {
	if len(w.queue) >= maxPackets {
		return
	}
	i := len(w.queue)
	for i > 0 && w.queue[i-1].due.After(k.due) {
		i--
	}
	w.queue = append(w.queue, nil)
	copy(w.queue[i+1:], w.queue[i:])
	w.queue[i] = k
}

// armLocked has f called when the first packet is due.
func (w *way) armLocked(clock bucket.Clock, f func()) {
	if len(w.queue) == 0 || w.closed {
		return
	}
	d := w.queue[0].due.Sub(clock.Now())
	if w.timer == nil {
		w.timer = clock.AfterFunc(d, f)
	} else {
		w.timer.Reset(d)
	}
}

// againLocked has f called soon.
func (w *way) againLocked(clock bucket.Clock, f func()) {
	if w.closed {
		return
	}
	if w.again == nil {
		w.again = clock.AfterFunc(0, f)
	} else {
		w.again.Reset(0)
	}
}

// Send sends the datagram, now, later, twice or not at all.
func (s *datagram) Send(m *spi.Message) (int, error) {
	w := &s.up
	toxics := s.place.toxics()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(toxics) == 0 && len(w.queue) == 0 {
		return s.Socket.Send(m)
	}
	n := m.Len()
	if !s.sound(m, n) {
		return s.Socket.Send(m) // for its error
	}
	after, copies := w.fate(s.place)
	now := s.place.clock.Now()
	for i := range copies {
		if after[i] == 0 {
			sent, err := s.Socket.Send(m)
			if i == 0 {
				if err != nil {
					return 0, err
				}
				n = sent
			}
			continue
		}
		k := &packet{due: now.Add(after[i]), data: make([]byte, n), control: slices.Clone(m.Control), flags: m.Flags}
		m.Gather(k.data, 0)
		if k.named = m.Name != nil; k.named {
			k.name = *m.Name
		}
		w.keepLocked(k)
	}
	w.armLocked(s.place.clock, s.routineSend)
	return n, nil
}

// sound reports whether a datagram could be sent as far as can be told, so
// that the program does not hear of success when the error comes too late.
func (s *datagram) sound(m *spi.Message, n int) bool {
	if s.noSend.Load() {
		return false
	}
	if m.Name == nil {
		var peer wsa.Sockaddr
		if s.Socket.GetPeerName(&peer) != nil {
			return false
		}
	} else if !layer.IsPeer(m.Name, s.family) || !s.bound() {
		return false
	}
	if n < 512 { // which every protocol carries
		return true
	}
	var most [4]byte
	k, err := s.Socket.GetSockOpt(wsa.SOL_SOCKET, wsa.SO_MAX_MSG_SIZE, most[:])
	return err != nil || k < 4 || n <= int(binary.LittleEndian.Uint32(most[:]))
}

// bound has the socket bound, as a send does that is not late.
func (s *datagram) bound() bool {
	if s.named.Load() {
		return true
	}
	var name wsa.Sockaddr
	if s.Socket.GetSockName(&name) != nil {
		switch s.family {
		case wsa.AF_INET:
			name = wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
		case wsa.AF_INET6:
			name = wsa.SockaddrFrom(netip.AddrPortFrom(netip.IPv6Unspecified(), 0))
		default:
			return true // which needs no name of its own
		}
		if s.Socket.Bind(&name) != nil {
			return false
		}
	}
	s.named.Store(true)
	return true
}

// routineSend sends what is due. The timer calls it.
func (s *datagram) routineSend() {
	layer.Guard(s.log, "sending a datagram late", nil, func() {
		w := &s.up
		w.mu.Lock()
		defer w.mu.Unlock()
		s.sendDueLocked(s.place.clock.Now())
		w.armLocked(s.place.clock, s.routineSend)
	})
}

func (s *datagram) sendDueLocked(now time.Time) {
	w := &s.up
	for len(w.queue) > 0 && !w.closed && !w.queue[0].due.After(now) {
		k := w.queue[0]
		w.queue[0] = nil
		w.queue = w.queue[1:]
		m := &w.message
		m.SetBuffer(k.data)
		m.Flags, m.Control = k.flags, k.control
		if m.Name = nil; k.named {
			m.Name = &k.name
		}
		_, _ = s.Socket.Send(m) // what cannot be sent any more is lost, as on any network
		m.Reset()
	}
}

// sendAllLocked sends what is kept, at once.
func (s *datagram) sendAllLocked() {
	if n := len(s.up.queue); n > 0 {
		s.sendDueLocked(s.up.queue[n-1].due)
	}
}

// dueLocked reports whether the first datagram is due.
func (s *datagram) dueLocked() bool {
	w := &s.down
	return len(w.queue) > 0 && !w.queue[0].due.After(s.place.clock.Now())
}

// fetchLocked takes what has come below and decides about it.
func (s *datagram) fetchLocked() {
	w := &s.down
	for looked := 0; w.err == nil && len(w.queue) < maxPackets; looked++ {
		if looked == maxPackets { // they are lost as fast as they come
			w.againLocked(s.place.clock, s.routineDue)
			return
		}
		buf := raw.Get().(*[64 << 10]byte)
		m := &w.message
		m.SetBuffer(buf[:])
		m.Flags, m.Name, m.Control = 0, &w.from, w.control[:]
		w.from.SetLen(0)
		n, err := s.Socket.Recv(m)
		flags, control := m.Flags, m.Control
		m.Reset()
		if err != nil && err != wsa.WSAEMSGSIZE {
			raw.Put(buf)
			if err != wsa.WSAEWOULDBLOCK {
				w.err = err
			}
			return
		}
		after, copies := w.fate(s.place)
		now := s.place.clock.Now()
		for i := range copies {
			w.keepLocked(&packet{
				due: now.Add(after[i]), data: append([]byte(nil), buf[:n]...), control: slices.Clone(control),
				name: w.from, named: true, flags: flags,
			})
		}
		raw.Put(buf)
	}
}

var raw = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// Recv receives the next datagram that is due.
func (s *datagram) Recv(m *spi.Message) (int, error) {
	w := &s.down
	toxics := s.place.toxics()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(toxics) == 0 && len(w.queue) == 0 {
		return s.Socket.Recv(m)
	}
	if !s.dueLocked() {
		if s.fetchLocked(); !s.dueLocked() {
			w.armLocked(s.place.clock, s.routineDue)
			err := w.err
			if w.err = nil; err == nil {
				err = wsa.WSAEWOULDBLOCK
			}
			return 0, err
		}
	}
	k := w.queue[0]
	n := m.Scatter(k.data, 0)
	if m.Name != nil {
		*m.Name = k.name
	}
	peek := m.Flags&wsa.MSG_PEEK != 0
	m.Flags = k.flags
	cut := m.Control != nil && len(k.control) > len(m.Control)
	if cut {
		m.Flags |= wsa.MSG_CTRUNC
		m.Control = m.Control[:0]
	}
	m.Control = m.Control[:copy(m.Control, k.control)]
	if !peek {
		w.queue[0] = nil
		w.queue = w.queue[1:]
	}
	if n < len(k.data) {
		m.Flags |= wsa.MSG_TRUNC
		cut = true
	}
	if cut {
		return n, wsa.WSAEMSGSIZE
	}
	return n, nil
}

// routineDue tells that a datagram is due. The timer calls it.
func (s *datagram) routineDue() { s.watchers.Notify(spi.EventRead) }

// Ready looks at what has come below before it says that there is something.
func (s *datagram) Ready(mask spi.Events) spi.Events {
	e := s.Socket.Ready(mask)
	if mask&spi.EventRead == 0 {
		return e
	}
	w := &s.down
	toxics := s.place.toxics()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(toxics) == 0 && len(w.queue) == 0 {
		return e
	}
	if e&spi.EventRead != 0 && !s.dueLocked() {
		s.fetchLocked()
	}
	e &^= spi.EventRead
	if s.dueLocked() {
		e |= spi.EventRead
	} else {
		w.armLocked(s.place.clock, s.routineDue)
	}
	if w.err != nil {
		e |= spi.EventReset & mask
	}
	return e
}

// Connect sends what is kept, which is for the peer before.
func (s *datagram) Connect(name *wsa.Sockaddr) error {
	s.up.mu.Lock()
	defer s.up.mu.Unlock()
	s.sendAllLocked()
	return s.Base.Connect(name)
}

// Shutdown sends what is kept, and forgets what would be received, if nothing
// can be any more.
func (s *datagram) Shutdown(how int32) error {
	if how == wsa.SD_SEND || how == wsa.SD_BOTH {
		s.up.mu.Lock()
		s.sendAllLocked()
		s.up.mu.Unlock()
	}
	err := s.Base.Shutdown(how)
	if err == nil && how != wsa.SD_RECEIVE {
		s.noSend.Store(true)
	}
	if err == nil && how != wsa.SD_SEND {
		s.down.mu.Lock()
		defer s.down.mu.Unlock()
		s.down.queue = nil
	}
	return err
}

// Ioctl answers FIONREAD for the datagrams that are due.
func (s *datagram) Ioctl(code uint32, in, out []byte) (int, error) {
	if code == wsa.FIONREAD && len(out) >= 4 {
		ready := s.Ready(spi.EventRead) != 0
		s.down.mu.Lock()
		defer s.down.mu.Unlock()
		if len(s.down.queue) > 0 {
			n := 0
			if ready {
				n = len(s.down.queue[0].data)
			}
			out[0], out[1], out[2], out[3] = byte(n), byte(n>>8), byte(n>>16), byte(n>>24)
			return 4, nil
		}
	}
	return s.Base.Ioctl(code, in, out)
}

// Watch puts w on the layer's own list.
func (s *datagram) Watch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Watch(w)
		return
	}
	s.watchers.Add(w)
	s.once.Do(func() {
		s.Socket.Watch(&s.inner)
		s.watching = true
	})
}

// Unwatch takes w off again.
func (s *datagram) Unwatch(w *spi.Watcher) {
	if w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Close sends what is kept, at once, and closes.
func (s *datagram) Close() error {
	s.leave()
	return s.Base.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *datagram) Abandon() {
	s.leave()
	s.Base.Abandon()
}

func (s *datagram) leave() {
	if s.watching {
		s.watching = false
		s.Socket.Unwatch(&s.inner)
	}
	for _, w := range [2]*way{&s.up, &s.down} {
		w.mu.Lock()
		if w == &s.up {
			s.sendAllLocked()
		}
		w.closed = true
		for _, t := range [2]bucket.Timer{w.timer, w.again} {
			if t != nil {
				t.Stop()
			}
		}
		w.mu.Unlock()
	}
}
