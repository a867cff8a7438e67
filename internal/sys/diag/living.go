// SPDX-License-Identifier: Apache-2.0

package diag

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// Living finds out which sockets, given by their cookies, are open, and sets
// their values to true. It sees the TCP and UDP sockets of the network
// namespace that are connected, connecting, listening or, if of UDP, bound.
func Living(cookies map[uint64]bool) syscall.Errno {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return err.(syscall.Errno)
	}
	defer unix.Close(fd)
	buf := make([]byte, 64<<10)
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		for _, protocol := range []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
			if e := dump(fd, family, protocol, buf, cookies); e != 0 {
				return e
			}
		}
	}
	return 0
}

// Numbers of linux/sock_diag.h and linux/inet_diag.h.
const (
	byFamily     = 20
	sizeofDiagID = 48
	sizeofReq    = 8 + sizeofDiagID // struct inet_diag_req_v2
	offsetInode  = 68

	timeWait = 6 // TCP_TIME_WAIT
)

// dump looks at the sockets of one family and protocol. buf is room for
// messages.
func dump(fd int, family, protocol byte, buf []byte, cookies map[uint64]bool) syscall.Errno {
	var q [unix.SizeofNlMsghdr + sizeofReq]byte
	binary.NativeEndian.PutUint32(q[0:], uint32(len(q)))
	binary.NativeEndian.PutUint16(q[4:], byFamily)
	binary.NativeEndian.PutUint16(q[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	q[16], q[17] = family, protocol
	binary.NativeEndian.PutUint32(q[20:], ^uint32(1<<timeWait)) // the states
	if err := unix.Sendto(fd, q[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err.(syscall.Errno)
	}
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err.(syscall.Errno)
		}
		if over, e := listed(buf[:n], cookies); over || e != 0 {
			return e
		}
	}
}

// listed notes which sockets the messages in b list, and tells whether those
// are the last ones.
func listed(b []byte, cookies map[uint64]bool) (over bool, e syscall.Errno) {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			return false, unix.EBADMSG
		}
		data := b[unix.SizeofNlMsghdr:size]
		switch binary.NativeEndian.Uint16(b[4:]) {
		case unix.NLMSG_DONE:
			return true, 0
		case unix.NLMSG_ERROR:
			if len(data) >= 4 {
				return false, syscall.Errno(-int32(binary.NativeEndian.Uint32(data)))
			}
			return false, unix.EBADMSG
		case byFamily:
			if len(data) < sizeofMsg || binary.NativeEndian.Uint32(data[offsetInode:]) == 0 {
				break // closed, though its peer may not know yet
			}
			cookie := binary.NativeEndian.Uint64(data[offsetCookie:])
			if _, wanted := cookies[cookie]; wanted {
				cookies[cookie] = true
			}
		}
		b = b[min(align(size), len(b)):]
	}
	return false, 0
}
