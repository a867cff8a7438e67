// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxBatch is how many datagrams go into one Batch.
const MaxBatch = 64

// A Batch is several datagrams that one call of the kernel receives or sends.
// Its zero value is empty. It is for the heap: the kernel gets pointers into it.
type Batch struct {
	length, buffers int // used of what follows
	total           int // bytes of the buffers

	datagrams [MaxBatch]struct {
		hdr syscall.Msghdr
		n   uint32
	}
	iov [2 * MaxBatch]syscall.Iovec
}

// Reset empties the batch, so that it holds on to no memory of the caller.
func (b *Batch) Reset() {
	clear(b.datagrams[:b.length])
	clear(b.iov[:b.buffers])
	b.length, b.buffers, b.total = 0, 0, 0
}

// Len returns how many datagrams there are in the batch.
func (b *Batch) Len() int { return b.length }

// Add appends a datagram: its buffers, and where its sender's address and its
// control data go, or its destination and the control data to send. Both may be
// nil. They must stay in place until Reset. It reports false if there is no
// room for it.
func (b *Batch) Add(bufs [][]byte, name, control []byte) bool {
	if b.length == len(b.datagrams) || b.buffers+len(bufs) > len(b.iov) {
		return false
	}
	hdr := &b.datagrams[b.length].hdr
	b.length++
	if hdr.Iovlen = uint64(len(bufs)); len(bufs) > 0 {
		hdr.Iov = &b.iov[b.buffers]
	}
	for _, p := range bufs {
		b.iov[b.buffers] = syscall.Iovec{Base: (*byte)(pointer(p)), Len: uint64(len(p))}
		b.buffers++
		b.total += len(p)
	}
	hdr.Name, hdr.Namelen = unsafe.SliceData(name), uint32(len(name))
	hdr.Control, hdr.Controllen = unsafe.SliceData(control), uint64(len(control))
	return true
}

// Recv receives as many of the datagrams as there are, and returns how many.
// Fewer than were asked for means that no more were there, or that there was an
// error in place of one, which the kernel keeps for the next call.
func (b *Batch) Recv(fd, flags int) (int, Errno) {
	return b.call(syscall.SYS_RECVMMSG, fd, flags|syscall.MSG_DONTWAIT)
}

// Send sends the datagrams, and returns how many it took. Fewer than were given
// means that the next one failed; a send of that one will tell why.
func (b *Batch) Send(fd int) (int, Errno) {
	return b.call(unix.SYS_SENDMMSG, fd, always)
}

func (b *Batch) call(trap uintptr, fd, flags int) (int, Errno) {
	for {
		var n uintptr
		var e Errno
		if b.total > RawLimit {
			n, _, e = syscall.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.datagrams)), uintptr(b.length), uintptr(flags), 0, 0)
		} else {
			n, _, e = syscall.RawSyscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&b.datagrams)), uintptr(b.length), uintptr(flags), 0, 0)
		}
		if e != syscall.EINTR {
			return count(n, e), e
		}
	}
}

// Result tells how datagram i was received or sent, and how many bytes of it.
func (b *Batch) Result(i int) (int, Received) {
	d := &b.datagrams[i]
	return int(d.n), Received{NameLen: int(d.hdr.Namelen), ControlLen: int(d.hdr.Controllen), Flags: int(d.hdr.Flags)}
}
