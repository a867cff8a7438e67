// SPDX-License-Identifier: Apache-2.0

package wsa

import "syscall"

// errnoPairs is the one translation between Linux error numbers and Winsock
// codes. Read from left to right it is FromErrno, in which the first pair of
// a number wins. Read from right to left it is Errno.Errno, in which the
// first pair of a code wins.
//
// Places where the meaning depends on the call (a connect under way, a send
// after shutdown) are decided by the provider that made the call, before it
// consults the table.
var errnoPairs = [...]struct {
	linux syscall.Errno
	wsa   Errno
}{
	{syscall.EINTR, WSAEINTR},
	{syscall.ENOTSOCK, WSAENOTSOCK},
	{syscall.EBADF, WSAENOTSOCK},
	{syscall.EBADF, WSAEBADF},
	{syscall.EBADF, WSA_INVALID_HANDLE},
	{syscall.EACCES, WSAEACCES},
	{syscall.EPERM, WSAEACCES},
	{syscall.EROFS, WSAEACCES},
	{syscall.EFAULT, WSAEFAULT},
	{syscall.EINVAL, WSAEINVAL},
	{syscall.EINVAL, WSA_INVALID_PARAMETER},
	{syscall.EDOM, WSAEINVAL},
	{syscall.ERANGE, WSAEINVAL},
	{syscall.EMFILE, WSAEMFILE},
	{syscall.ENFILE, WSAEMFILE},
	{syscall.EAGAIN, WSAEWOULDBLOCK},
	{syscall.EINPROGRESS, WSAEWOULDBLOCK},
	{syscall.EINPROGRESS, WSAEINPROGRESS},
	{syscall.EINPROGRESS, WSA_IO_PENDING},
	{syscall.EINPROGRESS, WSA_IO_INCOMPLETE},
	{syscall.EALREADY, WSAEALREADY},
	{syscall.EDESTADDRREQ, WSAEDESTADDRREQ},
	{syscall.EMSGSIZE, WSAEMSGSIZE},
	{syscall.EPROTOTYPE, WSAEPROTOTYPE},
	{syscall.ENOPROTOOPT, WSAENOPROTOOPT},
	{syscall.EPROTONOSUPPORT, WSAEPROTONOSUPPORT},
	{syscall.ESOCKTNOSUPPORT, WSAESOCKTNOSUPPORT},
	{syscall.EOPNOTSUPP, WSAEOPNOTSUPP},
	{syscall.ENOSYS, WSAEOPNOTSUPP},
	{syscall.ENOTTY, WSAEOPNOTSUPP},
	{syscall.EPFNOSUPPORT, WSAEPFNOSUPPORT},
	{syscall.EAFNOSUPPORT, WSAEAFNOSUPPORT},
	{syscall.EADDRINUSE, WSAEADDRINUSE},
	{syscall.EADDRNOTAVAIL, WSAEADDRNOTAVAIL},
	{syscall.ENODEV, WSAEADDRNOTAVAIL},
	{syscall.ENETDOWN, WSAENETDOWN},
	{syscall.ENETDOWN, WSASYSNOTREADY},
	{syscall.ENONET, WSAENETDOWN},
	{syscall.ENOENT, WSAENETDOWN}, // AF_UNIX: as STATUS_OBJECT_NAME_NOT_FOUND
	{syscall.ENETUNREACH, WSAENETUNREACH},
	{syscall.ENETRESET, WSAENETRESET},
	{syscall.ECONNABORTED, WSAECONNABORTED},
	{syscall.EPROTO, WSAECONNABORTED},
	{syscall.ECONNABORTED, ERROR_CONNECTION_ABORTED},
	{syscall.ECONNRESET, WSAECONNRESET},
	{syscall.ECONNRESET, ERROR_NETNAME_DELETED},
	{syscall.EPIPE, WSAECONNRESET},
	{syscall.EPIPE, WSAEDISCON},
	{syscall.ENOBUFS, WSAENOBUFS},
	{syscall.ENOBUFS, ERROR_INSUFFICIENT_BUFFER},
	{syscall.ENOMEM, WSAENOBUFS},
	{syscall.ENOMEM, WSA_NOT_ENOUGH_MEMORY},
	{syscall.ENOSPC, WSAENOBUFS},
	{syscall.EISCONN, WSAEISCONN},
	{syscall.ENOTCONN, WSAENOTCONN},
	{syscall.ESHUTDOWN, WSAESHUTDOWN},
	{syscall.ETOOMANYREFS, WSAETOOMANYREFS},
	{syscall.ETIMEDOUT, WSAETIMEDOUT},
	{syscall.ETIMEDOUT, WSA_WAIT_TIMEOUT},
	{syscall.ETIME, WSAETIMEDOUT},
	{syscall.ECONNREFUSED, WSAECONNREFUSED},
	{syscall.ECONNREFUSED, ERROR_CONNECTION_REFUSED},
	{syscall.ELOOP, WSAELOOP},
	{syscall.ENAMETOOLONG, WSAENAMETOOLONG},
	{syscall.EHOSTDOWN, WSAEHOSTDOWN},
	{syscall.EHOSTUNREACH, WSAEHOSTUNREACH},
	{syscall.ENOTEMPTY, WSAENOTEMPTY},
	{syscall.EUSERS, WSAEUSERS},
	{syscall.EDQUOT, WSAEDQUOT},
	{syscall.ESTALE, WSAESTALE},
	{syscall.EREMOTE, WSAEREMOTE},
	{syscall.ECANCELED, WSA_OPERATION_ABORTED},
	{syscall.ECANCELED, WSAECANCELLED},
	{syscall.ECANCELED, WSA_E_CANCELLED},
}

var fromErrno = func() (t [256]Errno) {
	for i := range t {
		t[i] = WSASYSCALLFAILURE
	}
	t[0] = 0
	for i := len(errnoPairs) - 1; i >= 0; i-- {
		t[errnoPairs[i].linux] = errnoPairs[i].wsa
	}
	return t
}()

// FromErrno returns the Winsock code of a Linux error number:
// WSASYSCALLFAILURE for one without a counterpart, 0 for 0.
func FromErrno(errno syscall.Errno) Errno {
	if errno < syscall.Errno(len(fromErrno)) {
		return fromErrno[errno]
	}
	return WSASYSCALLFAILURE
}

// Errno returns the Linux error number that a BSD socket call would give
// where Winsock gives e, and EIO for a code without a counterpart. It is
// what an intercepted Linux program is answered with.
func (e Errno) Errno() syscall.Errno {
	if e == 0 {
		return 0
	}
	for _, p := range errnoPairs {
		if p.wsa == e {
			return p.linux
		}
	}
	return syscall.EIO
}

// paired reports whether the table pairs errno with e, in either direction.
func paired(errno syscall.Errno, e Errno) bool {
	for _, p := range errnoPairs {
		if p.linux == errno && p.wsa == e {
			return true
		}
	}
	return false
}
