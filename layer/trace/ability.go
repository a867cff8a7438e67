// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"winsock/spi"
	"winsock/wsa"
)

// The types below are the abilities that a traced socket has if the one
// below has them. Whether a socket can do something is asked by a type
// assertion, so each set of abilities is a type of its own.
type (
	connectData struct{ s *socket } // with the data of disconnecting
	multipoint  struct{ s *socket }
	duplicator  struct{ s *socket }
	extender    struct{ s *socket }
)

// Bits of a set of abilities.
const (
	hasConnectData = 1 << iota
	hasMultipoint
	hasDuplicator
	hasExtender
)

// withAbilities returns s with the abilities of the socket below.
func withAbilities(s *socket) spi.Socket {
	s.outer = compose(s, abilitiesOf(s.Socket))
	return s.outer
}

func abilitiesOf(s spi.Socket) (set int) {
	if _, ok := s.(spi.ConnectDataer); ok {
		set |= hasConnectData
	}
	if _, ok := s.(spi.MultipointJoiner); ok {
		set |= hasMultipoint
	}
	if _, ok := s.(spi.Duplicator); ok {
		set |= hasDuplicator
	}
	if _, ok := s.(spi.Extender); ok {
		set |= hasExtender
	}
	return set
}

// compose returns s with a set of abilities.
func compose(s *socket, set int) spi.Socket {
	const c, m, d, e = hasConnectData, hasMultipoint, hasDuplicator, hasExtender
	C, M, D, E := connectData{s}, multipoint{s}, duplicator{s}, extender{s}
	switch set {
	case c:
		return struct {
			*socket
			connectData
		}{s, C}
	case m:
		return struct {
			*socket
			multipoint
		}{s, M}
	case c | m:
		return struct {
			*socket
			connectData
			multipoint
		}{s, C, M}
	case d:
		return struct {
			*socket
			duplicator
		}{s, D}
	case c | d:
		return struct {
			*socket
			connectData
			duplicator
		}{s, C, D}
	case m | d:
		return struct {
			*socket
			multipoint
			duplicator
		}{s, M, D}
	case c | m | d:
		return struct {
			*socket
			connectData
			multipoint
			duplicator
		}{s, C, M, D}
	case e:
		return struct {
			*socket
			extender
		}{s, E}
	case c | e:
		return struct {
			*socket
			connectData
			extender
		}{s, C, E}
	case m | e:
		return struct {
			*socket
			multipoint
			extender
		}{s, M, E}
	case c | m | e:
		return struct {
			*socket
			connectData
			multipoint
			extender
		}{s, C, M, E}
	case d | e:
		return struct {
			*socket
			duplicator
			extender
		}{s, D, E}
	case c | d | e:
		return struct {
			*socket
			connectData
			duplicator
			extender
		}{s, C, D, E}
	case m | d | e:
		return struct {
			*socket
			multipoint
			duplicator
			extender
		}{s, M, D, E}
	case c | m | d | e:
		return struct {
			*socket
			connectData
			multipoint
			duplicator
			extender
		}{s, C, M, D, E}
	}
	return s
}

// ConnectWithData is traced as Connect is.
func (a connectData) ConnectWithData(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS) error {
	s := a.s
	start := s.time()
	err := s.tap.connect(func() error {
		return s.Socket.(spi.ConnectDataer).ConnectWithData(name, caller, callee, sqos, gqos)
	}, name, start)
	if l := s.control("WSPConnect", start, err); l != nil {
		s.waits.connecting(start, start.Add(l.e.took), err)
		l.address("name", name)
		if len(caller) > 0 {
			l.hex("caller", caller)
		}
		s.write(l)
	}
	return err
}

// SendDisconnect is traced; it ends the sending direction in the capture. A
// socket below that has no such data answers WSAEOPNOTSUPP, as documented
// for WSASendDisconnect.
func (a connectData) SendDisconnect(data []byte) error {
	s := a.s
	start := s.time()
	err := s.tap.shutdown(func() error {
		if d, ok := s.Socket.(spi.DisconnectDataer); ok {
			return d.SendDisconnect(data)
		}
		return wsa.WSAEOPNOTSUPP
	}, wsa.SD_SEND)
	if l := s.control("WSPSendDisconnect", start, err); l != nil {
		l.number("len", int64(len(data)))
		s.write(l)
	}
	return err
}

// RecvDisconnect is traced.
func (a connectData) RecvDisconnect(data []byte) (n int, err error) {
	s := a.s
	start := s.time()
	err = wsa.WSAEOPNOTSUPP
	if d, ok := s.Socket.(spi.DisconnectDataer); ok {
		n, err = d.RecvDisconnect(data)
	}
	if s.logControl {
		e := s.event(s.origin, "WSPRecvDisconnect", start, err)
		e.bytes = transferred(n, err)
		l := s.begin(&e)
		l.number("len", int64(len(data)))
		s.write(l)
	}
	return n, err
}

// JoinLeaf is traced, as is the new socket where there is one.
func (a multipoint) JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (spi.Socket, error) {
	s := a.s
	start := s.time()
	below, err := s.Socket.(spi.MultipointJoiner).JoinLeaf(name, caller, callee, sqos, gqos, flags)
	var leaf spi.Socket
	made := s.number
	switch {
	case err != nil:
	case below == s.Socket:
		leaf = s.outer
	default:
		traced := s.trace(below, s.identity, s.owner)
		leaf, made = withAbilities(traced), traced.number
	}
	if s.logControl {
		e := s.event(s.origin, "WSPJoinLeaf", start, err)
		if err == nil {
			e.made = made
		}
		l := s.begin(&e)
		l.address("name", name)
		l.number("flags", int64(flags))
		if err == nil && l.json {
			l.number("new", made)
		}
		s.write(l)
	}
	return leaf, err
}

// Duplicate is traced.
func (a duplicator) Duplicate(process uint32, attached []byte) (*wsa.ProtocolInfo, error) {
	s := a.s
	start := s.time()
	info, err := s.Socket.(spi.Duplicator).Duplicate(process, attached)
	if l := s.control("WSPDuplicateSocket", start, err); l != nil {
		l.number("process", int64(process))
		s.write(l)
	}
	return info, err
}

// Extension hands the function out as the socket below has it: what it does
// is not traced, only that it was asked for.
func (a extender) Extension(id wsa.GUID) any {
	s := a.s
	start := s.time()
	function := s.Socket.(spi.Extender).Extension(id)
	var err error
	if function == nil {
		err = wsa.WSAEINVAL
	}
	if l := s.control("Extension", start, err); l != nil {
		l.word("id", id.String())
		s.write(l)
	}
	return function
}
