// SPDX-License-Identifier: Apache-2.0

package layer

import (
	"slices"
	"sync"
	"time"

	"winsock/spi"
	"winsock/spi/sockopt"
	"winsock/wsa"
)

// Settings are what was set of the socket below a layer, for another socket
// that may take its place: options, control codes and how long to park. The
// zero value is empty and ready for use.
type Settings struct {
	mu       sync.Mutex // protects what follows; taken last
	list     []setting
	deadline [2]time.Time
	unparked bool
}

// A setting is a successful SetSockOpt, or an Ioctl with level ioctlLevel.
type setting struct {
	level, name int32
	code        uint32
	value       []byte
}

const (
	ioctlLevel  = -1
	maxSettings = 256 // of a program that sets options for ever
)

// NoteOption notes that an option was set. SO_ERROR is none that another
// socket could have.
func (s *Settings) NoteOption(level, name int32, value []byte) {
	if level == wsa.SOL_SOCKET && name == wsa.SO_ERROR {
		return
	}
	rule := sockopt.Find(level, name)
	s.note(setting{level: level, name: name, value: value}, rule != nil && rule.Format.Scalar())
}

// NoteIoctl notes a successful Ioctl, if it has set something: it was given
// bytes and has returned n, which is none.
func (s *Settings) NoteIoctl(code uint32, in []byte, n int) {
	if len(in) > 0 && n == 0 {
		s.note(setting{level: ioctlLevel, code: code, value: in}, true)
	}
}

// note adds a setting. Of some the last value counts, and not those before.
func (s *Settings) note(o setting, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last {
		s.list = slices.DeleteFunc(s.list, func(old setting) bool {
			return old.level == o.level && old.name == o.name && old.code == o.code
		})
	}
	if len(s.list) == maxSettings {
		s.list = slices.Delete(s.list, 0, 1)
	}
	o.value = slices.Clone(o.value)
	s.list = append(s.list, o)
}

// NoteDeadline notes a call of SetParkDeadline.
func (s *Settings) NoteDeadline(d spi.Direction, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline[d] = t
}

// NoteUnpark notes a call of Unpark.
func (s *Settings) NoteUnpark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unparked = true
}

// Unparked reports whether Unpark was called.
func (s *Settings) Unparked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unparked
}

// Apply sets the options and control codes of another socket. One with other
// layers below may not know them all, and the program cannot be told.
func (s *Settings) Apply(to spi.Socket) {
	s.mu.Lock()
	list := slices.Clone(s.list)
	s.mu.Unlock()
	for _, o := range list {
		if o.level == ioctlLevel {
			_, _ = to.Ioctl(o.code, o.value, nil)
		} else {
			_ = to.SetSockOpt(o.level, o.name, o.value)
		}
	}
}

// ApplyParking has another socket park for as long as this one does.
func (s *Settings) ApplyParking(to spi.Parker) {
	s.mu.Lock()
	deadline, unparked := s.deadline, s.unparked
	s.mu.Unlock()
	for d, t := range deadline {
		if !t.IsZero() {
			to.SetParkDeadline(spi.Direction(d), t)
		}
	}
	if unparked {
		to.Unpark()
	}
}

// Forget drops the options and control codes, when no other socket will come.
func (s *Settings) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = nil
}
