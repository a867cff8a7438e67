// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
)

// ErrnoOf returns the code that err carries. It is 0 for nil, the wrapped
// Errno or the translation of a wrapped syscall.Errno where there is one,
// the nearest code for the errors of packages context, io, net and os, and
// WSASYSCALLFAILURE for anything else.
func ErrnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(Errno); ok {
		return e
	}
	var e Errno
	if errors.As(err, &e) {
		return e
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return FromErrno(errno)
	}
	if e := errnoOfName(err); e != 0 {
		return e
	}
	for _, n := range nearest {
		if errors.Is(err, n.err) {
			return n.errno
		}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return WSAETIMEDOUT
	}
	return WSASYSCALLFAILURE
}

// nearest are the codes of the errors that Go's packages declare.
var nearest = [...]struct {
	err   error
	errno Errno
}{
	{os.ErrDeadlineExceeded, WSAETIMEDOUT},
	{context.DeadlineExceeded, WSAETIMEDOUT},
	{context.Canceled, WSA_OPERATION_ABORTED},
	{net.ErrClosed, WSAEINTR},
	{fs.ErrClosed, WSAEINTR},
	{io.ErrClosedPipe, WSAECONNABORTED},
	{io.EOF, WSAEDISCON},
	{io.ErrUnexpectedEOF, WSAECONNRESET},
	{fs.ErrPermission, WSAEACCES},
	{fs.ErrInvalid, WSAEINVAL},
	{errors.ErrUnsupported, WSAEOPNOTSUPP},
}

// errnoOfName returns the code of an error of Go's resolver and address
// parsers, else 0.
func errnoOfName(err error) Errno {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			return WSAHOST_NOT_FOUND
		case dns.IsTimeout, dns.IsTemporary:
			return WSATRY_AGAIN
		}
		return WSANO_RECOVERY
	}
	var network net.UnknownNetworkError
	if errors.As(err, &network) {
		return WSAEAFNOSUPPORT
	}
	var (
		addr    *net.AddrError
		parse   *net.ParseError
		invalid net.InvalidAddrError
	)
	if errors.As(err, &addr) || errors.As(err, &parse) || errors.As(err, &invalid) {
		return WSAEINVAL
	}
	return 0
}
