// SPDX-License-Identifier: Apache-2.0

package sockstate

import (
	"math/bits"

	"winsock/wsa"
)

// A Copy is all of a state, for a copy of the socket in another process.
type Copy struct {
	Flags   Flags
	Failure wsa.Errno // why the last connection attempt failed, or the connection broke
	Sticky  wsa.Errno // SO_ERROR
	Since   int64     // when the connection was established, in Unix nanoseconds
}

// Copy returns the present state.
func (s *State) Copy() Copy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Copy{s.Flags(), wsa.Errno(s.failure.Load()), s.Error(), s.since}
}

// InitCopy makes s what Copy has returned for a socket of the same sort. It
// reports false for what cannot be a state.
func (s *State) InitCopy(c Copy) bool {
	const phases = Listening | Connecting | Connected | Failed
	if c.Flags >= Established<<1 || bits.OnesCount32(uint32(c.Flags&phases)) > 1 {
		return false
	}
	s.failure.Store(uint32(c.Failure))
	s.sticky.Store(uint32(c.Sticky))
	s.since = c.Since
	s.word.Store(uint32(c.Flags))
	return true
}
