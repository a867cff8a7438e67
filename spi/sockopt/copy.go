// SPDX-License-Identifier: Apache-2.0

package sockopt

import "slices"

// A Setting is one option of a store that is not at its default.
type Setting struct {
	Level, Name int32
	Value       int64
}

// Settings returns what differs from the defaults, to be given to a copy of
// the socket in another process.
func (s *Store) Settings() (list []Setting) {
	bits := s.bools.Load()
	for _, r := range Rules() {
		if r.index != 0 && bits>>(r.index-1)&1 != 0 {
			list = append(list, Setting{r.Level, r.Name, s.Value(r)})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.numbersLocked() {
		list = append(list, Setting{n.rule.Level, n.rule.Name, n.value})
	}
	return list
}

// Apply makes a fresh store what Settings told of another one. It reports
// false for something that a store does not hold, or a value that an option
// cannot have.
func (s *Store) Apply(list []Setting) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range list {
		r := Find(o.Level, o.Name)
		if r == nil || r.Live || r.Upper || !r.Format.Scalar() || r.Kinds&s.kind == 0 || !r.holds(o.Value) {
			return false
		}
		s.putLocked(r, o.Value)
	}
	return s.valueLocked(reuseRule) == 0 || s.valueLocked(exclusiveRule) == 0
}

// holds reports whether a store may have the value.
func (r *Rule) holds(v int64) bool {
	switch {
	case r.Format.Boolean():
		return v == 0 || v == 1
	case r.allowed != nil:
		return slices.Contains(r.allowed, v) || v == r.Default || v == r.otherwise
	}
	return true // what Decode bounds may have come another way, as by a control code
}
