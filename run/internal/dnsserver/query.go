// SPDX-License-Identifier: Apache-2.0

package dnsserver

import (
	"context"
	"encoding/binary"
	"net/netip"
	"strings"

	mdns "github.com/miekg/dns"

	"winsock/namespace/hostname"
)

// A kind is what a question asks for.
type kind uint8

const (
	records kind = iota // of any type: only those can answer who exchange messages
	addresses
	pointer // the name of an address
)

// A query is a message of a client.
type query struct {
	raw      []byte
	msg      *mdns.Msg
	question mdns.Question
	kind     kind
	addr     netip.Addr // pointer: whose name
	special  bool       // the question must not go out
}

// Places and bits of a message's header (RFC 1035, 4.1.1).
const (
	headerSize   = 12
	flagsAt      = 2
	countAt      = 4 // how many questions there are
	responseFlag = 1 << 15
	opcodeMask   = 0xf << 11
	cutFlag      = 1 << 9 // TC
	desiredFlag  = 1 << 8 // RD
	offeredFlag  = 1 << 7 // RA
	rcodeMask    = 0xf
)

// read reads a query. What cannot be answered has a reply instead, which is
// nil for what is to be met with silence: too short for a header, or itself
// an answer.
func read(message []byte) (q *query, reply []byte) {
	if len(message) < headerSize {
		return nil, nil
	}
	flags := binary.BigEndian.Uint16(message[flagsAt:])
	if flags&responseFlag != 0 {
		return nil, nil
	}
	m := new(mdns.Msg)
	understood := m.Unpack(message) == nil && len(m.Question) == 1
	switch {
	case flags&opcodeMask != 0 && !understood:
		return nil, headerOnly(message, mdns.RcodeNotImplemented)
	case !understood:
		return nil, headerOnly(message, mdns.RcodeFormatError)
	}
	options := 0
	for _, rr := range m.Extra {
		if rr.Header().Rrtype == mdns.TypeOPT {
			options++
		}
	}
	if options > 1 {
		return nil, headerOnly(message, mdns.RcodeFormatError)
	}
	q = &query{raw: message, msg: m, question: m.Question[0]}
	switch o, t := m.IsEdns0(), q.question.Qtype; {
	case o != nil && o.Version() != 0:
		return nil, q.reply(mdns.RcodeBadVers, nil)
	case flags&opcodeMask != 0:
		return nil, q.reply(mdns.RcodeNotImplemented, nil)
	case t == mdns.TypeAXFR, t == mdns.TypeIXFR:
		return nil, q.reply(mdns.RcodeRefused, nil)
	}
	q.classify()
	return q, nil
}

// name returns what is looked up: a name, or the text of an address.
func (q *query) name() string {
	if q.kind == pointer {
		return q.addr.String()
	}
	return hostname.Key(q.question.Name)
}

func (q *query) classify() {
	name := q.question.Name
	addr, isReverse := reverseAddr(name)
	q.special = isReverse && addr.IsLoopback()
	for _, domain := range [...]string{"localhost", "invalid", "onion"} {
		q.special = q.special || hostname.Within(name, domain)
	}
	if q.question.Qclass != mdns.ClassINET {
		return
	}
	switch t := q.question.Qtype; {
	case t == mdns.TypeA || t == mdns.TypeAAAA:
		q.kind = addresses
	case t == mdns.TypePTR && isReverse:
		q.kind, q.addr = pointer, addr
	}
}

// reverseAddr reads the address that a name under in-addr.arpa or ip6.arpa
// stands for.
func reverseAddr(name string) (netip.Addr, bool) {
	name = hostname.Key(name)
	if digits, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		parts := strings.Split(digits, ".")
		if len(parts) != 4 {
			return netip.Addr{}, false
		}
		addr, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
		return addr, err == nil
	}
	digits, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok || len(digits) != 2*32-1 {
		return netip.Addr{}, false
	}
	text := make([]byte, 0, 39)
	for i := 31; i >= 0; i-- {
		if i > 0 && digits[2*i-1] != '.' {
			return netip.Addr{}, false
		}
		if text = append(text, digits[2*i]); i%4 == 0 && i > 0 {
			text = append(text, ':')
		}
	}
	addr, err := netip.ParseAddr(string(text))
	return addr, err == nil
}

// answer returns the answer to a message, nil for none. That to a datagram
// is no longer than its sender takes.
func (s *Server) answer(message []byte, datagram bool) []byte {
	q, reply := read(message)
	if q == nil {
		return reply
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.limits.query)
	defer cancel()
	reply = s.resolve(ctx, q)
	if s.ctx.Err() != nil {
		return nil
	}
	s.count.Add(1)
	if limit := q.limit(); datagram && len(reply) > limit {
		reply = shorten(reply, limit)
	}
	return reply
}

// limit is how long a datagram the client takes.
func (q *query) limit() int {
	if o := q.msg.IsEdns0(); o != nil {
		return min(max(int(o.UDPSize()), mdns.MinMsgSize), maxDatagram)
	}
	return mdns.MinMsgSize
}

// maxDatagram is what fits a UDP datagram, and ownSize what this server says
// that it takes itself.
const (
	maxDatagram = 64<<10 - 1 - 20 - 8
	ownSize     = 1232
)

// reply makes an answer of this server's own.
func (q *query) reply(rcode int, answer []mdns.RR) []byte {
	m := new(mdns.Msg).SetReply(q.msg)
	m.RecursionAvailable, m.Compress = true, true
	m.Answer = answer
	if o := q.msg.IsEdns0(); o != nil {
		m.SetEdns0(ownSize, o.Do())
	} else if rcode > rcodeMask {
		rcode = mdns.RcodeServerFailure
	}
	m.Rcode = rcode
	packed, err := m.Pack()
	if err != nil {
		return headerOnly(q.raw, mdns.RcodeServerFailure)
	}
	return packed
}

// headerOnly answers a message of which no more than the header is
// understood.
func headerOnly(message []byte, rcode uint16) []byte {
	reply := make([]byte, headerSize)
	copy(reply, message[:flagsAt])
	flags := binary.BigEndian.Uint16(message[flagsAt:])
	binary.BigEndian.PutUint16(reply[flagsAt:], responseFlag|flags&(opcodeMask|desiredFlag)|offeredFlag|rcode)
	return reply
}

// shorten leaves out records until the answer is short enough, and says so
// in its header. One that is signed as a whole loses all of them.
func shorten(answer []byte, limit int) []byte {
	m := new(mdns.Msg)
	if m.Unpack(answer) == nil && m.IsTsig() == nil {
		m.Truncate(limit) // or only compress, if that is enough
		if packed, err := m.Pack(); err == nil && len(packed) <= limit {
			return packed
		}
	}
	cut := headerOnly(answer, 0)
	flags := binary.BigEndian.Uint16(answer[flagsAt:])
	binary.BigEndian.PutUint16(cut[flagsAt:], flags|cutFlag)
	if _, end, err := mdns.UnpackDomainName(answer, headerSize); err == nil && end+4 <= min(len(answer), limit) {
		cut = append(cut, answer[headerSize:end+4]...)
		binary.BigEndian.PutUint16(cut[countAt:], 1)
	}
	return cut
}
