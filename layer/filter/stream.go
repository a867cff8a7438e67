// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"winsock/layer/filter/rules"
	"winsock/spi"
	"winsock/wsa"
)

// A stream decides at Connect, Listen and Accept. Its data goes past it.
type stream struct{ socket }

var _ spi.Foreseer = (*stream)(nil)

// DataPath lets the data go past the layer. While another socket may come to
// stand below, it does not, or sends would go to the old one. A socket of
// another process is the exception: what it stands on is asked for, and no
// data is sent by calls.
func (s *stream) DataPath() spi.Socket {
	if s.fixed() {
		return s.HandlePreserving.DataPath()
	}
	if s.opening.Base == nil && s.rules().set.Chains(s.protocol) {
		return s
	}
	return s.pivot.expose()
}

// fixed reports whether the socket is connected, so that what is below stays.
func (s *stream) fixed() bool {
	if s.pivot.isSettled() {
		return true
	}
	if s.pivot.ConnectResult() == nil {
		s.pivot.settle()
		return true
	}
	return false
}

// busy reports whether a Connect can only be refused.
func (s *stream) busy() bool {
	return s.fixed() || s.pivot.ConnectResult() == wsa.WSAEWOULDBLOCK
}

// Connect is decided by rules for out.
func (s *stream) Connect(name *wsa.Sockaddr) error {
	if s.foreign(name) {
		return s.pivot.Connect(name)
	}
	own := *name
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if s.busy() {
		return s.pivot.Connect(&own)
	}
	p := s.plan(s.rules().set, &own, true)
	if p.Action == rules.Deny {
		return p.Errno.Err()
	}
	if err := s.divert(&p); err != nil {
		return err
	}
	err := s.pivot.Connect(&p.name)
	if err == nil || err == wsa.WSAEWOULDBLOCK {
		s.connectedTo(&p, &own)
	}
	return err
}

// Foresee tells where the data will go, and opens what it has to go through.
func (s *stream) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.foreign(name) {
		return s.DataPath()
	}
	own := *name
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if s.busy() {
		return s.DataPath()
	}
	p := s.plan(s.rules().set, &own, false)
	if p.Action != rules.Deny {
		if data, ok := s.foresee(&p); ok {
			return data
		}
	}
	return s.DataPath()
}

// Listen is decided by rules for listen. A listening socket stays what it is.
func (s *stream) Listen(backlog int32) error {
	if set := s.rules().set; set.Concerns(rules.Listen) {
		var name wsa.Sockaddr
		if err := s.pivot.GetSockName(&name); err == nil {
			if v := s.judge(set, rules.Listen, nil, &name, true); v.Action != rules.Allow {
				return v.Errno.Err()
			}
		} // else it will be refused
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	err := s.pivot.Listen(backlog)
	if err == nil {
		s.pivot.settle()
	}
	return err
}

// Accept is decided by rules for in. A connection that is denied is reset,
// and the next one taken.
func (s *stream) Accept(peer *wsa.Sockaddr) (spi.Socket, error) {
	for {
		var from wsa.Sockaddr
		conn, err := s.HandlePreserving.Accept(&from)
		if err != nil {
			return nil, err
		}
		accepted, ok := conn.(*stream)
		if ok {
			accepted.pivot.settle()
		}
		if set := s.rules().set; ok && set.Concerns(rules.In) {
			var own *wsa.Sockaddr
			if set.UsesLocal() {
				own = new(wsa.Sockaddr)
				_ = accepted.GetSockName(own) // a connection that is gone has no name, and matches no list
			}
			if v := s.judge(set, rules.In, &from, orNone(own), true); v.Action != rules.Allow {
				accepted.Abort()
				_ = conn.Close()
				continue
			}
		}
		if peer != nil {
			*peer = from
		}
		return conn, nil
	}
}

// orNone returns no address for nil, so that nobody is asked for one.
func orNone(name *wsa.Sockaddr) *wsa.Sockaddr {
	if name == nil {
		return new(wsa.Sockaddr)
	}
	return name
}
