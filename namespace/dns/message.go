// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/namespace/internal/query"
	"winsock/spi"
	"winsock/wsa"
)

// MessageClass is the service class of the DNS as such: the blob of the query
// set is a message with a question, and that of the one result is the
// servers' answer to it, as [Resolver.Exchange] gives it.
var MessageClass = wsa.GUID{Data1: 0x91d7f2b4, Data2: 0x0c6e, Data3: 0x4a83, Data4: [8]byte{0xa7, 0x3f, 0x52, 0x0e, 0xc9, 0x18, 0x6b, 0xd4}}

// Places in a message's header (RFC 1035, 4.1.1).
const (
	headerSize   = 12
	flagsAt      = 2
	countAt      = 4 // how many questions there are
	responseFlag = 1 << 15
	opcodeMask   = 0xf << 11
	cutFlag      = 1 << 9 // TC
	rcodeMask    = 0xf
)

// hurry is how long a server has for its answer to Exchange while there are
// others, and all will be asked again: the program that waits for the answer
// has a time-out of its own, of five seconds as a rule, at which it asks again
// from the start.
const hurry = 2 * time.Second

// Exchange sends a message that somebody else has made to the servers and
// returns their answer to it. Both are passed on as they are, whatever they
// hold, but for the id, which is another one on the way. Nothing is taken
// from the cache or put into it.
//
// The answer of a server that has trouble or refuses is returned if none has
// a better one. An answer that was cut for UDP is asked for again by TCP.
//
// Errors are those of the other methods, and WSAEINVAL for what is not a
// query with one question.
func (r *Resolver) Exchange(ctx context.Context, message []byte) ([]byte, error) {
	if _, ok := readQuestion(message); !ok || flagsOf(message)&(responseFlag|opcodeMask) != 0 {
		return nil, wsa.WSAEINVAL
	}
	c := r.config()
	hurried := *c
	hurried.Timeout = min(c.Timeout, hurry)
	mayHurry := len(c.Servers)
	if c.Attempts == 1 || len(c.Servers) == 1 {
		mayHurry = 0
	}
	var answer []byte
	err := r.goThrough(c, func(server string) error {
		config := c
		if mayHurry > 0 {
			config = &hurried
		}
		mayHurry--
		got, err := r.exchangeMessage(ctx, config, server, message)
		if err != nil {
			return err
		}
		answer = got
		switch flagsOf(answer) & rcodeMask {
		case mdns.RcodeServerFailure:
			return wsa.WSATRY_AGAIN
		case mdns.RcodeRefused, mdns.RcodeNotImplemented:
			return wsa.WSANO_RECOVERY
		}
		return nil
	})
	if answer == nil || err == wsa.WSA_E_CANCELLED {
		return nil, err
	}
	copy(answer, message[:flagsAt])
	return answer, nil
}

// exchangeMessage asks one server once.
func (r *Resolver) exchangeMessage(ctx context.Context, c *Config, server string, message []byte) ([]byte, error) {
	ask := slices.Clone(message)
	binary.BigEndian.PutUint16(ask, mdns.Id())
	accept := func(answer []byte) bool { return answersMessage(answer, ask) }
	if !c.TCP {
		answer, err := r.roundTrip(ctx, c, "udp", server, ask, accept)
		if err != nil || flagsOf(answer)&cutFlag == 0 {
			return answer, err
		}
		whole, err := r.roundTrip(ctx, c, "tcp", server, ask, accept)
		if err == wsa.WSATRY_AGAIN {
			return answer, nil // a part is better than nothing
		}
		return whole, err
	}
	return r.roundTrip(ctx, c, "tcp", server, ask, accept)
}

// answersMessage is [answers] for messages of which no more is understood
// than the header and the question.
func answersMessage(answer, ask []byte) bool {
	if len(answer) < headerSize || !slices.Equal(answer[:flagsAt], ask[:flagsAt]) || flagsOf(answer)&(responseFlag|opcodeMask) != responseFlag {
		return false
	}
	if binary.BigEndian.Uint16(answer[countAt:]) == 0 {
		rcode := flagsOf(answer) & rcodeMask
		return rcode == mdns.RcodeFormatError || rcode == mdns.RcodeNotImplemented
	}
	a, ok := readQuestion(answer)
	q, _ := readQuestion(ask)
	return ok && a.Qtype == q.Qtype && a.Qclass == q.Qclass && strings.EqualFold(a.Name, q.Name)
}

func flagsOf(message []byte) uint16 { return binary.BigEndian.Uint16(message[flagsAt:]) }

// readQuestion returns the question of a message that has exactly one.
func readQuestion(message []byte) (q mdns.Question, ok bool) {
	if len(message) < headerSize || binary.BigEndian.Uint16(message[countAt:]) != 1 {
		return q, false
	}
	name, end, err := mdns.UnpackDomainName(message, headerSize)
	if err != nil || len(message) < end+4 {
		return q, false
	}
	return mdns.Question{
		Name:   name,
		Qtype:  binary.BigEndian.Uint16(message[end:]),
		Qclass: binary.BigEndian.Uint16(message[end+2:]),
	}, true
}

// exchange is LookupServiceBegin for MessageClass.
func (p *provider) exchange(set *wsa.QuerySet, flags uint32) (spi.Lookup, error) {
	if flags&wsa.LUP_CONTAINERS != 0 {
		return nil, wsa.WSASERVICE_NOT_FOUND
	}
	name, message := set.ServiceInstanceName, slices.Clone(set.Blob)
	return query.NewLookup(func(ctx context.Context) ([]*wsa.QuerySet, error) {
		answer, err := p.resolver.Exchange(ctx, message)
		if err != nil {
			return nil, err
		}
		result := &wsa.QuerySet{NameSpace: p.source.NameSpace, NSProviderID: &p.source.ProviderID, ServiceClassID: MessageClass}
		if flags&wsa.LUP_RETURN_NAME != 0 {
			result.ServiceInstanceName = name
		}
		if flags&wsa.LUP_RETURN_BLOB != 0 {
			result.Blob = answer
		}
		return []*wsa.QuerySet{result}, nil
	}), nil
}
