// SPDX-License-Identifier: Apache-2.0

package dns

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	mdns "github.com/miekg/dns"

	"winsock/wsa"
)

// A Dialer connects to a name server: network is "udp" or "tcp", address a
// numeric host and port. The connection keeps the boundaries of messages on
// "udp". It must honour deadlines, as net.Conn demands.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// udpSize is how long an answer by UDP may be. A longer one would be cut into
// fragments on many paths, and fragments get lost.
const udpSize = 1232

var past = time.Unix(1, 0)

// exchange asks one server once and returns its answer, whatever that says.
// An answer that does not fit a datagram is asked for again by TCP, and a
// server too old for EDNS again without.
//
// Errors: WSA_E_CANCELLED when ctx ended, WSATRY_AGAIN when no answer came.
func (r *Resolver) exchange(ctx context.Context, c *Config, server string, question mdns.Question) (answer *mdns.Msg, err error) {
	for _, edns := range [...]bool{true, false} {
		ask := newQuery(question, edns)
		network := "udp"
		if c.TCP {
			network = "tcp"
		}
		answer, err = r.askOnce(ctx, c, network, server, ask)
		if err == nil && answer.Truncated && network == "udp" {
			answer, err = r.askOnce(ctx, c, "tcp", server, ask)
		}
		if err != nil || answer.Rcode != mdns.RcodeFormatError && answer.Rcode != mdns.RcodeNotImplemented {
			break
		}
	}
	return answer, err
}

func newQuery(question mdns.Question, edns bool) *mdns.Msg {
	m := new(mdns.Msg)
	m.Id = mdns.Id() // from the system's random source
	m.RecursionDesired = true
	m.Question = []mdns.Question{question}
	if edns {
		m.SetEdns0(udpSize, false)
	}
	return m
}

// askOnce asks one server once, by one transport.
func (r *Resolver) askOnce(ctx context.Context, c *Config, network, server string, ask *mdns.Msg) (*mdns.Msg, error) {
	packed, err := ask.Pack()
	if err != nil {
		return nil, wsa.WSANO_RECOVERY
	}
	var answer *mdns.Msg
	_, err = r.roundTrip(ctx, c, network, server, packed, func(raw []byte) bool {
		answer = new(mdns.Msg)
		err := answer.Unpack(raw)
		return (err == nil || network == "udp" && answer.Truncated) && answers(answer, ask)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// roundTrip sends ask over a connection of its own, so that its port is as
// hard to guess as its id, and returns the answer that accept takes.
func (r *Resolver) roundTrip(ctx context.Context, c *Config, network, server string, ask []byte, accept func(answer []byte) bool) (answer []byte, err error) {
	if ctx.Err() != nil {
		return nil, wsa.WSA_E_CANCELLED
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	defer func() {
		if ctx.Err() != nil {
			answer, err = nil, wsa.WSA_E_CANCELLED
		} else if err != nil {
			answer, err = nil, wsa.WSATRY_AGAIN
		}
	}()
	conn, err := r.dial(limited, network, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	// The deadline is the context's, whether it comes by time or by cancel.
	defer context.AfterFunc(limited, func() { _ = conn.SetDeadline(past) })()

	if network == "tcp" {
		return overStream(conn, ask, accept)
	}
	return overDatagrams(conn, ask, accept)
}

// datagrams are buffers that any datagram fits into.
var datagrams = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// overDatagrams passes over everything that is no answer to ask: somebody
// who can write into our port must not be able to end the wait either.
func overDatagrams(conn net.Conn, ask []byte, accept func([]byte) bool) ([]byte, error) {
	if _, err := conn.Write(ask); err != nil {
		return nil, err
	}
	buf := datagrams.Get().(*[64 << 10]byte)
	defer datagrams.Put(buf)
	for {
		n, err := conn.Read(buf[:])
		if err != nil {
			return nil, err
		}
		if accept(buf[:n]) {
			return slices.Clone(buf[:n]), nil
		}
	}
}

func overStream(conn net.Conn, ask []byte, accept func([]byte) bool) ([]byte, error) {
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(ask)), uint16(len(ask)))
	if _, err := conn.Write(append(framed, ask...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	buf := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, buf); err != nil {
		return nil, err
	}
	if !accept(buf) {
		return nil, wsa.WSATRY_AGAIN
	}
	return buf, nil
}

// answers reports whether answer belongs to ask. Only a server that could not
// read the question may leave it out of its answer.
func answers(answer, ask *mdns.Msg) bool {
	if answer.Id != ask.Id || !answer.Response || answer.Opcode != mdns.OpcodeQuery {
		return false
	}
	if len(answer.Question) == 0 {
		return answer.Rcode == mdns.RcodeFormatError || answer.Rcode == mdns.RcodeNotImplemented
	}
	a, q := answer.Question[0], ask.Question[0]
	return len(answer.Question) == 1 && a.Qtype == q.Qtype && a.Qclass == q.Qclass && strings.EqualFold(a.Name, q.Name)
}
