// SPDX-License-Identifier: Apache-2.0

package layer_test

import (
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
	told = make(chan struct{}, 10)
	a = layer.NewAcceptor(layer.Accepting{
		Below:  listener{},
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
