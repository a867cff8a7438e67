// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A listener answers Accept as it is told to, and notifies nobody.
type listener struct{ spi.Socket }

func (listener) Watch(*spi.Watcher)   {}
func (listener) Unwatch(*spi.Watcher) {}

// accepting begins to accept on a socket that tells nothing of itself.
func accepting(t *testing.T, accept func() (spi.Socket, error)) (a *layer.Acceptor, told chan struct{}) {
	return acceptingOn(t, listener{}, accept)
}

func acceptingOn(t *testing.T, below spi.Socket, accept func() (spi.Socket, error)) (a *layer.Acceptor, told chan struct{}) {
	told = make(chan struct{}, 10)
	a = layer.NewAcceptor(layer.Accepting{
		Below:  below,
		Accept: func(*wsa.Sockaddr) (spi.Socket, error) { return accept() },
		Begin:  func(spi.Socket, wsa.Sockaddr) layer.Shaking { return layer.Shaking{} },
		Told:   func() { told <- struct{}{} },
		Most:   3,
	}, 5)
	t.Cleanup(a.Close)
	return a, told
}

func wait(t *testing.T, told chan struct{}) {
	t.Helper()
	select {
	case <-told:
	case <-time.After(patience):
		t.Fatal("nothing was told")
	}
}

// TestAcceptorError: an error of accept is told once, and the connections that
// wait behind it are taken when it was. The socket below does not tell of them
// again.
func TestAcceptorError(t *testing.T) {
	answers := []error{wsa.WSAEMFILE, nil, wsa.WSAEWOULDBLOCK}
	a, told := accepting(t, func() (spi.Socket, error) {
		err := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		return closer{}, err
	})
	wait(t, told)
	if _, err := a.Next(nil); err != wsa.WSAEMFILE {
		t.Errorf("first: %v, want WSAEMFILE", err)
	}
	wait(t, told)
	if s, err := a.Next(nil); s == nil || err != nil {
		t.Errorf("then: %v, %v, want the connection", s, err)
	}
	if _, err := a.Next(nil); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("at last: %v, want WSAEWOULDBLOCK", err)
	}
}

// TestAcceptorPanic: a panic of accept does not leave the program waiting.
func TestAcceptorPanic(t *testing.T) {
	a, told := accepting(t, func() (spi.Socket, error) { panic("accept on purpose") })
	wait(t, told)
	if _, err := a.Next(nil); err != wsa.WSAECONNABORTED {
		t.Errorf("%v, want WSAECONNABORTED", err)
	}
}

// TestAcceptorHint: a backlog below zero is SOMAXCONN_HINT of as many.
func TestAcceptorHint(t *testing.T) {
	a, told := accepting(t, func() (spi.Socket, error) { return closer{}, nil })
	for range 3 { // as many as are ever taken
		wait(t, told)
	}
	a.SetBacklog(-2)
	for range 3 {
		a.Next(nil)
	}
	wait(t, told)
	wait(t, told)
}

// A closer can be closed.
type closer struct{ spi.Socket }

func (closer) Close() error                          { return nil }
func (closer) SetSockOpt(int32, int32, []byte) error { return nil }

// A mooring is a listener on which one can park.
type mooring struct {
	listener
	mu      sync.Mutex // protects what follows
	changed sync.Cond  // any of it
	passed  bool       // the deadline
	broken  bool       // nobody can park any more
	watcher *spi.Watcher
	waiting int // connections
	looks   int // waits that have begun
}

func newMooring(waiting int) *mooring {
	m := &mooring{waiting: waiting}
	m.changed.L = &m.mu
	return m
}

func (m *mooring) change(f func()) {
	m.mu.Lock()
	f()
	w := m.watcher
	m.changed.Broadcast()
	m.mu.Unlock()
	if w != nil {
		w.Notify(spi.EventAccept)
	}
}

func (m *mooring) accept() (spi.Socket, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waiting == 0 {
		return nil, wsa.WSAEWOULDBLOCK
	}
	m.waiting--
	return closer{}, nil
}

func (m *mooring) Park(_ spi.Direction, try func() bool) (bool, error) {
	for !try() {
		m.mu.Lock()
		m.looks++
		m.changed.Broadcast()
		for m.waiting == 0 && !m.passed && !m.broken {
			m.changed.Wait()
		}
		passed, broken := m.passed, m.broken
		m.mu.Unlock()
		switch {
		case broken:
			return false, nil
		case passed:
			return true, wsa.WSAETIMEDOUT
		}
	}
	return true, nil
}

func (m *mooring) SetParkDeadline(_ spi.Direction, t time.Time) {
	m.change(func() { m.passed = !t.IsZero() })
}

func (m *mooring) Unpark() {}

func (m *mooring) Watch(w *spi.Watcher)   { m.change(func() { m.watcher = w }) }
func (m *mooring) Unwatch(w *spi.Watcher) { m.change(func() { m.watcher = nil }) }

// TestAcceptorParks: an Acceptor waits for connections where the program's
// goroutines would, goes on when there is room again, and waits with a watcher
// when it cannot wait there any more.
func TestAcceptorParks(t *testing.T) {
	m := newMooring(4)
	a, told := acceptingOn(t, m, m.accept)
	for range 3 { // as many as are ever taken
		wait(t, told)
	}
	for range 3 {
		if _, err := a.Next(nil); err != nil {
			t.Error(err)
		}
	}
	wait(t, told) // there was room
	m.mu.Lock()
	for m.looks == 0 {
		m.changed.Wait()
	}
	if m.watcher != nil {
		t.Error("it has a watcher though it can park")
	}
	m.mu.Unlock()
	m.change(func() { m.waiting++ })
	wait(t, told)
	m.change(func() { m.broken = true })
	m.mu.Lock()
	for m.watcher == nil {
		m.changed.Wait()
	}
	m.mu.Unlock()
	m.change(func() { m.waiting++ })
	wait(t, told)
	for range 3 {
		if _, err := a.Next(nil); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.Next(nil); err != wsa.WSAEWOULDBLOCK {
		t.Errorf("at last: %v, want WSAEWOULDBLOCK", err)
	}
}

// TestAcceptorCloseParked: an Acceptor that waits for connections, or for
// room, can be closed.
func TestAcceptorCloseParked(t *testing.T) {
	for _, waiting := range []int{0, 1, 3, 4} {
		m := newMooring(waiting)
		_, told := acceptingOn(t, m, m.accept)
		for range min(waiting, 3) {
			wait(t, told)
		}
	} // and then it is closed, which waits for its goroutine
}
