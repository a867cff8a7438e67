// SPDX-License-Identifier: Apache-2.0

package wsa

import "syscall"

// errnoPairs is the one translation between Linux error numbers and Winsock
// codes. Read from left to right it is FromErrno. Read from right to left it
// is Errno.Errno, in which the first pair of a code wins.
//
// Places where the meaning depends on the call (a connect under way, a send
// after shutdown) are decided by the provider that made the call, before it
// consults the table.
var errnoPairs = [...]struct {
	linux syscall.Errno
	wsa   Errno
}{
	{syscall.EINTR, WSAEINTR},
	{syscall.EBADF, WSAENOTSOCK},
	{syscall.EACCES, WSAEACCES},
	{syscall.EPERM, WSAEACCES},
	{syscall.EFAULT, WSAEFAULT},
	{syscall.EINVAL, WSAEINVAL},
	{syscall.EMFILE, WSAEMFILE},
	{syscall.ENFILE, WSAEMFILE},
	{syscall.EAGAIN, WSAEWOULDBLOCK},
	{syscall.EINPROGRESS, WSAEWOULDBLOCK},
	{syscall.EALREADY, WSAEALREADY},
	{syscall.ENOTSOCK, WSAENOTSOCK},
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
	{syscall.ENETUNREACH, WSAENETUNREACH},
	{syscall.ENETRESET, WSAENETRESET},
	{syscall.ECONNABORTED, WSAECONNABORTED},
	{syscall.ECONNRESET, WSAECONNRESET},
	{syscall.EPIPE, WSAECONNRESET},
	{syscall.ENOBUFS, WSAENOBUFS},
	{syscall.ENOMEM, WSAENOBUFS},
	{syscall.EISCONN, WSAEISCONN},
	{syscall.ENOTCONN, WSAENOTCONN},
	{syscall.ESHUTDOWN, WSAESHUTDOWN},
	{syscall.ETOOMANYREFS, WSAETOOMANYREFS},
	{syscall.ETIMEDOUT, WSAETIMEDOUT},
	{syscall.ECONNREFUSED, WSAECONNREFUSED},
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
}

var fromErrno = func() (t [256]Errno) {
	for i := range t {
		t[i] = WSASYSCALLFAILURE
	}
	t[0] = 0
	for _, p := range errnoPairs {
		t[p.linux] = p.wsa
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
