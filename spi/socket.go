// SPDX-License-Identifier: Apache-2.0

package spi

import "winsock/wsa"

// A Socket is one provider's view of a socket: the WSP functions that take
// one. Every method may be called by several goroutines at once, and none
// may block.
//
// Errors are wsa.Errno values. Callers compare them with ==, so a provider
// returns the plain code (a constant, or [wsa.Errno.Err] of a variable),
// never a wrapped one.
//
// The caller keeps a use count: Close is called once, after the last other
// call has returned, and nothing is called after it.
type Socket interface {
	// Bind is WSPBind. A nil name is WSAEFAULT, as is one that is shorter
	// than the family's address.
	Bind(name *wsa.Sockaddr) error

	// Connect is WSPConnect. It returns nil when the socket is connected,
	// and WSAEWOULDBLOCK when the attempt has begun: its end is told by
	// EventConnect or EventConnectFail and asked for by ConnectResult. A
	// second call meanwhile is WSAEALREADY.
	//
	// On a datagram socket Connect sets the peer and never waits; an
	// address of family AF_UNSPEC dissolves the association.
	Connect(name *wsa.Sockaddr) error

	// ConnectResult tells how the last Connect ended: nil when the socket
	// is connected, WSAEWOULDBLOCK while the attempt is under way, the
	// reason when it failed (the same reason until the next Connect), and
	// WSAENOTCONN when there was none.
	ConnectResult() error

	// Listen is WSPListen. The socket must be bound (else WSAEINVAL). A
	// layer that has somebody to ask first answers WSAEWOULDBLOCK, tells by
	// EventAccept or EventConnectFail when that is done, and is then asked
	// again.
	Listen(backlog int32) error

	// Accept is WSPAccept without the condition function, which is the
	// caller's. It takes the next established connection, or answers
	// WSAEWOULDBLOCK. The new socket belongs to the same chain and has the
	// listener's inheritable options. peer, when not nil, receives the
	// address of the other side.
	Accept(peer *wsa.Sockaddr) (Socket, error)

	// Send is WSPSend, WSPSendTo and WSASendMsg: it sends the bytes of
	// m.Bufs to m.Name, or to the connected peer when that is nil. It
	// returns how many bytes it took. A stream takes as many as it can and
	// answers WSAEWOULDBLOCK only if that is none; a datagram is taken
	// whole or not at all. The bytes are the caller's again on return.
	Send(m *Message) (int, error)

	// Recv is WSPRecv, WSPRecvFrom and WSARecvMsg. It fills m.Bufs in
	// order and returns how many bytes it wrote: at least one from a
	// stream, or 0 with a nil error when the peer has finished sending.
	// A datagram that does not fit is cut and answered with the bytes
	// written and WSAEMSGSIZE.
	Recv(m *Message) (int, error)

	// Shutdown is WSPShutdown with SD_RECEIVE, SD_SEND or SD_BOTH.
	Shutdown(how int32) error

	// Close is WSPCloseSocket. It ends the connection as SO_LINGER asks
	// (gracefully in the background by default, with a reset for a zero
	// linger time) and frees the socket, whatever it returns.
	Close() error

	// GetSockName is WSPGetSockName: WSAEINVAL on an unbound socket.
	GetSockName(name *wsa.Sockaddr) error

	// GetPeerName is WSPGetPeerName: WSAENOTCONN without a peer.
	GetPeerName(name *wsa.Sockaddr) error

	// GetSockOpt is WSPGetSockOpt. value is in Winsock's layout; the result
	// is how many bytes of it were written.
	GetSockOpt(level, name int32, value []byte) (int, error)

	// SetSockOpt is WSPSetSockOpt.
	SetSockOpt(level, name int32, value []byte) error

	// Ioctl is WSPIoctl. FIONBIO does not reach a provider, for which
	// every socket is non-blocking. An unknown code is WSAEOPNOTSUPP.
	//
	// SIO_ADDRESS_LIST_CHANGE and SIO_ROUTING_INTERFACE_CHANGE do not wait
	// either; [ChangedSince] says how they answer.
	Ioctl(code uint32, in, out []byte) (int, error)

	// Ready tells which of the events in mask hold now. It asks for the
	// level, without consuming anything.
	Ready(mask Events) Events

	// Watch puts w on the socket: from now on w.Notify is called when one
	// of w.Mask's events may have begun to hold. A watcher is on at most
	// one socket at a time.
	Watch(w *Watcher)

	// Unwatch takes w off again. When it returns, w.Notify is not running
	// and will not be called.
	Unwatch(w *Watcher)
}
