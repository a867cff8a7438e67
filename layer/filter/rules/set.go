// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"net/netip"
	"slices"
	"strings"

	"winsock/spi"
	"winsock/wsa"
)

// A Direction is what is done with an address.
type Direction uint8

// The directions.
const (
	Out    Direction = iota // connect and send to it
	In                      // accept and receive from it
	Bind                    // take it as one's own
	Listen                  // wait for connections at it
)

var directionNames = [...]string{"out", "in", "bind", "listen"}

// String returns the direction's word.
func (d Direction) String() string { return directionNames[d] }

// A Protocol is what a socket speaks.
type Protocol uint8

// The protocols.
const (
	TCP Protocol = iota
	UDP
	Raw
	Unix  // AF_UNIX, of any type
	Other // which no word of a rule names
)

var protocolNames = [...]string{"tcp", "udp", "raw", "unix", "other"}

// String returns the protocol's word.
func (p Protocol) String() string { return protocolNames[p] }

// DirectionNamed returns the direction of a word.
func DirectionNamed(word string) (d Direction, ok bool) {
	i := slices.Index(directionNames[:], word)
	return Direction(max(i, 0)), i >= 0
}

// ProtocolNamed returns the protocol of a word that rules have.
func ProtocolNamed(word string) (p Protocol, ok bool) {
	i := slices.Index(protocolNames[:Other], word)
	return Protocol(max(i, 0)), i >= 0
}

// ProtocolOf returns the protocol of a socket of that address family and
// type.
func ProtocolOf(family, socketType int32) Protocol {
	switch {
	case family == wsa.AF_UNIX:
		return Unix
	case family != wsa.AF_INET && family != wsa.AF_INET6:
		return Other
	case socketType == wsa.SOCK_STREAM:
		return TCP
	case socketType == wsa.SOCK_DGRAM:
		return UDP
	case socketType == wsa.SOCK_RAW:
		return Raw
	}
	return Other
}

// An Action is what becomes of something.
type Action uint8

// The actions that a verdict may have.
const (
	Allow Action = iota
	Deny
	Drop
	Redirect
	Chain

	log // which is no verdict
)

var actionNames = [...]string{"allow", "deny", "drop", "redirect", "chain", "log"}

// String returns the action's word.
func (a Action) String() string { return actionNames[a] }

// A Question is what somebody wants to do. What is not known is zero.
type Question struct {
	Direction Direction
	Protocol  Protocol

	Peer    netip.AddrPort // invalid for Bind and Listen
	Local   netip.AddrPort
	Names   []string     // those that Peer was found by, in lower case; see [Set.UsesNames]
	Process *spi.Process // whose socket it is
}

// A Verdict is the answer.
type Verdict struct {
	Action Action
	Errno  wsa.Errno // of Deny, else 0
	Layers []string  // of Chain; not to be changed

	Rule *Rule // which decided, nil for the default
	Log  *Rule // the first rule that asks for a line in the log, nil for none
}

// Redirected returns where a Redirect leads what was meant for peer. An IPv4
// address that peer holds as an IPv6 one is replaced by such a one.
func (v *Verdict) Redirected(peer netip.AddrPort) netip.AddrPort {
	if v.Action != Redirect {
		return peer
	}
	to := v.Rule.to
	addr, port := peer.Addr(), peer.Port()
	if to.Addr().IsValid() {
		if addr.Is4In6() && to.Addr().Is4() {
			addr = netip.AddrFrom16(to.Addr().As16())
		} else {
			addr = to.Addr()
		}
	}
	if to.Port() != 0 {
		port = to.Port()
	}
	return netip.AddrPortFrom(addr, port)
}

// Text says in a few words what the verdict on q comes to: "allow", "deny
// WSAEACCES", "redirect 192.0.2.1:80". Of layers it has the names only, as
// their options may hold what does not belong in a log.
func (v *Verdict) Text(q *Question) string {
	switch v.Action {
	case Deny:
		return "deny " + v.Errno.Name()
	case Redirect:
		to := v.Redirected(q.Peer)
		return "redirect " + netip.AddrPortFrom(to.Addr().Unmap(), to.Port()).String()
	case Chain:
		names := make([]string, len(v.Layers))
		for i, path := range v.Layers {
			names[i], _, _ = strings.Cut(path, ":")
		}
		return "chain " + strings.Join(names, " over ")
	}
	return v.Action.String()
}

