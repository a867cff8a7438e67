// SPDX-License-Identifier: Apache-2.0

package sockopt

import (
	"sync"
	"sync/atomic"

	"winsock/wsa"
)

// A Store keeps the options of one socket that its provider has no other
// place for. It holds only what differs from the defaults, so that an
// untouched one takes a few words. Its methods may be called by several
// goroutines at once; reading a boolean takes one atomic load.
//
// SO_LINGER and SO_DONTLINGER are two views of one value (difference 48);
// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE exclude each other (difference 37).
type Store struct {
	kind  Sockets
	bools atomic.Uint64 // bit index-1: the boolean is not at its default

	mu   sync.Mutex // protects nums, and changes of bools
	nums *[]number  // nil until there is one
}

// A number is the value of an option that is not boolean.
type number struct {
	rule  *Rule
	value int64
}

// The rules that a store or its callers treat by name.
var (
	lingerRule    = Find(wsa.SOL_SOCKET, wsa.SO_LINGER)
	reuseRule     = Find(wsa.SOL_SOCKET, wsa.SO_REUSEADDR)
	exclusiveRule = Find(wsa.SOL_SOCKET, wsa.SO_EXCLUSIVEADDRUSE)
)

// Init sets the kind of socket, before the first use.
func (s *Store) Init(kind Sockets) { s.kind = kind }

// Kind returns what Init set.
func (s *Store) Kind() Sockets { return s.kind }

// Value returns the value of a scalar option.
func (s *Store) Value(r *Rule) int64 {
	if r.index != 0 {
		return r.DefaultOf(s.kind) ^ int64(s.bools.Load()>>(r.index-1)&1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valueLocked(r)
}

func (s *Store) valueLocked(r *Rule) int64 {
	switch {
	case r.index != 0:
		return r.DefaultOf(s.kind) ^ int64(s.bools.Load()>>(r.index-1)&1)
	case r.Name == wsa.SO_DONTLINGER:
		return 1 - truth(uint32(LingerOf(s.valueLocked(lingerRule)).OnOff))
	}
	if n := s.numberLocked(r); n != nil {
		return n.value
	}
	return r.DefaultOf(s.kind)
}

// numberLocked returns the entry of an option, nil if there is none.
func (s *Store) numberLocked(r *Rule) *number {
	nums := s.numbersLocked()
	for i := range nums {
		if nums[i].rule == r {
			return &nums[i]
		}
	}
	return nil
}

func (s *Store) numbersLocked() []number {
	if s.nums == nil {
		return nil
	}
	return *s.nums
}

// Bool is Value of a boolean option.
func (s *Store) Bool(r *Rule) bool { return s.Value(r) != 0 }

// Linger returns the value of SO_LINGER.
func (s *Store) Linger() wsa.Linger { return LingerOf(s.Value(lingerRule)) }

// Put stores the value of a scalar option, as [Rule.Decode] returned it. It
// fails with WSAEINVAL for the second of SO_REUSEADDR and
// SO_EXCLUSIVEADDRUSE.
func (s *Store) Put(r *Rule, v int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v != 0 && (r == reuseRule && s.valueLocked(exclusiveRule) != 0 ||
		r == exclusiveRule && s.valueLocked(reuseRule) != 0) {
		return wsa.WSAEINVAL
	}
	s.putLocked(r, v)
	return nil
}

func (s *Store) putLocked(r *Rule, v int64) {
	if r.index != 0 {
		bit := uint64(1) << (r.index - 1)
		if v != r.DefaultOf(s.kind) {
			s.bools.Or(bit)
		} else {
			s.bools.And(^bit)
		}
		return
	}
	if r.Name == wsa.SO_DONTLINGER {
		l := LingerOf(s.valueLocked(lingerRule))
		l.OnOff = uint16(1 - v)
		r, v = lingerRule, LingerValue(l)
	}
	if n := s.numberLocked(r); n != nil {
		n.value = v
		return
	}
	if s.nums == nil {
		s.nums = new([]number)
	}
	*s.nums = append(*s.nums, number{r, v})
}

// SetSockOpt is WSPSetSockOpt for an option that takes effect by being
// remembered. Live options, structures and non-empty blobs are not for it:
// WSAENOPROTOOPT. The caller has checked [Rule.Until].
func (s *Store) SetSockOpt(level, name int32, value []byte) error {
	r, err := ForSet(s.kind, level, name)
	if err != nil {
		return err
	}
	if r.Format == Blob && len(value) == 0 && !r.Live {
		return nil
	}
	if r.Live || !r.Format.Scalar() {
		return wsa.WSAENOPROTOOPT
	}
	v, err := r.Decode(value)
	if err != nil {
		return err
	}
	return s.Put(r, v)
}

// GetSockOpt is WSPGetSockOpt. Live options answer with their default,
// except those that the caller has answered itself before; blobs are empty.
func (s *Store) GetSockOpt(level, name int32, value []byte) (int, error) {
	r, err := ForGet(s.kind, level, name)
	if err != nil {
		return 0, err
	}
	if r.Format == Blob {
		return 0, nil
	}
	if !r.Format.Scalar() {
		return 0, wsa.WSAENOPROTOOPT
	}
	return r.Encode(s.Value(r), value)
}

// Inherit makes s the store of a socket that was accepted on a listener with
// the store l ("accept function", difference 58).
func (s *Store) Inherit(l *Store) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kind = l.kind
	s.bools.Store(l.bools.Load() & inheritedBools)
	s.nums = nil
	for _, n := range l.numbersLocked() {
		if n.rule.Inherited {
			s.putLocked(n.rule, n.value)
		}
	}
}

// inheritedBools has the bits of the booleans that accept passes on.
var inheritedBools = func() (bits uint64) {
	for _, r := range Rules() {
		if r.index != 0 && r.Inherited {
			bits |= 1 << (r.index - 1)
		}
	}
	return bits
}()
