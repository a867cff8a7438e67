// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"winsock/internal/bucket"
	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A socket makes calls fail, by the toxics that are about calls. While none
// can be about data, that goes past it.
type socket struct {
	layer.HandlePreserving
	place    *place
	seesData bool
	stream   bool
	id       uint64

	recv, send half

	tally tally

	watchers spi.WatchList // used if the socket sees data
	inner    spi.Watcher
	once     sync.Once
	watching atomic.Bool
}

// A half is one direction of calls that may be told to come again.
type half struct {
	chance *chance
	event  spi.Events

	mu      sync.Mutex // protects what follows
	blocked *toxic     // by which calls are to come again, nil: by none
	spared  bool       // the next call is not blocked, so that there is progress
	timer   bucket.Timer
}

func (p *place) wrapCalls(below spi.Socket, o *spi.Opening) (spi.Socket, error) {
	s := &socket{place: p, stream: layer.Stream(o), id: p.number.Add(1)}
	s.seesData = p.concerns().calls
	s.Socket = below
	s.recv = half{chance: p.chance('s', s.id, downstream), event: spi.EventRead}
	s.send = half{chance: p.chance('s', s.id, upstream), event: spi.EventWrite}
	s.inner.Mask = spi.EventAll
	s.inner.Notify = func(e spi.Events) { s.watchers.Notify(e) }
	if s.seesData {
		p.join(s)
	}
	return s, nil
}

// DataPath lets the data go past if no fault can be about it.
func (s *socket) DataPath() spi.Socket {
	if s.seesData {
		return s
	}
	return s.HandlePreserving.DataPath()
}

// Foresee tells the same of the time after a connect.
func (s *socket) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.seesData {
		return s
	}
	return spi.DataPathTo(s.Socket, name)
}

// fault returns the error that a call is to answer, nil for none.
func (s *socket) fault(call string, c *chance) error { return s.faultIf(call, c, 0) }

// faultIf does so if one of the events holds: a call that would find nothing
// is no occasion for a fault.
func (s *socket) faultIf(call string, c *chance, events spi.Events) error {
	state := s.place.state.Load()
	if !state.calls {
		return nil
	}
	for _, t := range state.toxics {
		switch {
		case t.Type == "refuse" && call == "WSPConnect":
			if c.hits(t) {
				return s.answer(call, t, wsa.WSAECONNREFUSED)
			}
		case t.Type == "error" && t.text("call") == call:
			if (events == 0 || s.Socket.Ready(events) != 0) && s.tally.struck(state.toxics, t, c) {
				return s.answer(call, t, t.errno)
			}
		}
	}
	return nil
}

func (s *socket) answer(call string, t *toxic, code wsa.Errno) error {
	s.place.log.note("# s%d %s answers %s by %s", s.id, call, code.Name(), t.Name)
	return code.Err()
}

// A tally counts how often toxics with after and count could have struck, and
// did.
type tally struct {
	mu     sync.Mutex // protects counts
	counts map[*toxic]*[2]int64
}

// struck decides about a toxic, of those in force, with its after and count.
func (n *tally) struck(all []*toxic, t *toxic, c *chance) bool {
	after, most := t.number("after"), t.number("count")
	if after == 0 && most == 0 {
		return c.hits(t)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.counts == nil {
		n.counts = make(map[*toxic]*[2]int64)
	}
	k := n.counts[t]
	if k == nil {
		maps.DeleteFunc(n.counts, func(old *toxic, _ *[2]int64) bool { return !slices.Contains(all, old) })
		k = new([2]int64)
		n.counts[t] = k
	}
	if k[0]++; k[0] <= after || most > 0 && k[1] >= most || !c.hits(t) {
		return false
	}
	k[1]++
	return true
}

// cap returns how many bytes a call on a stream may move, or that it is to
// come again.
func (s *socket) cap(h *half, n int) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.blocked != nil {
		return 0, wsa.WSAEWOULDBLOCK
	}
	state := s.place.state.Load() // no older than what changed looks for
	if !state.calls {
		return n, nil
	}
	for _, t := range state.toxics {
		switch t.Type {
		case "would_block":
			if t.Stream != h.stream() || h.spared || !h.chance.hits(t) {
				continue
			}
			h.blocked, h.spared = t, true
			h.timer = s.place.clock.AfterFunc(t.milliseconds("delay"), func() { s.unblock(h, nil) })
			return 0, wsa.WSAEWOULDBLOCK
		case "short":
			if s.stream && t.Stream == h.stream() && n > 1 && h.chance.hits(t) {
				n = min(n, int(1+h.chance.upTo(t.number("size")-1, t, "size")))
			}
		}
	}
	h.spared = false
	return n, nil
}

// unblock lets calls of a direction pass again, and tells who waits, unless
// the toxic that they are blocked by is one of these.
func (s *socket) unblock(h *half, by []*toxic) {
	h.mu.Lock()
	stays := h.blocked == nil || slices.Contains(by, h.blocked)
	if !stays {
		h.blocked = nil
		h.timer.Stop()
	}
	h.mu.Unlock()
	if !stays {
		s.watchers.Notify(h.event)
	}
}

// changed is called when other toxics are in force.
func (s *socket) changed(state *state) {
	s.unblock(&s.recv, state.toxics)
	s.unblock(&s.send, state.toxics)
}

