// SPDX-License-Identifier: Apache-2.0

package socks

import (
	"net/netip"
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// Whether a proxy of SOCKS 5 can follow a client that says all at once, and
// does not wait for each answer, which saves a round trip or two of each
// connection.
const (
	followsUnknown int32 = iota
	followsAsked         // a probe is under way
	followsYes
	followsNot
)

// How the layer is told to talk: option early.
var earlyModes = map[string]int32{"auto": followsUnknown, "true": followsYes, "false": followsNot}

// probeAfter is how many connections a proxy has to have made before it is
// worth while to ask it.
const probeAfter = 3

// probePatience bounds a probe, as does option timeout. A proxy that cannot follow waits for ever.
const probePatience = 3 * time.Second

// A prober asks proxies whether they can follow.
type prober struct {
	early    int32         // of earlyModes
	patience time.Duration // of a probe
	cancel   chan struct{}

	mu     sync.Mutex // protects what follows
	ended  bool
	asking sync.WaitGroup
}

// earlyFor reports whether all is said to a proxy at once.
func (p *prober) earlyFor(to *proxy) bool {
	if p.early != followsUnknown {
		return p.early == followsYes
	}
	return to.follows.Load() == followsYes
}

// end ends all probes.
func (p *prober) end() {
	p.mu.Lock()
	p.ended = true
	close(p.cancel)
	p.mu.Unlock()
	p.asking.Wait()
}

// consider has the first proxy of an attempt that went well probed, if it has
// made some connections already.
func (s *stream) consider(a *attempt) {
	p := a.route[0]
	if p.kind != socks5 || s.prober.early != followsUnknown || p.follows.Load() != followsUnknown {
		return
	}
	if p.made.Add(1) < probeAfter || !p.follows.CompareAndSwap(followsUnknown, followsAsked) {
		return
	}
	s.prober.mu.Lock()
	defer s.prober.mu.Unlock()
	if s.prober.ended {
		return
	}
	s.prober.asking.Add(1)
	opening, family := s.opening, s.family
	layer.Go(s.log, "asking a proxy", nil, func() {
		defer s.prober.asking.Done()
		answer := followsNot
		if s.socks.probe(p, opening, family) {
			answer = followsYes
		}
		p.follows.Store(answer)
	})
}

// probe asks a proxy for a connection to nowhere, and says all at once. Any
// answer to the request shows that the proxy has found it behind the greeting.
func (s *socks) probe(p *proxy, o *spi.Opening, family int32) bool {
	control, err := s.aside(o, family)
	if err != nil {
		return false
	}
	defer control.Close()
	a := &attempt{command: cmdConnect, to: target{addr: netip.IPv4Unspecified()}, route: []*proxy{p}}
	a.deadline = time.Now().Add(s.prober.patience)
	control.mu.Lock()
	control.beginLocked(a)
	control.mu.Unlock()
	control.await(a, s.prober.cancel)
	for {
		if err := a.connect(); err != wsa.WSAEWOULDBLOCK {
			if err != nil {
				return false
			}
			break
		}
		if !a.pause() {
			return false
		}
	}
	a.turn(0)
	a.talk.early = true
	for a.converse() == wsa.WSAEWOULDBLOCK {
		if !a.pause() {
			return false
		}
	}
	return a.talk.answered
}

// aside opens a stream of its own, beside the one that an opening was for:
// not on a socket that exists already.
func (s *socks) aside(opening *spi.Opening, family int32) (*stream, error) {
	o := new(spi.Opening)
	*o = *opening
	o.AddressFamily, o.SocketType, o.Protocol = family, wsa.SOCK_STREAM, wsa.IPPROTO_TCP
	o.Base, o.Duplicate, o.Connection = nil, nil, nil
	again := *o
	below, err := opening.Next(o)
	if err != nil {
		return nil, wsa.ErrnoOf(err).Err()
	}
	c := new(stream)
	c.init(s, below, &again, family)
	return c, nil
}