// A Rule is one line of a text.
type Rule struct {
	line int
	text string

	action Action
	errno  wsa.Errno
	layers []string
	to     netip.AddrPort // of Redirect; a part that stays is zero

	directions mask
	protocols  mask
	conditions []condition // all must hold
}

// Line returns the rule's line in the text, from 1.
func (r *Rule) Line() int { return r.line }

// String returns the rule as it was written, with single spaces and without
// the comment.
func (r *Rule) String() string { return r.text }

// Layers returns the layers of a chain rule, nil for another one.
func (r *Rule) Layers() []string { return r.layers }

// A mask is a set of directions or protocols.
type mask uint8

const everything mask = 0xff

func (m mask) has(bit uint8) bool { return m>>bit&1 != 0 }

// A Set is a text of rules, ready to be asked. It does not change, and may be
// used by several goroutines at once.
type Set struct {
	name  string
	rules []*Rule

	standard Verdict // what default says

	usesNames, usesLocal, usesProcess bool
	chains                            mask // protocols that a chain rule is for
	concerned                         mask // directions in which not all is simply allowed
}

// Name returns the name that Parse was given.
func (s *Set) Name() string { return s.name }

// Rules returns the rules, in their order. They are not to be changed.
func (s *Set) Rules() []*Rule { return s.rules }

// UsesNames reports whether a rule asks for names of hosts. Otherwise nobody
// needs to look for them.
func (s *Set) UsesNames() bool { return s.usesNames }

// UsesLocal reports whether a rule asks for the own address.
func (s *Set) UsesLocal() bool { return s.usesLocal }

// UsesProcess reports whether a rule asks for the program or its user.
func (s *Set) UsesProcess() bool { return s.usesProcess }

// Chains reports whether the verdict on a socket of the protocol may be Chain.
func (s *Set) Chains(p Protocol) bool { return s.chains.has(uint8(p)) }

// Concerns reports whether anything in that direction may be answered with
// another verdict than Allow, or logged.
func (s *Set) Concerns(d Direction) bool {
	return s.standard.Action != Allow || s.concerned.has(uint8(d))
}

// Judge returns the verdict of the first rule that matches. It does not
// allocate.
func (s *Set) Judge(q *Question) Verdict {
	peer, local := plain(q.Peer.Addr()), plain(q.Local.Addr())
	var logged *Rule
	for _, r := range s.rules {
		if !r.directions.has(uint8(q.Direction)) || !r.protocols.has(uint8(q.Protocol)) || !r.matches(q, peer, local) {
			continue
		}
		if r.action == log {
			if logged == nil {
				logged = r
			}
			continue
		}
		return Verdict{Action: r.action, Errno: r.errno, Layers: r.layers, Rule: r, Log: logged}
	}
	v := s.standard
	v.Log = logged
	return v
}

// plain returns an address in the form in which rules hold it.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// For returns the rules that are left for one process and protocol, so that
// what is asked often is found quickly. Its answers are those of s.
func (s *Set) For(p *spi.Process, protocol Protocol) *Set {
	own := &Set{name: s.name, standard: s.standard}
	for _, r := range s.rules {
		if !r.protocols.has(uint8(protocol)) {
			continue
		}
		if r = r.of(p); r != nil {
			own.add(r)
		}
	}
	return own
}

// of returns the rule without the conditions on the process, nil if they do
// not hold.
func (r *Rule) of(p *spi.Process) *Rule {
	concerned := 0
	for i := range r.conditions {
		if c := &r.conditions[i]; c.kind.ofProcess() {
			concerned++
			if (p != nil && c.holdsFor(p)) == c.not {
				return nil
			}
		}
	}
	if concerned == 0 {
		return r
	}
	own := *r
	own.conditions = nil
	for _, c := range r.conditions {
		if !c.kind.ofProcess() {
			own.conditions = append(own.conditions, c)
		}
	}
	return &own
}

// add appends a rule.
func (s *Set) add(r *Rule) {
	s.rules = append(s.rules, r)
	if r.action == Chain {
		s.chains |= r.protocols
	}
	if r.action != Allow {
		s.concerned |= r.directions
	}
	for i := range r.conditions {
		switch c := &r.conditions[i]; c.kind {
		case ofPeer:
			s.usesNames = s.usesNames || len(c.hosts) > 0
		case ofLocal, ofLocalPort:
			s.usesLocal = true
		case ofProgram, ofUser:
			s.usesProcess = true
		}
	}
}
