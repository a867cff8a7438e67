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
	op.server.goOn([]winsock.OverlappedEntry{{Key: dataKey, Overlapped: &op.overlapped, Transferred: 1}})
}

// goOn goes on after operations have ended: for each it begins the next one, and
// those after it for as long as they end within the call and no packet tells.
func (s *server) goOn(ended []winsock.OverlappedEntry) {
	for i := range ended {
		e := &ended[i]
		if e.Key != dataKey {
			s.goOnOther(e)
			continue
		}
		op, n, err := operationOf(e.Overlapped), int(e.Transferred), e.Err()
		for turn := 1; ; turn++ {
			if (err != nil || n == 0) && !s.datagrams {
				peer.Check(winsock.CloseSocket(op.sock))
				break
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
			if err == nil && !s.skip || isPending(err) {
				break
			}
			if turn >= turns && err == nil {
				peer.Check(winsock.PostQueuedCompletionStatus(s.port, uint32(n), dataKey, &op.overlapped))
				break
			}
		}
	}
}

// isPending is err == wsa.WSA_IO_PENDING, made into what compares numbers only.
func isPending(err error) bool {
	code, _ := err.(wsa.Errno)
	return code == wsa.WSA_IO_PENDING
}

// sendFile begins an operation that ends when the whole file is sent.
func (op *operation) sendFile() {
	err := winsock.TransmitFile(op.sock, op.server.file, 0, 0, &op.overlapped, nil, 0)
	if err != wsa.WSA_IO_PENDING && (err != nil || op.server.skip) {
		peer.Check(winsock.CloseSocket(op.sock))
	}
}
