// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// A rioRequest is an operation of the engine that is a request of registered
// I/O. It is pooled.
type rioRequest struct {
	op      request
	queue   *rioRequestQueue
	half    *rioHalf
	context uint64
	quiet   bool // RIO_MSG_DONT_NOTIFY
	all     bool // RIO_MSG_WAITALL

	local   []byte // room for SOCKADDR_INET
	remote  []byte // the same
	control []byte // RIO_CMSG_BUFFER
	flags   []byte // room for MSG_ flags

	extras extras // of op; they have this as their rio

	name    wsa.Sockaddr // the other side's address
	pktinfo [64]byte     // room for control data that say where a datagram has arrived
}

var rioRequests = sync.Pool{New: func() any {
	x := new(rioRequest)
	x.op.extras, x.extras.rio = &x.extras, x
	return x
}}

// free ends the request so that it holds on to nothing.
func (x *rioRequest) free() {
	r := &x.op
	r.msg.Reset()
	r.try, r.n, r.err = nil, 0, nil
	x.queue, x.half, x.quiet, x.all = nil, nil, false, false
	x.local, x.remote, x.control, x.flags = nil, nil, nil, nil
	rioRequests.Put(x)
}

// plain reports whether a receive ends with its first attempt that does not
// block.
func (x *rioRequest) plain() bool { return x != nil && !x.all }

// ended puts the result of the operation into the completion queue.
func (x *rioRequest) ended() {
	r := &x.op
	x.half.cq.push(rioResult{
		RIORESULT: RIORESULT{
			Status:           int32(wsa.ErrnoOf(r.err)),
			BytesTransferred: uint32(r.n),
			SocketContext:    x.half.context,
			RequestContext:   x.context,
		},
		from:  x.half,
		quiet: x.quiet,
	})
	x.free()
}

// RIOReceive begins a receive into a part of a registered buffer
// ("LPFN_RIORECEIVE callback function"). It is [RIOReceiveEx] without
// addresses, control data and flags of what was received.
func RIOReceive(rq RIO_RQ, data *RIO_BUF, dataBufferCount, flags uint32, requestContext uint64) error {
	return RIOReceiveEx(rq, data, dataBufferCount, nil, nil, nil, nil, flags, requestContext)
}

// RIOReceiveEx begins a receive into a part of a registered buffer
// ("LPFN_RIORECEIVEEX callback function"). When it has ended, localAddress
// and remoteAddress hold a SOCKADDR_INET each, controlContext a
// RIO_CMSG_BUFFER with control data, and receivedFlags the MSG_ flags of what
// was received. Each of them may be nil, as may data, with a count of 0, on
// a datagram socket. flags are
//
//   - RIO_MSG_DONT_NOTIFY: the result is not told of;
//   - RIO_MSG_DEFER: the request may wait for the next one without this flag;
//   - RIO_MSG_WAITALL: on a stream, the request ends when the buffer is full;
//   - RIO_MSG_COMMIT_ONLY: there is no request; deferred ones are begun.
//
// Whatever a receive itself can fail with, see [Recv], is the status of the
// result.
//
// Errors, after which there is no result: WSAEINVAL for an unknown or closed
// request queue, for flags that are not for receives, for a part that is not
// within its buffer or too small for what it is to hold, and for other
// impossible arguments; WSAEFAULT for a buffer that is not registered;
// WSAENOBUFS when as many receives are outstanding as there may be.
func RIOReceiveEx(rq RIO_RQ, data *RIO_BUF, dataBufferCount uint32, localAddress, remoteAddress, controlContext, receivedFlags *RIO_BUF, flags uint32, requestContext uint64) error {
	q, err := useRequestQueue(rq)
	if err != nil {
		return err
	}
	defer q.Release()
	c := rioCall{data, dataBufferCount, localAddress, remoteAddress, controlContext, receivedFlags, flags, requestContext}
	if flags&wsa.RIO_MSG_COMMIT_ONLY != 0 {
		return q.commit(spi.Receiving, &c)
	}
	stream := q.async.sock.stream()
	if flags&^(wsa.RIO_MSG_DONT_NOTIFY|wsa.RIO_MSG_DEFER|wsa.RIO_MSG_WAITALL) != 0 ||
		!stream && flags&wsa.RIO_MSG_WAITALL != 0 {
		return wsa.WSAEINVAL
	}
	x, memory, err := q.newRIORequest(&q.recv, &c)
	if err != nil {
		return err
	}
	r := &x.op
	r.try = tryRIOReceive
	r.msg.SetBuffer(memory)
	if flags&wsa.RIO_MSG_WAITALL != 0 {
		r.try, x.all = tryRIOReceiveAll, true
	}
	if !stream {
		if x.remote != nil {
			x.name = wsa.Sockaddr{}
			r.msg.Name = &x.name
		}
		switch {
		case x.control != nil:
			r.msg.Control = x.control[rioControlBase:]
		case x.local != nil:
			r.msg.Control = x.pktinfo[:]
		}
	}
	return q.submit(&q.async.recv, x, flags&wsa.RIO_MSG_DEFER != 0)
}

