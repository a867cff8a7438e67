// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/netip"
	"strings"

	"winsock/namespace/hostname"
	"winsock/wsa"
)

// A Kind is what a question asks for.
type Kind uint8

const (
	Forward Kind = iota // the addresses of a name
	Reverse             // the name of an address
	Record              // the DNS records of a type
)

// Types of DNS records that are questions of another kind here.
const (
	typeA    = 1
	typePTR  = 12
	typeAAAA = 28
)

// A Question is a WSAQUERYSET as an Internet name space understands it.
type Question struct {
	Kind   Kind
	Name   string     // Forward and Record
	Addr   netip.Addr // Reverse
	V4, V6 bool       // Forward: the families wanted
	Type   uint16     // Record

	// What the CSADDR_INFOs of the answer hold beside the address.
	Port       uint16
	SocketType int32
	Protocol   int32

	Flags uint32 // LUP_, as given to Begin
	set   *wsa.QuerySet
}

// Read returns the question that a query set and the flags of
// NSPLookupServiceBegin ask.
//
// Errors: WSASERVICE_NOT_FOUND for a service class that is not one of the
// Internet's, for families other than IPv4 and IPv6, and for containers, of
// which these name spaces have none; WSAEINVAL for an empty name.
func Read(set *wsa.QuerySet, flags uint32) (*Question, error) {
	if flags&wsa.LUP_CONTAINERS != 0 {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	if set.ServiceInstanceName == "" {
		return nil, wsa.WSAEINVAL
	}
	q := &Question{Name: set.ServiceInstanceName, Flags: flags, set: set}
	if flags&wsa.LUP_DISABLE_IDN_ENCODING == 0 {
		if ascii, ok := hostname.ToASCII(q.Name); ok {
			q.Name = ascii
		}
	}
	q.readProtocols()
	protocol, port, rr := set.ServiceClassID.PortService()
	switch {
	case set.ServiceClassID == wsa.SVCID_HOSTNAME:
	case set.ServiceClassID == wsa.SVCID_INET_HOSTADDRBYNAME:
		q.V6 = false
	case set.ServiceClassID == wsa.SVCID_INET_HOSTADDRBYINETSTRING:
		addr, ok := reverseAddr(q.Name)
		if !ok {
			return nil, wsa.WSAEINVAL
		}
		q.Kind, q.Addr = Reverse, addr
		return q, nil
	case protocol != 0:
		q.Port, q.Protocol, q.SocketType = port, protocol, socketType(protocol)
		q.readRecordType(rr)
	default:
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	if q.Kind != Reverse && !q.V4 && !q.V6 {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	return q, nil
}

// readProtocols takes the families, and the protocol of the first pair that
// names one, from the set's restrictions. No restrictions allow everything.
func (q *Question) readProtocols() {
	q.Protocol = wsa.IPPROTO_TCP
	q.V4, q.V6 = len(q.set.Protocols) == 0, len(q.set.Protocols) == 0
	for i, p := range q.set.Protocols {
		switch p.AddressFamily {
		case wsa.AF_UNSPEC:
			q.V4, q.V6 = true, true
		case wsa.AF_INET:
			q.V4 = true
		case wsa.AF_INET6:
			q.V6 = true
		}
		if i == 0 && p.Protocol != 0 {
			q.Protocol = p.Protocol
		}
	}
	q.SocketType = socketType(q.Protocol)
}

func (q *Question) readRecordType(rr uint16) {
	switch rr {
	case 0:
	case typeA:
		q.V6 = false
	case typeAAAA:
		q.V4 = false
	case typePTR:
		if addr, ok := reverseAddr(q.Name); ok {
			q.Kind, q.Addr = Reverse, addr
			return
		}
		q.Kind, q.Type = Record, rr
	default:
		q.Kind, q.Type = Record, rr
	}
}

func socketType(protocol int32) int32 {
	if protocol == wsa.IPPROTO_UDP {
		return wsa.SOCK_DGRAM
	}
	return wsa.SOCK_STREAM
}

// reverseAddr reads the address of a reverse question: as text, or as the
// name under in-addr.arpa or ip6.arpa.
func reverseAddr(s string) (netip.Addr, bool) {
	if addr, ok := hostname.ParseAddr(s); ok {
		return addr.Unmap().WithZone(""), true
	}
	key := hostname.Key(s)
	if digits, ok := strings.CutSuffix(key, ".in-addr.arpa"); ok {
		return joinReversed(strings.Split(digits, "."), 4, 1, ".")
	}
	if digits, ok := strings.CutSuffix(key, ".ip6.arpa"); ok {
		return joinReversed(strings.Split(digits, "."), 32, 4, ":")
	}
	return netip.Addr{}, false
}

// joinReversed writes the parts from last to first, with sep between groups.
func joinReversed(parts []string, want, group int, sep string) (netip.Addr, bool) {
	if len(parts) != want {
		return netip.Addr{}, false
	}
	var b strings.Builder
	for i := range parts {
		part := parts[len(parts)-1-i]
		if group > 1 && len(part) != 1 {
			return netip.Addr{}, false
		}
		if i > 0 && i%group == 0 {
			b.WriteString(sep)
		}
		b.WriteString(part)
	}
	addr, err := netip.ParseAddr(b.String())
	return addr, err == nil
}
