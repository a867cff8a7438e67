// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"sync"
	"sync/atomic"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/wsa"
)

// A datagram is a socket whose every datagram is decided about, by what the
// rules said of its peer before.
//
// It stays in the way of the data when it is connected, as one that is can
// still send to others.
type datagram struct {
	socket
	dropping   atomic.Bool // the peer is one to whom nothing is sent
	redirected atomic.Bool // somebody answers for another one

	receiving sync.Mutex // held while one datagram is received and decided about; taken before known

	known sync.Mutex // protects what follows
	peers peers
	peer  connected
}

// connected is whom a socket is connected to, and what is known of him.
type connected struct {
	key    key
	sender sender // not answering: nobody
}

var _ spi.Foreseer = (*datagram)(nil)

// DataPath keeps the data here.
func (s *datagram) DataPath() spi.Socket { return s }

// Foresee tells the same, except for a socket that exists already: what its
// owner sends and receives without a name, once it is connected, may go past.
func (s *datagram) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.opening.Base == nil || s.foreign(name) {
		return s
	}
	own := *name
	s.deciding.Lock()
	defer s.deciding.Unlock()
	p := s.plan(s.rules().set, &own, false)
	if p.Action == rules.Allow || p.Action == rules.Redirect || p.Action == rules.Chain {
		if data, ok := s.foresee(&p); ok {
			return data
		}
	}
	return s
}

// Connect is decided by rules for out. An address of family AF_UNSPEC
// dissolves the association.
func (s *datagram) Connect(name *wsa.Sockaddr) error {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if name != nil && name.Len() >= 2 && name.Family() == wsa.AF_UNSPEC {
		return s.dissolve(name)
	}
	if s.foreign(name) {
		return s.pivot.Connect(name)
	}
	own := *name
	p := s.plan(s.rules().set, &own, true)
	if p.Action == rules.Deny {
		return p.Errno.Err()
	}
	if err := s.divert(&p); err != nil {
		return err
	}
	if err := s.pivot.Connect(&p.name); err != nil {
		return err
	}
	s.connectedTo(&p, &own)
	s.dropping.Store(p.Action == rules.Drop)
	s.known.Lock()
	defer s.known.Unlock()
	s.peer = connected{}
	if k, ok := keyOf(&p.name); ok && p.Action != rules.Drop {
		s.expectLocked(&p, &own)
		s.peer = connected{k, s.peers.in[k]}
	}
	return nil
}

// dissolve takes the peer away, and the layers that were put in between for
// it.
func (s *datagram) dissolve(name *wsa.Sockaddr) error {
	err := s.pivot.Connect(name)
	if err != nil && s.pivot.layers() == nil {
		return err
	}
	if err := s.divert(&plan{name: *name}); err != nil {
		return err
	}
	s.asked.Store(nil)
	s.dropping.Store(false)
	s.known.Lock()
	defer s.known.Unlock()
	s.peer = connected{}
	return nil
}

