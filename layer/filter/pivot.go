// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A pivot is the socket below as the layer sees it. Until that is connected,
// another one can take its place, with other layers in between: it gets the
// options, the local address, and whoever watches or is parked.
//
// Lock order: mu, then those of the sockets below. notes is taken last, and
// parking alone.
type pivot struct {
	existing bool // it stands on a socket that exists already, and lives on; set once
	settings layer.Settings

	mu      sync.RWMutex // protects what follows; held for reading during calls below
	cur     *lower
	spare   *lower   // opened by Foresee, for a Connect to come
	retired []*lower // replaced, but somebody may still call them
	exposed bool     // somebody was given what is below cur as the way of the data
	settled bool     // connected, or made by accept: cur stays

	notes    sync.Mutex // protects watchers
	watchers []*spi.Watcher

	parking sync.Mutex // protects lower.parked
	left    sync.Cond  // of parking: somebody has left
}

// A lower is a socket that is or was below. Its PassThrough parks and lingers
// as far as the socket itself can.
type lower struct {
	layer.PassThrough
	layers  []string      // that a rule has put in between
	parked  int           // who is in Park
	leaving bool          // another one is to take its place
	gone    chan struct{} // closed when it has
}

func newLower(s spi.Socket, layers []string) *lower {
	l := &lower{layers: layers, gone: make(chan struct{})}
	l.Socket = s
	return l
}

func (p *pivot) init(below spi.Socket) {
	p.cur = newLower(below, nil)
	p.left.L = &p.parking
}

var (
	_ spi.Socket     = (*pivot)(nil)
	_ spi.Parker     = (*pivot)(nil)
	_ spi.Lingerer   = (*pivot)(nil)
	_ spi.DataPather = (*pivot)(nil)
)

// below begins a call of the socket below. The caller ends it with
// p.mu.RUnlock.
func (p *pivot) below() spi.Socket {
	p.mu.RLock()
	return p.cur.Socket
}

// layers returns those that stand in between.
func (p *pivot) layers() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.cur.layers
}

// expose returns the way of the data below, and notes that somebody may from
// now on go it.
func (p *pivot) expose() spi.Socket {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exposed = true
	return spi.DataPathOf(p.cur.Socket)
}

// dataPathTo is [spi.DataPathTo] of the socket below.
func (p *pivot) dataPathTo(name *wsa.Sockaddr) spi.Socket {
	defer p.mu.RUnlock()
	return spi.DataPathTo(p.below(), name)
}

// stuck reports whether the socket below could neither be closed, as somebody
// may call it directly, nor left open, as its address is needed.
func (p *pivot) stuck() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var name wsa.Sockaddr
	return p.exposed && !p.existing && p.cur.Socket.GetSockName(&name) == nil
}

// putSpare keeps a socket for a Connect to come, or forgets it with nil, when
// it has become cur. One that was kept before and is another one is closed.
func (p *pivot) putSpare(l *lower) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old := p.spare; old != nil && l != nil {
		_ = old.Close()
	}
	p.spare = l
}

// settle notes that cur stays.
func (p *pivot) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settled = true
}

func (p *pivot) isSettled() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.settled
}

// exchange puts a socket in the place of cur, of which there is one call at a
// time. The old one is closed, unless somebody may call it directly, who will
// find that it is not connected. The error is that of binding the new socket,
// which then stands there unbound.
func (p *pivot) exchange(to *lower) error {
	p.parking.Lock()
	old := p.cur // only exchange changes it, and there is one at a time
	old.leaving = true
	if old.parked > 0 { // those who park there directly do not wait for long, as it is not connected
		p.parking.Unlock()
		old.Unpark()
		p.parking.Lock()
		for old.parked > 0 {
			p.left.Wait()
		}
	}
	p.parking.Unlock()

	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(old.gone)
	p.notes.Lock()
	watchers := slices.Clone(p.watchers)
	p.notes.Unlock()
	for _, w := range watchers {
		old.Socket.Unwatch(w)
	}
	p.settings.Apply(to.Socket)
	var name wsa.Sockaddr
	bound := old.GetSockName(&name) == nil
	p.cur = to
	if p.exposed && !bound && !p.existing {
		p.retired = append(p.retired, old)
	} else {
		_ = old.Close() // so that its address is free
	}
	p.exposed = false
	var err error
	var has wsa.Sockaddr
	if bound && to.GetSockName(&has) != nil { // it may stand on what is bound already
		err = to.Bind(&name)
	}
	p.settings.ApplyParking(to)
	for _, w := range watchers {
		to.Socket.Watch(w)
	}
	return err
}

// Close closes all sockets below.
func (p *pivot) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		for _, l := range p.retired {
			_ = l.Close()
		}
		p.retired = nil
	}()
	if p.spare != nil {
		defer func(l *lower) { _ = l.Close() }(p.spare)
		p.spare = nil
	}
	return p.cur.Close()
}

