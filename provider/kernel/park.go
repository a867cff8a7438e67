// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"winsock/spi"
	"winsock/wsa"
)

// A parker lets goroutines wait for a socket by the runtime's own poller, as
// those of package net do. It is built when first wanted; from then on the
// os.File owns the descriptor.
type parker struct {
	mu   sync.Mutex // protects what follows, but for the lanes
	file *os.File
	conn syscall.RawConn

	lanes [2]lane
}

// A lane is what one direction needs for its parked goroutine.
type lane struct {
	busy    atomic.Bool // somebody is parked
	try     func() bool
	attempt func(fd uintptr) bool // calls try; made once, so that Park does not allocate
}

var past = time.Unix(1, 0)

// open returns the runtime's handle, making it when first called. It is nil
// if the runtime cannot poll the descriptor, and for a socket that is closed,
// whose descriptor may be somebody else's: the File would close it in the end.
func (p *parker) open(s *socket) (conn syscall.RawConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.marked(gone) {
		return nil
	}
	if p.file == nil {
		p.file = os.NewFile(uintptr(s.fd), "socket")
		for i := range p.lanes {
			l := &p.lanes[i]
			l.attempt = func(uintptr) bool { return l.try() }
		}
		conn, err := p.file.SyscallConn()
		if err == nil && p.file.SetReadDeadline(time.Time{}) == nil {
			p.conn = conn
		}
	}
	return p.conn
}

// close closes the descriptor if it is the parker's.
func (p *parker) close() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil {
		return false
	}
	p.file.Close()
	return true
}

// Park waits in the runtime's poller.
func (s *socket) Park(d spi.Direction, try func() bool) (bool, error) {
	p := s.parker()
	l := &p.lanes[d]
	if !l.busy.CompareAndSwap(false, true) {
		return false, nil
	}
	defer l.busy.Store(false)
	conn := p.open(s)
	if conn == nil && s.marked(gone) {
		return true, wsa.WSAEINTR
	}
	if conn == nil {
		return false, nil
	}
	if s.marked(unparked) { // from here on, Unpark finds the file
		return true, wsa.WSAEINTR
	}
	l.try = try
	var err error
	if d == spi.Receiving {
		err = conn.Read(l.attempt)
	} else {
		err = conn.Write(l.attempt)
	}
	l.try = nil
	switch {
	case err == nil:
		return true, nil
	case s.marked(unparked) || !errors.Is(err, os.ErrDeadlineExceeded):
		return true, wsa.WSAEINTR
	}
	return true, wsa.WSAETIMEDOUT
}

// SetParkDeadline sets the time at which Park gives up.
func (s *socket) SetParkDeadline(d spi.Direction, t time.Time) {
	p := s.parker()
	if p.open(s) == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case s.marked(unparked):
	case d == spi.Receiving:
		p.file.SetReadDeadline(t)
	default:
		p.file.SetWriteDeadline(t)
	}
}

// Unpark ends all calls of Park.
func (s *socket) Unpark() {
	s.mark(unparked, true)
	p := s.park.Load()
	if p == nil {
		return // whoever parks from now on sees that it was called
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil {
		p.file.SetDeadline(past)
	}
}

// parker returns the socket's parker, making it when first called.
func (s *socket) parker() *parker {
	if p := s.park.Load(); p != nil {
		return p
	}
	s.park.CompareAndSwap(nil, new(parker))
	return s.park.Load()
}
