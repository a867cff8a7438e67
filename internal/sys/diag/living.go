// SPDX-License-Identifier: Apache-2.0

package diag

import (
	"encoding/binary"
	"syscall"

	"golang.org/x/sys/unix"
)

// Living returns the cookies of all TCP and UDP sockets of the network
// namespace that are open, for who has lost the ends of some.
func Living() (map[uint64]bool, syscall.Errno) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err.(syscall.Errno)
	}
	defer unix.Close(fd)
	cookies := make(map[uint64]bool)
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		for _, protocol := range []byte{unix.IPPROTO_TCP, unix.IPPROTO_UDP} {
			if e := dump(fd, family, protocol, cookies); e != 0 {
				return nil, e
			}
		}
	}
	return cookies, 0
}

// Numbers of linux/sock_diag.h and linux/inet_diag.h.
const (
	byFamily     = 20
	sizeofDiagID = 48
	sizeofReq    = 8 + sizeofDiagID // struct inet_diag_req_v2
)

// dump adds the cookies of one family and protocol.
func dump(fd int, family, protocol byte, cookies map[uint64]bool) syscall.Errno {
	var q [unix.SizeofNlMsghdr + sizeofReq]byte
	binary.NativeEndian.PutUint32(q[0:], uint32(len(q)))
	binary.NativeEndian.PutUint16(q[4:], byFamily)
	binary.NativeEndian.PutUint16(q[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	q[16], q[17] = family, protocol
	binary.NativeEndian.PutUint32(q[20:], ^uint32(0)) // all states
	if err := unix.Sendto(fd, q[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err.(syscall.Errno)
	}
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err.(syscall.Errno)
		}
		for b := buf[:n]; len(b) >= unix.SizeofNlMsghdr; {
			size := int(binary.NativeEndian.Uint32(b))
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return unix.EBADMSG
			}
			data := b[unix.SizeofNlMsghdr:size]
			switch binary.NativeEndian.Uint16(b[4:]) {
			case unix.NLMSG_DONE:
				return 0
			case unix.NLMSG_ERROR:
				if len(data) >= 4 {
					return syscall.Errno(-int32(binary.NativeEndian.Uint32(data)))
				}
				return unix.EBADMSG
			case byFamily:
				if len(data) >= sizeofMsg {
					cookies[binary.NativeEndian.Uint64(data[offsetCookie:])] = true
				}
			}
			b = b[min(align(size), len(b)):]
		}
	}
}
