// SPDX-License-Identifier: Apache-2.0

package wsa_test

import (
	"errors"
	"syscall"
	"testing"

	"winsock/wsa"
)

// linuxToWinsock says, for every Linux error number that has a counterpart,
// which; the numbers are written out so that a slip in the table of pairs is
// not repeated here.
var linuxToWinsock = map[syscall.Errno]wsa.Errno{
	1:   wsa.WSAEACCES,          // EPERM
	2:   wsa.WSAENETDOWN,        // ENOENT
	4:   wsa.WSAEINTR,           // EINTR
	9:   wsa.WSAENOTSOCK,        // EBADF
	11:  wsa.WSAEWOULDBLOCK,     // EAGAIN
	12:  wsa.WSAENOBUFS,         // ENOMEM
	13:  wsa.WSAEACCES,          // EACCES
	14:  wsa.WSAEFAULT,          // EFAULT
	19:  wsa.WSAEADDRNOTAVAIL,   // ENODEV
	22:  wsa.WSAEINVAL,          // EINVAL
	23:  wsa.WSAEMFILE,          // ENFILE
	24:  wsa.WSAEMFILE,          // EMFILE
	25:  wsa.WSAEOPNOTSUPP,      // ENOTTY
	28:  wsa.WSAENOBUFS,         // ENOSPC
	30:  wsa.WSAEACCES,          // EROFS
	32:  wsa.WSAECONNRESET,      // EPIPE
	33:  wsa.WSAEINVAL,          // EDOM
	34:  wsa.WSAEINVAL,          // ERANGE
	36:  wsa.WSAENAMETOOLONG,    // ENAMETOOLONG
	38:  wsa.WSAEOPNOTSUPP,      // ENOSYS
	39:  wsa.WSAENOTEMPTY,       // ENOTEMPTY
	40:  wsa.WSAELOOP,           // ELOOP
	62:  wsa.WSAETIMEDOUT,       // ETIME
	64:  wsa.WSAENETDOWN,        // ENONET
	66:  wsa.WSAEREMOTE,         // EREMOTE
	71:  wsa.WSAECONNABORTED,    // EPROTO
	87:  wsa.WSAEUSERS,          // EUSERS
	88:  wsa.WSAENOTSOCK,        // ENOTSOCK
	89:  wsa.WSAEDESTADDRREQ,    // EDESTADDRREQ
	90:  wsa.WSAEMSGSIZE,        // EMSGSIZE
	91:  wsa.WSAEPROTOTYPE,      // EPROTOTYPE
	92:  wsa.WSAENOPROTOOPT,     // ENOPROTOOPT
	93:  wsa.WSAEPROTONOSUPPORT, // EPROTONOSUPPORT
	94:  wsa.WSAESOCKTNOSUPPORT, // ESOCKTNOSUPPORT
	95:  wsa.WSAEOPNOTSUPP,      // EOPNOTSUPP
	96:  wsa.WSAEPFNOSUPPORT,    // EPFNOSUPPORT
	97:  wsa.WSAEAFNOSUPPORT,    // EAFNOSUPPORT
	98:  wsa.WSAEADDRINUSE,      // EADDRINUSE
	99:  wsa.WSAEADDRNOTAVAIL,   // EADDRNOTAVAIL
	100: wsa.WSAENETDOWN,        // ENETDOWN
	101: wsa.WSAENETUNREACH,     // ENETUNREACH
	102: wsa.WSAENETRESET,       // ENETRESET
	103: wsa.WSAECONNABORTED,    // ECONNABORTED
	104: wsa.WSAECONNRESET,      // ECONNRESET
	105: wsa.WSAENOBUFS,         // ENOBUFS
	106: wsa.WSAEISCONN,         // EISCONN
	107: wsa.WSAENOTCONN,        // ENOTCONN
	108: wsa.WSAESHUTDOWN,       // ESHUTDOWN
	109: wsa.WSAETOOMANYREFS,    // ETOOMANYREFS
	110: wsa.WSAETIMEDOUT,       // ETIMEDOUT
	111: wsa.WSAECONNREFUSED,    // ECONNREFUSED
	112: wsa.WSAEHOSTDOWN,       // EHOSTDOWN
	113: wsa.WSAEHOSTUNREACH,    // EHOSTUNREACH
	114: wsa.WSAEALREADY,        // EALREADY
	115: wsa.WSAEWOULDBLOCK,     // EINPROGRESS
	116: wsa.WSAESTALE,          // ESTALE
	122: wsa.WSAEDQUOT,          // EDQUOT
	125: wsa.WSA_OPERATION_ABORTED,
}

