// SPDX-License-Identifier: Apache-2.0

// Package servers has the loop of servers that tests talk to. It knows nothing
// of this project's packages, so that the tests of all of them can use it.
package servers

import (
	"net"
	"sync"
)

// Each has f serve each connection that l accepts, in a goroutine of its own,
// and closes the connection after it. It returns once l is closed and all of
// them have been served.
func Each(l net.Listener, f func(c net.Conn)) {
	var served sync.WaitGroup
	defer served.Wait()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		served.Go(func() {
			defer c.Close()
			f(c)
		})
	}
}
