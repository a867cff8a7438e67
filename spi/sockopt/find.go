// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"maps"
	"slices"

	"winsock/wsa"
)

// tables are all the rules, one slice per level.
var tables = [...][]Rule{socketRules, tcpRules, udpRules, ipRules, ipv6Rules}

type key struct{ level, name int32 }

var byKey = indexRules()

// indexRules makes the look-up table, and numbers the booleans that a Store
// keeps in its word.
func indexRules() map[key]*Rule {
	m := make(map[key]*Rule)
	n := uint8(0)
	for _, t := range tables {
		for i := range t {
			r := &t[i]
			if m[key{r.Level, r.Name}] != nil {
				panic("sockopt: " + r.Symbol + " is declared twice")
			}
			m[key{r.Level, r.Name}] = r
			if r.Format.Boolean() && !r.Live && r.Name != wsa.SO_DONTLINGER {
				n++
				r.index = n
			}
		}
	}
	if n > 64 {
		panic("sockopt: more booleans than a store has bits")
	}
	return m
}

// Find returns the rule of an option, nil for one that Winsock has not.
func Find(level, name int32) *Rule { return byKey[key{level, name}] }

// Rules returns all rules, ordered by level and name.
func Rules() []*Rule {
	all := slices.Collect(maps.Values(byKey))
	slices.SortFunc(all, func(a, b *Rule) int {
		if a.Level != b.Level {
			return int(a.Level) - int(b.Level)
		}
		return int(a.Name) - int(b.Name)
	})
	return all
}

// ForGet returns the rule of an option that is to be read from a socket of
// that kind. The errors are those of "getsockopt function":
//
//   - WSAEINVAL: the level is unknown (difference 51), or is not one of the
//     socket's protocols, or is the IP level and the option is for sockets
//     of another type (IP_HDRINCL off raw sockets, multicast on TCP);
//   - WSAENOPROTOOPT: the option is unknown, cannot be read, or is, at the
//     other levels, for sockets of another type.
func ForGet(kind Sockets, level, name int32) (*Rule, error) {
	return find(kind, level, name, Get)
}

// ForSet is [ForGet] for an option that is to be set ("setsockopt function",
// difference 16).
func ForSet(kind Sockets, level, name int32) (*Rule, error) {
	return find(kind, level, name, Set)
}

func find(kind Sockets, level, name int32, want Access) (*Rule, error) {
	if levelKinds(level)&kind == 0 {
		return nil, wsa.WSAEINVAL
	}
	r := Find(level, name)
	if r == nil {
		return nil, wsa.WSAENOPROTOOPT
	}
	if r.Kinds&kind == 0 {
		if level == wsa.IPPROTO_IP || level == wsa.IPPROTO_IPV6 {
			return nil, wsa.WSAEINVAL
		}
		return nil, wsa.WSAENOPROTOOPT
	}
	if r.Access&want == 0 {
		return nil, wsa.WSAENOPROTOOPT
	}
	if want == Set && r.setKinds != 0 && r.setKinds&kind == 0 {
		return nil, wsa.WSAEINVAL
	}
	return r, nil
}

// levelKinds returns the sockets that have the level.
func levelKinds(level int32) Sockets {
	switch level {
	case wsa.SOL_SOCKET:
		return Any
	case wsa.IPPROTO_TCP:
		return Stream4 | Stream6
	case wsa.IPPROTO_UDP:
		return Dgram4 | Dgram6
	case wsa.IPPROTO_IP, wsa.IPPROTO_IPV6:
		// Both ways: IPV6_V6ONLY exists on AF_INET sockets (difference
		// 41), and a dual-stack socket takes options of IPv4.
		return Internet
	}
	return 0
}
