// SPDX-License-Identifier: Apache-2.0

package mem

import (
	"encoding/binary"
	"net/netip"

	"winsock/spi"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// sendBacklog is the answer to SIO_IDEAL_SEND_BACKLOG_QUERY, in bytes
// (difference 97).
const sendBacklog = 0x10000

// Ioctl is WSPIoctl ("Winsock IOCTLs"). Codes that are not listed here are
// WSAEOPNOTSUPP.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	switch code {
	case wsa.FIONREAD:
		return putDword(out, s.pendingLocked())
	case wsa.SIOCATMARK:
		if s.datagram {
			return 0, wsa.WSAEINVAL
		}
		return putDword(out, int(truth(s.in == nil || s.in.atMark())))
	case wsa.SIO_ENABLE_CIRCULAR_QUEUEING:
		if !s.datagram {
			return 0, wsa.WSAEOPNOTSUPP
		}
		s.circular = true
		return 0, nil
	case wsa.SIO_GET_BROADCAST_ADDRESS:
		if !s.datagram || s.family != wsa.AF_INET {
			return 0, wsa.WSAEOPNOTSUPP
		}
		sa := wsa.SockaddrFrom(netip.AddrPortFrom(broadcast, 0))
		return sa.CopyTo(out)
	case wsa.SIO_UDP_CONNRESET:
		if !s.datagram || s.family == wsa.AF_UNIX {
			return 0, wsa.WSAEOPNOTSUPP
		}
		if len(in) < 4 {
			return 0, wsa.WSAEFAULT
		}
		s.ignoreICMP = binary.LittleEndian.Uint32(in) == 0
		return 0, nil
	case wsa.SIO_KEEPALIVE_VALS:
		return 0, s.keepAliveLocked(in)
	case wsa.SIO_ROUTING_INTERFACE_QUERY:
		return s.routeQueryLocked(in, out)
	case wsa.SIO_ROUTING_INTERFACE_CHANGE:
		return s.routeChangedLocked(in, out)
	case wsa.SIO_ADDRESS_LIST_CHANGE:
		if s.family == wsa.AF_UNIX {
			return 0, wsa.WSAEOPNOTSUPP
		}
		return spi.ChangedSince(out, s.host.addressesLocked(s.family))
	case wsa.SIO_MULTIPOINT_LOOPBACK, wsa.SIO_MULTICAST_SCOPE:
		return 0, s.multicastOptionLocked(code, in)
	case wsa.SIO_IDEAL_SEND_BACKLOG_QUERY:
		switch {
		case s.datagram:
			return 0, wsa.WSAEOPNOTSUPP
		case !s.st.Has(sockstate.Connected):
			return 0, wsa.WSAENOTCONN
		}
		return putDword(out, sendBacklog)
	}
	return 0, wsa.WSAEOPNOTSUPP
}

// pendingLocked is FIONREAD: bytes that can be read in line, without urgent
// ones, and 0 on an unconnected stream (difference 87); all the datagrams'
// bytes on a datagram socket.
func (s *socket) pendingLocked() int {
	switch {
	case s.datagram:
		return s.waiting
	case s.st.Has(sockstate.Connected):
		return s.in.readable()
	}
	return 0
}

// multicastOptionLocked is a control code that does what an option does.
func (s *socket) multicastOptionLocked(code uint32, in []byte) error {
	if !s.datagram || s.family == wsa.AF_UNIX {
		return wsa.WSAEOPNOTSUPP
	}
	rule := multicastTTL4Rule
	switch {
	case code == wsa.SIO_MULTIPOINT_LOOPBACK && s.family == wsa.AF_INET:
		rule = multicastLoop4Rule
	case code == wsa.SIO_MULTIPOINT_LOOPBACK:
		rule = multicastLoop6Rule
	case s.family == wsa.AF_INET6:
		rule = multicastTTL6Rule
	}
	v, err := rule.Decode(in)
	if err != nil {
		return err
	}
	return s.opts.Put(rule, v)
}

// keepAliveLocked is SIO_KEEPALIVE_VALS: three options at once. As nothing
// ever dies silently here, keep-alive has no effect; its values are kept.
func (s *socket) keepAliveLocked(in []byte) error {
	if s.datagram || s.family == wsa.AF_UNIX {
		return wsa.WSAEOPNOTSUPP
	}
	var k wsa.TCPKeepalive
	if err := k.Decode(in); err != nil {
		return err
	}
	s.opts.Put(keepAliveRule, truth(k.OnOff != 0))
	if k.OnOff != 0 {
		s.opts.Put(keepAliveTimeRule, wholeSeconds(k.KeepaliveTime))
		s.opts.Put(keepAliveIntervalRule, wholeSeconds(k.KeepaliveInterval))
	}
	return nil
}

// wholeSeconds rounds milliseconds up, to one second at least.
func wholeSeconds(milliseconds uint32) int64 {
	return max(1, (int64(milliseconds)+999)/1000)
}

// routeQueryLocked is SIO_ROUTING_INTERFACE_QUERY: the local address from
// which the address in would be sent to.
func (s *socket) routeQueryLocked(in, out []byte) (int, error) {
	to, err := s.remoteName(in)
	if err != nil {
		return 0, err
	}
	source, ok := s.host.sourceFor(to.Addr())
	if !ok {
		return 0, wsa.WSAENETUNREACH
	}
	var local wsa.Sockaddr
	s.putName(&local, netip.AddrPortFrom(source, 0), "")
	return local.CopyTo(out)
}

// routeChangedLocked is SIO_ROUTING_INTERFACE_CHANGE. That there is no way to
// the address is an answer like another.
func (s *socket) routeChangedLocked(in, token []byte) (int, error) {
	to, err := s.remoteName(in)
	if err != nil {
		return 0, err
	}
	source, ok := s.host.sourceFor(to.Addr())
	if !ok {
		return spi.ChangedSince(token, 0)
	}
	return spi.ChangedSince(token, hash(source))
}

// remoteName reads the address that a control code is about.
func (s *socket) remoteName(in []byte) (netip.AddrPort, error) {
	if s.family == wsa.AF_UNIX {
		return netip.AddrPort{}, wsa.WSAEOPNOTSUPP
	}
	remote := wsa.SockaddrBytes(in)
	if err := s.checkName(&remote); err != nil {
		return netip.AddrPort{}, err
	}
	return s.parseName(&remote)
}

func putDword(out []byte, v int) (int, error) {
	if len(out) < 4 {
		return 0, wsa.WSAEFAULT
	}
	binary.LittleEndian.PutUint32(out, uint32(v))
	return 4, nil
}
