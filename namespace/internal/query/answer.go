// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"

	"winsock/wsa"
)

// A Source is the provider that answers.
type Source struct {
	ProviderID wsa.GUID
	NameSpace  uint32
}

// An Answer is what a provider found. Each becomes one result, and one more
// per alias.
type Answer struct {
	Name    string
	Aliases []string
	Addrs   []netip.Addr
	Port    uint16 // overrides the question's when not 0
	Blob    []byte
}

// Results writes the answers as the question's flags want them. They are
// never empty: an answer whose every field the flags leave out still says
// that the service exists.
func (q *Question) Results(source Source, answers ...Answer) []*wsa.QuerySet {
	var sets []*wsa.QuerySet
	for i := range answers {
		sets = append(sets, q.result(source, &answers[i]))
		if q.Flags&wsa.LUP_RETURN_ALIASES == 0 {
			continue
		}
		for _, alias := range answers[i].Aliases {
			a := answers[i]
			a.Name = alias
			set := q.result(source, &a)
			set.OutputFlags |= wsa.RESULT_IS_ALIAS
			sets = append(sets, set)
		}
	}
	return sets
}

func (q *Question) result(source Source, a *Answer) *wsa.QuerySet {
	set := &wsa.QuerySet{NameSpace: source.NameSpace, NSProviderID: &source.ProviderID}
	if q.Flags&wsa.LUP_RETURN_NAME != 0 {
		set.ServiceInstanceName = a.Name
	}
	if q.Flags&wsa.LUP_RETURN_TYPE != 0 {
		set.ServiceClassID = q.set.ServiceClassID
	}
	if q.Flags&wsa.LUP_RETURN_ADDR != 0 {
		for _, addr := range a.Addrs {
			set.Addrs = append(set.Addrs, q.address(addr, a.Port))
		}
	}
	if q.Flags&wsa.LUP_RETURN_BLOB != 0 {
		set.Blob = a.Blob
	}
	if q.Flags&wsa.LUP_RETURN_QUERY_STRING != 0 {
		set.QueryString = q.set.ServiceInstanceName
	}
	return set
}

// address returns the CSADDR_INFO of addr. The answer is the remote address,
// for a client to connect to from any local one; with LUP_RES_SERVICE it is
// the local one, for a server to listen on.
func (q *Question) address(addr netip.Addr, port uint16) wsa.CSAddrInfo {
	if port == 0 {
		port = q.Port
	}
	wildcard := netip.IPv4Unspecified()
	if addr.Is6() {
		wildcard = netip.IPv6Unspecified()
	}
	info := wsa.CSAddrInfo{
		LocalAddr:  wsa.SockaddrFrom(netip.AddrPortFrom(wildcard, 0)),
		RemoteAddr: wsa.SockaddrFrom(netip.AddrPortFrom(addr, port)),
		SocketType: q.SocketType,
		Protocol:   q.Protocol,
	}
	if q.Flags&wsa.LUP_RES_SERVICE != 0 {
		info.LocalAddr, info.RemoteAddr = info.RemoteAddr, info.LocalAddr
	}
	return info
}
