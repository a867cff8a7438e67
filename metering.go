// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"cmp"
	"slices"
	"sync/atomic"

	"winsock/object"
	"winsock/spi"
	"winsock/spi/meter"
	"winsock/wsa"
)

// metering is what new sockets are counted by, nil for nothing.
var metering atomic.Pointer[meter.Set]

// Meter has the sockets that the process opens from now on counted by set, at
// each place of their chains, with all that they accept. The chains are told
// apart by the names of their catalog entries. nil ends that for later ones;
// then nothing stands between them and their providers.
//
// Sockets of an [Origin] with an Observe of its own are left to that.
func Meter(set *meter.Set) { metering.Store(set) }

// observer returns what counts the sockets of an entry, nil for nothing.
func observer(info *wsa.ProtocolInfo) func(place int, name string, s spi.Socket) spi.Socket {
	if set := metering.Load(); set != nil {
		return set.Observer(info.Name)
	}
	return nil
}

// Usage returns what a socket has moved, if it is metered (see [Meter]).
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEOPNOTSUPP for a socket that is
// not metered.
func Usage(h SOCKET) (u meter.Usage, err error) {
	s, err := use(h)
	if err != nil {
		return u, err
	}
	defer s.done("Usage", &err)
	u, ok := s.usage()
	if !ok {
		return u, wsa.WSAEOPNOTSUPP
	}
	return u, nil
}

// usage adds up what has gone through the top and, since layers leave it
// alone, past it.
func (s *socket) usage() (u meter.Usage, ok bool) {
	p := s.path.Load()
	u, ok = meter.UsageOf(p.top)
	if below, metered := meter.UsageOf(p.data); metered && p.data != p.top {
		u.Add(below)
	}
	return u, ok
}

// A MeteredSocket is a socket that is counted, with what it has moved.
type MeteredSocket struct {
	Socket SOCKET
	Chain  string // as of ChainNames
	Usage  meter.Usage

	// Local and Peer are the addresses as the socket says that the data goes
	// to, of which a layer above may show others; empty if there is none.
	Local, Peer wsa.Sockaddr
}

// MeteredSockets lists the sockets of the process that are metered (see
// [Meter]), those that have moved the most bytes first, and at most that many.
func MeteredSockets(most int) []MeteredSocket {
	type found struct {
		s *socket
		u meter.Usage
	}
	var list []found
	for _, o := range object.All() {
		if s, ok := o.(*socket); ok {
			if u, ok := s.usage(); ok {
				list = append(list, found{s, u})
				continue
			}
		}
		o.(interface{ Release() }).Release()
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Compare(b.u.Sent+b.u.Received, a.u.Sent+a.u.Received) })
	told := make([]MeteredSocket, 0, min(len(list), max(most, 0)))
	for _, f := range list {
		if len(told) == cap(told) {
			f.s.Release()
			continue
		}
		told = append(told, f.s.tell(f.u))
	}
	return told
}

// tell describes a metered socket, and releases it.
func (s *socket) tell(u meter.Usage) (m MeteredSocket) {
	var err error
	defer s.done("MeteredSockets", &err)
	m = MeteredSocket{Socket: s.SOCKET(), Usage: u, Chain: s.chainNames()}
	data := meter.Unwrap(s.path.Load().data) // asking is not to be counted
	_ = data.GetSockName(&m.Local)           // without one it stays empty
	_ = data.GetPeerName(&m.Peer)
	return m
}

// EachProvider calls f for each provider of the chains that the process has
// started, with the chain's entry, the provider's place in it, 0 being the
// top, and its name; for those who collect what providers count, see
// [spi.Metered].
func EachProvider(f func(info *wsa.ProtocolInfo, place int, name string, p spi.Provider)) {
	chains.Each(f)
}
