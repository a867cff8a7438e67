// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"sync"

	"winsock/spi"
	"winsock/wsa"
)

// An operation is one send or receive under way: its message, where it goes,
// and what came of the last try. It is pooled, together with the function
// values that the waiting code calls, so that no call allocates.
type operation struct {
	msg  spi.Message
	sock *socket
	n    int
	err  error

	blocking bool // it waits, though the socket may be non-blocking

	tryRecv func() bool
	trySend func() bool

	rest [][]byte // the buffers still to send, once a gathered send was taken in part
}

var operations = sync.Pool{New: func() any {
	op := new(operation)
	op.tryRecv = op.recvOnce
	op.trySend = op.sendOnce
	return op
}}

func newOperation(s *socket) *operation {
	op := operations.Get().(*operation)
	op.sock = s
	return op
}

// free gives op back without keeping memory of the caller alive.
func (op *operation) free() {
	op.msg.Reset()
	op.sock, op.n, op.err, op.blocking = nil, 0, nil, false
	if op.rest != nil {
		clear(op.rest[:cap(op.rest)])
		op.rest = op.rest[:0]
	}
	operations.Put(op)
}

func (op *operation) recvOnce() bool {
	flags := op.msg.Flags
	op.n, op.err = op.sock.path.Load().data.Recv(&op.msg)
	if op.err == wsa.WSAEWOULDBLOCK {
		op.msg.Flags = flags // the next try is to ask for the same
		return false
	}
	return true
}

func (op *operation) sendOnce() bool {
	op.n, op.err = op.sock.path.Load().data.Send(&op.msg)
	return op.err != wsa.WSAEWOULDBLOCK
}

// receive runs op as a receive, waiting for data if the socket is blocking.
func (s *socket) receive(op *operation) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	flags := op.msg.Flags // before a receive reports its own
	if err := s.behindOverlapped(op, spi.Receiving); err != nil {
		return 0, err
	}
	if flags&wsa.MSG_WAITALL != 0 {
		n, err := s.receiveAll(op)
		s.selection.received(flags)
		return n, err
	}
	if s.nonblocking.Load() && !op.blocking {
		op.recvOnce()
	} else if err := s.await(spi.Receiving, receiveEvents(flags), flags&wsa.MSG_OOB == 0, op.tryRecv); err != nil {
		return 0, err
	}
	s.selection.received(flags)
	return op.n, op.err
}

func receiveEvents(flags uint32) spi.Events {
	if flags&wsa.MSG_OOB != 0 {
		return spi.EventOOB | spi.EventsEnd
	}
	return spi.EventRead | spi.EventsEnd
}

// receiveAll is a receive with MSG_WAITALL: on a blocking stream it goes on
// until the buffers are full, the peer has finished, or an error. Documented
// for "recv function" as unsupported on non-blocking and message-oriented
// sockets, where it is refused with WSAEOPNOTSUPP.
func (s *socket) receiveAll(op *operation) (int, error) {
	if s.nonblocking.Load() && !op.blocking || !s.stream() || op.msg.Flags&(wsa.MSG_PEEK|wsa.MSG_OOB) != 0 {
		return 0, wsa.WSAEOPNOTSUPP
	}
	op.msg.Flags &^= wsa.MSG_WAITALL
	left := op.msg.Bufs
	total := 0
	for {
		if err := s.await(spi.Receiving, spi.EventRead|spi.EventsEnd, true, op.tryRecv); err != nil {
			return total, err
		}
		total += op.n
		if op.err != nil || op.n == 0 {
			return total, op.err
		}
		if left = op.skip(left, op.n); left == nil {
			return total, nil
		}
	}
}

// transmit runs op as a send. On a blocking stream it sends everything, as
// Winsock does.
func (s *socket) transmit(op *operation) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	if err := s.behindOverlapped(op, spi.Sending); err != nil {
		s.selection.sent(err)
		return 0, err
	}
	if s.nonblocking.Load() && !op.blocking {
		op.sendOnce()
		s.selection.sent(op.err)
		return op.n, op.err
	}
	// A send rarely has to wait, so that it is tried before anything is
	// prepared for waiting; unless a deadline may have passed already.
	done := !s.hasDeadline(spi.Sending) && op.sendOnce()
	left := op.msg.Bufs
	total := 0
	for {
		if !done {
			if err := s.await(spi.Sending, spi.EventWrite|spi.EventsEnd, true, op.trySend); err != nil {
				return total, err
			}
		}
		total += op.n
		if op.err != nil || !s.stream() {
			return total, op.err
		}
		if left = op.skip(left, op.n); left == nil {
			return total, nil
		}
		done = op.sendOnce()
	}
}

// skip takes n bytes off the front of bufs, makes the rest the message's
// buffers and returns it, nil if nothing is left. The caller's array of
// buffers is not changed.
func (op *operation) skip(bufs [][]byte, n int) [][]byte {
	for len(bufs) > 0 && n >= len(bufs[0]) {
		n -= len(bufs[0])
		bufs = bufs[1:]
	}
	if len(bufs) == 0 {
		return nil
	}
	if len(bufs) == 1 {
		op.msg.SetBuffer(bufs[0][n:])
		return op.msg.Bufs
	}
	op.rest = append(op.rest[:0], bufs...)
	op.rest[0] = op.rest[0][n:]
	op.msg.Bufs = op.rest
	return op.rest
}
