// SPDX-License-Identifier: Apache-2.0

package catalog

import "winsock/wsa"

// A Request is what socket and WSASocket ask for.
type Request struct {
	AddressFamily int32 // 0: any; FROM_PROTOCOL_INFO: that of Info
	SocketType    int32 // likewise
	Protocol      int32 // likewise

	// Info, when not nil, fills the fields above that are 0 or
	// FROM_PROTOCOL_INFO, and chooses its entry if they agree with it.
	Info *wsa.ProtocolInfo

	// Permission is what the program admits.
	Permission Permission
}

// A Choice is the entry that serves a request, and the request with nothing
// left open.
type Choice struct {
	Entry         *Entry
	AddressFamily int32
	SocketType    int32
	Protocol      int32
}

// Select finds the entry that serves a request ("socket function",
// "WSASocketW function"): the first in order that is usable, that the program
// admits, and that has the family, the type and the protocol, where 0 is any
// family and any type, and protocol 0 means an entry with
// PFL_MATCHES_PROTOCOL_ZERO or one whose protocols include 0. Hidden entries
// are considered like others. With family 0, AF_INET is tried before all
// other families.
//
// Errors: WSAEINVAL when nothing is asked for; WSAESOCKTNOSUPPORT for a type
// that there is not; WSAEAFNOSUPPORT for a family that there is not;
// WSAEPROTONOSUPPORT for a protocol that the family and type do not have;
// WSAEINVALIDPROVIDER when Info is that of a chain which is not in the
// catalog (the program must not get an unprotected socket instead), and
// WSAEPROVIDERFAILEDINIT when that is disabled or incomplete.
func (s *Snapshot) Select(r Request) (Choice, error) {
	if r.Info != nil {
		return s.selectInfo(r)
	}
	if r.AddressFamily == 0 && r.SocketType == 0 && r.Protocol == 0 {
		return Choice{}, wsa.WSAEINVAL
	}
	return s.walk(&r)
}

// selectInfo fills the request from its Info. Arguments that are given win
// over Info; as long as none contradicts it, its very entry is chosen.
func (s *Snapshot) selectInfo(r Request) (Choice, error) {
	info := r.Info
	agrees := fill(&r.AddressFamily, info.AddressFamily, 0)
	agrees = fill(&r.SocketType, info.SocketType, 0) && agrees
	agrees = fill(&r.Protocol, info.Protocol, info.ProtocolMaxOffset) && agrees
	if r.AddressFamily == 0 && r.SocketType == 0 && r.Protocol == 0 {
		return Choice{}, wsa.WSAEAFNOSUPPORT
	}
	if !agrees {
		return s.walk(&r)
	}
	e := s.byID[info.CatalogEntryID]
	if e != nil && e.Info.ProviderID == info.ProviderID && e.Kind() != Layered && s.Admits(r.Permission, e) {
		if !s.usable[e] {
			return Choice{}, wsa.WSAEPROVIDERFAILEDINIT
		}
		return e.choose(&r), nil
	}
	if info.Chain.Len > wsa.BASE_PROTOCOL {
		return Choice{}, wsa.WSAEINVALIDPROVIDER
	}
	return s.walk(&r)
}

// fill takes an argument that was left open from the protocol info, and
// reports whether a given one agrees with it.
func fill(argument *int32, info, offset int32) bool {
	if *argument == 0 || *argument == wsa.FROM_PROTOCOL_INFO {
		*argument = info
		return true
	}
	return within(*argument, info, offset)
}

func (s *Snapshot) walk(r *Request) (Choice, error) {
	var found *Entry
	for _, e := range s.entries {
		if !s.usable[e] || !e.serves(r) || !s.Admits(r.Permission, e) {
			continue
		}
		if found == nil {
			found = e
		}
		if r.AddressFamily != 0 || e.Info.AddressFamily == wsa.AF_INET {
			found = e
			break
		}
	}
	if found == nil {
		return Choice{}, s.whyNot(r)
	}
	return found.choose(r), nil
}

// whyNot returns the error for a request that no entry serves.
func (s *Snapshot) whyNot(r *Request) error {
	var family, socketType, both bool
	for _, e := range s.entries {
		if !s.usable[e] {
			continue
		}
		hasFamily := r.AddressFamily == 0 || r.AddressFamily == e.Info.AddressFamily
		hasType := r.SocketType == 0 || r.SocketType == e.Info.SocketType
		family = family || hasFamily
		socketType = socketType || hasType
		both = both || hasFamily && hasType
	}
	switch {
	case !socketType && r.SocketType != 0:
		return wsa.WSAESOCKTNOSUPPORT
	case !family:
		return wsa.WSAEAFNOSUPPORT
	case !both:
		return wsa.WSAESOCKTNOSUPPORT
	}
	return wsa.WSAEPROTONOSUPPORT
}

// serves reports whether the entry has the family, type and protocol.
func (e *Entry) serves(r *Request) bool {
	i := &e.Info
	return (r.AddressFamily == 0 || r.AddressFamily == i.AddressFamily) &&
		(r.SocketType == 0 || r.SocketType == i.SocketType) &&
		(r.Protocol == 0 && i.ProviderFlags&wsa.PFL_MATCHES_PROTOCOL_ZERO != 0 ||
			within(r.Protocol, i.Protocol, i.ProtocolMaxOffset))
}

// choose fills what the request leaves open from the entry.
func (e *Entry) choose(r *Request) Choice {
	c := Choice{e, r.AddressFamily, r.SocketType, r.Protocol}
	if c.AddressFamily == 0 {
		c.AddressFamily = e.Info.AddressFamily
	}
	if c.SocketType == 0 {
		c.SocketType = e.Info.SocketType
	}
	if c.Protocol == 0 && !within(0, e.Info.Protocol, e.Info.ProtocolMaxOffset) {
		c.Protocol = e.Info.Protocol
	}
	return c
}

// within reports whether first <= protocol <= first+offset.
func within(protocol, first, offset int32) bool {
	return first <= protocol && int64(protocol) <= int64(first)+int64(offset)
}
