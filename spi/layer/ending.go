// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"sync"
	"time"
)

// Ending counts the closed sockets of a provider that still send what they
// hold, for its Cleanup to wait for. The zero value counts none. Unlike those
// of a WaitGroup, a socket may be added while somebody waits: the connection
// of a closed listening socket, say, whose handshake is just done.
type Ending struct {
	mu    sync.Mutex    // protects all below
	count int           // sockets that have not ended
	ended chan struct{} // closed when there are none; nil while nobody waits
}

// Add counts one more socket.
func (e *Ending) Add() {
	e.mu.Lock()
	e.count++
	e.mu.Unlock()
}

// Done counts one less.
func (e *Ending) Done() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count--
	if e.count == 0 && e.ended != nil {
		close(e.ended)
		e.ended = nil
	}
}

// Wait returns true as soon as no socket is left, and false if that takes
// longer than limit.
func (e *Ending) Wait(limit time.Duration) bool {
	e.mu.Lock()
	if e.count == 0 {
		e.mu.Unlock()
		return true
	}
	if e.ended == nil {
		e.ended = make(chan struct{})
	}
	ended := e.ended
	e.mu.Unlock()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	select {
	case <-ended:
		return true
	case <-timeout.C:
		return false
	}
}
