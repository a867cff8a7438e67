// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/wsa"
)

// Send sends p on a connected socket ("send function"). On a blocking stream
// it returns when all of p is sent; on a non-blocking one it sends what it
// can. The result is the number of bytes sent, which may be above zero even
// with an error.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAESHUTDOWN,
// WSAEWOULDBLOCK, WSAEMSGSIZE, WSAECONNABORTED, WSAECONNRESET, WSAETIMEDOUT,
// WSAEINTR, WSAEOPNOTSUPP, WSAEINVAL, WSAENOBUFS, WSAENETRESET,
// WSAEHOSTUNREACH.
func Send(h SOCKET, p []byte, flags uint32) (n int, err error) {
	return SendTo(h, p, flags, nil)
}

// SendTo sends the datagram p to an address ("sendto function"). On a
// connected stream, to is ignored. The socket is bound if it is not yet.
//
// Errors: those of [Send], and WSAEACCES, WSAEADDRNOTAVAIL, WSAEAFNOSUPPORT,
// WSAEDESTADDRREQ, WSAEFAULT, WSAENETUNREACH.
func SendTo(h SOCKET, p []byte, flags uint32, to *wsa.Sockaddr) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPSendTo", &err)
	op := newOperation(s)
	op.msg.SetBuffer(p)
	op.msg.Flags = flags
	op.msg.Name = to
	n, err = s.transmit(op)
	op.free()
	return n, err
}

// Recv receives into p from a connected or bound socket ("recv function").
// 0 with a nil error means that the peer has finished sending.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAENOTCONN, WSAESHUTDOWN,
// WSAEWOULDBLOCK, WSAEMSGSIZE (the datagram was cut to p), WSAEINVAL,
// WSAECONNABORTED, WSAECONNRESET, WSAETIMEDOUT, WSAEINTR, WSAEOPNOTSUPP,
// WSAENETRESET.
func Recv(h SOCKET, p []byte, flags uint32) (n int, err error) {
	return RecvFrom(h, p, flags, nil)
}

// RecvFrom receives a datagram into p and stores the sender's address in
// from if that is not nil ("recvfrom function").
//
// Errors: those of [Recv].
func RecvFrom(h SOCKET, p []byte, flags uint32, from *wsa.Sockaddr) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPRecvFrom", &err)
	op := newOperation(s)
	op.msg.SetBuffer(p)
	op.msg.Flags = flags
	op.msg.Name = from
	n, err = s.receive(op)
	op.free()
	return n, err
}

// checkBuffers is what the scatter/gather calls ask of their buffers: at
// least one.
func checkBuffers(bufs [][]byte) error {
	if len(bufs) == 0 {
		return wsa.WSAEINVAL
	}
	return nil
}

// WSASend sends the bytes of several buffers, in order ("WSASend function").
// With an overlapped structure the send is overlapped.
//
// Errors: those of [Send]; WSAEINVAL without a buffer; WSA_IO_PENDING for an
// overlapped send that goes on.
func WSASend(h SOCKET, bufs [][]byte, flags uint32, overlapped *Overlapped, completion *Completion) (n int, err error) {
	return WSASendTo(h, bufs, flags, nil, overlapped, completion)
}

