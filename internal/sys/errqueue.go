// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"encoding/binary"
	"syscall"
)

// Where an error of the queue came from (ee_origin).
const (
	SO_EE_ORIGIN_LOCAL = 1
	SO_EE_ORIGIN_ICMP  = 2
	SO_EE_ORIGIN_ICMP6 = 3
)

// sizeofExtendedErr is the size of struct sock_extended_err.
const sizeofExtendedErr = 16

// RecvError takes the next entry off the socket's error queue: where it came
// from, the ICMP type and the error number. ok is false when there is none.
func RecvError(fd int) (origin, icmpType uint8, errno Errno, ok bool) {
	var control [256]byte
	_, r, e := RecvMsg(fd, nil, syscall.MSG_ERRQUEUE, nil, control[:])
	if e != 0 {
		return 0, 0, 0, false
	}
	for b := control[:r.ControlLen]; len(b) >= syscall.SizeofCmsghdr+sizeofExtendedErr; {
		length := int(binary.NativeEndian.Uint64(b))
		level, typ := binary.NativeEndian.Uint32(b[8:]), binary.NativeEndian.Uint32(b[12:])
		if level == syscall.IPPROTO_IP && typ == syscall.IP_RECVERR ||
			level == syscall.IPPROTO_IPV6 && typ == syscall.IPV6_RECVERR {
			ee := b[syscall.SizeofCmsghdr:]
			return ee[4], ee[5], Errno(binary.NativeEndian.Uint32(ee)), true
		}
		next := (length + 7) &^ 7
		if next < syscall.SizeofCmsghdr || next > len(b) {
			break
		}
		b = b[next:]
	}
	return 0, 0, 0, true
}
