// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"time"

	"winsock/internal/sys"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Options that have a meaning inside the provider.
var (
	ruleReuse          = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_REUSEADDR)
	ruleReuseMulticast = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_REUSE_MULTICASTPORT)
	ruleExclusive      = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE)
	ruleOOBInline      = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_OOBINLINE)
	ruleKeepAlive      = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE)
	ruleKeepIdle       = sockopt.Find(wsa.IPPROTO_TCP, wsa.TCP_KEEPIDLE)
	ruleKeepIntvl      = sockopt.Find(wsa.IPPROTO_TCP, wsa.TCP_KEEPINTVL)
	ruleV6Only         = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY)
)

type optionKey struct{ level, name int32 }

// A translation is what becomes of an option in the kernel. Options without
// one take effect by being remembered: they are rules of Winsock's.
type translation struct {
	level, name int // the kernel's

	// value turns Winsock's value into the kernel's; nil: the same.
	value func(s *socket, v int64) int

	// apply is for options that are more than one number.
	apply func(s *socket, v int64) error

	// live: getsockopt asks the kernel, whose default is not Winsock's and
	// may be the administrator's.
	live bool

	// fixed: the kernel cannot do otherwise than the default.
	fixed bool
}

// GetSockOpt is WSPGetSockOpt.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	r, err := sockopt.ForGet(s.kind.options, level, name)
	if err != nil {
		return 0, err
	}
	if r.Live {
		if v, ok, err := s.liveOption(level, name); err != nil {
			return 0, err
		} else if ok {
			return r.Encode(v, value)
		}
	}
	if t := translations[optionKey{level, name}]; t != nil && t.live {
		if v, e := sys.GetSockOptInt(s.fd, t.level, t.name); e == 0 {
			return r.Encode(int64(v), value)
		}
	}
	return s.opts.GetSockOpt(level, name, value)
}

// liveOption reads an option that is the state of the socket.
func (s *socket) liveOption(level, name int32) (v int64, ok bool, err error) {
	switch (optionKey{level, name}) {
	case optionKey{wsa.SOL_SOCKET, wsa.SO_ERROR}:
		s.settle()
		return int64(s.state.Error()), true, nil
	case optionKey{wsa.SOL_SOCKET, wsa.SO_TYPE}:
		return int64(s.kind.typ), true, nil
	case optionKey{wsa.SOL_SOCKET, wsa.SO_ACCEPTCONN}:
		if s.state.Has(sockstate.Listening) {
			v = 1
		}
		return v, true, nil
	case optionKey{wsa.SOL_SOCKET, wsa.SO_CONNECT_TIME}:
		s.settle()
		return s.state.ConnectTime(time.Now()), true, nil
	case optionKey{wsa.IPPROTO_TCP, wsa.TCP_MAXSEG}:
		return s.kernelOption(sys.IPPROTO_TCP, sys.TCP_MAXSEG)
	case optionKey{wsa.IPPROTO_TCP, wsa.TCP_ATMARK}:
		return s.atMark(), true, nil
	case optionKey{wsa.IPPROTO_IP, wsa.IP_MTU}:
		if !s.state.Has(sockstate.Connected) {
			return 0, false, wsa.WSAENOTCONN
		}
		return s.kernelOption(sys.IPPROTO_IP, sys.IP_MTU)
	case optionKey{wsa.IPPROTO_IPV6, wsa.IPV6_MTU}:
		if !s.state.Has(sockstate.Connected) {
			return 0, false, wsa.WSAENOTCONN
		}
		return s.kernelOption(sys.IPPROTO_IPV6, sys.IPV6_MTU)
	}
	return 0, false, nil
}

func (s *socket) kernelOption(level, name int) (int64, bool, error) {
	v, e := sys.GetSockOptInt(s.fd, level, name)
	return int64(v), true, wsa.FromErrno(e).Err()
}

// SetSockOpt is WSPSetSockOpt.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	r, err := sockopt.ForSet(s.kind.options, level, name)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Until == sockopt.Bind && s.state.Has(sockstate.Bound),
		r.Until == sockopt.Listen && s.state.Has(sockstate.Listening):
		return wsa.WSAEINVAL
	case level == wsa.SOL_SOCKET && name == wsa.SO_ERROR:
		v, err := r.Decode(value)
		if err == nil {
			s.state.SetError(wsa.Errno(v)) // difference 50
		}
		return err
	case r.Format == sockopt.Blob:
		return s.setBlob(level, name, value)
	case r.Format == sockopt.Struct:
		if err := r.CheckSize(value); err != nil {
			return err
		}
		return s.setMembership(level, name, value)
	}
	v, err := r.Decode(value)
	if err != nil {
		return err
	}
	if err := s.opts.Put(r, v); err != nil {
		return err
	}
	if t := translations[optionKey{level, name}]; t != nil {
		return t.set(s, r, v)
	}
	return nil
}

// set makes the kernel do what v asks.
func (t *translation) set(s *socket, r *sockopt.Rule, v int64) error {
	if t.fixed {
		if v == r.DefaultOf(s.kind.options) {
			return nil
		}
		s.opts.Put(r, r.DefaultOf(s.kind.options))
		return wsa.WSAENOPROTOOPT
	}
	if t.apply != nil {
		return t.apply(s, v)
	}
	n := int(v)
	if t.value != nil {
		n = t.value(s, v)
	}
	return wsa.FromErrno(sys.SetSockOptInt(s.fd, t.level, t.name, n)).Err()
}

// setBlob sets an option of any length.
func (s *socket) setBlob(level, name int32, value []byte) error {
	if level == wsa.IPPROTO_IP && name == wsa.IP_OPTIONS {
		return wsa.FromErrno(sys.SetSockOpt(s.fd, sys.IPPROTO_IP, sys.IP_OPTIONS, value)).Err()
	}
	if len(value) == 0 {
		return nil // none, which there are
	}
	return wsa.WSAENOPROTOOPT
}
