// SPDX-License-Identifier: Apache-2.0

package main

import (
	"winsock"
	"winsock/bench/peers/peer"
	"winsock/wsa"
)

const (
	transfersOfStream = 1   // as the other servers have, who receive again when all is sent
	busyTurns         = 64  // in a row, before the worker looks for connections
	slab              = 64  // transfers whose memory is registered together
	nameSize          = 32  // room for a SOCKADDR_INET
	resultsAtOnce     = 256 // as C epoll takes events
)

// A registered is the part of a server that is on registered I/O: all its
// sockets have one completion queue. The worker takes results off the queue
// for as long as there are any, and only then has the completion port tell it
// of the next.
type registered struct {
	server *server
	cq     winsock.RIO_CQ
	told   winsock.Overlapped // of the port's packet

	transfers []*transfer // by the context of their requests
	free      []*transfer
	deferring *endpoint // whose requests are begun at the end of a turn
	results   [resultsAtOnce]winsock.RIORESULT
}

// An endpoint is a socket with its request queue.
type endpoint struct {
	sock   winsock.SOCKET
	rq     winsock.RIO_RQ
	flags  uint32 // of its requests
	closed bool
}

// A transfer is a part of a registered buffer that is received into and sent
// from in turn.
type transfer struct {
	of         *endpoint
	context    uint64
	data, name winsock.RIO_BUF
	from       *winsock.RIO_BUF // name, nil on a stream
	sending    bool
}

func newRegistered(s *server) *registered {
	const room = 1 << 20 // results, for more connections than there are descriptors
	r := &registered{server: s}
	var err error
	r.cq, err = winsock.RIOCreateCompletionQueue(room, &winsock.RIONotification{
		Type: wsa.RIO_IOCP_COMPLETION, Port: s.port, Key: registeredKey, Overlapped: &r.told,
	})
	peer.Check(err)
	peer.Check(winsock.RIONotify(r.cq))
	return r
}

// serve ties a socket to the completion queue and begins its requests.
func (r *registered) serve(sock winsock.SOCKET) {
	n, datagram := transfersOfStream, r.server.datagrams
	if datagram {
		n = datagrams
	}
	limit := uint32(n)
	rq, err := winsock.RIOCreateRequestQueue(sock, limit, 1, limit, 1, r.cq, r.cq, 0)
	peer.Check(err)
	e := &endpoint{sock: sock, rq: rq}
	if datagram { // all requests are of one queue
		e.flags, r.deferring = wsa.RIO_MSG_DEFER, e
	}
	for range n {
		t := r.newTransfer()
		t.of, t.from = e, nil
		if datagram {
			t.from = &t.name
		}
		r.next(t, r.server.sends)
	}
	r.commit()
}

func (r *registered) newTransfer() *transfer {
	if len(r.free) == 0 {
		size := r.server.Buffer
		id, err := winsock.RIORegisterBuffer(make([]byte, slab*(size+nameSize)))
		peer.Check(err)
		for i := range slab {
			at := uint32(i * (size + nameSize))
			t := &transfer{context: uint64(len(r.transfers))}
			t.data = winsock.RIO_BUF{BufferID: id, Offset: at + nameSize}
			t.name = winsock.RIO_BUF{BufferID: id, Offset: at, Length: wsa.SizeofSockaddrIn6}
			r.transfers = append(r.transfers, t)
			r.free = append(r.free, t)
		}
	}
	last := len(r.free) - 1
	t := r.free[last]
	r.free = r.free[:last]
	t.data.Length = uint32(r.server.Buffer)
	return t
}

// work is what the worker does when the port has told.
func (r *registered) work() {
	for range busyTurns {
		n := winsock.RIODequeueCompletion(r.cq, r.results[:])
		if n == 0 {
			break
		}
		for i := range r.results[:n] {
			got := &r.results[i]
			r.ended(r.transfers[got.RequestContext], got)
		}
		r.commit()
	}
	peer.Check(winsock.RIONotify(r.cq))
}

// ended goes on after a request has ended.
func (r *registered) ended(t *transfer, got *winsock.RIORESULT) {
	s, ok := r.server, got.Status == 0 && (got.BytesTransferred > 0 || r.server.datagrams)
	switch {
	case !ok && !s.datagrams:
		if !t.of.closed {
			t.of.closed = true
			peer.Check(winsock.CloseSocket(t.of.sock))
		}
		r.free = append(r.free, t)
	case s.echoes && ok && !t.sending: // with an error, it was of an earlier datagram
		t.data.Length = got.BytesTransferred
		r.next(t, true)
	default:
		t.data.Length = uint32(s.Buffer)
		r.next(t, s.sends)
	}
}

// next begins the next request of a transfer.
func (r *registered) next(t *transfer, send bool) {
	var err error
	t.sending = send
	switch e := t.of; {
	case e.closed:
		r.free = append(r.free, t)
	case send:
		err = winsock.RIOSendEx(e.rq, &t.data, 1, nil, t.from, nil, nil, e.flags, t.context)
	default:
		err = winsock.RIOReceiveEx(e.rq, &t.data, 1, nil, t.from, nil, nil, e.flags, t.context)
	}
	peer.Check(err)
}

// commit begins the requests that were deferred.
func (r *registered) commit() {
	if e := r.deferring; e != nil {
		peer.Check(winsock.RIOSend(e.rq, nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0))
		peer.Check(winsock.RIOReceive(e.rq, nil, 0, wsa.RIO_MSG_COMMIT_ONLY, 0))
	}
}