// Watch puts w on the socket below, and on any that takes its place.
func (p *pivot) Watch(w *spi.Watcher) {
	defer p.mu.RUnlock()
	s := p.below()
	p.notes.Lock()
	p.watchers = append(p.watchers, w)
	p.notes.Unlock()
	s.Watch(w)
}

// Unwatch takes w off.
func (p *pivot) Unwatch(w *spi.Watcher) {
	defer p.mu.RUnlock()
	s := p.below()
	p.notes.Lock()
	if i := slices.Index(p.watchers, w); i >= 0 {
		p.watchers = slices.Delete(p.watchers, i, i+1)
	}
	p.notes.Unlock()
	s.Unwatch(w)
}

// Park parks on the socket below, and goes on with the one that takes its
// place.
func (p *pivot) Park(d spi.Direction, try func() bool) (parked bool, err error) {
	for {
		l, next := p.enter()
		if next != nil {
			<-next
			continue
		}
		parked, err = func() (bool, error) {
			defer p.leave(l)
			return l.Park(d, try)
		}()
		if err != wsa.WSAEINTR || !p.moved(l) {
			return parked, err
		}
	}
}

// enter begins a Park. A socket that is being replaced cannot be parked on;
// then next is closed when that is done.
func (p *pivot) enter() (l *lower, next <-chan struct{}) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	p.parking.Lock()
	defer p.parking.Unlock()
	if p.cur.leaving {
		return nil, p.cur.gone
	}
	p.cur.parked++
	return p.cur, nil
}

func (p *pivot) leave(l *lower) {
	p.parking.Lock()
	defer p.parking.Unlock()
	l.parked--
	p.left.Broadcast()
}

// moved reports whether it was another socket's coming that has ended a Park.
func (p *pivot) moved(l *lower) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	p.parking.Lock()
	defer p.parking.Unlock()
	return l.leaving && !p.settings.Unparked()
}

// SetParkDeadline sets the deadline of the socket below.
func (p *pivot) SetParkDeadline(d spi.Direction, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.NoteDeadline(d, t)
	p.cur.SetParkDeadline(d, t)
}

// Unpark ends the parking on the socket below.
func (p *pivot) Unpark() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settings.NoteUnpark()
	p.cur.Unpark()
}

// Linger is that of the socket below.
func (p *pivot) Linger() error {
	defer p.mu.RUnlock()
	p.mu.RLock()
	return p.cur.Linger()
}

// Abort is that of the socket below.
func (p *pivot) Abort() {
	defer p.mu.RUnlock()
	p.mu.RLock()
	p.cur.Abort()
}

// DataPath is the way of the data below.
func (p *pivot) DataPath() spi.Socket {
	defer p.mu.RUnlock()
	return spi.DataPathOf(p.below())
}

// The calls below go to the socket below.

func (p *pivot) Bind(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.below().Bind(name)
}

func (p *pivot) Connect(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.below().Connect(name)
}

func (p *pivot) ConnectResult() error {
	defer p.mu.RUnlock()
	return p.below().ConnectResult()
}

func (p *pivot) Listen(backlog int32) error {
	defer p.mu.RUnlock()
	return p.below().Listen(backlog)
}

func (p *pivot) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	defer p.mu.RUnlock()
	return p.below().Accept(peer)
}

func (p *pivot) Send(m *spi.Message) (int, error) {
	defer p.mu.RUnlock()
	return p.below().Send(m)
}

func (p *pivot) Recv(m *spi.Message) (int, error) {
	defer p.mu.RUnlock()
	return p.below().Recv(m)
}

func (p *pivot) Shutdown(how int32) error {
	defer p.mu.RUnlock()
	return p.below().Shutdown(how)
}

func (p *pivot) GetSockName(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.below().GetSockName(name)
}

func (p *pivot) GetPeerName(name *wsa.Sockaddr) error {
	defer p.mu.RUnlock()
	return p.below().GetPeerName(name)
}

func (p *pivot) GetSockOpt(level, name int32, value []byte) (int, error) {
	defer p.mu.RUnlock()
	return p.below().GetSockOpt(level, name, value)
}

func (p *pivot) SetSockOpt(level, name int32, value []byte) error {
	defer p.mu.RUnlock()
	err := p.below().SetSockOpt(level, name, value)
	if err == nil && !p.settled {
		p.settings.NoteOption(level, name, value)
	}
	return err
}

func (p *pivot) Ioctl(code uint32, in, out []byte) (int, error) {
	defer p.mu.RUnlock()
	n, err := p.below().Ioctl(code, in, out)
	if err == nil && !p.settled {
		p.settings.NoteIoctl(code, in, n)
	}
	return n, err
}

func (p *pivot) Ready(mask spi.Events) spi.Events {
	defer p.mu.RUnlock()
	return p.below().Ready(mask)
}
