// SPDX-License-Identifier: Apache-2.0

package winsock

import "winsock/wsa"

// WSARecvEx is [Recv] that tells by MSG_PARTIAL in flags, and not by an
// error, that a datagram was larger than p ("WSARecvEx function"). flags is
// read and written.
//
// Errors: those of [Recv] but for WSAEMSGSIZE; WSAEFAULT for nil flags.
func WSARecvEx(h SOCKET, p []byte, flags *uint32) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSARecvEx", &err)
	if flags == nil {
		return 0, wsa.WSAEFAULT
	}
	op := newOperation(s)
	op.msg.SetBuffer(p)
	op.msg.Flags = *flags &^ wsa.MSG_PARTIAL
	n, err = s.receive(op)
	*flags = op.msg.Flags
	op.free()
	if err == wsa.WSAEMSGSIZE {
		*flags |= wsa.MSG_PARTIAL
		return n, nil
	}
	if err == nil && !s.stream() {
		*flags &^= wsa.MSG_PARTIAL
	}
	return n, err
}
