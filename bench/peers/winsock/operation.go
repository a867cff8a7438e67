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
	from       wsa.Sockaddr  // of a datagram
	peer       *wsa.Sockaddr // from, nil on a stream
	buf        []byte
	bufs       [1][]byte
}

func operationOf(ov *winsock.Overlapped) *operation { return (*operation)(unsafe.Pointer(ov)) }

func (s *server) newOperation(sock winsock.SOCKET) *operation {
	op := &operation{server: s, sock: sock, buf: make([]byte, s.Buffer)}
	op.bufs[0] = op.buf
	if s.datagrams {
		op.peer = &op.from
	}
	return op
}

// turns is how many operations that end at once a connection may have in a
// row before others get theirs.
const turns = 64

// begin begins the first operation: on a stream that is not sent to all the
// time, and for datagrams, a receive, which is what follows a send.
func (op *operation) begin() {
	op.sending = true
	op.ended(1, nil)
}

// ended goes on after an operation has ended: it begins the next one, and those
// after it for as long as they end within the call and no packet tells.
func (op *operation) ended(transferred uint32, err error) {
	s, n := op.server, int(transferred)
	for turn := 0; turn < turns || err != nil; turn++ {
		if !s.datagrams && (err != nil || n == 0 || s.Mode == peer.File) {
			peer.Check(winsock.CloseSocket(op.sock))
			return
		}
		if s.sends || s.echoes && !op.sending && err == nil { // with an error, it was of an earlier datagram
			if !s.sends {
				op.bufs[0] = op.buf[:n]
			}
			op.sending = true
			n, err = winsock.WSASendTo(op.sock, op.bufs[:], 0, op.peer, &op.overlapped, nil)
		} else {
			op.sending, op.flags, op.bufs[0] = false, 0, op.buf
			n, err = winsock.WSARecvFrom(op.sock, op.bufs[:], &op.flags, op.peer, &op.overlapped, nil)
		}
		if err == wsa.WSA_IO_PENDING || err == nil && !s.skip {
			return
		}
	}
	peer.Check(winsock.PostQueuedCompletionStatus(s.port, uint32(n), dataKey, &op.overlapped))
}

// sendFile begins an operation that ends when the whole file is sent.
func (op *operation) sendFile() {
	err := winsock.TransmitFile(op.sock, op.server.file, 0, 0, &op.overlapped, nil, 0)
	if err != wsa.WSA_IO_PENDING && (err != nil || op.server.skip) {
		op.ended(0, err)
	}
}
