// SPDX-License-Identifier: Apache-2.0

package ssl

import (
	"sync"
	"testing"
	"time"

	"winsock/spi"
	"winsock/spi/layer"
	"winsock/wsa"
)

// A mooring is a socket on which one can park until its deadline.
type mooring struct {
	spi.Socket
	mu       sync.Mutex
	changed  sync.Cond // the deadline, or whether one waits
	deadline time.Time
	waits    bool
}

func newMooring() *mooring {
	m := new(mooring)
	m.changed.L = &m.mu
	return m
}

func (m *mooring) Park(_ spi.Direction, try func() bool) (bool, error) {
	if try() {
		return true, nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits = true
	m.changed.Broadcast()
	for m.deadline.IsZero() || time.Now().Before(m.deadline) {
		m.changed.Wait()
	}
	m.waits = false
	return true, wsa.WSAETIMEDOUT
}

func (m *mooring) SetParkDeadline(_ spi.Direction, t time.Time) {
	m.mu.Lock()
	m.deadline = t
	m.changed.Broadcast()
	m.mu.Unlock()
}

func (m *mooring) Unpark() {}

// await returns when somebody waits.
func (m *mooring) await() {
	m.mu.Lock()
	for !m.waits {
		m.changed.Wait()
	}
	m.mu.Unlock()
}

// TestKick: a kick has the one who is parked look again, and the deadline of
// the program is in force then.
func TestKick(t *testing.T) {
	below, p := newMooring(), new(parking)
	end := time.Now().Add(time.Hour)
	p.setDeadline(below, end)
	tries := 0
	done := make(chan error)
	go func() {
		_, err := p.park(below, func() bool {
			tries++
			p.wanting.Store(true)
			return tries == 2
		})
		done <- err
	}()
	below.await()
	p.kick(below)
	if err := <-done; err != nil || tries != 2 {
		t.Errorf("kicked: %v after %d tries", err, tries)
	}
	if !below.deadline.Equal(end) {
		t.Errorf("the deadline is %v", below.deadline)
	}
	p.kick(below)
	if !below.deadline.Equal(end) {
		t.Errorf("a kick for nobody has set the deadline to %v", below.deadline)
	}
}

// TestKickAndDeadline: the program sets a deadline while the one who was
// kicked is on the way.
func TestKickAndDeadline(t *testing.T) {
	below, p := newMooring(), new(parking)
	p.count.Add(1)
	kick := func() {
		p.wanting.Store(true)
		p.kick(below)
	}
	for _, test := range []struct {
		deadline time.Time
		again    bool
	}{{time.Time{}, true}, {time.Now().Add(time.Hour), true}, {layer.Past, false}} {
		kick()
		p.setDeadline(below, test.deadline)
		if again := p.restore(below); again != test.again || !below.deadline.Equal(test.deadline) {
			t.Errorf("deadline %v: waits again: %t, until %v", test.deadline, again, below.deadline)
		}
	}
}

// TestParkConnect: whoever waits for a connect is woken by its end, by the
// deadline, old or new, and by Unpark.
func TestParkConnect(t *testing.T) {
	for name, test := range map[string]struct {
		wake func(s *socket, done *bool)
		want error
	}{
		"the end": {func(s *socket, done *bool) {
			s.mu.Lock()
			*done = true
			s.leftLocked()
			s.mu.Unlock()
		}, nil},
		"a deadline": {func(s *socket, _ *bool) { s.SetParkDeadline(spi.Sending, layer.Past) }, wsa.WSAETIMEDOUT},
		"a later one": {func(s *socket, _ *bool) {
			s.SetParkDeadline(spi.Sending, time.Now().Add(time.Hour))
			s.SetParkDeadline(spi.Sending, time.Now().Add(5*time.Millisecond))
		}, wsa.WSAETIMEDOUT},
		"Unpark": {func(s *socket, _ *bool) { s.Unpark() }, wsa.WSAEINTR},
	} {
		s := &socket{left: make(chan struct{})}
		s.Socket = newMooring()
		s.phase.Store(connecting)
		var done bool // protected by s.mu
		tried := make(chan struct{}, 10)
		ended := make(chan error)
		go func() {
			_, err := s.Park(spi.Sending, func() bool {
				s.mu.Lock()
				defer s.mu.Unlock()
				select {
				case tried <- struct{}{}:
				default:
				}
				return done
			})
			ended <- err
		}()
		<-tried
		if parked, _ := s.Park(spi.Sending, func() bool { t.Error("the second one looks"); return true }); parked {
			t.Errorf("%s: two have parked", name)
		}
		test.wake(s, &done)
		select {
		case err := <-ended:
			if err != test.want {
				t.Errorf("%s: %v, want %v", name, err, test.want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: nobody is woken", name)
		}
		if s.berth != nil {
			t.Errorf("%s: somebody is still there", name)
		}
	}
}
