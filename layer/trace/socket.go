// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A socket forwards every call, and tells of it.
type socket struct {
	layer.HandlePreserving
	*tracer
	identity
	origin

	waits waits
	tap   *tap // nil: nothing to capture
}

// DataPath lets the data go past the layer when nobody looks at it.
func (s *socket) DataPath() spi.Socket {
	if s.logData || s.tap != nil {
		return s
	}
	return s.HandlePreserving.DataPath()
}

// Foresee says the same of the time after a connect: whether the layer looks
// at the data does not depend on the peer, but what is below may.
func (s *socket) Foresee(name *wsa.Sockaddr) spi.Socket {
	if s.logData || s.tap != nil {
		return s
	}
	return spi.DataPathTo(s.Socket, name)
}

// control begins the line of a control call, nil if those are not logged.
func (s *socket) control(call string, start time.Time, err error) *line {
	if !s.logControl {
		return nil
	}
	e := s.event(s.origin, call, start, err)
	return s.begin(&e)
}

// Bind is traced.
func (s *socket) Bind(name *wsa.Sockaddr) error {
	start := s.time()
	err := s.Socket.Bind(name)
	if l := s.control("WSPBind", start, err); l != nil {
		l.address("name", name)
		s.write(l)
	}
	return err
}

// Listen is traced.
func (s *socket) Listen(backlog int32) error {
	start := s.time()
	err := s.Socket.Listen(backlog)
	if l := s.control("WSPListen", start, err); l != nil {
		if backlog == wsa.SOMAXCONN && !l.json {
			l.word("backlog", "SOMAXCONN")
		} else {
			l.number("backlog", int64(backlog))
		}
		s.write(l)
	}
	return err
}

// Shutdown is traced; it ends a direction in the capture.
func (s *socket) Shutdown(how int32) error {
	start := s.time()
	err := s.tap.shutdown(func() error { return s.Socket.Shutdown(how) }, how)
	if l := s.control("WSPShutdown", start, err); l != nil {
		l.symbol("how", wsa.ShutdownName(how))
		s.write(l)
	}
	return err
}

// Close is traced, with the waits it ends.
func (s *socket) Close() error {
	start := s.time()
	err := s.Base.Close()
	s.tap.close()
	if l := s.control("WSPCloseSocket", start, err); l != nil {
		if pending := s.waits.pending(); pending != "" {
			l.word("pending", pending)
		}
		s.write(l)
	}
	return err
}

// Linger is traced as one call however often it is asked.
func (s *socket) Linger() error {
	start := s.time()
	err := s.tap.linger(s.HandlePreserving.Linger)
	if s.logControl {
		if o := s.waits.settle(waitLinger, start, s.time(), err); o.show {
			e := s.outcome("Linger", start, err, o)
			s.write(s.begin(&e))
		}
	}
	return err
}

// Abort is traced; the close that follows is a reset in the capture.
func (s *socket) Abort() {
	start := s.time()
	s.HandlePreserving.Abort()
	s.tap.hardClose(true)
	if l := s.control("Abort", start, nil); l != nil {
		s.write(l)
	}
}

// GetSockName is traced.
func (s *socket) GetSockName(name *wsa.Sockaddr) error {
	start := s.time()
	err := s.Socket.GetSockName(name)
	s.logName("WSPGetSockName", "local", start, name, err)
	return err
}

// GetPeerName is traced.
func (s *socket) GetPeerName(name *wsa.Sockaddr) error {
	start := s.time()
	err := s.Socket.GetPeerName(name)
	s.logName("WSPGetPeerName", "peer", start, name, err)
	return err
}

func (s *socket) logName(call, key string, start time.Time, name *wsa.Sockaddr, err error) {
	if l := s.control(call, start, err); l != nil {
		if err == nil {
			l.address(key, name)
		}
		s.write(l)
	}
}

// outcome is an event that may be the end of a wait.
func (s *socket) outcome(call string, start time.Time, err error, o outcome) event {
	return event{origin: s.origin, call: call, start: start, took: o.took, tries: o.tries, err: err, bytes: -1}
}
