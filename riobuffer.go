// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// A rioBuffer is a registered buffer. Requests under way hold on to its
// memory themselves, so that it may be deregistered meanwhile.
type rioBuffer struct {
	object.Header
	memory []byte
}

// Destroy is called when the last use has ended.
func (*rioBuffer) Destroy() {}

// RIORegisterBuffer makes a buffer known for registered I/O
// ("LPFN_RIOREGISTERBUFFER callback function"). It may be registered more
// than once. Memory that is not Go's must stay in place until it is
// deregistered and no request uses it any more.
//
// Errors, with RIO_INVALID_BUFFERID: WSANOTINITIALISED; WSAEFAULT for a nil
// buffer; WSAEINVAL for an empty one; WSAENOBUFS when there are too many
// handles.
func RIORegisterBuffer(buf []byte) (RIO_BUFFERID, error) {
	err := requireStartup()
	switch {
	case err != nil:
	case buf == nil:
		err = wsa.WSAEFAULT
	case len(buf) == 0 || uint64(len(buf)) > 1<<32-1:
		err = wsa.WSAEINVAL
	}
	if err != nil {
		return wsa.RIO_INVALID_BUFFERID, err
	}
	h, err := object.Open(&rioBuffer{memory: buf})
	if err != nil {
		return wsa.RIO_INVALID_BUFFERID, wsa.WSAENOBUFS
	}
	return RIO_BUFFERID(h), nil
}

// RIODeregisterBuffer takes a registration back ("LPFN_RIODEREGISTERBUFFER
// callback function"). Requests under way go on to use the memory; new ones
// fail with WSAEFAULT. An unknown buffer is ignored.
func RIODeregisterBuffer(id RIO_BUFFERID) {
	o := object.Acquire(object.Handle(id))
	if b, ok := o.(*rioBuffer); ok {
		object.Close(b)
	}
	release(o)
}

// memory returns the part of the registered buffer that b describes, nil if
// b is.
//
// Errors: WSAEFAULT for an unknown buffer; WSAEINVAL for what is not within
// it, and for less than least bytes.
func (b *RIO_BUF) memory(least int) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	o := object.Acquire(object.Handle(b.BufferID))
	registered, ok := o.(*rioBuffer)
	if !ok {
		release(o)
		return nil, wsa.WSAEFAULT
	}
	all := registered.memory
	registered.Release()
	end := uint64(b.Offset) + uint64(b.Length)
	if end > uint64(len(all)) || uint64(b.Length) < uint64(least) {
		return nil, wsa.WSAEINVAL
	}
	return all[b.Offset:end:end], nil
}
