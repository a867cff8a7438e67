// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// How the overlapped calls begin their operations.

func (s *socket) startSend(bufs [][]byte, flags uint32, to *wsa.Sockaddr, control []byte, overlapped *Overlapped, completion *Completion) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	a := s.ofAsync()
	r := newRequest(a, trySend, overlapped, completion)
	r.msg.Bufs, r.msg.Flags, r.msg.Control = bufs, flags, control
	if to != nil {
		name := *to // the call may return before it is used
		r.msg.Name = &name
	}
	n, _, err := a.start(&a.send, r)
	return n, err
}

func (s *socket) startRecv(bufs [][]byte, flags *uint32, from *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	a := s.ofAsync()
	r := newRequest(a, tryRecv, overlapped, completion)
	r.msg.Bufs, r.msg.Name = bufs, from
	if flags != nil {
		r.msg.Flags = *flags
	}
	n, reported, err := a.start(&a.recv, r)
	if flags != nil && err != wsa.WSA_IO_PENDING {
		*flags = reported
	}
	return n, err
}

// startRecvMsg receives into msg, which is the operation's until it ends.
func (s *socket) startRecvMsg(msg *Msg, overlapped *Overlapped, completion *Completion) (int, error) {
	a := s.ofAsync()
	r := newRequest(a, tryRecvMsg, overlapped, completion)
	r.msg.Bufs, r.msg.Name, r.msg.Flags, r.msg.Control = msg.Buffers, msg.Name, msg.Flags, msg.Control
	r.more = msg
	n, _, err := a.start(&a.recv, r)
	return n, err
}

func tryRecvMsg(r *request, s *socket) bool {
	if !tryRecv(r, s) {
		return false
	}
	msg := r.more.(*Msg)
	msg.Flags, msg.Control = r.msg.Flags, r.msg.Control
	return true
}

// An ioctlCall is an overlapped control call.
type ioctlCall struct {
	code    uint32
	in, out []byte
}

// startIoctl does an overlapped control call. All codes there are end at
// once; an unknown one fails by its completion (difference 94).
func (s *socket) startIoctl(code uint32, in, out []byte, overlapped *Overlapped, completion *Completion) (int, error) {
	a := s.ofAsync()
	r := newRequest(a, tryIoctl, overlapped, completion)
	if err := r.begin(); err != nil {
		r.free()
		return 0, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return a.refuse(r, wsa.WSAENOTSOCK)
	}
	r.more = ioctlCall{code, in, out}
	a.attempt(r)
	n, err := r.n, r.err
	switch err {
	case nil:
		r.complete(atOnce)
		return n, nil
	case wsa.WSAEOPNOTSUPP:
		r.complete(later)
		return 0, wsa.WSA_IO_PENDING
	}
	return a.refuse(r, err)
}

func tryIoctl(r *request, s *socket) bool {
	c := r.more.(ioctlCall)
	r.n, r.err = s.control(c.code, c.in, c.out)
	return true
}
