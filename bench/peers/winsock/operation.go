// SPDX-License-Identifier: Apache-2.0

package main

import (
	"unsafe"

	"winsock"
	"winsock/bench/peers/peer"
	"winsock/wsa"
)

// An operation is the one that a connection, or a receive on the UDP socket,
// has under way. What a completion belongs to is found as it is done on
// Windows, by CONTAINING_RECORD: the overlapped structure is the first field.
type operation struct {
	overlapped winsock.Overlapped // first, for operationOf
	server     *server
	sock       winsock.SOCKET
	sending    bool
	flags      uint32
	from       wsa.Sockaddr // of a datagram
	buf        []byte
	bufs       [1][]byte
}

func operationOf(ov *winsock.Overlapped) *operation { return (*operation)(unsafe.Pointer(ov)) }

func (s *server) newOperation(sock winsock.SOCKET) *operation {
	return &operation{server: s, sock: sock, buf: make([]byte, s.Buffer)}
}

// turns is how many operations that end at once a connection may have in a
// row before others get theirs.
const turns = 64

// start looks at what the call that began the first operation has returned.
func (op *operation) start(n int, err error) {
	if transferred, err, more := op.began(n, err); more {
		op.ended(transferred, err)
	}
}

// ended goes on after an operation has ended.
func (op *operation) ended(n uint32, err error) {
	for turn := 0; turn < turns || err != nil; turn++ {
		more := false
		if n, err, more = op.next(int(n), err); !more {
			return
		}
	}
	peer.Check(winsock.PostQueuedCompletionStatus(op.server.port, n, dataKey, &op.overlapped))
}

// next begins the operation that follows. It reports true with what came of
// it if that is known and no packet will tell.
func (op *operation) next(n int, err error) (uint32, error, bool) {
	s := op.server
	switch {
	case s.datagrams:
		if err == nil && !op.sending {
			return op.began(op.send(op.buf[:n]))
		}
		return op.began(op.receive()) // also after an error, which was of an earlier send
	case err != nil || n == 0:
		return 0, op.hangUp(), false
	case s.echoes:
		if op.sending {
			return op.began(op.receive())
		}
		return op.began(op.send(op.buf[:n]))
	case s.Mode == peer.Sink:
		return op.began(op.receive())
	case s.Mode == peer.Source:
		return op.began(op.send(op.buf))
	}
	return 0, op.hangUp(), false
}

// began looks at what the call that began an operation has returned.
func (op *operation) began(n int, err error) (uint32, error, bool) {
	switch {
	case err == wsa.WSA_IO_PENDING:
		return 0, nil, false
	case err != nil:
		if op.server.datagrams {
			return 0, err, true
		}
		return 0, op.hangUp(), false
	}
	return uint32(n), nil, op.server.skip
}

func (op *operation) receive() (int, error) {
	op.sending, op.flags = false, 0
	op.bufs[0] = op.buf
	if op.server.datagrams {
		return winsock.WSARecvFrom(op.sock, op.bufs[:], &op.flags, &op.from, &op.overlapped, nil)
	}
	return winsock.WSARecv(op.sock, op.bufs[:], &op.flags, &op.overlapped, nil)
}

// send sends all of p: an overlapped send on a stream ends when it has.
func (op *operation) send(p []byte) (int, error) {
	op.sending = true
	op.bufs[0] = p
	if op.server.datagrams {
		return winsock.WSASendTo(op.sock, op.bufs[:], 0, &op.from, &op.overlapped, nil)
	}
	return winsock.WSASend(op.sock, op.bufs[:], 0, &op.overlapped, nil)
}

// sendFile is an operation that ends when the whole file is sent.
func (op *operation) sendFile() (int, error) {
	return 0, winsock.TransmitFile(op.sock, op.server.file, 0, 0, &op.overlapped, nil, 0)
}

func (op *operation) hangUp() error {
	peer.Check(winsock.CloseSocket(op.sock))
	return nil
}
