// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"

	"winsock/wsa"
)

// sizeofSockaddrInet is the size of a SOCKADDR_INET: a sockaddr_in or a
// sockaddr_in6.
const sizeofSockaddrInet = wsa.SizeofSockaddrIn6

// rioControlBase is RIO_CMSG_BASE_SIZE: control data begin with their total
// length, this included, and what aligns the rest.
const rioControlBase = 8

// sockaddrOfInet reads a SOCKADDR_INET. Families that have no place in one
// are left to the provider, which knows how to refuse them.
func sockaddrOfInet(b []byte) wsa.Sockaddr {
	if binary.LittleEndian.Uint16(b) == wsa.AF_INET {
		b = b[:wsa.SizeofSockaddrIn]
	}
	return wsa.SockaddrBytes(b[:min(len(b), sizeofSockaddrInet)])
}

// putInet writes a SOCKADDR_INET.
func putInet(b []byte, name *wsa.Sockaddr) {
	clear(b[copy(b[:sizeofSockaddrInet], name.Bytes()):sizeofSockaddrInet])
}

func putFlags(b []byte, flags uint32) {
	if b != nil {
		binary.LittleEndian.PutUint32(b, flags)
	}
}

// controlOf returns the control data in a RIO_CMSG_BUFFER, nil if b is.
//
// Errors: WSAEINVAL for a length that is not within the buffer.
func controlOf(b []byte) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	total := binary.LittleEndian.Uint32(b)
	if total < rioControlBase || uint64(total) > uint64(len(b)) {
		return nil, wsa.WSAEINVAL
	}
	return b[rioControlBase:total], nil
}

// describe writes down what the program wants to know of a receive besides
// its data.
func (x *rioRequest) describe(r *request, s *socket) {
	if x.flags != nil {
		putFlags(x.flags, r.msg.Flags)
	}
	if x.control != nil {
		n := len(r.msg.Control)
		if s.stream() {
			n = 0
		}
		binary.LittleEndian.PutUint32(x.control, uint32(rioControlBase+n))
	}
	if x.local == nil && x.remote == nil {
		return
	}
	top := s.path.Load().top
	if x.remote != nil {
		if s.stream() {
			x.name = wsa.Sockaddr{}
			_ = top.GetPeerName(&x.name) // an address that is not known stays empty
		}
		putInet(x.remote, &x.name)
	}
	if x.local != nil {
		x.name = wsa.Sockaddr{}
		_ = top.GetSockName(&x.name) // the same
		if !s.stream() {
			arrivedAt(&x.name, r.msg.Control)
		}
		putInet(x.local, &x.name)
	}
}

// arrivedAt replaces the address, but not the port, by the one that control
// data say a datagram was sent to.
func arrivedAt(name *wsa.Sockaddr, control []byte) {
	for m := range wsa.ControlMessages(control) {
		memory := name.Storage()
		switch {
		case m.Level == wsa.IPPROTO_IP && m.Type == wsa.IP_PKTINFO && name.Family() == wsa.AF_INET:
			var info wsa.InPktinfo
			if info.Decode(m.Data) == nil {
				copy(memory[4:], info.Addr[:])
			}
		case m.Level == wsa.IPPROTO_IPV6 && m.Type == wsa.IPV6_PKTINFO && name.Family() == wsa.AF_INET6:
			var info wsa.In6Pktinfo
			if info.Decode(m.Data) == nil {
				copy(memory[8:], info.Addr[:])
			}
		}
	}
}

// askForPktinfo has the provider say where datagrams have arrived. Without
// that, the local address is the one that the socket is bound to.
func (q *rioRequestQueue) askForPktinfo() {
	q.pktinfo = true
	s := q.async.sock
	level, option := int32(wsa.IPPROTO_IP), int32(wsa.IP_PKTINFO)
	if s.info().AddressFamily == wsa.AF_INET6 {
		level, option = wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO
	}
	s.guard("SetSockOpt", func() {
		_ = s.path.Load().top.SetSockOpt(level, option, []byte{1, 0, 0, 0})
	})
}
