// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"encoding/binary"
	"sync"

	"winsock/internal/sys"
	"winsock/spi"
	"winsock/wsa"
)

// Control data is a row of records: a header of 16 bytes (length, level,
// type), the same in both systems, and data, padded to 8 bytes. The types
// differ, and the data of some.

const sizeofControlHeader = 16

// A controlBuffer is room for the kernel's form of control data. They are
// pooled, as they would escape to the heap with every call otherwise.
type controlBuffer [512]byte

var controlBuffers = sync.Pool{New: func() any { return new(controlBuffer) }}

// A record is one record of control data.
type record struct {
	level, typ int32
	data       []byte
}

// nextRecord takes the first record off b.
func nextRecord(b []byte) (r record, rest []byte, ok bool) {
	if len(b) < sizeofControlHeader {
		return r, nil, false
	}
	n := binary.NativeEndian.Uint64(b)
	if n < sizeofControlHeader || n > uint64(len(b)) {
		return r, nil, false
	}
	r.level = int32(binary.NativeEndian.Uint32(b[8:]))
	r.typ = int32(binary.NativeEndian.Uint32(b[12:]))
	r.data = b[sizeofControlHeader:n]
	return r, b[min(align8(int(n)), len(b)):], true
}

// putRecord writes a record at the start of b and returns how many bytes it
// takes, with padding; ok is false if there is no room for it.
func putRecord(b []byte, level, typ int32, size int) (data []byte, n int, ok bool) {
	n = sizeofControlHeader + size
	if len(b) < n {
		return nil, 0, false
	}
	binary.NativeEndian.PutUint64(b, uint64(n))
	binary.NativeEndian.PutUint32(b[8:], uint32(level))
	binary.NativeEndian.PutUint32(b[12:], uint32(typ))
	data = b[sizeofControlHeader:n]
	padded := min(align8(n), len(b))
	clear(b[n:padded])
	return data, padded, true
}

func align8(n int) int { return (n + 7) &^ 7 }

// sendControl sends a datagram with control data ("WSASendMsg function").
func (s *socket) sendControl(m *spi.Message, name []byte) (int, sys.Errno, error) {
	buf := controlBuffers.Get().(*controlBuffer)
	defer controlBuffers.Put(buf)
	length, err := toKernel(buf[:], m.Control)
	if err != nil {
		return 0, 0, err
	}
	n, e := sys.SendMsg(s.fd, m.Bufs, int(m.Flags), name, buf[:length])
	return n, e, nil
}

// toKernel translates control data to be sent. Data that is malformed or of
// an unknown type is WSAEINVAL.
func toKernel(to, from []byte) (length int, err error) {
	for len(from) > 0 {
		r, rest, ok := nextRecord(from)
		if !ok {
			return 0, wsa.WSAEINVAL
		}
		n, ok := r.toKernel(to[length:])
		if !ok {
			return 0, wsa.WSAEINVAL
		}
		length += n
		from = rest
	}
	return length, nil
}

func (r *record) toKernel(to []byte) (n int, ok bool) {
	number := func(typ int32) (int, bool) {
		if len(r.data) < 4 {
			return 0, false
		}
		data, n, ok := putRecord(to, r.level, typ, 4)
		copy(data, r.data)
		return n, ok
	}
	switch (optionKey{r.level, r.typ}) {
	case optionKey{wsa.IPPROTO_IP, wsa.IP_PKTINFO}:
		if len(r.data) < sizeofPktInfo {
			return 0, false
		}
		data, n, ok := putRecord(to, r.level, sys.IP_PKTINFO, sizeofKernelPktInfo)
		if ok {
			copy(data[0:4], r.data[4:8]) // index
			copy(data[4:8], r.data[0:4]) // source address
			clear(data[8:12])
		}
		return n, ok
	case optionKey{wsa.IPPROTO_IP, wsa.IP_TTL}, optionKey{wsa.IPPROTO_IP, wsa.IP_HOPLIMIT}:
		return number(sys.IP_TTL)
	case optionKey{wsa.IPPROTO_IP, wsa.IP_TOS}, optionKey{wsa.IPPROTO_IP, wsa.IP_ECN}, optionKey{wsa.IPPROTO_IP, wsa.IP_TCLASS}:
		return number(sys.IP_TOS)
	case optionKey{wsa.IPPROTO_IPV6, wsa.IPV6_PKTINFO}:
		if len(r.data) < sizeofPktInfo6 {
			return 0, false
		}
		data, n, ok := putRecord(to, r.level, sys.IPV6_PKTINFO, sizeofPktInfo6)
		copy(data, r.data)
		return n, ok
	case optionKey{wsa.IPPROTO_IPV6, wsa.IPV6_HOPLIMIT}:
		return number(sys.IPV6_HOPLIMIT)
	case optionKey{wsa.IPPROTO_IPV6, wsa.IPV6_TCLASS}, optionKey{wsa.IPPROTO_IPV6, wsa.IPV6_ECN}:
		return number(sys.IPV6_TCLASS)
	case optionKey{wsa.IPPROTO_UDP, wsa.UDP_SEND_MSG_SIZE}:
		if len(r.data) < 4 {
			return 0, false
		}
		data, n, ok := putRecord(to, r.level, sys.UDP_SEGMENT, 2)
		if ok {
			binary.NativeEndian.PutUint16(data, uint16(binary.LittleEndian.Uint32(r.data)))
		}
		return n, ok
	}
	return 0, false
}

// Sizes of IN_PKTINFO {address, index}, of the kernel's in_pktinfo {index,
// local address, address}, and of in6_pktinfo {address, index} of both.
const (
	sizeofPktInfo       = 8
	sizeofKernelPktInfo = 12
	sizeofPktInfo6      = 20
)