// WSASendTo sends the bytes of several buffers as one datagram to an address
// ("WSASendTo function").
//
// Errors: those of [SendTo]; WSAEINVAL without a buffer; WSA_IO_PENDING for
// an overlapped send that goes on.
func WSASendTo(h SOCKET, bufs [][]byte, flags uint32, to *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (n int, err error) {
	a := quick(h, bufs, overlapped, completion)
	if a == nil {
		return sendTo(h, bufs, flags, to, overlapped, completion)
	}
	p := a.sock.path.Load()
	if !p.steady || a.send.last != nil || a.port == nil || overlapped.Event != 0 {
		r := a.newRequestLocked(trySend, overlapped)
		r.msg.Bufs, r.msg.Flags, r.msg.Name = bufs, flags, to
		n, _, err = a.startLocked(&a.send, r)
		a.mu.Unlock()
		return n, err
	}
	// Nearly every send ends at once, so that it is tried here, as few calls
	// deep as can be (see sys.Send), and is no request unless it has to wait.
	r := a.spareLocked()
	r.msg.Bufs, r.msg.Flags, r.msg.Name = bufs, flags, to
	a.signalLocked(false)
	n, err = p.data.Send(&r.msg)
	if err != nil || len(bufs) != 1 || n != len(bufs[0]) {
		n, err = a.goOnLocked(r, overlapped, n, err)
		a.mu.Unlock()
		return n, err
	}
	r.msg.Bufs, r.msg.Flags, r.msg.Name = nil, 0, nil
	if r != &a.own {
		requests.Put(r)
	}
	overlapped.InternalHigh, overlapped.Offset = uint64(n), 0
	overlapped.Internal = uint64(wsa.STATUS_SUCCESS) // nobody has seen it under way
	if a.modes&FILE_SKIP_COMPLETION_PORT_ON_SUCCESS == 0 {
		a.port.post(a.key, overlapped, uint32(n), wsa.STATUS_SUCCESS, nil)
	}
	if a.modes&FILE_SKIP_SET_EVENT_ON_HANDLE == 0 {
		a.signalLocked(true)
	}
	a.mu.Unlock()
	return n, nil
}

// goOnLocked makes an operation of a send that was tried without being one.
func (a *async) goOnLocked(r *request, overlapped *Overlapped, n int, err error) (int, error) {
	a.beginRequestLocked(r, trySend, overlapped)
	switch {
	case err == nil && (n == r.msg.Len() || !a.sock.stream()), err != nil && err != wsa.WSAEWOULDBLOCK:
		r.n, r.err, r.msg.Flags = n, err, 0
		n, _, err = a.startedLocked(r)
		return n, err
	case err == nil:
		r.n = n
		r.skip(n)
	}
	n, _, err = a.startLocked(&a.send, r)
	return n, err
}

// sendTo is WSASendTo the long way.
func sendTo(h SOCKET, bufs [][]byte, flags uint32, to *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPSendTo", &err)
	if err := checkBuffers(bufs); err != nil {
		return 0, err
	}
	if async, err := s.overlaps(overlapped, completion); err != nil {
		return 0, err
	} else if async {
		return s.startSend(bufs, flags, to, nil, overlapped, completion)
	}
	op := newOperation(s)
	op.blocking = overlapped != nil
	op.msg.Bufs = bufs
	op.msg.Flags = flags
	op.msg.Name = to
	n, err = s.transmit(op)
	op.free()
	return n, err
}

// WSARecv receives into several buffers, in order ("WSARecv function").
// flags is read and written: MSG_PARTIAL and others tell of what was
// received. It may be nil for no flags.
//
// Errors: those of [Recv]; WSAEINVAL without a buffer; WSA_IO_PENDING for an
// overlapped receive that goes on.
func WSARecv(h SOCKET, bufs [][]byte, flags *uint32, overlapped *Overlapped, completion *Completion) (n int, err error) {
	return WSARecvFrom(h, bufs, flags, nil, overlapped, completion)
}

// WSARecvFrom receives a datagram into several buffers and stores the
// sender's address in from ("WSARecvFrom function").
//
// Errors: those of [WSARecv].
func WSARecvFrom(h SOCKET, bufs [][]byte, flags *uint32, from *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (n int, err error) {
	a := quick(h, bufs, overlapped, completion)
	if a == nil {
		return recvFrom(h, bufs, flags, from, overlapped, completion)
	}
	r := a.newRequestLocked(tryRecv, overlapped)
	r.msg.Name = from
	if a.emptyLocked() && a.recv.last == nil && len(bufs) == 1 && (flags == nil || *flags == 0) && overlapped.Event == 0 && !a.shutting.Load() {
		// It has to wait, as is so of nearly every receive.
		r.msg.SetBuffer(bufs[0])
		a.signalLocked(false)
		overlapped.markPending()
		a.recv.push(r)
		a.claimLocked()
		n, err = 0, wsa.WSA_IO_PENDING
	} else {
		r.msg.Bufs = bufs
		n, err = a.startRecvLocked(r, flags)
	}
	a.mu.Unlock()
	return n, err
}

// recvFrom is WSARecvFrom the long way.
func recvFrom(h SOCKET, bufs [][]byte, flags *uint32, from *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPRecvFrom", &err)
	if err := checkBuffers(bufs); err != nil {
		return 0, err
	}
	if async, err := s.overlaps(overlapped, completion); err != nil {
		return 0, err
	} else if async {
		return s.startRecv(bufs, flags, from, overlapped, completion)
	}
	op := newOperation(s)
	op.blocking = overlapped != nil
	op.msg.Bufs = bufs
	op.msg.Name = from
	if flags != nil {
		op.msg.Flags = *flags
	}
	n, err = s.receive(op)
	if flags != nil {
		*flags = op.msg.Flags
	}
	op.free()
	return n, err
}

// A Msg is a WSAMSG: the argument of WSASendMsg and WSARecvMsg.
type Msg struct {
	Name    *wsa.Sockaddr // destination, or room for the sender's address
	Buffers [][]byte
	Control []byte // WSACMSGHDR records; WSARecvMsg cuts it to what it wrote
	Flags   uint32 // MSG_; written by WSARecvMsg
}

// WSASendMsg sends a datagram with control data ("LPFN_WSASENDMSG
// (WSASendMsg) callback function").
//
// Errors: those of [SendTo]; WSAEINVAL without a buffer and on a stream;
// WSAEFAULT for a nil msg; WSA_IO_PENDING for an overlapped send that goes on.
func WSASendMsg(h SOCKET, msg *Msg, flags uint32, overlapped *Overlapped, completion *Completion) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPSendMsg", &err)
	if msg == nil {
		return 0, wsa.WSAEFAULT
	}
	if s.stream() {
		return 0, wsa.WSAEINVAL
	}
	if err := checkBuffers(msg.Buffers); err != nil {
		return 0, err
	}
	if async, err := s.overlaps(overlapped, completion); err != nil {
		return 0, err
	} else if async {
		return s.startSend(msg.Buffers, flags, msg.Name, msg.Control, overlapped, completion)
	}
	op := newOperation(s)
	op.blocking = overlapped != nil
	op.msg.Bufs, op.msg.Flags, op.msg.Name, op.msg.Control = msg.Buffers, flags, msg.Name, msg.Control
	n, err = s.transmit(op)
	op.free()
	return n, err
}

// WSARecvMsg receives a datagram with control data ("LPFN_WSARECVMSG
// (WSARecvMsg) callback function").
//
// Errors: those of [WSARecvFrom]; WSAEINVAL on a stream; WSAEFAULT for a nil
// msg; WSAEMSGSIZE also when the control data did not fit (MSG_CTRUNC is set
// then).
func WSARecvMsg(h SOCKET, msg *Msg, overlapped *Overlapped, completion *Completion) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPRecvMsg", &err)
	if msg == nil {
		return 0, wsa.WSAEFAULT
	}
	if s.stream() {
		return 0, wsa.WSAEINVAL
	}
	if err := checkBuffers(msg.Buffers); err != nil {
		return 0, err
	}
	if async, err := s.overlaps(overlapped, completion); err != nil {
		return 0, err
	} else if async {
		return s.startRecvMsg(msg, overlapped, completion)
	}
	op := newOperation(s)
	op.blocking = overlapped != nil
	op.msg.Bufs, op.msg.Flags, op.msg.Name, op.msg.Control = msg.Buffers, msg.Flags, msg.Name, msg.Control
	n, err = s.receive(op)
	msg.Flags, msg.Control = op.msg.Flags, op.msg.Control
	op.free()
	return n, err
}
