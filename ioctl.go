// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"encoding/binary"

	"winsock/spi"
	"winsock/wsa"
)

// IoctlSocket controls a socket with a command that takes or gives one
// number: FIONBIO, FIONREAD or SIOCATMARK ("ioctlsocket function").
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a nil argument,
// WSAEOPNOTSUPP for an unknown command.
func IoctlSocket(h SOCKET, command uint32, argument *uint32) error {
	if argument == nil {
		if s, err := use(h); err != nil {
			return err
		} else {
			s.Release()
		}
		return wsa.WSAEFAULT
	}
	var value [4]byte
	binary.LittleEndian.PutUint32(value[:], *argument)
	_, err := WSAIoctl(h, command, value[:], value[:], nil, nil)
	if err == nil && command&wsa.IOC_OUT != 0 {
		*argument = binary.LittleEndian.Uint32(value[:])
	}
	return err
}

// WSAIoctl controls a socket ("WSAIoctl function"). It returns how many
// bytes of out were written.
//
// SIO_ADDRESS_LIST_CHANGE and SIO_ROUTING_INTERFACE_CHANGE end when the local
// addresses of the socket's family are no longer those of the call, or the
// local address from which the remote one in in is reached. An overlapped call
// pends until then, and one on a blocking socket waits. On a non-blocking
// socket it answers WSAEWOULDBLOCK, and FD_ADDRESS_LIST_CHANGE or
// FD_ROUTING_INTERFACE_CHANGE then happens ([WSAEventSelect],
// [WSAAsyncSelect]); without such a selection, a later call succeeds.
//
// Errors: WSANOTINITIALISED, WSAENOTSOCK, WSAEFAULT for a buffer too short,
// WSAEINVAL, WSAEOPNOTSUPP for an unknown code; WSA_IO_PENDING for
// an overlapped call that goes on.
func WSAIoctl(h SOCKET, code uint32, in, out []byte, overlapped *Overlapped, completion *Completion) (n int, err error) {
	s, err := use(h)
	if err != nil {
		return 0, err
	}
	defer s.done("WSPIoctl", &err)
	if code == wsa.SIO_GET_EXTENSION_FUNCTION_POINTER {
		return 0, s.extensionPointer(in)
	}
	if code == wsa.SIO_ADDRESS_LIST_CHANGE || code == wsa.SIO_ROUTING_INTERFACE_CHANGE {
		return s.awaitChange(code, in, overlapped, completion)
	}
	if async, err := s.overlaps(overlapped, completion); err != nil {
		return 0, err
	} else if async {
		return s.startIoctl(code, in, out, overlapped, completion)
	}
	switch code {
	case wsa.SIO_BASE_HANDLE, wsa.SIO_BSP_HANDLE, wsa.SIO_BSP_HANDLE_SELECT, wsa.SIO_BSP_HANDLE_POLL:
		return putHandle(out, h) // of several handles, the caller's
	case wsa.SO_SSL_PERFORM_HANDSHAKE:
		return 0, s.performHandshake(in)
	}
	return s.control(code, in, out)
}

// control is WSAIoctl without an overlapped structure.
func (s *socket) control(code uint32, in, out []byte) (int, error) {
	switch code {
	case wsa.FIONBIO:
		return 0, s.setNonblocking(in)
	case wsa.SIO_BASE_HANDLE, wsa.SIO_BSP_HANDLE, wsa.SIO_BSP_HANDLE_SELECT, wsa.SIO_BSP_HANDLE_POLL:
		return putHandle(out, s.SOCKET())
	case wsa.SIO_KERNEL_DESCRIPTOR:
		return s.kernelDescriptor(out)
	case wsa.SIO_SET_SECURITY:
		return s.setSecurity(in)
	}
	return s.path.Load().top.Ioctl(code, in, out)
}

// setNonblocking is FIONBIO. A socket with an event selection cannot be made
// blocking.
func (s *socket) setNonblocking(in []byte) error {
	v, err := takeInt(in)
	if err != nil {
		return err
	}
	if v == 0 && s.selection.active() {
		return wsa.WSAEINVAL
	}
	s.nonblocking.Store(v != 0)
	return nil
}

// kernelDescriptor is SIO_KERNEL_DESCRIPTOR. It answers WSAEOPNOTSUPP unless
// the whole chain preserves the kernel's handle.
func (s *socket) kernelDescriptor(out []byte) (int, error) {
	fd, ok := spi.HandleOf(s.path.Load().top)
	if !ok {
		return 0, wsa.WSAEOPNOTSUPP
	}
	return putInt(out, uint32(fd))
}

func putHandle(out []byte, h SOCKET) (int, error) {
	if len(out) < 8 {
		return 0, wsa.WSAEFAULT
	}
	binary.LittleEndian.PutUint64(out, uint64(h))
	return 8, nil
}
