// SPDX-License-Identifier: Apache-2.0

package wsa

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strconv"
	"syscall"
)

// An Errno is a Windows Sockets error code, as WSAGetLastError reports it
// ("Windows Sockets Error Codes"). Zero means success and is never returned
// inside an error; use [Errno.Err] to turn a possibly zero code into one.
//
// An Errno is an error, a [net.Error], and compares by errors.Is to the
// errors that Go programs expect: net.ErrClosed, os.ErrDeadlineExceeded,
// context.Canceled, os.ErrPermission and the syscall.Errno of the same
// meaning.
type Errno uint32

var (
	_ error     = Errno(0)
	_ net.Error = Errno(0)
)

// Error returns the text that the documentation gives the code. Programs
// compare such texts, so they do not change.
func (e Errno) Error() string {
	if t := e.describe(); t != nil {
		return t.text
	}
	return "winsock: error " + strconv.FormatUint(uint64(e), 10)
}

// Name returns the symbol of the code, such as "WSAEWOULDBLOCK", or its
// decimal number when it has none.
func (e Errno) Name() string {
	if t := e.describe(); t != nil {
		return t.name
	}
	return strconv.FormatUint(uint64(e), 10)
}

// Err returns e as an error, and nil for zero. Known codes are boxed once,
// so that it does not allocate.
func (e Errno) Err() error {
	if e == 0 {
		return nil
	}
	if t := e.describe(); t != nil {
		return t.err
	}
	return e
}

// Timeout reports whether the code says that time ran out.
func (e Errno) Timeout() bool {
	switch e {
	case WSAETIMEDOUT, WSA_WAIT_TIMEOUT, ERROR_SEM_TIMEOUT, ERROR_TIMEOUT:
		return true
	}
	return false
}

// Temporary reports whether the same call may succeed later.
func (e Errno) Temporary() bool {
	switch e {
	case WSAEWOULDBLOCK, WSAEINTR, WSAEMFILE, WSAENOBUFS, WSATRY_AGAIN, WSAECONNABORTED, WSAECONNRESET:
		return true
	}
	return e.Timeout()
}

// Is reports whether e has the meaning of target.
func (e Errno) Is(target error) bool {
	switch target {
	case net.ErrClosed, fs.ErrClosed:
		return e == WSAENOTSOCK || e == WSAEINTR || e == WSA_INVALID_HANDLE
	case os.ErrDeadlineExceeded, context.DeadlineExceeded:
		return e.Timeout()
	case context.Canceled:
		return e == WSA_OPERATION_ABORTED || e == WSA_E_CANCELLED || e == WSAECANCELLED
	case fs.ErrPermission:
		return e == WSAEACCES || e == ERROR_ACCESS_DENIED
	case fs.ErrExist:
		return e == WSAEADDRINUSE
	case fs.ErrInvalid:
		return e == WSAEINVAL || e == WSA_INVALID_PARAMETER
	case errors.ErrUnsupported:
		return e == WSAEOPNOTSUPP || e == WSAEAFNOSUPPORT || e == WSAEPROTONOSUPPORT || e == WSAENOPROTOOPT
	}
	if errno, ok := target.(syscall.Errno); ok {
		return paired(errno, e)
	}
	return false
}
