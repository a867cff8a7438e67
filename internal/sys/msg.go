// SPDX-License-Identifier: Apache-2.0

package sys

import (
	"sync"
	"syscall"
	"unsafe"
)

// MaxBuffers is how many buffers the kernel takes in one call.
const MaxBuffers = 1024

// A msg is the memory that sendmsg and recvmsg want beside the data. It is
// pooled, as it would escape to the heap with every call otherwise.
type msg struct {
	hdr  syscall.Msghdr
	name [128]byte         // a copy, so that the caller's can stay on the stack
	few  [16]syscall.Iovec // enough for MSG_MAXIOVLEN
	many []syscall.Iovec
	used int // of few or many
}

var msgs = sync.Pool{New: func() any { return new(msg) }}

// fill describes the buffers, at most MaxBuffers of them, and returns the
// number of bytes.
func (m *msg) fill(bufs [][]byte) (total int) {
	if len(bufs) > MaxBuffers {
		bufs = bufs[:MaxBuffers]
	}
	iov := m.few[:0]
	if len(bufs) > len(m.few) {
		if cap(m.many) < len(bufs) {
			m.many = make([]syscall.Iovec, 0, MaxBuffers)
		}
		iov = m.many[:0]
	}
	for _, b := range bufs {
		iov = append(iov, syscall.Iovec{Base: (*byte)(pointer(b)), Len: uint64(len(b))})
		total += len(b)
	}
	m.hdr.Iov = unsafe.SliceData(iov)
	m.hdr.Iovlen = uint64(len(iov))
	m.used = len(iov)
	return total
}

// release gives m back without any pointer to the caller's memory.
func (m *msg) release() {
	m.hdr = syscall.Msghdr{}
	clear(m.few[:min(m.used, len(m.few))])
	clear(m.many[:min(m.used, cap(m.many))])
	msgs.Put(m)
}

func (m *msg) call(trap uintptr, fd, flags, total int) (int, Errno) {
	for {
		var n uintptr
		var e Errno
		if total > RawLimit {
			n, _, e = syscall.Syscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), uintptr(flags))
		} else {
			n, _, e = syscall.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr)), uintptr(flags))
		}
		if e != syscall.EINTR {
			return count(n, e), e
		}
	}
}

// describe gives room for a name of n bytes, and for control data.
func (m *msg) describe(n int, control []byte) {
	if n > 0 {
		m.hdr.Name = &m.name[0]
		m.hdr.Namelen = uint32(min(n, len(m.name)))
	}
	m.hdr.Control = unsafe.SliceData(control)
	m.hdr.Controllen = uint64(len(control))
}

// SendMsg sends the buffers, with control data, to name or to the peer.
func SendMsg(fd int, bufs [][]byte, flags int, name, control []byte) (int, Errno) {
	m := msgs.Get().(*msg)
	total := m.fill(bufs)
	m.describe(copy(m.name[:], name), control)
	n, e := m.call(syscall.SYS_SENDMSG, fd, flags|always, total)
	m.release()
	return n, e
}

// A Received is what RecvMsg tells beside the number of bytes.
type Received struct {
	NameLen    int
	ControlLen int
	Flags      int // MSG_TRUNC, MSG_CTRUNC, MSG_ERRQUEUE ...
}

// RecvMsg receives into the buffers in order, the sender's address into name
// and control data into control; either may be nil.
func RecvMsg(fd int, bufs [][]byte, flags int, name, control []byte) (int, Received, Errno) {
	m := msgs.Get().(*msg)
	total := m.fill(bufs)
	m.describe(len(name), control)
	n, e := m.call(syscall.SYS_RECVMSG, fd, flags|syscall.MSG_DONTWAIT, total)
	r := Received{NameLen: int(m.hdr.Namelen), ControlLen: int(m.hdr.Controllen), Flags: int(m.hdr.Flags)}
	if e == 0 {
		copy(name, m.name[:min(r.NameLen, len(m.name))])
	}
	m.release()
	return n, r, e
}