// winsockToLinux says what a BSD program is told, where that is not the
// number that linuxToWinsock takes to the code.
var winsockToLinux = map[wsa.Errno]syscall.Errno{
	// Several numbers have the code; one of them stands for it.
	wsa.WSAEACCES:        syscall.EACCES,
	wsa.WSAEINVAL:        syscall.EINVAL,
	wsa.WSAEMFILE:        syscall.EMFILE,
	wsa.WSAENOBUFS:       syscall.ENOBUFS,
	wsa.WSAENETDOWN:      syscall.ENETDOWN,
	wsa.WSAENOTSOCK:      syscall.ENOTSOCK,
	wsa.WSAEWOULDBLOCK:   syscall.EAGAIN,
	wsa.WSAEOPNOTSUPP:    syscall.EOPNOTSUPP,
	wsa.WSAEADDRNOTAVAIL: syscall.EADDRNOTAVAIL,
	wsa.WSAECONNABORTED:  syscall.ECONNABORTED,
	wsa.WSAECONNRESET:    syscall.ECONNRESET,
	wsa.WSAETIMEDOUT:     syscall.ETIMEDOUT,

	// No number has the code.
	wsa.WSAEBADF:                  syscall.EBADF,
	wsa.WSA_INVALID_HANDLE:        syscall.EBADF,
	wsa.WSA_INVALID_PARAMETER:     syscall.EINVAL,
	wsa.WSA_NOT_ENOUGH_MEMORY:     syscall.ENOMEM,
	wsa.WSAEINPROGRESS:            syscall.EINPROGRESS,
	wsa.WSA_IO_PENDING:            syscall.EINPROGRESS,
	wsa.WSA_IO_INCOMPLETE:         syscall.EINPROGRESS,
	wsa.WSA_WAIT_TIMEOUT:          syscall.ETIMEDOUT,
	wsa.WSASYSNOTREADY:            syscall.ENETDOWN,
	wsa.WSAEDISCON:                syscall.EPIPE,
	wsa.WSAECANCELLED:             syscall.ECANCELED,
	wsa.WSA_E_CANCELLED:           syscall.ECANCELED,
	wsa.ERROR_INSUFFICIENT_BUFFER: syscall.ENOBUFS,
	wsa.ERROR_NETNAME_DELETED:     syscall.ECONNRESET,
	wsa.ERROR_CONNECTION_ABORTED:  syscall.ECONNABORTED,
	wsa.ERROR_CONNECTION_REFUSED:  syscall.ECONNREFUSED,
}

func TestFromErrnoEveryLinuxNumber(t *testing.T) {
	if got := wsa.FromErrno(0); got != 0 {
		t.Errorf("FromErrno(0) = %s", got.Name())
	}
	for n := syscall.Errno(1); n <= 133; n++ {
		want, paired := linuxToWinsock[n]
		if !paired {
			want = wsa.WSASYSCALLFAILURE
		}
		if got := wsa.FromErrno(n); got != want {
			t.Errorf("FromErrno(%d, %q) = %s, want %s", int(n), n, got.Name(), want.Name())
		}
		if got := wsa.ErrnoOf(n); got != want {
			t.Errorf("ErrnoOf(%d, %q) = %s, want %s", int(n), n, got.Name(), want.Name())
		}
		if got := errors.Is(want, n); got != paired {
			t.Errorf("errors.Is(%s, %q) = %v, want %v", want.Name(), n, got, paired)
		}
	}
	for _, n := range []syscall.Errno{134, 255, 256, 512, 1 << 40} {
		if got := wsa.FromErrno(n); got != wsa.WSASYSCALLFAILURE {
			t.Errorf("FromErrno(%d) = %s, want WSASYSCALLFAILURE", int(n), got.Name())
		}
	}
}

func TestErrnoToLinuxEveryCode(t *testing.T) {
	back := map[wsa.Errno]syscall.Errno{}
	for n, e := range linuxToWinsock {
		back[e] = n
	}
	for e, n := range winsockToLinux {
		back[e] = n
	}
	for name, value := range sourceConstants(t, "Errno") {
		e := wsa.Errno(value)
		want, paired := back[e]
		switch {
		case e == 0:
			want = 0
		case !paired:
			want = syscall.EIO
		}
		if got := e.Errno(); got != want {
			t.Errorf("%s.Errno() = %q, want %q", name, got, want)
		}
		if paired && !errors.Is(e, want) {
			t.Errorf("errors.Is(%s, %q) is false, though the one becomes the other", name, want)
		}
	}
}
