// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"time"

	"winsock/internal/sys"
	"winsock/spi/sockstate"
	"winsock/wsa"
)

// Control codes of mstcpip.h that have no page among the Winsock IOCTLs.
const sioUDPNetReset = 0x9800000f

// idealSendBacklog is what SIO_IDEAL_SEND_BACKLOG_QUERY tells: the bytes that
// are worth having under way at once. The kernel adapts by itself.
const idealSendBacklog = 0x10000

// Ioctl is WSPIoctl.
func (s *socket) Ioctl(code uint32, in, out []byte) (int, error) {
	switch code {
	case wsa.FIONREAD:
		return putUint32(out, uint32(s.readable()))
	case wsa.SIOCATMARK:
		if !s.kind.stream || !s.kind.inet {
			return 0, wsa.WSAEINVAL
		}
		return putUint32(out, uint32(s.atMark()))
	case wsa.SIO_KEEPALIVE_VALS:
		return 0, s.setKeepAlive(in)
	case wsa.SIO_IDEAL_SEND_BACKLOG_QUERY:
		return s.idealBacklog(out)
	case wsa.SIO_UDP_CONNRESET, sioUDPNetReset:
		return 0, s.setReset(code, in)
	case wsa.SIO_ENABLE_CIRCULAR_QUEUEING:
		if s.kind.typ != wsa.SOCK_DGRAM {
			return 0, wsa.WSAEOPNOTSUPP
		}
		return 0, nil // a wish about which datagrams are lost when there are too many
	case wsa.SIO_GET_BROADCAST_ADDRESS:
		return s.broadcastAddress(out)
	case wsa.SIO_MULTIPOINT_LOOPBACK:
		return 0, s.setMulticast(in, sys.IP_MULTICAST_LOOP, sys.IPV6_MULTICAST_LOOP)
	case wsa.SIO_MULTICAST_SCOPE:
		return 0, s.setMulticast(in, sys.IP_MULTICAST_TTL, sys.IPV6_MULTICAST_HOPS)
	case wsa.SIO_ROUTING_INTERFACE_QUERY:
		return s.routeTo(in, out)
	case wsa.SIO_ADDRESS_LIST_QUERY:
		return s.addressList(out)
	case wsa.SIO_GET_INTERFACE_LIST:
		return s.interfaceList(out)
	case wsa.SIO_ADDRESS_LIST_CHANGE:
		return s.addressesChanged(out)
	case wsa.SIO_ROUTING_INTERFACE_CHANGE:
		return s.routeChanged(in, out)
	}
	return 0, wsa.WSAEOPNOTSUPP // difference 94
}

func putUint32(out []byte, v uint32) (int, error) {
	if len(out) < 4 {
		return 0, wsa.WSAEFAULT
	}
	binary.LittleEndian.PutUint32(out, v)
	return 4, nil
}

// readable is FIONREAD: the bytes that can be read, 0 on a stream without a
// connection (difference 87).
func (s *socket) readable() int32 {
	if s.kind.stream {
		s.settle()
		if !s.state.Has(sockstate.Connected) {
			return 0
		}
	}
	return s.unread()
}

// atMark is SIOCATMARK, which is 1 unless urgent data waits (difference 87).
func (s *socket) atMark() int64 {
	waits := false
	if s.opts.Bool(ruleOOBInline) {
		n, e := sys.Ioctl(s.fd, sys.SIOCATMARK, 0)
		waits = e == 0 && n != 0
	} else {
		waits = sys.Poll(s.fd, sys.POLLPRI)&sys.POLLPRI != 0
	}
	if waits {
		return 0
	}
	return 1
}

// setKeepAlive is SIO_KEEPALIVE_VALS: a struct tcp_keepalive with times in
// milliseconds, of which the kernel takes whole seconds.
func (s *socket) setKeepAlive(in []byte) error {
	if !s.kind.stream || !s.kind.inet {
		return wsa.WSAEOPNOTSUPP
	}
	if len(in) < 12 {
		return wsa.WSAEFAULT
	}
	on := int64(0)
	if binary.LittleEndian.Uint32(in) != 0 {
		on = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.setInt(sys.SOL_SOCKET, sys.SO_KEEPALIVE, int(on)); err != nil || on == 0 {
		s.opts.Put(ruleKeepAlive, on)
		return err
	}
	idle, interval := wholeSeconds(in[4:]), wholeSeconds(in[8:])
	s.opts.Put(ruleKeepAlive, 1)
	s.opts.Put(ruleKeepIdle, idle)
	s.opts.Put(ruleKeepIntvl, interval)
	if err := s.setInt(sys.IPPROTO_TCP, sys.TCP_KEEPIDLE, keepSeconds(s, idle)); err != nil {
		return err
	}
	return s.setInt(sys.IPPROTO_TCP, sys.TCP_KEEPINTVL, keepSeconds(s, interval))
}

// wholeSeconds rounds milliseconds up.
func wholeSeconds(b []byte) int64 {
	d := time.Duration(binary.LittleEndian.Uint32(b)) * time.Millisecond
	return max(1, int64((d+time.Second-1)/time.Second))
}

func (s *socket) idealBacklog(out []byte) (int, error) {
	if !s.kind.stream || !s.kind.inet {
		return 0, wsa.WSAEOPNOTSUPP
	}
	if len(out) < 4 {
		return 0, wsa.WSAEFAULT
	}
	s.settle()
	if !s.state.Has(sockstate.Connected) {
		return 0, wsa.WSAENOTCONN
	}
	return putUint32(out, idealSendBacklog)
}

// setReset is SIO_UDP_CONNRESET and SIO_UDP_NETRESET: whether ICMP errors
// are told.
func (s *socket) setReset(code uint32, in []byte) error {
	if s.kind.typ != wsa.SOCK_DGRAM {
		return wsa.WSAEOPNOTSUPP
	}
	if len(in) < 1 {
		return wsa.WSAEFAULT
	}
	off := true
	for _, b := range in[:min(len(in), 4)] {
		off = off && b == 0
	}
	if code == wsa.SIO_UDP_CONNRESET {
		s.mark(unreachable, off)
	} else {
		s.mark(expired, off)
	}
	return nil
}

// setMulticast sets a number for both families.
func (s *socket) setMulticast(in []byte, name4, name6 int) error {
	if s.kind.stream {
		return wsa.WSAEOPNOTSUPP
	}
	if len(in) < 4 {
		return wsa.WSAEFAULT
	}
	v := int(int32(binary.LittleEndian.Uint32(in)))
	if s.kind.family == wsa.AF_INET6 {
		return s.setInt(sys.IPPROTO_IPV6, name6, v)
	}
	return s.setInt(sys.IPPROTO_IP, name4, v)
}

func (s *socket) broadcastAddress(out []byte) (int, error) {
	if s.kind.family != wsa.AF_INET {
		return 0, wsa.WSAEOPNOTSUPP
	}
	name := wsa.SockaddrFrom(limitedBroadcast)
	return name.CopyTo(out)
}
