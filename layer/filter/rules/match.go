// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"net/netip"
	"path"
	"strings"

	"winsock/spi"
)

// A condition is one of those of a rule.
type condition struct {
	kind kind
	not  bool

	nets     []netip.Prefix // of ofPeer and ofLocal
	hosts    []host         // of ofPeer
	ports    []span         // of ofPort and ofLocalPort
	programs []string       // of ofProgram: patterns
	users    []user         // of ofUser
}

type kind uint8

const (
	ofPeer kind = iota
	ofPort
	ofLocal
	ofLocalPort
	ofProgram
	ofUser
)

func (k kind) ofProcess() bool { return k == ofProgram || k == ofUser }

// A span is a range of ports, both ends included.
type span struct{ first, last uint16 }

// A host is a name: all of it, or, with the dot that it begins with, the end
// of longer ones.
type host string

func (h host) matches(name string) bool {
	if h[0] == '.' {
		return len(name) > len(h) && strings.HasSuffix(name, string(h))
	}
	return name == string(h)
}

// A user is a name or, if that is empty, a number.
type user struct {
	name string
	id   int
}

// matches reports whether all conditions of a rule hold. peer and local are
// the plain addresses of the question.
func (r *Rule) matches(q *Question, peer, local netip.Addr) bool {
	for i := range r.conditions {
		c := &r.conditions[i]
		var holds bool
		switch c.kind {
		case ofPeer:
			holds = within(c.nets, peer) || len(c.hosts) > 0 && c.named(q.Names)
		case ofPort:
			holds = q.Peer.IsValid() && inSpans(c.ports, q.Peer.Port())
		case ofLocal:
			holds = within(c.nets, local)
		case ofLocalPort:
			holds = q.Local.IsValid() && inSpans(c.ports, q.Local.Port())
		default:
			holds = q.Process != nil && c.holdsFor(q.Process)
		}
		if holds == c.not {
			return false
		}
	}
	return true
}

func within(nets []netip.Prefix, addr netip.Addr) bool {
	for i := range nets {
		if nets[i].Contains(addr) {
			return true
		}
	}
	return false
}

func inSpans(spans []span, port uint16) bool {
	for _, s := range spans {
		if s.first <= port && port <= s.last {
			return true
		}
	}
	return false
}

func (c *condition) named(names []string) bool {
	for _, name := range names {
		for _, h := range c.hosts {
			if h.matches(name) {
				return true
			}
		}
	}
	return false
}

// holdsFor reports whether a condition on the process holds, before its not.
func (c *condition) holdsFor(p *spi.Process) bool {
	if c.kind == ofUser {
		for _, u := range c.users {
			if u.name == "" && u.id == p.UserID || u.name != "" && u.name == p.User {
				return true
			}
		}
		return false
	}
	for _, pattern := range c.programs {
		what := p.Path
		if !strings.Contains(pattern, "/") {
			if what = p.Name; what == "" && p.Path != "" {
				what = path.Base(p.Path)
			}
		}
		if ok, _ := path.Match(pattern, what); ok && what != "" {
			return true
		}
	}
	return false
}
