// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/object"
	"winsock/wsa"
)

// How the overlapped calls begin their operations.

// quick finds the socket of an overlapped call if nothing stands in the way of
// a plain operation, and returns its async, locked. Otherwise it returns nil,
// and the call goes the long way, which has all the errors.
//
// It does without a use of the socket, for the reason that run has, and so
// without what would come at the end of that.
func quick(h SOCKET, bufs [][]byte, overlapped *Overlapped, completion *Completion) *async {
	if overlapped == nil || completion != nil || len(bufs) == 0 || startup.count.Load() == 0 {
		return nil
	}
	s, ok := object.Peek(HANDLE(h)).(*socket)
	if !ok || s.flags&wsa.WSA_FLAG_OVERLAPPED == 0 || s.connecting.Load() {
		return nil
	}
	a := s.async.Load()
	if a == nil {
		return nil
	}
	a.mu.Lock()
	if a.closed || !overlapped.Done() {
		a.mu.Unlock()
		return nil
	}
	return a
}

func (s *socket) startSend(bufs [][]byte, flags uint32, to *wsa.Sockaddr, control []byte, overlapped *Overlapped, completion *Completion) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.newRequestLocked(trySend, overlapped)
	r.endBy(completion)
	r.msg.Bufs, r.msg.Flags, r.msg.Name, r.msg.Control = bufs, flags, to, control
	n, _, err := a.startLocked(&a.send, r)
	return n, err
}

func (s *socket) startRecv(bufs [][]byte, flags *uint32, from *wsa.Sockaddr, overlapped *Overlapped, completion *Completion) (int, error) {
	if s.connecting.Load() {
		s.connectProgress()
	}
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.newRequestLocked(tryRecv, overlapped)
	r.endBy(completion)
	r.msg.Bufs, r.msg.Name = bufs, from
	return a.startRecvLocked(r, flags)
}

func (a *async) startRecvLocked(r *request, flags *uint32) (int, error) {
	if flags == nil {
		n, _, err := a.startLocked(&a.recv, r)
		return n, err
	}
	r.msg.Flags = *flags
	n, reported, err := a.startLocked(&a.recv, r)
	if err != wsa.WSA_IO_PENDING {
		*flags = reported
	}
	return n, err
}

// startRecvMsg receives into msg, which is the operation's until it ends.
func (s *socket) startRecvMsg(msg *Msg, overlapped *Overlapped, completion *Completion) (int, error) {
	a := s.ofAsync()
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.newRequestLocked(tryRecvMsg, overlapped)
	r.endBy(completion)
	r.msg.Bufs, r.msg.Name, r.msg.Flags, r.msg.Control = msg.Buffers, msg.Name, msg.Flags, msg.Control
	r.ofExtras().more = msg
	n, _, err := a.startLocked(&a.recv, r)
	return n, err
}

func tryRecvMsg(r *request, s *socket) bool {
	if !tryRecv(r, s) {
		return false
	}
	msg := r.extras.more.(*Msg)
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
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.newRequestLocked(tryIoctl, overlapped)
	r.endBy(completion)
	if err := a.beginLocked(r); err != nil {
		a.dropLocked(r)
		return 0, err
	}
	if a.closed {
		return a.refuseLocked(r, wsa.WSAENOTSOCK)
	}
	r.mark()
	r.ofExtras().more = ioctlCall{code, in, out}
	a.attempt(r)
	n, err := r.n, r.err
	switch err {
	case nil:
		a.completeLocked(r, atOnce)
		return n, nil
	case wsa.WSAEOPNOTSUPP:
		a.completeLocked(r, later)
		return 0, wsa.WSA_IO_PENDING
	}
	return a.refuseLocked(r, err)
}

func tryIoctl(r *request, s *socket) bool {
	c := r.extras.more.(ioctlCall)
	r.n, r.err = s.control(c.code, c.in, c.out)
	return true
}
