// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"os"

	"winsock/chain"
	"winsock/spi"
	"winsock/wsa"
)

// The types of the extension functions that [ExtensionFunction] returns.
type (
	// An AcceptExFunc is what WSAID_ACCEPTEX names, see [AcceptEx].
	AcceptExFunc func(listen, accept SOCKET, out []byte, receiveLen, localLen, remoteLen uint32, overlapped *Overlapped) (uint32, error)
	// A ConnectExFunc is what WSAID_CONNECTEX names, see [ConnectEx].
	ConnectExFunc func(s SOCKET, name *wsa.Sockaddr, data []byte, overlapped *Overlapped) (uint32, error)
	// A DisconnectExFunc is what WSAID_DISCONNECTEX names, see
	// [DisconnectEx].
	DisconnectExFunc func(s SOCKET, overlapped *Overlapped, flags uint32) error
	// A GetAcceptExSockaddrsFunc is what WSAID_GETACCEPTEXSOCKADDRS names,
	// see [GetAcceptExSockaddrs].
	GetAcceptExSockaddrsFunc func(out []byte, receiveLen, localLen, remoteLen uint32) (local, remote wsa.Sockaddr, err error)
	// A TransmitFileFunc is what WSAID_TRANSMITFILE names, see
	// [TransmitFile].
	TransmitFileFunc func(s SOCKET, file *os.File, n, perSend uint32, overlapped *Overlapped, buffers *TransmitFileBuffers, flags uint32) error
	// A TransmitPacketsFunc is what WSAID_TRANSMITPACKETS names, see
	// [TransmitPackets].
	TransmitPacketsFunc func(s SOCKET, elements []TransmitPacketsElement, sendSize uint32, overlapped *Overlapped, flags uint32) error
	// A WSARecvMsgFunc is what WSAID_WSARECVMSG names, see [WSARecvMsg].
	WSARecvMsgFunc func(s SOCKET, msg *Msg, overlapped *Overlapped, completion *Completion) (int, error)
	// A WSASendMsgFunc is what WSAID_WSASENDMSG names, see [WSASendMsg].
	WSASendMsgFunc func(s SOCKET, msg *Msg, flags uint32, overlapped *Overlapped, completion *Completion) (int, error)
	// A WSAPollFunc is what WSAID_WSAPOLL names, see [WSAPoll].
	WSAPollFunc func(fds []PollFd, timeout int32) (int, error)
)

// ExtensionFunction returns the extension function with the GUID, one of the
// types above or what the socket's provider makes of it, for the socket and
// those of the same chain ("WSAIoctl function",
// SIO_GET_EXTENSION_FUNCTION_POINTER). On sockets of other chains the
// functions answer WSAENOTSOCK, as they are their chain's own.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK; WSAEINVAL for an unknown GUID
// (difference 95).
func ExtensionFunction(h SOCKET, id wsa.GUID) (function any, err error) {
	s, err := use(h)
	if err != nil {
		return nil, err
	}
	defer s.done("WSPIoctl", &err)
	return s.extension(id)
}

func (s *socket) extension(id wsa.GUID) (any, error) {
	if e, ok := spi.As[spi.Extender](s.path.Load().top); ok {
		if function := e.Extension(id); function != nil {
			return function, nil
		}
	}
	if function := (extensions{s.chain}).find(id); function != nil {
		return function, nil
	}
	return nil, wsa.WSAEINVAL
}

// extensions are the extension functions that Winsock itself has for the
// sockets of a chain.
type extensions struct{ chain *chain.Chain }

// check judges a socket that one of them is called with.
func (x extensions) check(h SOCKET) error {
	s, err := use(h)
	if err != nil {
		return err
	}
	defer s.Release()
	if s.chain != x.chain {
		return wsa.WSAENOTSOCK
	}
	return nil
}

func (x extensions) find(id wsa.GUID) any {
	switch id {
	case wsa.WSAID_ACCEPTEX:
		return AcceptExFunc(x.acceptEx)
	case wsa.WSAID_CONNECTEX:
		return ConnectExFunc(x.connectEx)
	case wsa.WSAID_DISCONNECTEX:
		return DisconnectExFunc(x.disconnectEx)
	case wsa.WSAID_GETACCEPTEXSOCKADDRS:
		return GetAcceptExSockaddrsFunc(GetAcceptExSockaddrs)
	case wsa.WSAID_TRANSMITFILE:
		return TransmitFileFunc(x.transmitFile)
	case wsa.WSAID_TRANSMITPACKETS:
		return TransmitPacketsFunc(x.transmitPackets)
	case wsa.WSAID_WSARECVMSG:
		return WSARecvMsgFunc(x.recvMsg)
	case wsa.WSAID_WSASENDMSG:
		return WSASendMsgFunc(x.sendMsg)
	case wsa.WSAID_WSAPOLL:
		return WSAPollFunc(WSAPoll)
	}
	return nil
}

func (x extensions) acceptEx(listen, accept SOCKET, out []byte, receiveLen, localLen, remoteLen uint32, overlapped *Overlapped) (uint32, error) {
	if err := x.check(listen); err != nil {
		return 0, err
	}
	return AcceptEx(listen, accept, out, receiveLen, localLen, remoteLen, overlapped)
}

func (x extensions) connectEx(s SOCKET, name *wsa.Sockaddr, data []byte, overlapped *Overlapped) (uint32, error) {
	if err := x.check(s); err != nil {
		return 0, err
	}
	return ConnectEx(s, name, data, overlapped)
}

func (x extensions) disconnectEx(s SOCKET, overlapped *Overlapped, flags uint32) error {
	if err := x.check(s); err != nil {
		return err
	}
	return DisconnectEx(s, overlapped, flags)
}

func (x extensions) transmitFile(s SOCKET, file *os.File, n, perSend uint32, overlapped *Overlapped, buffers *TransmitFileBuffers, flags uint32) error {
	if err := x.check(s); err != nil {
		return err
	}
	return TransmitFile(s, file, n, perSend, overlapped, buffers, flags)
}

func (x extensions) transmitPackets(s SOCKET, elements []TransmitPacketsElement, sendSize uint32, overlapped *Overlapped, flags uint32) error {
	if err := x.check(s); err != nil {
		return err
	}
	return TransmitPackets(s, elements, sendSize, overlapped, flags)
}

func (x extensions) recvMsg(s SOCKET, msg *Msg, overlapped *Overlapped, completion *Completion) (int, error) {
	if err := x.check(s); err != nil {
		return 0, err
	}
	return WSARecvMsg(s, msg, overlapped, completion)
}

func (x extensions) sendMsg(s SOCKET, msg *Msg, flags uint32, overlapped *Overlapped, completion *Completion) (int, error) {
	if err := x.check(s); err != nil {
		return 0, err
	}
	return WSASendMsg(s, msg, flags, overlapped, completion)
}

// extensionPointer is SIO_GET_EXTENSION_FUNCTION_POINTER where a pointer is
// asked for, which a Go function has none of: for Go programs there is
// [ExtensionFunction], and for those in C their door hands out its own.
//
// Errors: WSAEFAULT without a GUID; WSAEINVAL for an unknown one, and nothing
// is queued (difference 95); WSAEOPNOTSUPP for a known one.
func (s *socket) extensionPointer(in []byte) error {
	if len(in) < 16 {
		return wsa.WSAEFAULT
	}
	if _, err := s.extension(wsa.GUIDFromBytes([16]byte(in))); err != nil {
		return err
	}
	return wsa.WSAEOPNOTSUPP
}
