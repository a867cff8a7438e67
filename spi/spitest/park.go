// SPDX-License-Identifier: Apache-2.0

package spitest

import (
	"time"

	"winsock/spi"
	"winsock/wsa"
)

var parkChecks = []check{
	{"park", "spi.Parker.Park: try is repeated until it returns true", either, 0, park},
	{"park to send", "spi.Parker.Park: a sender parks until there is room", stream, 0, parkToSend},
	{"park deadline", "spi.Parker.SetParkDeadline: WSAETIMEDOUT, for present and future calls, until it is moved", either, 0, parkDeadline},
	{"unpark", "spi.Parker.Unpark: WSAEINTR for present and future calls", either, 0, unpark},
}

// parker returns s as a parker, false if it has no such ability. A layer may
// have the methods over a socket that has not; Park then says that it did not
// park.
func (e *env) parker(s *sock) (spi.Parker, bool) {
	p, ok := spi.As[spi.Parker](s.Socket)
	if !ok {
		if p, ok = spi.As[spi.Parker](spi.DataPathOf(s.Socket)); !ok {
			e.Log("left out, as the socket is no spi.Parker")
			return nil, false
		}
	}
	if parked, _ := p.Park(spi.Receiving, func() bool { return true }); !parked {
		e.Log("left out, as the socket does not park")
		return nil, false
	}
	return p, true
}

func park(e *env) {
	a, b := e.pair()
	p, ok := e.parker(b)
	if !ok {
		return
	}
	const rounds = 200
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range rounds {
			if n, err := a.trySend([]byte("x"), 0); n != 1 || err != nil {
				e.Errorf("send: %d, %v", n, err)
				return
			}
		}
	}()
	var buf [1]byte
	for got := 0; got < rounds; {
		var n int
		var err error
		p.SetParkDeadline(spi.Receiving, time.Now().Add(patience))
		parked, parkErr := p.Park(spi.Receiving, func() bool {
			n, err = b.tryRecv(buf[:], 0)
			return err != wsa.WSAEWOULDBLOCK
		})
		if !parked || parkErr != nil || n != 1 || err != nil {
			e.Fatalf("Park after %d of %d bytes: %t, %v; recv: %d, %v", got, rounds, parked, parkErr, n, err)
		}
		got += n
	}
	<-done
}

func parkToSend(e *env) {
	a, b := e.pair()
	p, ok := e.parker(a)
	if !ok {
		return
	}
	total := a.fill()
	tried := make(chan struct{}, 1)
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		<-tried // so that the sender is about to wait, or waits
		b.drain(total)
	}()
	p.SetParkDeadline(spi.Sending, time.Now().Add(patience))
	parked, err := p.Park(spi.Sending, func() bool {
		_, err := a.trySend([]byte("x"), 0)
		select {
		case tried <- struct{}{}:
		default:
		}
		return err != wsa.WSAEWOULDBLOCK
	})
	if !parked || err != nil {
		e.Errorf("Park: %t, %v", parked, err)
	}
	<-drained
}

func parkDeadline(e *env) {
	a, b := e.pair()
	p, ok := e.parker(b)
	if !ok {
		return
	}
	var n int
	var err error
	try := func() bool {
		n, err = b.tryRecv(make([]byte, 1), 0)
		return err != wsa.WSAEWOULDBLOCK
	}
	expectTimeout := func(what string) {
		e.Helper()
		parked, parkErr := p.Park(spi.Receiving, try)
		if !parked {
			e.Errorf("%s: Park did not park", what)
		}
		e.want(what, parkErr, wsa.WSAETIMEDOUT)
	}
	begun := time.Now()
	p.SetParkDeadline(spi.Receiving, begun.Add(20*time.Millisecond))
	expectTimeout("a deadline to come")
	if waited := time.Since(begun); waited < 20*time.Millisecond {
		e.Errorf("a deadline in 20ms ended Park after %v", waited)
	}
	expectTimeout("a deadline that has passed")

	p.SetParkDeadline(spi.Receiving, time.Time{})
	ended := make(chan error, 1)
	tried := make(chan struct{}, 1)
	go func() {
		_, err := p.Park(spi.Receiving, func() bool {
			ok := try()
			select {
			case tried <- struct{}{}:
			default:
			}
			return ok
		})
		ended <- err
	}()
	<-tried
	p.SetParkDeadline(spi.Receiving, time.Now().Add(-time.Second))
	select {
	case err := <-ended:
		e.want("a deadline set in the past during Park", err, wsa.WSAETIMEDOUT)
	case <-time.After(patience):
		e.Fatal("a deadline set in the past does not end Park")
	}

	p.SetParkDeadline(spi.Receiving, time.Now().Add(patience))
	a.send([]byte("x"))
	if parked, parkErr := p.Park(spi.Receiving, try); !parked || parkErr != nil || n != 1 {
		e.Errorf("Park after the deadline was moved: %t, %v; recv: %d, %v", parked, parkErr, n, err)
	}
}

func unpark(e *env) {
	_, b := e.pair()
	p, ok := e.parker(b)
	if !ok {
		return
	}
	ended := make(chan error, 1)
	tried := make(chan struct{}, 1)
	try := func() bool {
		_, err := b.tryRecv(make([]byte, 1), 0)
		select {
		case tried <- struct{}{}:
		default:
		}
		return err != wsa.WSAEWOULDBLOCK
	}
	go func() {
		_, err := p.Park(spi.Receiving, try)
		ended <- err
	}()
	<-tried
	p.Unpark()
	select {
	case err := <-ended:
		e.want("Park during Unpark", err, wsa.WSAEINTR)
	case <-time.After(patience):
		e.Fatal("Unpark does not end Park")
	}
	_, err := p.Park(spi.Receiving, try)
	e.want("Park after Unpark", err, wsa.WSAEINTR)
}