// A scratch has room for an address that is not the caller's.
type scratch struct {
	name    wsa.Sockaddr
	message spi.Message
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Send is decided by rules for out.
func (s *datagram) Send(m *spi.Message) (int, error) {
	if m.Name == nil {
		if s.dropping.Load() {
			return m.Len(), nil
		}
		return s.pivot.Send(m)
	}
	v := s.rules()
	if !v.set.Concerns(rules.Out) && !v.set.Concerns(rules.In) && s.pivot.layers() == nil {
		return s.pivot.Send(m)
	}
	// What is judged is what is sent to, whatever the caller's memory does.
	r := scratches.Get().(*scratch)
	defer scratches.Put(r)
	r.name = *m.Name
	if s.foreign(&r.name) {
		return s.sendTo(m, &r.name)
	}
	o := s.outcome(v, &r.name)
	switch o.action {
	case rules.Deny:
		return 0, o.errno.Err()
	case rules.Drop:
		return m.Len(), nil
	case rules.Redirect:
		r.name = *o.actual
	}
	if s.pivot.layers() != nil { // which are for the peer
		if o.action != rules.Chain || !s.isPeer(m.Name) {
			return 0, wsa.WSAEISCONN
		}
		return s.sendTo(m, nil)
	}
	if o.action == rules.Chain {
		return 0, wsa.WSAEOPNOTSUPP
	}
	return s.sendTo(m, &r.name)
}

// sendTo sends the message to another address.
func (s *datagram) sendTo(m *spi.Message, to *wsa.Sockaddr) (int, error) {
	name := m.Name
	m.Name = to
	defer func() { m.Name = name }()
	return s.pivot.Send(m)
}

// isPeer reports whether the socket is connected to the address.
func (s *datagram) isPeer(name *wsa.Sockaddr) bool {
	var peer wsa.Sockaddr
	if s.GetPeerName(&peer) != nil {
		return false
	}
	a, okA := keyOf(name)
	b, okB := keyOf(&peer)
	return okA && okB && a == b
}

// outcome returns the verdict on datagrams to a name, from memory if it still
// holds.
func (s *datagram) outcome(v *view, name *wsa.Sockaddr) outcome {
	k, ok := keyOf(name)
	if !ok {
		p := s.plan(v.set, name, true)
		return outcome{action: p.Action, errno: p.Errno}
	}
	now := judged{v.of, hostnames.Changes()}
	s.known.Lock()
	o, ok := s.peers.out[k]
	s.known.Unlock()
	if ok && o.stamp == now {
		return o
	}
	asked := *name // p.plan keeps it
	p := s.plan(v.set, &asked, true)
	o = outcome{stamp: now, action: p.Action, errno: p.Errno}
	switch p.Action {
	case rules.Redirect:
		o.actual = &p.name
	case rules.Chain:
		if s.pivot.layers() == nil {
			s.complain("a chain rule is for datagrams of connected sockets only", &asked, &p.Verdict, wsa.WSAEOPNOTSUPP)
		}
	}
	s.known.Lock()
	defer s.known.Unlock()
	s.makeRoomLocked()
	s.peers.out[k] = o
	if p.Action == rules.Allow || p.Action == rules.Redirect {
		s.expectLocked(&p, &asked)
	}
	return o
}

// expectLocked notes that whom a plan leads to may answer, for asked.
func (s *datagram) expectLocked(p *plan, asked *wsa.Sockaddr) {
	k, ok := keyOf(&p.name)
	if !ok {
		return
	}
	s.makeRoomLocked()
	from := sender{answers: true}
	if p.Action == rules.Redirect {
		from.asked = asked
		s.redirected.Store(true)
	} else if old := s.peers.in[k]; old.asked != nil {
		return // it goes on to answer for another one
	}
	s.peers.in[k] = from
}

func (s *datagram) makeRoomLocked() {
	if s.peers.in == nil || len(s.peers.in) >= maxPeers || len(s.peers.out) >= maxPeers {
		s.peers = peers{map[key]outcome{}, map[key]sender{}}
		if s.peer.sender.answers {
			s.peers.in[s.peer.key] = s.peer.sender
		}
	}
}

// Recv is decided by rules for in. A datagram that is denied is thrown away,
// and the next one taken. What comes from whom the socket has sent to is an
// answer, and welcome.
func (s *datagram) Recv(m *spi.Message) (int, error) {
	v := s.rules()
	if !v.set.Concerns(rules.In) && !s.redirected.Load() {
		return s.pivot.Recv(m)
	}
	s.receiving.Lock()
	defer s.receiving.Unlock()
	r := scratches.Get().(*scratch)
	defer scratches.Put(r)
	name, flags, control := m.Name, m.Flags, m.Control
	defer func() { m.Name = name }()
	for range maxDiscarded {
		r.name.SetLen(0)
		m.Name, m.Flags, m.Control = &r.name, flags, control
		n, err := s.pivot.Recv(m)
		if err != nil && err != wsa.WSAEMSGSIZE {
			return n, err
		}
		if s.welcome(v, &r.name) {
			if name != nil {
				*name = r.name
			}
			return n, err
		}
		if flags&wsa.MSG_PEEK != 0 {
			s.discard(r)
		}
	}
	return 0, wsa.WSAEWOULDBLOCK
}

// maxDiscarded bounds how many datagrams one call throws away, of which
// somebody may send as many as he likes.
const maxDiscarded = 10000

// discard throws a datagram away that was peeked at. The caller holds
// receiving.
func (s *datagram) discard(r *scratch) {
	r.message.Reset()
	_, _ = s.pivot.Recv(&r.message) // into no buffer
}

// Ready does not count datagrams that will be denied, and throws them away. A
// program would go to receive one, and wait there.
func (s *datagram) Ready(mask spi.Events) spi.Events {
	const decisive = spi.EventRead | spi.EventReset // an error would be taken by looking
	e := s.pivot.Ready(mask | decisive)
	v := s.rules()
	if mask&spi.EventRead == 0 || e&decisive != spi.EventRead || !v.set.Concerns(rules.In) {
		return e & mask
	}
	s.receiving.Lock()
	defer s.receiving.Unlock()
	r := scratches.Get().(*scratch)
	defer scratches.Put(r)
	for range maxDiscarded {
		r.message.Reset()
		r.name.SetLen(0)
		r.message.Name, r.message.Flags = &r.name, wsa.MSG_PEEK
		_, err := s.pivot.Recv(&r.message)
		r.message.Name = nil
		if err != nil && err != wsa.WSAEMSGSIZE {
			return s.pivot.Ready(mask)
		}
		if s.welcome(v, &r.name) {
			return e & mask
		}
		s.discard(r)
	}
	return e & mask
}

// welcome reports whether a datagram from somebody is to be received, and
// makes the address that of whom he answers for.
func (s *datagram) welcome(v *view, from *wsa.Sockaddr) bool {
	k, ok := keyOf(from)
	if !ok {
		return s.judge(v.set, rules.In, from, nil, true).Action == rules.Allow
	}
	now := judged{v.of, hostnames.Changes()}
	s.known.Lock()
	p, ok := s.peers.in[k]
	s.known.Unlock()
	switch {
	case p.answers:
		if p.asked != nil {
			*from = *p.asked
		}
		return true
	case ok && p.stamp == now:
		return p.allowed
	case !v.set.Concerns(rules.In):
		return true
	}
	who := *from
	p = sender{stamp: now, allowed: s.judge(v.set, rules.In, &who, nil, true).Action == rules.Allow}
	s.known.Lock()
	defer s.known.Unlock()
	s.makeRoomLocked()
	if !s.peers.in[k].answers { // by now
		s.peers.in[k] = p
	}
	return p.allowed
}
