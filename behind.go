// SPDX-License-Identifier: Apache-2.0

package winsock

import (
	"winsock/spi"
	"winsock/wsa"
)

// behindOverlapped has a synchronous send or receive wait until the overlapped
// ones before it have ended, so that the bytes are in the order of the calls.
//
// Errors: WSAEWOULDBLOCK if the operation must not wait, WSAESHUTDOWN for a
// receive after shutdown; those of await.
func (s *socket) behindOverlapped(op *operation, d spi.Direction) error {
	a := s.async.Load()
	if a == nil {
		return nil
	}
	if d == spi.Receiving {
		if a.shutting.Load() {
			return wsa.WSAESHUTDOWN
		}
		if op.msg.Flags&(wsa.MSG_OOB|wsa.MSG_PEEK) != 0 {
			return nil
		}
	}
	if !a.busy(d) {
		return nil
	}
	if s.nonblocking.Load() && !op.blocking {
		return wsa.WSAEWOULDBLOCK
	}
	return s.await(d, spi.EventsEnd, false, func() bool { return !a.busy(d) })
}

// busy reports whether operations of the direction are under way.
func (a *async) busy(d spi.Direction) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d == spi.Sending {
		return a.send.last != nil
	}
	return a.claimsLocked()&spi.EventRead != 0
}