// RIOSend begins a send of a part of a registered buffer ("LPFN_RIOSEND
// callback function"). It is [RIOSendEx] without an address and control
// data.
func RIOSend(rq RIO_RQ, data *RIO_BUF, dataBufferCount, flags uint32, requestContext uint64) error {
	return RIOSendEx(rq, data, dataBufferCount, nil, nil, nil, nil, flags, requestContext)
}

// RIOSendEx begins a send of a part of a registered buffer ("LPFN_RIOSENDEX
// callback function"). remoteAddress holds the SOCKADDR_INET of the
// destination, controlContext a RIO_CMSG_BUFFER with control data; sentFlags
// holds the flags of the send, of which there are none, when it has ended.
// Each of them may be nil, and localAddress must be. The other arguments are
// those of [RIOReceiveEx], without RIO_MSG_WAITALL.
//
// Errors: those of [RIOReceiveEx].
func RIOSendEx(rq RIO_RQ, data *RIO_BUF, dataBufferCount uint32, localAddress, remoteAddress, controlContext, sentFlags *RIO_BUF, flags uint32, requestContext uint64) error {
	q, err := useRequestQueue(rq)
	if err != nil {
		return err
	}
	defer q.Release()
	c := rioCall{data, dataBufferCount, localAddress, remoteAddress, controlContext, sentFlags, flags, requestContext}
	if flags&wsa.RIO_MSG_COMMIT_ONLY != 0 {
		return q.commit(spi.Sending, &c)
	}
	if flags&^(wsa.RIO_MSG_DONT_NOTIFY|wsa.RIO_MSG_DEFER) != 0 || localAddress != nil {
		return wsa.WSAEINVAL
	}
	x, memory, err := q.newRIORequest(&q.send, &c)
	if err != nil {
		return err
	}
	control, err := controlOf(x.control)
	if err != nil {
		x.free()
		return err
	}
	r := &x.op
	r.try = tryRIOSend
	r.msg.SetBuffer(memory)
	r.msg.Control = control
	if x.remote != nil {
		x.name = sockaddrOfInet(x.remote)
		r.msg.Name = &x.name
	}
	return q.submit(&q.async.send, x, flags&wsa.RIO_MSG_DEFER != 0)
}

// A rioCall holds the arguments that sends and receives have in common.
type rioCall struct {
	data                          *RIO_BUF
	count                         uint32
	local, remote, control, flags *RIO_BUF
	modes                         uint32
	context                       uint64
}

// newRIORequest checks the arguments, and returns the memory of the data.
func (q *rioRequestQueue) newRIORequest(h *rioHalf, c *rioCall) (x *rioRequest, data []byte, err error) {
	if c.data == nil && (c.count != 0 || q.async.sock.stream()) || c.data != nil && c.count != 1 {
		return nil, nil, wsa.WSAEINVAL
	}
	if data, err = c.data.memory(0); err != nil {
		return nil, nil, err
	}
	x = rioRequests.Get().(*rioRequest)
	if x.local, err = c.local.memory(sizeofSockaddrInet); err == nil {
		x.remote, err = c.remote.memory(sizeofSockaddrInet)
	}
	if err == nil {
		x.control, err = c.control.memory(rioControlBase)
	}
	if err == nil {
		x.flags, err = c.flags.memory(4)
	}
	if err != nil {
		x.free()
		return nil, nil, err
	}
	x.queue, x.half, x.context = q, h, c.context
	x.quiet = c.modes&wsa.RIO_MSG_DONT_NOTIFY != 0
	return x, data, nil
}
