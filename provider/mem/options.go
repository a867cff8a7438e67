// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"net/netip"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// The options that this provider acts upon.
var (
	oobInlineRule         = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_OOBINLINE)
	reuseRule             = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_REUSEADDR)
	exclusiveRule         = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE)
	broadcastRule         = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_BROADCAST)
	pauseAcceptRule       = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_PAUSE_ACCEPT)
	keepAliveRule         = sockopt.Find(wsa.SOL_SOCKET, wsa.SO_KEEPALIVE)
	keepAliveTimeRule     = sockopt.Find(wsa.IPPROTO_TCP, wsa.TCP_KEEPALIVE)
	keepAliveIntervalRule = sockopt.Find(wsa.IPPROTO_TCP, wsa.TCP_KEEPINTVL)
	v6OnlyRule            = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_V6ONLY)
	receiveBroadcastRule  = sockopt.Find(wsa.IPPROTO_IP, wsa.IP_RECEIVE_BROADCAST)
	ttl4Rule              = sockopt.Find(wsa.IPPROTO_IP, wsa.IP_TTL)
	ttl6Rule              = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_UNICAST_HOPS)
	tosRule               = sockopt.Find(wsa.IPPROTO_IP, wsa.IP_TOS)
	trafficClassRule      = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_TCLASS)
	multicastLoop4Rule    = sockopt.Find(wsa.IPPROTO_IP, wsa.IP_MULTICAST_LOOP)
	multicastLoop6Rule    = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_LOOP)
	multicastTTL4Rule     = sockopt.Find(wsa.IPPROTO_IP, wsa.IP_MULTICAST_TTL)
	multicastTTL6Rule     = sockopt.Find(wsa.IPPROTO_IPV6, wsa.IPV6_MULTICAST_HOPS)
)

// SetSockOpt is WSPSetSockOpt. Options without an effect in memory (TTL,
// keep-alive) are kept and read back; those that ask for control data that a
// network in memory has not are WSAENOPROTOOPT.
func (s *socket) SetSockOpt(level, name int32, value []byte) error {
	r, err := sockopt.ForSet(s.opts.Kind(), level, name)
	if err != nil {
		return err
	}
	s.net.mu.Lock()
	var w wakes
	defer func() {
		s.net.mu.Unlock()
		w.fire()
	}()
	if r.Until == sockopt.Bind && s.st.Has(sockstate.Bound) ||
		r.Until == sockopt.Listen && s.st.Has(sockstate.Listening) {
		return wsa.WSAEINVAL
	}
	if r.Format == sockopt.StrictBool && !hasControl(r) {
		return wsa.WSAENOPROTOOPT
	}
	switch level {
	case wsa.SOL_SOCKET:
		switch name {
		case wsa.SO_ERROR:
			v, err := r.Decode(value)
			if err == nil {
				s.st.SetError(wsa.Errno(v))
			}
			return err
		case wsa.SO_SNDBUF, wsa.SO_RCVBUF:
			return s.setBufferLocked(r, value, &w)
		}
	case wsa.IPPROTO_IP:
		switch name {
		case wsa.IP_ADD_MEMBERSHIP, wsa.IP_DROP_MEMBERSHIP:
			if err := r.CheckSize(value); err != nil {
				return err
			}
			return s.membershipLocked(netip.AddrFrom4([4]byte(value)), name == wsa.IP_ADD_MEMBERSHIP)
		}
	case wsa.IPPROTO_IPV6:
		switch name {
		case wsa.IPV6_ADD_MEMBERSHIP, wsa.IPV6_DROP_MEMBERSHIP:
			if err := r.CheckSize(value); err != nil {
				return err
			}
			return s.membershipLocked(netip.AddrFrom16([16]byte(value)), name == wsa.IPV6_ADD_MEMBERSHIP)
		}
	}
	return s.opts.SetSockOpt(level, name, value)
}

func (s *socket) setBufferLocked(r *sockopt.Rule, value []byte, w *wakes) error {
	v, err := r.Decode(value)
	if err != nil {
		return err
	}
	if r.Name == wsa.SO_SNDBUF {
		s.sndbuf = int(v)
		w.add(s, spi.EventWrite)
	} else {
		s.rcvbuf = int(v)
		if s.in != nil {
			w.add(s.in.src, spi.EventWrite)
		}
	}
	return s.opts.Put(r, v)
}

// GetSockOpt is WSPGetSockOpt.
func (s *socket) GetSockOpt(level, name int32, value []byte) (int, error) {
	r, err := sockopt.ForGet(s.opts.Kind(), level, name)
	if err != nil {
		return 0, err
	}
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	switch level {
	case wsa.SOL_SOCKET:
		switch name {
		case wsa.SO_ERROR:
			return r.Encode(int64(s.st.Error()), value)
		case wsa.SO_TYPE:
			return r.Encode(int64(s.sockType), value)
		case wsa.SO_ACCEPTCONN:
			return r.Encode(truth(s.st.Has(sockstate.Listening)), value)
		case wsa.SO_CONNECT_TIME:
			return r.Encode(s.st.ConnectTime(s.net.clock.Now()), value)
		}
	case wsa.IPPROTO_TCP:
		if name == wsa.TCP_ATMARK {
			return r.Encode(truth(s.in == nil || s.in.atMark()), value)
		}
	case wsa.IPPROTO_IP:
		if name == wsa.IP_MTU && !s.st.Has(sockstate.Connected) {
			return 0, wsa.WSAENOTCONN
		}
	case wsa.IPPROTO_IPV6:
		if name == wsa.IPV6_MTU && !s.st.Has(sockstate.Connected) {
			return 0, wsa.WSAENOTCONN
		}
		if name == wsa.IPV6_V6ONLY && s.family == wsa.AF_INET && s.st.Has(sockstate.Bound) {
			return 0, wsa.WSAEINVAL // difference 41
		}
	}
	return s.opts.GetSockOpt(level, name, value)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
