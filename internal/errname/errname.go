// SPDX-License-Identifier: Apache-2.0

// Package errname finds error codes by the names that people write.
package errname

import (
	"strings"
	"sync"

	"winsock/wsa"
)

// promises are codes that announce something: who is answered with one waits
// for it, so that no layer may give them out on its own.
var promises = []wsa.Errno{wsa.WSAEWOULDBLOCK, wsa.WSAEINPROGRESS, wsa.WSAEALREADY, wsa.WSAEISCONN}

var names = sync.OnceValue(func() map[string]wsa.Errno {
	names := make(map[string]wsa.Errno)
	for code := wsa.Errno(10000); code < 11000; code++ {
		if name := code.Name(); strings.HasPrefix(name, "WSAE") {
			names[name] = code
		}
	}
	for _, p := range promises {
		delete(names, p.Name())
	}
	return names
})

// Of returns the code of a socket error by its symbol, such as WSAECONNRESET,
// 0 for none, and for those that promise something to wait for.
func Of(name string) wsa.Errno { return names()[name] }
