// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"winsock/spi"
	"winsock/wsa"
)

// Lender says that a traced socket has the abilities of this file only if the
// one below has them.
func (s *socket) Lender(ability any) spi.Socket {
	switch ability.(type) {
	case *spi.ConnectDataer, *spi.DisconnectDataer, *spi.MultipointJoiner, *spi.Duplicator, *spi.Extender:
		return s.Socket
	}
	return nil
}

// ConnectWithData is traced as Connect is.
func (s *socket) ConnectWithData(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS) error {
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

// SendDisconnect is traced; it ends the sending direction in the capture.
func (s *socket) SendDisconnect(data []byte) error {
	start := s.time()
	err := s.tap.shutdown(func() error {
		return s.Socket.(spi.DisconnectDataer).SendDisconnect(data)
	}, wsa.SD_SEND)
	if l := s.control("WSPSendDisconnect", start, err); l != nil {
		l.number("len", int64(len(data)))
		s.write(l)
	}
	return err
}

// RecvDisconnect is traced.
func (s *socket) RecvDisconnect(data []byte) (n int, err error) {
	start := s.time()
	n, err = s.Socket.(spi.DisconnectDataer).RecvDisconnect(data)
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
func (s *socket) JoinLeaf(name *wsa.Sockaddr, caller []byte, callee *[]byte, sqos, gqos *wsa.QOS, flags uint32) (spi.Socket, error) {
	start := s.time()
	below, err := s.Socket.(spi.MultipointJoiner).JoinLeaf(name, caller, callee, sqos, gqos, flags)
	var leaf spi.Socket
	made := s.number
	switch {
	case err != nil:
	case below == s.Socket:
		leaf = s
	default:
		traced := s.trace(below, s.identity, s.owner)
		leaf, made = traced, traced.number
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
func (s *socket) Duplicate(process uint32, attached []byte) (*wsa.ProtocolInfo, error) {
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
func (s *socket) Extension(id wsa.GUID) any {
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
