// SPDX-License-Identifier: Apache-2.0

// Package diag has the kernel tell when sockets of the network namespace
// cease to be, whosever they are: the multicasts of sock_diag.
package diag

import (
	"encoding/binary"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The multicast groups of NETLINK_SOCK_DIAG for sockets that are destroyed.
var groups = [...]int{1, 2, 3, 4} // TCP and UDP over IPv4, TCP and UDP over IPv6

// Offsets in struct inet_diag_msg, and what follows it.
const (
	offsetCookie = 44
	sizeofMsg    = 72
	attrInfo     = 2 // INET_DIAG_INFO: struct tcp_info

	offsetAcked    = 120
	offsetReceived = 128
)

// An End tells of a socket that is no more.
type End struct {
	Cookie         uint64 // as SO_COOKIE has it
	Sent, Received uint64 // bytes, for TCP
}

// A Listener receives the ends of sockets.
//
// It is told of every socket of the machine, one by one. So it waits for the
// first, lets more come, and takes them all: else each connection of anybody
// would wake the process.
type Listener struct {
	fd     int
	batch  *batch
	ending [2]int // a pipe, whose end wakes who waits

	mu     sync.Mutex // protects closed
	closed bool
	using  sync.WaitGroup
}

// patience is how long an end may remain unknown for the sake of those that
// come soon after it.
const patience = 2 * time.Millisecond

// Open begins to listen. It needs no privilege.
func Open() (*Listener, syscall.Errno) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err.(syscall.Errno)
	}
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	for _, group := range groups {
		if err == nil {
			err = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, group)
		}
	}
	if err == nil && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20) != nil {
		// A busy machine ends many at once. Without the room, some are lost.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	}
	if err != nil {
		unix.Close(fd)
		return nil, err.(syscall.Errno)
	}
	l := &Listener{fd: fd, batch: newBatch()}
	if err := unix.Pipe2(l.ending[:], unix.O_CLOEXEC); err != nil {
		unix.Close(fd)
		return nil, err.(syscall.Errno)
	}
	return l, 0
}

// Next waits and appends to ends what has ended. lost reports that the kernel
// had no room for some. The error is os.ErrClosed after Close. It is called
// by one goroutine at a time.
func (l *Listener) Next(ends []End) (_ []End, lost bool, err error) {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return ends, false, os.ErrClosed
	}
	l.using.Add(1)
	l.mu.Unlock()
	defer l.using.Done()
	p := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}, {Fd: int32(l.ending[0])}}
	for {
		_, err := unix.Poll(p, -1)
		switch {
		case p[1].Revents != 0:
			return ends, false, os.ErrClosed
		case err == unix.EINTR:
			continue
		case err != nil:
			return ends, false, err
		}
		break
	}
	time.Sleep(patience)
	for {
		n, e := l.batch.receive(l.fd)
		switch e {
		case 0:
			for i := range n {
				ends = parse(ends, l.batch.message(i))
			}
		case unix.EAGAIN:
			return ends, lost, nil
		case unix.EINTR:
		case unix.ENOBUFS:
			lost = true
		default:
			return ends, lost, e
		}
	}
}

// atOnce is how many messages are received by one call, and roomEach the room
// for each, of which they need a tenth.
const (
	atOnce   = 32
	roomEach = 4 << 10
)

// A batch is the room for messages. It is not copied, as it points into
// itself.
type batch struct {
	headers [atOnce]struct { // struct mmsghdr
		unix.Msghdr
		n uint32
	}
	parts [atOnce]unix.Iovec
	room  [atOnce][roomEach]byte
}

func newBatch() *batch {
	b := new(batch)
	for i := range b.headers {
		b.parts[i] = unix.Iovec{Base: &b.room[i][0], Len: roomEach}
		b.headers[i].Iov, b.headers[i].Iovlen = &b.parts[i], 1
	}
	return b
}

// receive takes the messages that are there, and returns how many.
func (b *batch) receive(fd int) (n int, e syscall.Errno) {
	got, _, e := syscall.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers)), atOnce,
		unix.MSG_DONTWAIT, 0, 0)
	return int(got), e
}

func (b *batch) message(i int) []byte { return b.room[i][:min(b.headers[i].n, roomEach)] }

// Close ends the listening, and wakes Next.
func (l *Listener) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.closed = true
	unix.Close(l.ending[1])
	l.using.Wait()
	unix.Close(l.ending[0])
	unix.Close(l.fd)
}

// parse appends the ends that the messages in b tell of.
func parse(ends []End, b []byte) []End {
	for len(b) >= unix.SizeofNlMsghdr {
		size := int(binary.NativeEndian.Uint32(b))
		if size < unix.SizeofNlMsghdr || size > len(b) {
			break
		}
		if data := b[unix.SizeofNlMsghdr:size]; len(data) >= sizeofMsg {
			end := End{Cookie: binary.NativeEndian.Uint64(data[offsetCookie:])}
			end.Sent, end.Received = counts(data[sizeofMsg:])
			ends = append(ends, end)
		}
		b = b[min(align(size), len(b)):]
	}
	return ends
}

// counts finds the bytes in the attributes of a message.
func counts(attrs []byte) (sent, received uint64) {
	for len(attrs) >= 4 {
		size, kind := int(binary.NativeEndian.Uint16(attrs)), binary.NativeEndian.Uint16(attrs[2:])
		if size < 4 || size > len(attrs) {
			break
		}
		if info := attrs[4:size]; kind == attrInfo && len(info) >= offsetReceived+8 {
			return binary.NativeEndian.Uint64(info[offsetAcked:]), binary.NativeEndian.Uint64(info[offsetReceived:])
		}
		attrs = attrs[min(align(size), len(attrs)):]
	}
	return 0, 0
}

func align(n int) int { return (n + 3) &^ 3 }