func (h *half) stream() string {
	if h.event == spi.EventWrite {
		return upstream
	}
	return downstream
}

func (h *half) isBlocked() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.blocked != nil
}

// Send sends what toxics let pass.
func (s *socket) Send(m *spi.Message) (int, error) {
	if !s.place.state.Load().calls {
		return s.Socket.Send(m)
	}
	if err := s.faultIf("WSPSend", s.send.chance, spi.EventWrite); err != nil {
		return 0, err
	}
	n, err := s.cap(&s.send, m.Len())
	if err != nil {
		return 0, err
	}
	if m.Flags&wsa.MSG_OOB != 0 {
		n = m.Len()
	}
	return layer.Part(m, n, s.Socket.Send)
}

// Recv receives what toxics let pass.
func (s *socket) Recv(m *spi.Message) (int, error) {
	if !s.place.state.Load().calls {
		return s.Socket.Recv(m)
	}
	if err := s.faultIf("WSPRecv", s.recv.chance, spi.EventRead|spi.EventClose); err != nil {
		return 0, err
	}
	n, err := s.cap(&s.recv, m.Len())
	if err != nil {
		return 0, err
	}
	return layer.Part(m, n, s.Socket.Recv)
}

// Ready does not count a direction whose calls are to come again.
func (s *socket) Ready(mask spi.Events) spi.Events {
	e := s.Socket.Ready(mask)
	if s.seesData {
		if e&(spi.EventRead|spi.EventClose) != 0 && s.recv.isBlocked() {
			e &^= spi.EventRead | spi.EventClose
		}
		if e&spi.EventWrite != 0 && s.send.isBlocked() {
			e &^= spi.EventWrite
		}
	}
	return e
}

// Watch puts w on the layer's own list if the layer has something to tell.
func (s *socket) Watch(w *spi.Watcher) {
	if !s.seesData || w.Mask&spi.EventsChange != 0 {
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
	if !s.seesData || w.Mask&spi.EventsChange != 0 {
		s.Socket.Unwatch(w)
		return
	}
	s.watchers.Remove(w)
}

// Park leaves waiting to watchers if the layer may answer WSAEWOULDBLOCK.
func (s *socket) Park(d spi.Direction, try func() bool) (bool, error) {
	if s.seesData && !s.place.state.Load().quiet {
		return false, nil
	}
	return s.HandlePreserving.Park(d, try) // which ends when toxics come
}

// Close ends what the layer has under way.
func (s *socket) Close() error {
	s.leave()
	return s.HandlePreserving.Close()
}

// Abandon is Close for a socket whose own has failed.
func (s *socket) Abandon() {
	s.leave()
	s.HandlePreserving.Abandon()
}

func (s *socket) leave() {
	s.place.leave(s)
	if s.watching.Swap(false) {
		s.Socket.Unwatch(&s.inner)
	}
	for _, h := range [2]*half{&s.recv, &s.send} {
		h.mu.Lock()
		if h.timer != nil {
			h.timer.Stop()
		}
		h.mu.Unlock()
	}
}

// Bind may fail.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	if err := s.fault("WSPBind", s.send.chance); err != nil {
		return err
	}
	return s.Socket.Bind(name)
}

// Connect may fail.
func (s *socket) Connect(name *wsa.Sockaddr) error {
	if err := s.fault("WSPConnect", s.send.chance); err != nil {
		return err
	}
	return s.Socket.Connect(name)
}

// Listen may fail.
func (s *socket) Listen(backlog int32) error {
	if err := s.fault("WSPListen", s.send.chance); err != nil {
		return err
	}
	return s.Socket.Listen(backlog)
}

// Accept may fail. The connection stays for the next one.
func (s *socket) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	if s.Socket.Ready(spi.EventAccept) != 0 {
		if err := s.fault("WSPAccept", s.recv.chance); err != nil {
			return nil, err
		}
	}
	return s.HandlePreserving.Accept(peer)
}

// Shutdown may fail.
func (s *socket) Shutdown(how int32) error {
	if err := s.fault("WSPShutdown", s.send.chance); err != nil {
		return err
	}
	return s.Socket.Shutdown(how)
}

// GetSockName may fail.
func (s *socket) GetSockName(name *wsa.Sockaddr) error {
	if err := s.fault("WSPGetSockName", s.send.chance); err != nil {
		return err
	}
	return s.Socket.GetSockName(name)
}

// GetPeerName may fail.
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	if err := s.fault("WSPGetPeerName", s.send.chance); err != nil {
		return err
	}
	return s.Socket.GetPeerName(name)
}

// GetSockOpt may fail.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	if err := s.fault("WSPGetSockOpt", s.send.chance); err != nil {
		return 0, err
	}
	return s.Socket.GetSockOpt(level, name, value)
}

// SetSockOpt may fail.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	if err := s.fault("WSPSetSockOpt", s.send.chance); err != nil {
		return err
	}
	return s.Socket.SetSockOpt(level, name, value)
}

// Ioctl may fail.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	if err := s.fault("WSPIoctl", s.send.chance); err != nil {
		return 0, err
	}
	return s.Socket.Ioctl(code, in, out)
}
