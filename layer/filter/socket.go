// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"slices"
	"sync"
	"sync/atomic"

	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/spi/hostnames"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A socket is what streams and datagram sockets have in common.
type socket struct {
	layer.HandlePreserving // on the pivot
	*filter
	pivot    pivot
	opening  *spi.Opening
	family   int32
	protocol rules.Protocol

	view  atomic.Pointer[view]
	asked atomic.Pointer[wsa.Sockaddr] // the peer that a redirected Connect was asked for

	deciding sync.Mutex // held while it is decided where the socket leads; taken first
}

// A view is what is left of the rules for one socket.
type view struct {
	of  *active
	set *rules.Set
}

func (s *socket) init(f *filter, below spi.Socket, o *spi.Opening, family, socketType int32) {
	s.filter, s.opening, s.family = f, o, family
	s.protocol = rules.ProtocolOf(family, socketType)
	s.pivot.init(below)
	s.pivot.existing = o.Base != nil
	s.Socket = &s.pivot
}

// rules returns those in force, as far as they concern the socket.
func (s *socket) rules() *view {
	a := s.source.rules()
	v := s.view.Load()
	if v == nil || v.of != a {
		v = &view{a, a.of(s.opening.Process, s.protocol)}
		s.view.Store(v)
	}
	return v
}

// A plan is what becomes of a name that was asked for.
type plan struct {
	rules.Verdict
	name wsa.Sockaddr // to go to instead
}

// foreign reports whether a name is none that the socket could go to. It is
// for the socket below, which has the documented error for each.
func (s *socket) foreign(name *wsa.Sockaddr) bool {
	if name == nil {
		return true
	}
	if s.family != wsa.AF_INET && s.family != wsa.AF_INET6 {
		return name.Len() < 2
	}
	_, ok := keyOf(name)
	return !ok
}

// plan judges the way out to a name.
func (s *socket) plan(set *rules.Set, name *wsa.Sockaddr, record bool) plan {
	p := plan{s.judge(set, rules.Out, name, nil, record), *name}
	if p.Action == rules.Redirect {
		asked, _ := name.AddrPort()
		if to := p.Redirected(asked); to.Addr() == asked.Addr() {
			p.name.SetPort(to.Port())
		} else {
			p.name.SetAddrPort(to)
		}
	}
	return p
}

// judge asks the rules. A local address that is nil is asked for if needed.
func (s *socket) judge(set *rules.Set, d rules.Direction, peer, local *wsa.Sockaddr, record bool) rules.Verdict {
	q := rules.Question{Direction: d, Protocol: s.protocol}
	if peer != nil {
		q.Peer, _ = peer.AddrPort()
	}
	if local != nil {
		q.Local, _ = local.AddrPort()
	} else if set.UsesLocal() {
		var own wsa.Sockaddr
		if s.pivot.GetSockName(&own) == nil {
			q.Local, _ = own.AddrPort()
		}
	}
	if set.UsesNames() && q.Peer.IsValid() {
		q.Names = hostnames.Of(q.Peer.Addr())
	}
	v := set.Judge(&q)
	if record {
		s.hits.count(d, &v)
		s.record(&q, &v, s.opening.Process)
	}
	return v
}

// Bind is decided by rules for bind.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	if set := s.rules().set; set.Concerns(rules.Bind) && !s.foreign(name) {
		own := *name
		if v := s.judge(set, rules.Bind, nil, &own, true); v.Action != rules.Allow {
			return v.Errno.Err()
		}
		name = &own
	}
	return s.pivot.Bind(name)
}

// GetPeerName tells the address that Connect was asked for.
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	err := s.pivot.GetPeerName(name)
	if asked := s.asked.Load(); asked != nil && err == nil {
		*name = *asked
	}
	return err
}

// connectedTo notes what Connect was asked for, if that is another address
// than that of the peer below.
func (s *socket) connectedTo(p *plan, asked *wsa.Sockaddr) {
	if p.Action == rules.Redirect {
		s.asked.Store(asked)
	} else {
		s.asked.Store(nil)
	}
}

// divert sees to it that exactly these layers stand in between. The caller
// holds deciding.
func (s *socket) divert(p *plan) error {
	if slices.Equal(p.Layers, s.pivot.layers()) {
		return nil
	}
	if s.pivot.stuck() {
		s.complain("a socket that was bound before there was a chain rule cannot be diverted", &p.name, &p.Verdict, wsa.WSAEACCES)
		return wsa.WSAEACCES
	}
	to, err := s.spare(p)
	if err != nil {
		return err
	}
	s.pivot.putSpare(nil)
	if err := s.pivot.exchange(to); err != nil {
		s.complain("the layers of a chain rule do not take the local address", &p.name, &p.Verdict, err)
		return err
	}
	return nil
}

// spare returns a socket with the plan's layers in between, which stays with
// the pivot. The caller holds deciding.
func (s *socket) spare(p *plan) (*lower, error) {
	if l := s.pivot.spare; l != nil && slices.Equal(l.layers, p.Layers) {
		return l, nil
	}
	own := *s.opening
	open := own.Next
	if p.Layers != nil {
		open = func(o *spi.Opening) (spi.Socket, error) {
			if o.Through == nil {
				return nil, wsa.WSAEPROVIDERFAILEDINIT
			}
			return o.Through(p.Layers, o)
		}
	}
	below, err := open(&own)
	if err != nil {
		s.complain("the layers of a chain rule cannot be opened", &p.name, &p.Verdict, err)
		return nil, wsa.ErrnoOf(err).Err()
	}
	l := newLower(below, p.Layers)
	s.pivot.putSpare(l)
	return l, nil
}

// foresee returns the way of the data once a plan is carried out. The caller
// holds deciding.
func (s *socket) foresee(p *plan) (spi.Socket, bool) {
	if slices.Equal(p.Layers, s.pivot.layers()) {
		return s.pivot.dataPathTo(&p.name), true
	}
	l, err := s.spare(p)
	if err != nil {
		return nil, false
	}
	return spi.DataPathTo(l.Socket, &p.name), true
}
