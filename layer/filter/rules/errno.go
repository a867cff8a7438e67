// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"
	"sync"
	"syscall"

	"winsock/wsa"
)

// linuxNames are the errors of Linux that calls on sockets end with.
var linuxNames = map[string]syscall.Errno{
	"EACCES":          syscall.EACCES,
	"EADDRINUSE":      syscall.EADDRINUSE,
	"EADDRNOTAVAIL":   syscall.EADDRNOTAVAIL,
	"EAFNOSUPPORT":    syscall.EAFNOSUPPORT,
	"ECONNABORTED":    syscall.ECONNABORTED,
	"ECONNREFUSED":    syscall.ECONNREFUSED,
	"ECONNRESET":      syscall.ECONNRESET,
	"EDESTADDRREQ":    syscall.EDESTADDRREQ,
	"EFAULT":          syscall.EFAULT,
	"EHOSTDOWN":       syscall.EHOSTDOWN,
	"EHOSTUNREACH":    syscall.EHOSTUNREACH,
	"EINVAL":          syscall.EINVAL,
	"EIO":             syscall.EIO,
	"EMFILE":          syscall.EMFILE,
	"EMSGSIZE":        syscall.EMSGSIZE,
	"ENETDOWN":        syscall.ENETDOWN,
	"ENETRESET":       syscall.ENETRESET,
	"ENETUNREACH":     syscall.ENETUNREACH,
	"ENOBUFS":         syscall.ENOBUFS,
	"ENOPROTOOPT":     syscall.ENOPROTOOPT,
	"EOPNOTSUPP":      syscall.EOPNOTSUPP,
	"EPERM":           syscall.EPERM,
	"EPROTONOSUPPORT": syscall.EPROTONOSUPPORT,
	"ETIMEDOUT":       syscall.ETIMEDOUT,
}

// winsockNames are the codes of sockets by their symbols. Those that are a
// promise instead of an answer are not among them: a caller would wait for
// what never comes.
var winsockNames = sync.OnceValue(func() map[string]wsa.Errno {
	names := make(map[string]wsa.Errno)
	for code := wsa.Errno(10000); code < 11000; code++ {
		if name := code.Name(); strings.HasPrefix(name, "WSAE") {
			names[name] = code
		}
	}
	for _, promise := range []wsa.Errno{wsa.WSAEWOULDBLOCK, wsa.WSAEINPROGRESS, wsa.WSAEALREADY, wsa.WSAEISCONN} {
		delete(names, promise.Name())
	}
	return names
})

// errnoNamed returns the code of a name of Winsock or Linux, 0 for none.
func errnoNamed(name string) wsa.Errno {
	if code, ok := winsockNames()[name]; ok {
		return code
	}
	if errno, ok := linuxNames[name]; ok {
		return wsa.FromErrno(errno)
	}
	return 0
}

// likeErrno reports whether a word can only be meant as an error: the words
// of rules are lower case.
func likeErrno(word string) bool {
	return word != "" && (word[0] == 'W' || word[0] == 'E')
}
