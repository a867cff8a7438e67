// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"net/netip"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// recvControl receives a datagram with control data ("LPFN_WSARECVMSG
// callback function"). m.Control is cut to what was written; records that
// found no room are missing, and MSG_CTRUNC is set.
func (s *socket) recvControl(m *spi.Message, flags int, name []byte) (n, nameLen int, e sys.Errno) {
	buf := controlBuffers.Get().(*controlBuffer)
	defer controlBuffers.Put(buf)
	n, r, e := sys.RecvMsg(s.fd, m.Bufs, flags, name, buf[:])
	if e != 0 {
		return 0, 0, e
	}
	s.finishControl(m, buf, r)
	return n, r.NameLen, 0
}

// finishControl writes Winsock's form of the control data that came with a
// datagram.
func (s *socket) finishControl(m *spi.Message, from *controlBuffer, r sys.Received) {
	w := controlWriter{s: s, out: m.Control}
	w.translate(from[:r.ControlLen])
	if r.Flags&sys.MSG_CTRUNC != 0 {
		w.flags |= wsa.MSG_CTRUNC
	}
	m.Control = m.Control[:w.n]
	m.Flags |= w.flags
}

// A controlWriter writes Winsock's form of what the kernel told about a
// datagram, as the socket's options ask for it.
type controlWriter struct {
	s     *socket
	out   []byte
	n     int
	flags uint32
}

func (w *controlWriter) translate(from []byte) {
	for {
		r, rest, ok := nextRecord(from)
		if !ok {
			return
		}
		w.record(&r)
		from = rest
	}
}

func (w *controlWriter) record(r *record) {
	switch (optionKey{r.level, r.typ}) {
	case optionKey{sys.IPPROTO_IP, sys.IP_PKTINFO}:
		if len(r.data) >= sizeofKernelPktInfo {
			w.where4(r.data[0:4], r.data[8:12])
		}
	case optionKey{sys.IPPROTO_IP, sys.IP_TTL}:
		w.number(wsa.IPPROTO_IP, wsa.IP_TTL, r.data)
	case optionKey{sys.IPPROTO_IP, sys.IP_TOS}:
		w.class(infoRules[0].class, wsa.IP_TOS, r.data)
	case optionKey{sys.IPPROTO_IPV6, sys.IPV6_PKTINFO}:
		if len(r.data) >= sizeofPktInfo6 {
			w.where6(r.data[:sizeofPktInfo6])
		}
	case optionKey{sys.IPPROTO_IPV6, sys.IPV6_HOPLIMIT}:
		w.number(wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT, r.data)
	case optionKey{sys.IPPROTO_IPV6, sys.IPV6_TCLASS}:
		w.class(infoRules[1].class, wsa.IPV6_TCLASS, r.data)
	}
}

// where4 tells at which interface and for which address the datagram came.
func (w *controlWriter) where4(index, addr []byte) {
	w.castFlags(netip.AddrFrom4([4]byte(addr)))
	for _, r := range infoRules[0].where {
		if !w.s.opts.Bool(r) {
			continue
		}
		switch r.Name {
		case wsa.IP_PKTINFO:
			if data, ok := w.put(r, sizeofPktInfo); ok {
				copy(data, addr)
				copy(data[4:], index)
			}
		case wsa.IP_RECVDSTADDR:
			w.bytes(r, addr)
		default:
			w.bytes(r, index)
		}
	}
}

func (w *controlWriter) where6(info []byte) {
	w.castFlags(netip.AddrFrom16([16]byte(info)))
	for _, r := range infoRules[1].where {
		if !w.s.opts.Bool(r) {
			continue
		}
		switch r.Name {
		case wsa.IPV6_PKTINFO:
			w.bytes(r, info)
		case wsa.IPV6_RECVDSTADDR:
			w.bytes(r, info[:16])
		default:
			w.bytes(r, info[16:])
		}
	}
}

// class tells the type of service, whole and as its two ECN bits.
func (w *controlWriter) class(asked []*sockopt.Rule, whole int32, data []byte) {
	tos := uint32(0)
	switch {
	case len(data) >= 4:
		tos = binary.NativeEndian.Uint32(data)
	case len(data) >= 1:
		tos = uint32(data[0])
	}
	var value [4]byte
	if w.s.opts.Bool(asked[0]) {
		binary.LittleEndian.PutUint32(value[:], tos)
		w.number(asked[0].Level, whole, value[:])
	}
	if w.s.opts.Bool(asked[1]) {
		binary.LittleEndian.PutUint32(value[:], tos&3)
		w.number(asked[1].Level, asked[1].Name, value[:])
	}
}

// castFlags sets MSG_BCAST or MSG_MCAST by the datagram's destination.
func (w *controlWriter) castFlags(to netip.Addr) {
	switch to = to.Unmap(); {
	case to.IsMulticast():
		w.flags |= wsa.MSG_MCAST
	case to == limitedBroadcast.Addr():
		w.flags |= wsa.MSG_BCAST
	}
}

func (w *controlWriter) number(level, typ int32, data []byte) {
	if len(data) >= 4 {
		if to, ok := w.putAs(level, typ, 4); ok {
			copy(to, data)
		}
	}
}

func (w *controlWriter) bytes(r *sockopt.Rule, data []byte) {
	if to, ok := w.put(r, len(data)); ok {
		copy(to, data)
	}
}

func (w *controlWriter) put(r *sockopt.Rule, size int) ([]byte, bool) {
	return w.putAs(r.Level, r.Name, size)
}

func (w *controlWriter) putAs(level, typ int32, size int) ([]byte, bool) {
	data, n, ok := putRecord(w.out[w.n:], level, typ, size)
	if !ok {
		w.flags |= wsa.MSG_CTRUNC // difference 80
		return nil, false
	}
	w.n += n
	return data, true
}
